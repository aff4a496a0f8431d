import { styleText } from "node:util";
import { explainDecision } from "../../domain/decision/explain.ts";
import type { Decision } from "../../domain/model/decision.ts";
import type { Alert } from "../../domain/model/learning.ts";
import type { FleetPolicy } from "../../domain/model/policy.ts";
import type { World } from "../../simulation/world.ts";
import { dayOf, formatClock, formatTime } from "./clock-text.ts";
import { isExecuted, Once, type Progress } from "./progress.ts";
import { budgetOf, type ComponentRow, rowOf } from "./scene.ts";

export interface Screen {
  write(text: string): void;
  readonly columns: number;
  readonly rows: number;
}

export interface FrameFacts {
  readonly world: World;
  readonly fleets: readonly FleetPolicy[];
  readonly screen: Screen;
  readonly startMs: number;
  /** Shown in the second line: speed, seed, folder. */
  readonly facts: string;
  readonly wallMs: () => number;
}

type Style = Parameters<typeof styleText>[0];
interface Line {
  readonly text: string;
  readonly style?: Style;
}

/** Between two frames, ms: enough for the eye, little work for a fast run. */
const FRAME_MS = 100;
const HISTORY = 24;
/** Simulated time between two points of the little curves. */
const HISTORY_STEP_MS = 300_000;
const NEWS_KEPT = 100;
const CLEAR_LINE = "\u001b[K";

/** The live view: redrawn in place, a component a line, the latest decisions with their reasons below. */
export class FrameProgress implements Progress {
  readonly #facts: FrameFacts;
  readonly #histories = new Map<string, number[]>();
  readonly #last = new Map<string, Decision>();
  readonly #executed = new Once();
  readonly #news: Line[] = [];
  #drawnMs = Number.NEGATIVE_INFINITY;
  #problems = 0;
  #changes = 0;

  constructor(facts: FrameFacts) {
    this.#facts = facts;
    facts.screen.write("\u001b[?25l\u001b[2J"); // no cursor, clear
  }

  decisions(decisions: readonly Decision[]): void {
    for (const decision of decisions) {
      const before = this.#last.get(decision.component);
      // A hold while a change is under way says less than the change.
      if (before === undefined || decision.decidedAtMs >= before.decidedAtMs)
        this.#last.set(decision.component, decision);
      if (!isExecuted(decision) || !this.#executed.first(decision.id)) continue;
      this.#changes++;
      this.#tell(explainDecision(decision), decision.direction === "shrink" ? "cyan" : "green");
    }
  }

  alert({ severity, message }: Alert): void {
    this.#tell(`${severity}: ${message}`, severity === "critical" ? "red" : "yellow");
  }

  problem(message: string): void {
    this.#problems++;
    this.#tell(`error: ${message}`, "red");
  }

  beat(nowMs: number): void {
    if (nowMs % HISTORY_STEP_MS === 0) this.#remember();
    const wallMs = this.#facts.wallMs();
    if (wallMs - this.#drawnMs < FRAME_MS) return;
    this.#drawnMs = wallMs;
    this.#draw();
  }

  end(): void {
    this.#draw();
    this.#facts.screen.write("\u001b[?25h\n");
  }

  #tell(text: string, style: Style): void {
    this.#news.unshift({ text: `${formatTime(this.#facts.world.nowMs)}  ${text}`, style });
    this.#news.length = Math.min(this.#news.length, NEWS_KEPT);
  }

  #remember(): void {
    for (const name of this.#facts.world.components) {
      const history = this.#histories.get(name) ?? [];
      history.push(this.#facts.world.view(name).rate);
      if (history.length > HISTORY) history.shift();
      this.#histories.set(name, history);
    }
  }

  #draw(): void {
    const { screen } = this.#facts;
    const top = this.#lines();
    const room = Math.max(0, screen.rows - top.length - 1);
    const lines = [...top, ...this.#news.slice(0, room)];
    const text = lines.map(({ text: line, style }) => {
      const cut = line.length > screen.columns ? `${line.slice(0, Math.max(0, screen.columns - 1))}…` : line;
      return `${style === undefined ? cut : styleText(style, cut)}${CLEAR_LINE}`;
    });
    screen.write(`\u001b[H${text.join("\n")}\u001b[J`);
  }

  #lines(): Line[] {
    const { world, fleets, startMs, facts } = this.#facts;
    const lines: Line[] = [
      {
        text: `Scaling Controller, simulated services   ${formatClock(world.nowMs)} UTC, day ${dayOf(world.nowMs, startMs)}   Ctrl-C stops and keeps the state`,
        style: "bold",
      },
      { text: `${facts}   ${this.#changes} changes, ${this.#problems} errors in this run`, style: "gray" },
    ];
    for (const fleet of fleets) {
      lines.push({ text: "" }, ...this.#table(fleet), { text: "" });
      for (const { share, text } of budgetOf(world, fleet)) {
        lines.push({ text: `${bar(share, 24)} ${text}`, style: share > 0.9 ? "yellow" : "blue" });
      }
    }
    lines.push({ text: "" }, { text: "Latest changes and alerts", style: "bold" });
    return lines;
  }

  #table(fleet: FleetPolicy): Line[] {
    const { world } = this.#facts;
    const rows = fleet.components.map((policy) =>
      rowOf(world, policy, { history: this.#histories.get(policy.name) ?? [], last: this.#last.get(policy.name) }),
    );
    const heads = ["component", "load", "", "tasks", "a task has", "cpu", "memory", "response", "last decision"];
    const cells = rows.map(cellsOf);
    const widths = heads.map((head, at) => Math.max(head.length, ...cells.map((row) => row[at]?.length ?? 0)));
    const text = (row: readonly string[]): string => row.map((cell, at) => cell.padEnd(widths[at] ?? 0)).join("  ");
    return [
      { text: text(heads), style: "gray" },
      ...rows.map(
        (row, at): Line => ({ text: text(cells[at] ?? []), ...(row.strained ? { style: "yellow" as const } : {}) }),
      ),
    ];
  }
}

function cellsOf(row: ComponentRow): readonly string[] {
  return [
    row.name,
    row.load,
    sparkline(row.history).padStart(HISTORY),
    row.tasks,
    row.size,
    row.cpu,
    row.memory,
    row.response,
    row.last,
  ];
}

const BARS = "▁▂▃▄▅▆▇█";

/** A curve of one character a value, from zero to the highest. */
export function sparkline(values: readonly number[]): string {
  const most = Math.max(...values, Number.MIN_VALUE);
  return values
    .map((value) => BARS[Math.min(BARS.length - 1, Math.floor((value / most) * BARS.length))] ?? " ")
    .join("");
}

/** A share as a bar; more than all of it fills the bar. */
export function bar(share: number, width: number): string {
  const full = Math.round(Math.min(1, Math.max(0, share)) * width);
  return "█".repeat(full) + "░".repeat(width - full);
}
