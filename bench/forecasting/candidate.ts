/** Five-minute steps forecast at once: the buckets that begin 0, 5, … 60 minutes after the origin. */
export const STEPS = 13;

/** One forecasting method under comparison. The series is on a five-minute grid, free of gaps, oldest first, at least 0. */
export interface Candidate {
  readonly name: string;
  /** Learns from `history`; `season` is the number of steps in a day. */
  fit(history: Float64Array, season: number): Predictor;
}

/** The next STEPS values after the end of `series`, which begins where the fitted history began and may be longer. */
export type Predictor = (series: Float64Array) => Float64Array;

/** Element `i`, or NaN outside: keeps index arithmetic free of undefined. */
export function at(values: ArrayLike<number>, i: number): number {
  return values[i] ?? Number.NaN;
}

/** A forecast of STEPS values from a rule for each step. */
export function path(rule: (step: number) => number): Float64Array {
  return Float64Array.from({ length: STEPS }, (_, step) => rule(step));
}
