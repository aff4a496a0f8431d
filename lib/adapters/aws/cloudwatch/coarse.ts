import type { ServiceTarget } from "../../../deployment.ts";
import type { MetricName } from "../../../domain/model/sample.ts";
import { LAST_GRACE_MS, RECENT_MS } from "./publication.ts";
import type { Bindings } from "./queries.ts";
import { type Answers, periodOf, type Reading, readingsAt } from "./readings.ts";
import type { Carried, SettledPeriod } from "./samples.ts";

/*
 * Metrics that are wanted coarsely (MetricRequest, `coarse`) are asked for with their own period, once when ten whole
 * minutes are settled: what they are computed with is asked for anyway then, and costs nothing more. The mean of the ten
 * minutes is carried until the next.
 */

const COARSE_MS = 600_000;

/** What was last read coarsely of one component. */
export interface CoarseAnswer {
  readonly askedAtMs: number;
  readonly carried: Carried;
}

/** The target without the metrics that are wanted coarsely, and these. */
export interface CoarseSplit {
  readonly rest: ServiceTarget;
  readonly bindings: Bindings;
}

/** Targets are data of the deployment: worked out once for each of them, not at every beat. */
const KNOWN = new WeakMap<ServiceTarget, Map<string, CoarseSplit>>();

/** A metric whose own period is as long as that stays what it is. */
export function coarseSplit(target: ServiceTarget, wanted: readonly MetricName[]): CoarseSplit {
  const splits = KNOWN.get(target) ?? new Map<string, CoarseSplit>();
  KNOWN.set(target, splits);
  const key = wanted.join();
  const split = splits.get(key) ?? separated(target, wanted);
  splits.set(key, split);
  return split;
}

function separated(target: ServiceTarget, wanted: readonly MetricName[]): CoarseSplit {
  const entries = Object.entries(target.metrics) as [MetricName, ServiceTarget["metrics"][MetricName]][];
  const isCoarse = ([name, binding]: (typeof entries)[number]) =>
    binding !== undefined && wanted.includes(name) && periodOf(binding) < COARSE_MS;
  return {
    rest: { ...target, metrics: Object.fromEntries(entries.filter((entry) => !isCoarse(entry))) },
    bindings: Object.fromEntries(entries.filter(isCoarse)),
  };
}

/** No ten minutes more are settled than when it was asked for, and it has all of these metrics. */
export function isStillCoarse({ askedAtMs, carried }: CoarseAnswer, bindings: Bindings, nowMs: number): boolean {
  const settled = (atMs: number) => Math.floor((atMs - LAST_GRACE_MS) / COARSE_MS);
  const hasAll = Object.keys(bindings).every((name) => carried.bindings[name as MetricName] !== undefined);
  return hasAll && nowMs >= askedAtMs && settled(nowMs) === settled(askedAtMs);
}

/** Timestamps from here are needed for those, and for what was before them. */
export function coarseFromMs(nowMs: number): number {
  return Math.floor((nowMs - LAST_GRACE_MS) / COARSE_MS) * COARSE_MS - 2 * COARSE_MS - RECENT_MS;
}

/** The newest ten minutes that are settled, and those before for samples that come late: the means of what is known. */
export function coarseCarried(answers: Answers, bindings: Bindings): Carried {
  const endMs = Math.floor((answers.nowMs - LAST_GRACE_MS) / COARSE_MS) * COARSE_MS;
  const periods = [endMs - COARSE_MS, endMs].map((each) => meanOfPeriod(answers, bindings, each));
  return { periodMs: COARSE_MS, bindings, periods };
}

function meanOfPeriod(answers: Answers, bindings: Bindings, endMs: number): SettledPeriod {
  const { throughput } = answers.target.metrics;
  const readings = (Object.keys(bindings) as MetricName[]).map((metric): [MetricName, Reading] => {
    const binding = bindings[metric];
    if (binding === undefined) return [metric, { kind: "absent", reason: "missing" }];
    const periodMs = periodOf(binding);
    // Whether there was traffic tells whether silence means none.
    const beside = throughput !== undefined && periodOf(throughput) === periodMs ? { throughput } : {};
    const parts: Reading[] = [];
    for (let at = endMs - COARSE_MS + periodMs; at <= endMs; at += periodMs)
      parts.push(readingsAt(answers, { ...beside, [metric]: binding }, at).get(metric) ?? { kind: "pending" });
    return [metric, meanOf(parts)];
  });
  return { endMs, readings: new Map(readings) };
}

/** Of parts without any value it is the last part's reason. */
function meanOf(parts: readonly Reading[]): Reading {
  const values = parts.flatMap((part) => (part.kind === "value" ? [part.value] : []));
  if (values.length === 0) {
    const last = parts.at(-1);
    return last?.kind === "absent" ? last : { kind: "absent", reason: "missing" };
  }
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return { kind: "value", value: Math.round(mean * 1e6) / 1e6 };
}
