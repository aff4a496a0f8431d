import type { PublishedPoint, Scaler } from "../../../lib/backtest/scaler.ts";

/** Just enough of a world to drive a scaler: no queue, a fixed start-up delay, no randomness. */
export interface FluidService {
  /** Tasks that would be busy all the time. */
  readonly load: (ms: number) => number;
  readonly fromMs: number;
  readonly toMs: number;
  readonly tasks: number;
  readonly startUpMs: number;
  readonly publicationDelayMs: number;
  /** Points that end in here are never published. */
  readonly outage?: { readonly fromMs: number; readonly toMs: number } | undefined;
}

export interface Change {
  readonly atMs: number;
  readonly from: number;
  readonly to: number;
}

export interface FluidRun {
  readonly changes: readonly Change[];
  /** Desired tasks at the end of each minute. */
  readonly minutes: readonly number[];
  /** Milliseconds times tasks, desired ones. */
  readonly taskMs: number;
  /** Milliseconds in which the load was more than the running tasks. */
  readonly shortMs: number;
}

const STEP_MS = 1000;

export function driveScaler(scaler: Scaler, service: FluidService): FluidRun {
  const { load, fromMs, toMs, startUpMs, outage } = service;
  const { periodMs, publicationDelayMs = service.publicationDelayMs } = scaler.metrics;
  const changes: Change[] = [];
  const minutes: number[] = [];
  const starting: { readyMs: number; count: number }[] = [];
  const unpublished: PublishedPoint[] = [];
  let running = service.tasks;
  let desired = service.tasks;
  let busy = 0;
  let served = 0;
  let steps = 0;
  let taskMs = 0;
  let shortMs = 0;
  for (let nowMs = fromMs; nowMs < toMs; nowMs += STEP_MS) {
    while (starting[0] !== undefined && starting[0].readyMs <= nowMs) running += starting.shift()?.count ?? 0;
    if (nowMs % periodMs === 0) {
      const lost = outage !== undefined && nowMs > outage.fromMs && nowMs <= outage.toMs;
      if (steps * STEP_MS === periodMs && !lost)
        unpublished.push(pointOf(nowMs, periodMs, publicationDelayMs, busy / steps, served / steps));
      busy = 0;
      served = 0;
      steps = 0;
    }
    if ((nowMs - fromMs) % scaler.everyMs === 0) {
      const metrics: PublishedPoint[] = [];
      while (unpublished[0] !== undefined && unpublished[0].publishedMs <= nowMs)
        metrics.push(unpublished.shift() as PublishedPoint);
      const tasks = { desired, running, pending: desired - running };
      const wanted = scaler.decide({ nowMs, metrics, tasks }) ?? desired;
      if (wanted !== desired) changes.push({ atMs: nowMs, from: desired, to: wanted });
      if (wanted > desired) starting.push({ readyMs: nowMs + startUpMs, count: wanted - desired });
      for (let surplus = desired - wanted; surplus > 0; ) {
        const last = starting.at(-1);
        const cut = Math.min(surplus, last?.count ?? surplus);
        if (last === undefined) running -= cut;
        else if (cut === last.count) starting.pop();
        else last.count -= cut;
        surplus -= cut;
      }
      desired = wanted;
    }
    busy += Math.min(load(nowMs), running);
    served += running;
    steps++;
    taskMs += desired * STEP_MS;
    if (load(nowMs) > running) shortMs += STEP_MS;
    if ((nowMs + STEP_MS) % 60_000 === 0) minutes.push(desired);
  }
  return { changes, minutes, taskMs, shortMs };
}

function pointOf(endMs: number, periodMs: number, delayMs: number, busy: number, tasks: number): PublishedPoint {
  const values = { requestsPerSecond: 10 * busy, queueLength: 0, concurrency: busy };
  return { endMs, periodMs, publishedMs: endMs + delayMs, tasks, cpu: tasks > 0 ? busy / tasks : undefined, ...values };
}
