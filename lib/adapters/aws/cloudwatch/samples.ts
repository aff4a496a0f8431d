import type { MetricBinding } from "../../../deployment.ts";
import { type Absence, METRICS, type MetricName, type Sample } from "../../../domain/model/sample.ts";
import { carryMs } from "./publication.ts";
import type { Bindings } from "./queries.ts";
import { type Answers, periodOf, type Reading, readingsAt } from "./readings.ts";

/**
 * The samples of all periods that ended after `sinceMs` and of which nothing more is to be expected, ascending. At the first
 * period that may still get a datapoint it stops: a sample is final once handed out. A period without any value gives no
 * sample; gaps stay gaps.
 *
 * Metrics with a longer period than the samples' (those of load balancers, where ECS is read at 20 s) would come minutes
 * after the sample that they belong to. So each sample has the newest of their periods that had ended and was settled
 * when the sample is made, up to `carryMs` old; after that the metric is stale. Of those nothing is concluded from silence
 * but as of `slowAskedAtMs`, when they were last asked for. `coarse` is carried just so.
 */
export function samplesFrom(
  answers: Answers,
  sinceMs: number,
  { slowAskedAtMs = answers.nowMs, coarse }: { slowAskedAtMs?: number; coarse?: Carried | undefined } = {},
): Sample[] {
  const { target, nowMs } = answers;
  const { periodMs } = target;
  const { prompt, slow } = streamsOf(target.metrics, periodMs);
  const from = Math.floor(sinceMs / periodMs) * periodMs + periodMs;
  const asked = { ...answers, nowMs: slowAskedAtMs };
  const carried: Carried[] = slow.map((stream) => ({ ...stream, periods: settledPeriods(asked, stream, sinceMs) }));
  if (coarse !== undefined) carried.push(coarse);
  const samples: Sample[] = [];
  for (let endMs = from; endMs <= nowMs; endMs += periodMs) {
    const readings = readingsAt(answers, prompt, endMs);
    if (isPending(readings)) break;
    for (const stream of carried) {
      for (const [metric, reading] of carriedAt(stream, endMs)) readings.set(metric, reading);
    }
    const sample = sampleOf(readings, endMs, periodMs);
    if (sample !== undefined) samples.push(sample);
  }
  return samples;
}

interface Stream {
  readonly periodMs: number;
  readonly bindings: Bindings;
}
/** A period of which nothing more is to be expected. */
export interface SettledPeriod {
  readonly endMs: number;
  readonly readings: ReadonlyMap<MetricName, Reading>;
}
/** Metrics of a longer period, with what is known of them, ascending: the newest is carried into the samples after it. */
export interface Carried extends Stream {
  readonly periods: readonly SettledPeriod[];
}

interface Streams {
  readonly prompt: Bindings;
  readonly slow: readonly Stream[];
}
/** Bindings are data of the deployment: worked out once for each of them, not at every beat. */
const KNOWN = new WeakMap<Bindings, Streams & { readonly periodMs: number }>();

/** The bindings that have the samples' own period, and the longer ones by period. */
export function streamsOf(metrics: Bindings, periodMs: number): Streams {
  const known = KNOWN.get(metrics);
  if (known?.periodMs === periodMs) return known;
  const streams = { ...separated(metrics, periodMs), periodMs };
  KNOWN.set(metrics, streams);
  return streams;
}

function separated(metrics: Bindings, periodMs: number): Streams {
  const byPeriod = new Map<number, [MetricName, MetricBinding][]>();
  for (const [name, binding] of Object.entries(metrics) as [MetricName, MetricBinding][]) {
    const period = Math.max(periodMs, periodOf(binding));
    byPeriod.set(period, [...(byPeriod.get(period) ?? []), [name, binding]]);
  }
  const slow = [...byPeriod].filter(([period]) => period > periodMs);
  return {
    prompt: Object.fromEntries(byPeriod.get(periodMs) ?? []),
    slow: slow.map(([period, bindings]) => ({ periodMs: period, bindings: Object.fromEntries(bindings) })),
  };
}

/** The periods of a slow stream that are settled, ascending, from the oldest that may be carried to a sample after `sinceMs`. */
function settledPeriods(answers: Answers, { periodMs, bindings }: Stream, sinceMs: number): SettledPeriod[] {
  const periods: SettledPeriod[] = [];
  const first = Math.ceil((sinceMs - carryMs(periodMs)) / periodMs) * periodMs;
  for (let endMs = first; endMs <= answers.nowMs; endMs += periodMs) {
    const readings = readingsAt(answers, bindings, endMs);
    if (isPending(readings)) break;
    periods.push({ endMs, readings });
  }
  return periods;
}

function carriedAt({ bindings, periodMs, periods }: Carried, endMs: number) {
  const newest = periods.findLast((period) => period.endMs <= endMs);
  if (newest !== undefined && endMs - newest.endMs < carryMs(periodMs)) return newest.readings;
  const reason: Absence = newest === undefined ? "missing" : "stale";
  return new Map<MetricName, Reading>(
    Object.keys(bindings).map((name) => [name as MetricName, { kind: "absent", reason }]),
  );
}

function isPending(readings: ReadonlyMap<MetricName, Reading>): boolean {
  for (const { kind } of readings.values()) if (kind === "pending") return true;
  return false;
}

function sampleOf(readings: ReadonlyMap<MetricName, Reading>, endMs: number, periodMs: number): Sample | undefined {
  const values: Partial<Record<MetricName, number>> = {};
  const missing: Partial<Record<MetricName, Absence>> = {};
  for (const metric of METRICS) {
    const reading = readings.get(metric);
    if (reading?.kind === "value") values[metric] = reading.value;
    else missing[metric] = reading?.kind === "absent" ? reading.reason : "no-source";
  }
  return Object.keys(values).length === 0 ? undefined : { endMs, periodMs, values, absent: missing };
}
