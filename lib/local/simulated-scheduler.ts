import { BEAT_MS } from "../flow.ts";
import type { Scheduler } from "../scheduler.ts";

/** The wall clock and waiting, replaced in tests. */
export interface Pace {
  readonly nowMs: () => number;
  /** Resolves after `ms`, or at once when aborted. */
  readonly wait: (ms: number, signal: AbortSignal) => Promise<void>;
}

export interface SimulatedSchedulerOptions {
  /** First beat, a multiple of BEAT_MS. */
  readonly fromMs: number;
  /** Last beat; without it, until stopped. */
  readonly untilMs?: number | undefined;
  /** Simulated seconds in a second; Infinity: as fast as it goes. */
  readonly speed: number;
  readonly pace?: Pace;
}

/** How long the process may be busy before input (Ctrl-C) and output get their turn, ms. */
const BREATH_MS = 50;

const WALL: Pace = {
  nowMs: () => performance.now(),
  wait: (ms, signal) =>
    new Promise((resolve) => {
      if (signal.aborted) return resolve();
      const done = (): void => {
        clearTimeout(timer);
        signal.removeEventListener("abort", done);
        resolve();
      };
      const timer = setTimeout(done, ms);
      signal.addEventListener("abort", done);
    }),
};

/** Beats on a simulated clock, paced by the wall clock. Time that a slow beat lost is caught up, as far as it goes. */
export class SimulatedScheduler implements Scheduler {
  readonly #options: SimulatedSchedulerOptions;
  readonly #pace: Pace;
  readonly #abort = new AbortController();
  #finished: Promise<void> = Promise.resolve();

  constructor(options: SimulatedSchedulerOptions) {
    this.#options = options;
    this.#pace = options.pace ?? WALL;
  }

  start(beat: (scheduledMs: number) => Promise<void>): void {
    this.#finished = this.#run(beat);
  }

  /** Resolves after the last beat; rejects with what a beat threw, which ends the run. */
  get finished(): Promise<void> {
    return this.#finished;
  }

  /** From a signal handler: no beat begins after this. */
  requestStop(): void {
    this.#abort.abort();
  }

  async stop(): Promise<void> {
    this.requestStop();
    await this.#finished;
  }

  async #run(beat: (scheduledMs: number) => Promise<void>): Promise<void> {
    const { fromMs, untilMs = Number.POSITIVE_INFINITY, speed } = this.#options;
    const { signal } = this.#abort;
    const startedMs = this.#pace.nowMs();
    let breathedMs = startedMs;
    for (let atMs = fromMs; atMs <= untilMs && !signal.aborted; atMs += BEAT_MS) {
      const aheadMs = (atMs - fromMs) / speed - (this.#pace.nowMs() - startedMs);
      if (aheadMs > 0 || this.#pace.nowMs() - breathedMs > BREATH_MS) {
        await this.#pace.wait(Math.max(0, aheadMs), signal);
        breathedMs = this.#pace.nowMs();
        if (signal.aborted) return;
      }
      await beat(atMs);
    }
  }
}
