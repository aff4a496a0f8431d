import type { FleetPolicy } from "../domain/model/policy.ts";
import { BEAT_MS, type LoopName, type LoopOutcome, tickNumber } from "../flow.ts";
import type { Ports } from "../ports.ts";
import { runDecision } from "./decision.ts";
import { runExecution } from "./execution.ts";
import { runMonitor } from "./monitor.ts";
import { runOptimization } from "./optimization.ts";

/** One pass of a loop over one fleet. */
export type Loop = (ports: Ports, fleet: FleetPolicy, nowMs: number, scheduledMs: number) => Promise<LoopOutcome>;

export const LOOP_RUNS: Readonly<Record<LoopName, Loop>> = {
  monitor: runMonitor,
  // Decides as of its scheduled time: a late tick and the next one must not make two decisions of one id.
  decision: (ports, fleet, _nowMs, scheduledMs) => runDecision(ports, fleet, scheduledMs),
  execution: runExecution,
  optimization: runOptimization,
};

/** A tick older than this is not run: it would act on a plan that time has overtaken. */
export const TICK_AGE_MAX_MS = 60_000;

interface Tick {
  readonly ports: Ports;
  readonly fleets: readonly FleetPolicy[];
  readonly scheduledMs: number;
  /** Asked before each fleet; false when too little of the process's time is left to begin another. Default: always. */
  readonly mayContinue?: (() => boolean) | undefined;
}

/**
 * Runs one loop for one scheduled time over all fleets. Stale and duplicate ticks do nothing; a fleet that fails, or for
 * which no time is left, stops no other and is told in `errors`. Throws only when the tick could not be claimed (no state,
 * no action).
 */
export async function runLoop(name: LoopName, { ports, fleets, scheduledMs, mayContinue }: Tick): Promise<LoopOutcome> {
  const nowMs = ports.clock.nowMs();
  if (nowMs - scheduledMs > TICK_AGE_MAX_MS || scheduledMs - nowMs > BEAT_MS) {
    ports.log("warn", "tick out of date, not run", { loop: name, scheduledMs, nowMs });
    return { ran: false, skipped: "out-of-date", errors: [] };
  }
  if (!(await ports.store.claimTick(name, tickNumber(scheduledMs)))) {
    ports.log("debug", "tick claimed before, not run", { loop: name, scheduledMs });
    return { ran: false, skipped: "claimed", errors: [] };
  }
  const errors: { component?: string | undefined; message: string }[] = [];
  let wake: LoopName | undefined;
  for (const fleet of fleets) {
    if (mayContinue?.() === false) {
      ports.log("warn", "no time left for a fleet", { loop: name, fleet: fleet.name });
      errors.push({ message: `${fleet.name}: no time was left` });
      continue;
    }
    try {
      const outcome = await LOOP_RUNS[name](ports, fleet, nowMs, scheduledMs);
      errors.push(...outcome.errors);
      wake ??= outcome.wake;
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      ports.log("error", "loop failed for a fleet", { loop: name, fleet: fleet.name, error: message });
      errors.push({ message: `${fleet.name}: ${message}` });
    }
  }
  return { ran: true, errors, wake };
}
