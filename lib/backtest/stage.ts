import type { MetricSource, Orchestrator } from "../ports.ts";
import { World } from "../simulation/world.ts";
import { PUBLICATION, type Scenario } from "./scenario.ts";

/** What happened in one step of the world. */
export interface Step {
  /** Start of the step, epoch ms. */
  readonly startMs: number;
  /** Tasks that served. */
  readonly running: number;
  readonly desired: number;
  readonly pending: number;
  /** Operations offered per second. For the score only: no scaler may see it. */
  readonly offered: number;
  readonly finished: number;
  readonly failed: number;
  /** Finished later than promised. */
  readonly late: number;
  /** Mean response of those finished, milliseconds. */
  readonly responseMs: number;
  /** Mean use of the running tasks, 0..1. */
  readonly cpu: number;
  /** Operations waiting at the end. */
  readonly queue: number;
}

/** Since the start of the run. */
export interface RunningBill {
  readonly taskHours: number;
  readonly dollars: number;
  readonly starts: number;
}

export const SERVICE = "service";

/** One service under one load, step by step. What a scaler does to it takes effect at the start of the next step. */
export class Stage {
  readonly scenario: Scenario;
  readonly #world: World;
  #before = { finished: 0, failed: 0, late: 0 };

  constructor(scenario: Scenario, { periodMs }: { periodMs: number }) {
    const { seed, startMs, stepMs, trace, factor, profile, lifecycle, size, tasksAtStart } = scenario;
    this.scenario = scenario;
    this.#world = new World({
      seed,
      startMs,
      stepMs,
      publication: PUBLICATION,
      services: [
        {
          name: SERVICE,
          initial: { tasks: tasksAtStart, size },
          load: { kind: "trace", stepMs: trace.stepMs, values: trace.values, factor },
          profile,
          lifecycle,
          periodMs,
          drawn: scenario.drawn,
        },
      ],
    });
  }

  get nowMs(): number {
    return this.#world.nowMs;
  }
  get orchestrator(): Orchestrator {
    return this.#world.orchestrator;
  }
  get metrics(): MetricSource {
    return this.#world.metrics;
  }

  counts(): { desired: number; running: number; pending: number } {
    const { desired, running, pending } = this.#world.view(SERVICE);
    return { desired, running, pending };
  }

  async setTasks(tasks: number): Promise<void> {
    const { revision } = this.#world.view(SERVICE);
    await this.#world.orchestrator.update({ component: SERVICE, tasks, revision, decision: `set@${this.nowMs}` });
  }

  /** Simulates one step. */
  step(): Step {
    const startMs = this.#world.nowMs;
    this.#world.advanceTo(startMs + this.scenario.stepMs);
    const { finished, failed, late } = this.#world.totals(SERVICE);
    const view = this.#world.view(SERVICE);
    const step: Step = {
      startMs,
      running: view.running,
      desired: view.desired,
      pending: view.pending,
      offered: view.rate,
      finished: finished - this.#before.finished,
      failed: failed - this.#before.failed,
      late: late - this.#before.late,
      responseMs: view.responseMs,
      cpu: view.cpuFraction,
      queue: view.queueLength,
    };
    this.#before = { finished, failed, late };
    return step;
  }

  /** Task-hours and dollars so far. */
  bill(): RunningBill {
    const { taskHours, dollars, starts } = this.#world.account(SERVICE);
    return { taskHours, dollars, starts };
  }
}
