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

const NOTHING_DONE: LoopOutcome = { ran: false, errors: [] };

/**
 * Runs one loop for one scheduled time over all fleets. Stale and duplicate ticks do nothing; a fleet that fails stops no
 * other and is told in `errors`. Throws only when the tick could not be claimed (no state, no action).
 */
export async function runLoop(
  name: LoopName,
  {
    ports,
    fleets,
    scheduledMs,
  }: { readonly ports: Ports; readonly fleets: readonly FleetPolicy[]; readonly scheduledMs: number },
): Promise<LoopOutcome> {
  const nowMs = ports.clock.nowMs();
  if (nowMs - scheduledMs > TICK_AGE_MAX_MS || scheduledMs - nowMs > BEAT_MS) {
    ports.log("warn", "tick out of date, not run", { loop: name, scheduledMs, nowMs });
    return NOTHING_DONE;
  }
  if (!(await ports.store.claimTick(name, tickNumber(scheduledMs)))) return NOTHING_DONE;
  const errors: { component?: string | undefined; message: string }[] = [];
  let wake: LoopName | undefined;
  for (const fleet of fleets) {
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
