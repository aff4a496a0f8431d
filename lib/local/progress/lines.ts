import { explainDecision } from "../../domain/decision/explain.ts";
import type { Decision } from "../../domain/model/decision.ts";
import type { Alert } from "../../domain/model/learning.ts";
import type { FleetPolicy } from "../../domain/model/policy.ts";
import type { World } from "../../simulation/world.ts";
import { formatClock } from "./clock-text.ts";
import { isExecuted, Once, type Progress } from "./progress.ts";
import { budgetOf } from "./scene.ts";

const HOUR_MS = 3_600_000;

/** One line for each executed decision and how it ended badly, each alert, each simulated hour: for logs and pipes. */
export class LineProgress implements Progress {
  readonly #world: World;
  readonly #fleets: readonly FleetPolicy[];
  readonly #write: (line: string) => void;
  readonly #executed = new Once();
  readonly #failed = new Once();
  #changes = 0;
  #problems = 0;

  constructor({
    world,
    fleets,
    write,
  }: { world: World; fleets: readonly FleetPolicy[]; write: (line: string) => void }) {
    this.#world = world;
    this.#fleets = fleets;
    this.#write = write;
  }

  decisions(decisions: readonly Decision[]): void {
    for (const decision of decisions) {
      if (!isExecuted(decision)) continue;
      if (this.#executed.first(decision.id)) {
        this.#changes++;
        this.#line(explainDecision(decision));
      }
      const { status, result } = decision;
      if ((status === "FAILED" || status === "ROLLED_BACK") && this.#failed.first(decision.id)) {
        this.#line(
          `${decision.component} ${status.toLowerCase().replace("_", " ")}: ${result?.reason ?? "unknown"} ${result?.detail ?? ""}`.trimEnd(),
        );
      }
    }
  }

  alert({ severity, message }: Alert): void {
    this.#line(`${severity}: ${message}`);
  }

  problem(message: string): void {
    this.#problems++;
    this.#line(`error: ${message}`);
  }

  beat(nowMs: number): void {
    if (nowMs % HOUR_MS !== 0) return;
    const fleets = this.#fleets.map((fleet) => {
      const budget = budgetOf(this.#world, fleet);
      const cpu = budget.find(({ name }) => name === "cpu");
      const memory = budget.find(({ name }) => name === "memory");
      const tasks = fleet.components.reduce((sum, { name }) => sum + this.#world.view(name).desired, 0);
      const label = this.#fleets.length > 1 ? `${fleet.name}: ` : "";
      return `${label}${tasks} tasks, ${cpu?.text}, ${memory?.text}`;
    });
    this.#line(`-- ${fleets.join("; ")}; ${this.#changes} changes and ${this.#problems} errors so far`);
  }

  end(): void {
    // Nothing is held back.
  }

  #line(text: string): void {
    this.#write(`${formatClock(this.#world.nowMs)}  ${text}`);
  }
}
