import { explainDecision } from "../../lib/domain/decision/explain.ts";
import type { Decision } from "../../lib/domain/model/decision.ts";
import type { Ledger } from "../../lib/domain/model/ledger.ts";
import type { Allocation } from "../../lib/domain/model/resources.ts";
import { type ControllerBench, type Effect, MINUTE_MS, type Observer, START_MS } from "./controller-bench.ts";

export interface NarratorOptions {
  /** Leave out holds. Default: a hold is told when its reason is another one than before. */
  readonly holds?: boolean;
}

/**
 * Tells a run as text: a line for each event that a person would want to know. Clock, load, what ECS is asked for, then
 * what happened. Steps of a decision's life that follow from the one before are told with the decision's id only.
 */
export class Narrator implements Observer {
  readonly lines: string[] = [];
  readonly #bench: ControllerBench;
  readonly #holds: boolean;
  readonly #lastTold = new Map<string, string>();
  readonly #lastStatus = new Map<string, string>();
  #ledger: Ledger | undefined;

  constructor(bench: ControllerBench, { holds = true }: NarratorOptions = {}) {
    this.#bench = bench;
    this.#holds = holds;
    bench.observers.push(this);
  }

  get text(): string {
    return `${this.lines.join("\n")}\n`;
  }

  say(text: string, component?: string): void {
    const gone = (this.#bench.nowMs - START_MS) / MINUTE_MS;
    const clock = `${two(Math.floor(gone / 60))}:${two(Math.floor(gone % 60))}${gone % 1 === 0 ? "   " : ":30"}`;
    const scene = component === undefined ? "" : this.#scene(component);
    this.lines.push(`${clock} ${scene.padEnd(36)}| ${text}`);
  }

  onEffect({ component, by, before, after, mutation }: Effect): void {
    const what = `${shape(before)} -> ${shape(after)}`;
    if (by !== undefined) this.say(`ECS is asked: ${component} ${what}`, component);
    else if (mutation.kind === "foreign")
      this.say(
        `SOMEBODY ELSE: ${component} ${what}${mutation.change.recreated === true ? ", made anew" : ""}`,
        component,
      );
  }

  onLedger(ledger: Ledger): void {
    const before = this.#ledger;
    this.#ledger = ledger;
    if (before !== undefined && before.paused !== ledger.paused) this.say(ledger.paused ? "PAUSED" : "RESUMED");
    for (const [component, quiet] of Object.entries(ledger.quietUntil)) {
      if (quiet.untilMs === before?.quietUntil[component]?.untilMs) continue;
      const minutes = Math.round((quiet.untilMs - this.#bench.nowMs) / MINUTE_MS);
      this.say(`${component} is left alone for ${minutes} min: ${quiet.why}`, component);
    }
  }

  onDecisions(decisions: readonly Decision[]): void {
    for (const decision of decisions) {
      const { component, hold, facts, plan } = decision;
      // What mode observe would do is told once, not at every beat.
      const wish = decision.status === "PENDING" ? decision.id : JSON.stringify(plan?.steps);
      const told = `${hold ?? wish} ${facts.schedules.join()}`;
      const news = this.#lastTold.get(component) !== told;
      this.#lastTold.set(component, told);
      if (!news || (hold !== undefined && !this.#holds)) continue;
      const open = facts.schedules.length === 0 ? "" : ` [open: ${facts.schedules.join(", ")}]`;
      this.say(`${explainDecision(decision)}${hold === undefined ? ` ${decision.status}` : ""}${open}`, component);
    }
  }

  onDecision({ id, component, status, result }: Decision): void {
    const reason = result?.reason === undefined ? "" : ` (${result.reason})`;
    if (this.#lastStatus.get(id) === status + reason) return;
    this.#lastStatus.set(id, status + reason);
    const worth = result?.effectiveness === undefined ? "" : `, effectiveness ${result.effectiveness.toFixed(0)}`;
    const at = Number(id.split("@")[1]?.split(":")[0]);
    const minute = (at - START_MS) / MINUTE_MS;
    this.say(
      `   decision of ${two(Math.floor(minute / 60))}:${two(Math.floor(minute % 60))} is ${status}${reason}${worth}`,
      component,
    );
  }

  #scene(component: string): string {
    const { rate, running } = this.#bench.world.view(component);
    const desired = this.#bench.desired(component);
    return `${rate.toFixed(0).padStart(3)}/s ${running}/${shape(desired)}`;
  }
}

function shape({ tasks, size }: Allocation): string {
  return `${tasks} x ${size.cpu / 1000} vCPU ${size.memory / 1000} GiB`;
}

function two(value: number): string {
  return String(value).padStart(2, "0");
}
