import type { SignalPoints } from "../../model/signal.ts";

/** A robust straight line through recent points: value(t) = level + slope x (t - now). */
export interface Trend {
  /** Value of the line at the newest point. */
  readonly level: number;
  /** Per millisecond. */
  readonly slope: number;
  /** Median absolute deviation of the points from the line. */
  readonly noise: number;
  /** Whether the line's rise or fall over the points exceeds their noise. */
  readonly clear: boolean;
}

/**
 * Theil-Sen estimator: slope = median of the slopes between all pairs of points, level = median of the intercepts (Theil
 * 1950, Sen 1968). Up to 29 % of the points may be spikes without moving it, which least squares cannot promise. `clear`
 * asks that the line moves by more than three times its noise over the stretch. undefined below four points.
 */
export function trendOf(points: SignalPoints, most: number): Trend | undefined {
  const atMs = points.atMs.slice(-most);
  const values = points.values.slice(-most);
  const first = atMs[0];
  const last = atMs[atMs.length - 1];
  if (values.length < 4 || first === undefined || last === undefined) return undefined;
  const at = (i: number) => atMs[i] as number;
  const value = (i: number) => values[i] as number;
  const slopes: number[] = [];
  for (let i = 0; i < values.length; i++) {
    for (let j = i + 1; j < values.length; j++) {
      if (at(j) > at(i)) slopes.push((value(j) - value(i)) / (at(j) - at(i)));
    }
  }
  const slope = median(slopes);
  const level = median(values.map((each, i) => each - slope * (at(i) - last)));
  const noise = median(values.map((each, i) => Math.abs(each - level - slope * (at(i) - last))));
  return { level, slope, noise, clear: Math.abs(slope) * (last - first) > 3 * noise };
}

function median(values: number[]): number {
  if (values.length === 0) return 0;
  values.sort((a, b) => a - b);
  const middle = values.length >> 1;
  const upper = values[middle] as number;
  return values.length % 2 === 1 ? upper : ((values[middle - 1] as number) + upper) / 2;
}
