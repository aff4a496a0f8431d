import type { Scenario } from "./scenario.ts";
import type { Step } from "./stage.ts";

/** A run as a plot shows it: each bucket has the most that was needed and the least that served, so that no shortage is lost. */
export interface Recording {
  readonly fromMs: number;
  readonly bucketMs: number;
  /** Most tasks needed at once in each bucket. */
  readonly demand: readonly number[];
  /** Fewest tasks that served in each bucket. */
  readonly supply: readonly number[];
}

const BUCKETS_MAX = 3000;

/** Watches the scored part of a run. */
export class Recorder {
  readonly #scenario: Scenario;
  readonly #bucketMs: number;
  readonly #demand: number[] = [];
  readonly #supply: number[] = [];

  constructor(scenario: Scenario) {
    const { scoredFromMs, endMs, stepMs } = scenario;
    this.#scenario = scenario;
    this.#bucketMs = Math.max(60_000, Math.ceil((endMs - scoredFromMs) / BUCKETS_MAX / stepMs) * stepMs);
  }

  add({ startMs, offered, running }: Step): void {
    const { scoredFromMs, demand } = this.#scenario;
    if (startMs < scoredFromMs) return;
    const bucket = Math.floor((startMs - scoredFromMs) / this.#bucketMs);
    this.#demand[bucket] = Math.max(this.#demand[bucket] ?? 0, demand.tasksFor(offered));
    this.#supply[bucket] = Math.min(this.#supply[bucket] ?? Number.POSITIVE_INFINITY, running);
  }

  result(): Recording {
    const { scoredFromMs: fromMs } = this.#scenario;
    return { fromMs, bucketMs: this.#bucketMs, demand: this.#demand, supply: this.#supply };
  }
}
