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
  const mean = new Float64Array(length);
  const first = new Float64Array(length).fill(Number.NaN);
  const counts = new Uint8Array(length);
  for (const { endMs, values } of samples) {
    const used = values.cpuUsed;
    const at = Math.floor((endMs - 1 - startMs) / MINUTE_MS);
    if (used === undefined || at < 0 || at >= length) continue;
    const tasks = used / taskCpu;
    mean[at] = (mean[at] as number) + tasks;
    counts[at] = (counts[at] as number) + 1;
    if (counts[at] === 1) first[at] = tasks;
  }
  for (let at = 0; at < length; at++) mean[at] = (mean[at] as number) / (counts[at] as number); // 0 / 0: no sample
  return { startMs, mean, first };
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
