/**
 * From what the metrics ask for to what is done: stabilization windows and rates of the Kubernetes
 * HorizontalPodAutoscaler, v2 (`behavior`). Restated from kubernetes/kubernetes
 * pkg/controller/podautoscaler/horizontal.go (>= 1.33, Apache-2.0). Times are ms.
 */

/** At most so many pods, or such a percentage of those at the beginning of the period, in one period. */
export interface RatePolicy {
  readonly kind: "pods" | "percent";
  readonly value: number;
  readonly periodMs: number;
}

export interface DirectionRules {
  readonly policies: readonly RatePolicy[];
  /** The policy that allows the largest change, the smallest, or no change at all. */
  readonly select: "max" | "min" | "disabled";
  readonly stabilizationMs: number;
}

export interface Behavior {
  readonly up: DirectionRules;
  readonly down: DirectionRules;
}

/** The API's defaults: up the more of 4 pods and 100 % in 15 s, at once; down 100 % in 15 s, after 300 s. */
export const DEFAULT_BEHAVIOR: Behavior = {
  up: {
    policies: [
      { kind: "pods", value: 4, periodMs: 15_000 },
      { kind: "percent", value: 100, periodMs: 15_000 },
    ],
    select: "max",
    stabilizationMs: 0,
  },
  down: { policies: [{ kind: "percent", value: 100, periodMs: 15_000 }], select: "max", stabilizationMs: 300_000 },
};

interface Recommendation {
  readonly atMs: number;
  readonly replicas: number;
}

/** Replicas added or removed, > 0. */
export interface ScaleEvent {
  readonly atMs: number;
  readonly count: number;
}

/**
 * The present count, moved no further than the lowest wish of the up window and the highest of the down window allow.
 */
export function stabilize(
  wanted: number,
  current: number,
  log: readonly Recommendation[],
  { up, down }: Behavior,
  nowMs: number,
): number {
  let lowest = wanted;
  let highest = wanted;
  for (const { atMs, replicas } of log) {
    if (atMs > nowMs - up.stabilizationMs) lowest = Math.min(lowest, replicas);
    if (atMs > nowMs - down.stabilizationMs) highest = Math.max(highest, replicas);
  }
  return Math.min(highest, Math.max(lowest, current));
}

export interface ScaleEvents {
  readonly ups: readonly ScaleEvent[];
  readonly downs: readonly ScaleEvent[];
}

/** What the rates let through of a change from `current` to `wanted`. A limit never asks for the other direction. */
export function limitRate(
  wanted: number,
  current: number,
  events: ScaleEvents,
  { up, down }: Behavior,
  nowMs: number,
): number {
  if (wanted > current) {
    if (up.select === "disabled") return current;
    const limits = up.policies.map(({ kind, value, periodMs }) => {
      const start = countBefore(current, events, nowMs - periodMs);
      return kind === "pods" ? start + value : Math.ceil(start * (1 + value / 100));
    });
    const limit = up.select === "max" ? Math.max(...limits) : Math.min(...limits);
    return Math.min(wanted, Math.max(limit, current));
  }
  if (wanted === current || down.select === "disabled") return current;
  const limits = down.policies.map(({ kind, value, periodMs }) => {
    const start = countBefore(current, events, nowMs - periodMs);
    return kind === "pods" ? start - value : Math.trunc(start * (1 - value / 100));
  });
  const limit = down.select === "max" ? Math.min(...limits) : Math.max(...limits);
  return Math.max(wanted, Math.min(limit, current));
}

/** How many there were before the events since then. */
function countBefore(current: number, { ups, downs }: ScaleEvents, sinceMs: number): number {
  return current - countSince(ups, sinceMs) + countSince(downs, sinceMs);
}

function countSince(events: readonly ScaleEvent[], sinceMs: number): number {
  let sum = 0;
  for (const { atMs, count } of events) if (atMs > sinceMs) sum += count;
  return sum;
}

/** An HPA under way. `wanted` is undefined when no metric could be had: then only the bounds are kept. */
export type Hpa = (request: { wanted: number | undefined; current: number; nowMs: number }) => number;

/** An HPA in its first state: it remembers no events, and the present count as its only recommendation. */
export function beginHpa(behavior: Behavior, { min, max }: { readonly min: number; readonly max: number }): Hpa {
  const { up, down } = behavior;
  const windowMs = Math.max(up.stabilizationMs, down.stabilizationMs);
  const periodMs = Math.max(...[...up.policies, ...down.policies].map((policy) => policy.periodMs));
  let log: Recommendation[] | undefined;
  let ups: ScaleEvent[] = [];
  let downs: ScaleEvent[] = [];
  return ({ wanted, current, nowMs }) => {
    log ??= [{ atMs: nowMs, replicas: current }];
    if (current > max) return max;
    // Zero replicas with another minimum is how an HPA is switched off.
    if (current === 0 && min !== 0) return current;
    if (current < min) return min;
    if (wanted === undefined) return current;
    const stable = stabilize(wanted, current, log, behavior, nowMs);
    log = since(log, nowMs - windowMs);
    log.push({ atMs: nowMs, replicas: wanted });
    const next = Math.min(max, Math.max(min, limitRate(stable, current, { ups, downs }, behavior, nowMs)));
    if (next > current) ups = [...since(ups, nowMs - periodMs), { atMs: nowMs, count: next - current }];
    if (next < current) downs = [...since(downs, nowMs - periodMs), { atMs: nowMs, count: current - next }];
    return next;
  };
}

function since<T extends { readonly atMs: number }>(list: readonly T[], sinceMs: number): T[] {
  return list.filter(({ atMs }) => atMs > sinceMs);
}
