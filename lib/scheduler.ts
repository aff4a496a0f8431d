import { BEAT_MS, LOOPS, type LoopName, type LoopOutcome } from "./flow.ts";

/** Who says when a beat is due: real timers here, the simulated clock in lib/local. */
export interface Scheduler {
  /** Calls `beat` once for each instant that is a multiple of BEAT_MS, one after the other, until stopped. */
  start(beat: (scheduledMs: number) => Promise<void>): void;
  /** No beat begins after this; resolves when the running one has ended. */
  stop(): Promise<void>;
}

/** The loops due at an instant, in the order of the flow: what one writes, the next can read at once. */
export function loopsDueAt(scheduledMs: number): readonly LoopName[] {
  const due: LoopName[] = [];
  for (const { name, everySeconds } of LOOPS) if (scheduledMs % (everySeconds * 1000) === 0) due.push(name);
  return due;
}

/**
 * One instant: the due loops in the order of the flow, and those they wake. A woken loop that has its place further down
 * runs there; one that has run already is not run again, since its tick is claimed.
 */
export async function runBeat(
  scheduledMs: number,
  tick: (name: LoopName, scheduledMs: number) => Promise<LoopOutcome>,
): Promise<void> {
  const due = [...loopsDueAt(scheduledMs)];
  const done: LoopName[] = [];
  for (let next = nextOf(due, done); next !== undefined; next = nextOf(due, done)) {
    done.push(next);
    const { wake } = await tick(next, scheduledMs);
    if (wake !== undefined) due.push(wake);
  }
}

function nextOf(due: readonly LoopName[], done: readonly LoopName[]): LoopName | undefined {
  for (const { name } of LOOPS) if (due.includes(name) && !done.includes(name)) return name;
  return undefined;
}

/** Beats on the wall clock. A beat that takes longer than its time makes the next one late, never doubled. */
export class TimerScheduler implements Scheduler {
  readonly #nowMs: () => number;
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> = Promise.resolve();
  #stopped = false;

  constructor(nowMs: () => number = Date.now) {
    this.#nowMs = nowMs;
  }

  start(beat: (scheduledMs: number) => Promise<void>): void {
    const plan = (): void => {
      if (this.#stopped) return;
      const dueMs = (Math.floor(this.#nowMs() / BEAT_MS) + 1) * BEAT_MS;
      this.#timer = setTimeout(() => {
        this.#running = beat(dueMs).finally(plan);
      }, dueMs - this.#nowMs());
    };
    plan();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    await this.#running;
  }
}
