import type { Sample } from "../../model/sample.ts";

const MINUTE_MS = 60_000;

/**
 * Demand by the minute, in tasks: what was used over what one task has. A minute without a sample is NaN; nothing is filled
 * in.
 */
export interface DemandSeries {
  /** Start of the first minute, epoch ms. */
  readonly startMs: number;
  /** Mean of the minute's samples. */
  readonly mean: Float64Array;
  /** The minute's first sample. */
  readonly first: Float64Array;
}

/** Minutes of [fromMs, toMs) from samples in ascending order, as tasks of `taskCpu` milli-vCPU. */
export function demandSeries(
  samples: readonly Sample[],
  { fromMs, toMs, taskCpu }: { readonly fromMs: number; readonly toMs: number; readonly taskCpu: number },
): DemandSeries {
  const startMs = Math.floor(fromMs / MINUTE_MS) * MINUTE_MS;
  const length = Math.max(0, Math.ceil((toMs - startMs) / MINUTE_MS));
  const mean = new Float64Array(length).fill(Number.NaN);
  const first = new Float64Array(length).fill(Number.NaN);
  const counts = new Uint8Array(length);
  for (let i = firstAfter(samples, startMs); i < samples.length; i++) {
    const { endMs, values } = samples[i] as Sample;
    const used = values.cpuUsed;
    const at = Math.floor((endMs - 1 - startMs) / MINUTE_MS);
    if (used === undefined || at < 0 || at >= length) continue;
    const tasks = used / taskCpu;
    const count = counts[at] as number;
    if (count === 0) first[at] = tasks;
    mean[at] = count === 0 ? tasks : (mean[at] as number) + tasks;
    counts[at] = count + 1;
  }
  for (let at = 0; at < length; at++) {
    const count = counts[at] as number;
    if (count > 1) mean[at] = (mean[at] as number) / count;
  }
  return { startMs, mean, first };
}

/** Index of the first of ascending samples that ends after the moment. */
export function firstAfter(samples: readonly Sample[], ms: number): number {
  let low = 0;
  let high = samples.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((samples[middle] as Sample).endMs > ms) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** Highest mean of the minutes [from, to], NaN ones left out; 0 when there is none. */
export function highest({ mean }: Pick<DemandSeries, "mean">, from: number, to: number): number {
  let most = 0;
  for (let at = Math.max(0, from); at <= to && at < mean.length; at++) {
    const value = mean[at] as number;
    if (value > most) most = value;
  }
  return most;
}

/** What `highest` answers for [at + from, at + to] of every minute `at`, by one pass with a falling queue. */
export function highestAround({ mean }: Pick<DemandSeries, "mean">, from: number, to: number): Float64Array {
  const { length } = mean;
  const most = new Float64Array(length);
  const queue = new Int32Array(length);
  let head = 0;
  let tail = 0;
  let next = 0;
  for (let at = 0; at < length; at++) {
    for (; next <= at + to && next < length; next++) {
      const value = mean[next] as number;
      if (!(value > 0)) continue; // NaN: unknown
      while (tail > head && (mean[queue[tail - 1] as number] as number) <= value) tail--;
      queue[tail++] = next;
    }
    while (head < tail && (queue[head] as number) < at + from) head++;
    if (head < tail) most[at] = mean[queue[head] as number] as number;
  }
  return most;
}
