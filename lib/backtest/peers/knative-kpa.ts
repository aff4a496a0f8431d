import type { ParameterSpec, PublishedPoint, ScalerContext } from "../scaler.ts";
import { type Course, metricScaler } from "../scaler-definition.ts";

/** Knative's decision in numbers; times in ms, `target` is concurrency for each pod. */
export interface KpaRule {
  readonly target: number;
  readonly stableWindowMs: number;
  /** Panic when the panic window alone asks for this many times the ready pods. */
  readonly panicThreshold: number;
  /** At most so many times the ready pods at once, > 1. */
  readonly maxUpRate: number;
  /** At least the ready pods divided by this at once, > 1. */
  readonly maxDownRate: number;
  /** The highest wish of so long ago still counts. */
  readonly downDelayMs: number;
}

/** Mean concurrency over all pods in both windows, and pods that serve. */
export interface KpaObservation {
  readonly stable: number;
  readonly panic: number;
  readonly ready: number;
  readonly nowMs: number;
  /** False: no traffic can come, so that any number may be removed at once. */
  readonly reachable?: boolean | undefined;
}
export type Kpa = (observation: KpaObservation) => number;

/**
 * The Knative pod autoscaler, as knative/serving@98e5ef90 pkg/autoscaler/scaling/autoscaler.go (Apache-2.0) has it:
 * stable and panic wishes are ceil(concurrency / target), clamped to the rates; panic begins when the panic wish is at
 * least the threshold times the ready pods and ends a stable window after the last time it was; while it lasts the
 * count only rises. Starts in panic at the present size if that is more than one, so that a restart does not scale in.
 */
export function beginKpa(rule: KpaRule, { ready, nowMs }: { readonly ready: number; readonly nowMs: number }): Kpa {
  let panicSinceMs = ready > 1 ? nowMs : undefined;
  let panicPods = ready > 1 ? ready : 0;
  const wishes: { readonly atMs: number; readonly pods: number }[] = [];
  return (observation) => {
    const pods = Math.max(1, observation.ready);
    const most = Math.ceil(rule.maxUpRate * pods);
    const least = observation.reachable === false ? 0 : Math.floor(pods / rule.maxDownRate);
    const clamp = (count: number) => Math.min(most, Math.max(least, count));
    const panicWish = Math.ceil(observation.panic / rule.target);
    const panics = panicWish / pods >= rule.panicThreshold;
    if (panics) panicSinceMs = observation.nowMs;
    else if (panicSinceMs !== undefined && observation.nowMs > panicSinceMs + rule.stableWindowMs) {
      panicSinceMs = undefined;
      panicPods = 0;
    }
    let wanted = clamp(Math.ceil(observation.stable / rule.target));
    if (panicSinceMs !== undefined) {
      panicPods = Math.max(panicPods, wanted, clamp(panicWish));
      wanted = panicPods;
    }
    if (rule.downDelayMs === 0) return wanted;
    // Only wishes that nothing later exceeds can be the highest again: they descend, the first is the highest.
    while ((wishes.at(-1)?.pods ?? Number.POSITIVE_INFINITY) <= wanted) wishes.pop();
    wishes.push({ atMs: observation.nowMs, pods: wanted });
    while ((wishes[0]?.atMs ?? observation.nowMs) < observation.nowMs - rule.downDelayMs) wishes.shift();
    return wishes[0]?.pods ?? wanted;
  };
}

/**
 * Defaults of config/core/configmaps/autoscaler.yaml; the container's concurrency is the operations that a task works
 * on at once.
 */
const PARAMETERS = {
  target: {
    initial: 0.7,
    min: 0.01,
    max: 10,
    meaning: "Operations in flight that a task should have, share of its workers.",
  },
  stableWindowSeconds: { initial: 60, min: 6, max: 3600, meaning: "Stable window, seconds." },
  panicWindowPercent: { initial: 10, min: 1, max: 100, meaning: "Panic window, percent of the stable one." },
  panicThresholdPercent: {
    initial: 200,
    min: 110,
    max: 1000,
    meaning: "Panic at this percentage of the ready tasks.",
  },
  maxScaleUpRate: { initial: 1000, min: 1.01, max: 1e6, meaning: "At most so many times the ready tasks at once." },
  maxScaleDownRate: { initial: 2, min: 1.01, max: 1e6, meaning: "At least the ready tasks divided by this at once." },
  tickSeconds: { initial: 2, min: 1, max: 60, whole: true, meaning: "Time between two decisions, seconds." },
  metricPeriodSeconds: {
    initial: 20,
    min: 1,
    max: 3600,
    whole: true,
    meaning: "Length of a metric period, seconds.",
  },
} as const satisfies Record<string, ParameterSpec>;

const SWEEP = { parameter: "target", values: [0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1, 1.2] } as const;

const scaleDownDelaySeconds = (initial: number): ParameterSpec => ({
  initial,
  min: 0,
  max: 3600,
  meaning: "The highest wish of so long ago still counts, seconds.",
});

/**
 * Knative KPA as it is shipped. It ticks every 2 s, but sees what everybody sees: a window holds the points that end in
 * it, at least the newest. The activator, which would hold requests back, is not modelled. Made for tasks that start
 * within a second or two: with slower ones it sends away what it has just asked for as soon as the panic is over.
 */
export const knativeKpa = metricScaler({
  name: "knative-kpa",
  parameters: { ...PARAMETERS, scaleDownDelaySeconds: scaleDownDelaySeconds(0) },
  sweep: SWEEP,
  begin,
});

/** The same with a scale-down delay of 5 minutes, which is how one would set it up for a service that starts slowly. */
export const knativeKpaDelayed = metricScaler({
  name: "knative-kpa-delayed",
  parameters: { ...PARAMETERS, scaleDownDelaySeconds: scaleDownDelaySeconds(300) },
  sweep: SWEEP,
  begin,
});

function begin(
  parameters: Readonly<Record<keyof typeof PARAMETERS | "scaleDownDelaySeconds", number>>,
  { taskWorkers }: ScalerContext,
): Course {
  const periodMs = parameters.metricPeriodSeconds * 1000;
  const rule: KpaRule = {
    target: parameters.target * taskWorkers,
    stableWindowMs: parameters.stableWindowSeconds * 1000,
    panicThreshold: parameters.panicThresholdPercent / 100,
    maxUpRate: parameters.maxScaleUpRate,
    maxDownRate: parameters.maxScaleDownRate,
    downDelayMs: parameters.scaleDownDelaySeconds * 1000,
  };
  const panicWindowMs = (rule.stableWindowMs * parameters.panicWindowPercent) / 100;
  let kpa: Kpa | undefined;
  let points: PublishedPoint[] = [];
  return {
    everyMs: parameters.tickSeconds * 1000,
    metrics: { periodMs },
    decide: ({ nowMs, metrics, tasks }) => {
      kpa ??= beginKpa(rule, { ready: tasks.running, nowMs });
      if (metrics.length > 0) points = recent([...points, ...metrics], Math.max(rule.stableWindowMs, periodMs));
      const newest = points.at(-1);
      if (newest === undefined || nowMs - newest.publishedMs >= rule.stableWindowMs + periodMs) return undefined;
      const stable = meanConcurrency(points, rule.stableWindowMs);
      const panic = meanConcurrency(points, panicWindowMs);
      const next = kpa({ stable, panic, ready: tasks.running, nowMs });
      return next === tasks.desired ? undefined : next;
    },
  };
}

function recent(points: readonly PublishedPoint[], windowMs: number): PublishedPoint[] {
  const known = points.filter(({ concurrency }) => concurrency !== undefined);
  const newestMs = known.at(-1)?.endMs ?? 0;
  return known.filter(({ endMs }) => endMs > newestMs - windowMs);
}

/** Over the points that end within the window before the newest one's end. `points` has at least one. */
function meanConcurrency(points: readonly PublishedPoint[], windowMs: number): number {
  const newestMs = points.at(-1)?.endMs ?? 0;
  let count = 0;
  let sum = 0;
  for (const { endMs, concurrency = 0 } of points) {
    if (endMs <= newestMs - windowMs) continue;
    count++;
    sum += concurrency;
  }
  return sum / count;
}
