import { Prng } from "../simulation/prng.ts";

/** A statistic over traces, and where 95 of 100 bootstrap samples have it. */
export interface Estimate {
  readonly value: number;
  /** 2.5th percentile; absent with fewer than three traces, which say nothing about others. */
  readonly low?: number | undefined;
  readonly high?: number | undefined;
}

const RESAMPLES = 2000;
const TRACES_MIN = 3;

/** The n-th root of the product of n positive numbers; NaN without any. */
export function geometricMean(values: readonly number[]): number {
  return Math.exp(mean(values.map((value) => Math.log(value))));
}

export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/**
 * A statistic of one entry per trace with the percentile interval of Efron's bootstrap: traces are drawn with replacement,
 * whole, so that what is compared on a trace stays paired. The same seed gives the same interval.
 */
export function bootstrap<Entry>(
  entries: readonly Entry[],
  statistic: (sample: readonly Entry[]) => number,
  seed: number,
): Estimate | undefined {
  if (entries.length === 0) return undefined;
  const value = statistic(entries);
  if (entries.length < TRACES_MIN) return { value };
  const prng = new Prng(seed, 51);
  const drawn = Float64Array.from({ length: RESAMPLES }, () =>
    statistic(entries.map(() => entries[Math.floor(prng.uniform() * entries.length)] as Entry)),
  ).sort();
  const at = (share: number): number => drawn[Math.round(share * (RESAMPLES - 1))] as number;
  return { value, low: at(0.025), high: at(0.975) };
}
