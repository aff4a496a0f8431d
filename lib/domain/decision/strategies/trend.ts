import type { SignalPoint } from "../../model/signal.ts";

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
export function trendOf(points: readonly SignalPoint[], most: number): Trend | undefined {
  const recent = points.slice(-most);
  const last = recent[recent.length - 1];
  const first = recent[0];
  if (recent.length < 4 || last === undefined || first === undefined) return undefined;
  const slopes: number[] = [];
  for (let i = 0; i < recent.length; i++) {
    for (let j = i + 1; j < recent.length; j++) {
      const a = recent[i] as SignalPoint;
      const b = recent[j] as SignalPoint;
      if (b.atMs > a.atMs) slopes.push((b.value - a.value) / (b.atMs - a.atMs));
    }
  }
  const slope = median(slopes);
  const level = median(recent.map((each) => each.value - slope * (each.atMs - last.atMs)));
  const noise = median(recent.map((each) => Math.abs(each.value - level - slope * (each.atMs - last.atMs))));
  return { level, slope, noise, clear: Math.abs(slope) * (last.atMs - first.atMs) > 3 * noise };
}

function median(values: number[]): number {
  if (values.length === 0) return 0;
  values.sort((a, b) => a - b);
  const middle = values.length >> 1;
  const upper = values[middle] as number;
  return values.length % 2 === 1 ? upper : ((values[middle - 1] as number) + upper) / 2;
}
