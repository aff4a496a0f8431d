import type { Series } from "../forecasting/series.ts";
import type { MetricName, Resolution, RollupBlock, RollupBucket, Sample } from "../model/sample.ts";
import { METRICS } from "../model/sample.ts";
import { BucketSums, type Values } from "./bucket-sums.ts";

const MINUTE_MS = 60_000;
export const HOUR_MS = 60 * MINUTE_MS;
export const DAY_MS = 24 * HOUR_MS;
export const BUCKET_MS: Readonly<Record<Resolution, number>> = { "5m": 5 * MINUTE_MS, "1h": HOUR_MS };
export const BLOCK_MS: Readonly<Record<Resolution, number>> = { "5m": HOUR_MS, "1h": DAY_MS };

/**
 * Raw samples as 5-minute buckets in hour blocks. A sample counts in the bucket its last millisecond lies in, so that the
 * samples of the hour from H are those with H < endMs <= H + 1 h. Give ALL samples of an hour: the block is made anew
 * from them, which makes rolling up again harmless and lets late samples find their place. Hours without a sample have
 * no block, buckets without one are left out: a gap stays a gap.
 */
export function rollUpSamples(component: string, samples: readonly Sample[]): readonly RollupBlock[] {
  const buckets: RollupBucket[] = [];
  const sums = new BucketSums();
  for (const { endMs, periodMs, values } of dedupe(samples)) {
    if (!hasValue(values)) continue;
    const startMs = floorTo(endMs - 1, BUCKET_MS["5m"]);
    if (startMs !== sums.startMs) {
      if (sums.samples > 0) buckets.push(sums.bucket());
      sums.begin(startMs);
    }
    sums.add(1, periodMs, values, values);
  }
  if (sums.samples > 0) buckets.push(sums.bucket());
  return blocksOf(component, "5m", buckets);
}

/**
 * 5-minute blocks as 1-hour buckets, one for each block that has samples. Means are weighted with the number of samples
 * of each bucket (an approximation where a metric was absent in some of them), response time and error rate also with
 * throughput.
 */
export function rollUpHours(blocks: readonly RollupBlock[]): readonly RollupBucket[] {
  const sums = new BucketSums();
  return blocks
    .filter(({ resolution, buckets }) => resolution === "5m" && buckets.length > 0)
    .map(({ startMs, buckets }) => {
      sums.begin(startMs);
      for (const { samples, mean, max } of buckets) sums.add(samples, samples, mean, max);
      return sums.bucket();
    });
}

/**
 * The 1-hour blocks that change when `buckets` come in; a bucket made of fewer samples than the stored one does not
 * replace it (its raw samples are being purged, the stored one knows more).
 */
export function mergeHours(
  component: string,
  stored: readonly RollupBlock[],
  buckets: readonly RollupBucket[],
): readonly RollupBlock[] {
  const known = new Map<number, RollupBucket>();
  for (const block of stored) for (const bucket of block.buckets) known.set(bucket.startMs, bucket);
  const changed = buckets.filter((bucket) => {
    const before = known.get(bucket.startMs);
    return before === undefined || (bucket.samples >= before.samples && !sameBucket(before, bucket));
  });
  const days = new Set(changed.map(({ startMs }) => floorTo(startMs, BLOCK_MS["1h"])));
  for (const bucket of changed) known.set(bucket.startMs, bucket);
  const all = [...known.values()].filter(({ startMs }) => days.has(floorTo(startMs, BLOCK_MS["1h"])));
  return blocksOf(component, "1h", all);
}

/**
 * One metric as a uniform series over [fromMs, toMs), the start rounded down to a whole step; NaN where nothing is known.
 * A step longer than a bucket is the mean of its buckets, weighted with their samples; a bucket longer than a step fills
 * every step it covers. Where both resolutions know a step, the finer one is right.
 */
export function seriesFromRollups(
  blocks: readonly RollupBlock[],
  metric: MetricName,
  fromMs: number,
  toMs: number,
  stepMs: number,
): Series {
  const startMs = floorTo(fromMs, stepMs);
  const count = Math.max(0, Math.ceil((toMs - startMs) / stepMs));
  const fine = meansOn(blocks, "5m", metric, { startMs, count, stepMs });
  const coarse = meansOn(blocks, "1h", metric, { startMs, count, stepMs });
  const values = fine.map((value, index) => (Number.isNaN(value) ? (coarse[index] ?? Number.NaN) : value));
  return { startMs, stepMs, values };
}

function meansOn(
  blocks: readonly RollupBlock[],
  resolution: Resolution,
  metric: MetricName,
  grid: { startMs: number; count: number; stepMs: number },
): number[] {
  const sums = Array.from({ length: grid.count }, () => 0);
  const weights = Array.from({ length: grid.count }, () => 0);
  const lengthMs = BUCKET_MS[resolution];
  for (const block of blocks) {
    if (block.resolution !== resolution) continue;
    for (const bucket of block.buckets) {
      const value = bucket.mean[metric];
      if (value === undefined) continue;
      const first = Math.floor((bucket.startMs - grid.startMs) / grid.stepMs);
      const last = Math.ceil((bucket.startMs + lengthMs - grid.startMs) / grid.stepMs);
      for (let step = Math.max(0, first); step < Math.min(grid.count, last); step += 1) {
        sums[step] = (sums[step] ?? 0) + value * bucket.samples;
        weights[step] = (weights[step] ?? 0) + bucket.samples;
      }
    }
  }
  return sums.map((sum, step) => sum / (weights[step] || Number.NaN));
}

/** One metric of raw samples as a uniform series over [fromMs, toMs); NaN where there is no sample. */
export function seriesFromSamples(
  samples: readonly Sample[],
  metric: MetricName,
  fromMs: number,
  toMs: number,
  stepMs: number,
): Series {
  const startMs = floorTo(fromMs, stepMs);
  const count = Math.max(0, Math.ceil((toMs - startMs) / stepMs));
  const values: number[] = [];
  for (let step = 0; step < count; step++) values.push(Number.NaN);
  for (const sample of samples) {
    const step = Math.floor((sample.endMs - 1 - startMs) / stepMs);
    const value = sample.values[metric];
    if (value !== undefined && step >= 0 && step < count) values[step] = value;
  }
  return { startMs, stepMs, values };
}

/** Hours in [fromMs, toMs) that have no 1-hour bucket, ascending. */
export function hoursMissing(blocks: readonly RollupBlock[], fromMs: number, toMs: number): readonly number[] {
  const known = new Set<number>();
  for (const { buckets } of blocks) for (const { startMs } of buckets) known.add(startMs);
  const missing: number[] = [];
  for (let hour = Math.ceil(fromMs / HOUR_MS) * HOUR_MS; hour + HOUR_MS <= toMs; hour += HOUR_MS) {
    if (!known.has(hour)) missing.push(hour);
  }
  return missing;
}

export function floorTo(timeMs: number, stepMs: number): number {
  return Math.floor(timeMs / stepMs) * stepMs;
}

/** A sample that says only why it says nothing is no evidence. */
function hasValue(values: Values): boolean {
  for (const metric in values) if (values[metric as MetricName] !== undefined) return true;
  return false;
}

function blocksOf(component: string, resolution: Resolution, buckets: readonly RollupBucket[]): readonly RollupBlock[] {
  const ascending = [...buckets].sort((a, b) => a.startMs - b.startMs);
  return [...groupBy(ascending, ({ startMs }) => floorTo(startMs, BLOCK_MS[resolution]))].map(
    ([startMs, inside]): RollupBlock => ({ v: 1, component, resolution, startMs, buckets: inside }),
  );
}

function groupBy<T>(items: readonly T[], keyOf: (item: T) => number): ReadonlyMap<number, readonly T[]> {
  const groups = new Map<number, T[]>();
  for (const item of items) {
    const key = keyOf(item);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [item]);
    else group.push(item);
  }
  return groups;
}

/** One sample for each end, ascending: the order and the number of deliveries must not matter. */
function dedupe(samples: readonly Sample[]): readonly Sample[] {
  if (samples.every(({ endMs }, i) => i === 0 || endMs > (samples[i - 1] as Sample).endMs)) return samples;
  const byEnd = new Map<number, Sample>();
  for (const sample of samples) if (!byEnd.has(sample.endMs)) byEnd.set(sample.endMs, sample);
  return [...byEnd.values()].sort((a, b) => a.endMs - b.endMs);
}

function sameBucket(a: RollupBucket, b: RollupBucket): boolean {
  return (
    a.samples === b.samples &&
    METRICS.every((metric) => a.mean[metric] === b.mean[metric] && a.max[metric] === b.max[metric])
  );
}
