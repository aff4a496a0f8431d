/** Most past seasons the profile averages. */
export const PROFILE_SEASONS = 7;

/** What earlier seasons did at each step of the grid, and one season beyond its end. NaN where nothing is known. */
export interface LagCurves {
  /** Mean of the same step over up to PROFILE_SEASONS seasons before: p(t) = mean of y(t - kS), k = 1..7. */
  readonly profile: Float64Array;
  /** One season before: d(t) = y(t - S). Falls back to the profile. */
  readonly season: Float64Array;
  /** Seven seasons before: w(t) = y(t - 7S), where at least two times seven seasons are there; else the profile. */
  readonly week: Float64Array;
}

/**
 * Curves for steps 0 .. grid.length + seasonSteps - 1, each from values at least one season older, so that a row of a
 * fit or a backtest never sees its own future.
 * @param grid        demand in the model's own units; NaN for a gap
 * @param seasonSteps steps in a season, whole, > 0
 */
export function lagCurves(grid: Float64Array, seasonSteps: number): LagCurves {
  const length = grid.length + seasonSteps;
  const profile = new Float64Array(length).fill(Number.NaN);
  const season = new Float64Array(length).fill(Number.NaN);
  const week = new Float64Array(length).fill(Number.NaN);
  const weekSteps = PROFILE_SEASONS * seasonSteps;
  const weekly = grid.length >= 2 * weekSteps - 12;
  for (let i = seasonSteps; i < length; i++) {
    const mean = meanOfSeasons(grid, i, seasonSteps);
    profile[i] = mean;
    season[i] = known(grid[i - seasonSteps], mean);
    week[i] = known(weekly ? grid[i - weekSteps] : undefined, mean);
  }
  return { profile, season, week };
}

function meanOfSeasons(grid: Float64Array, i: number, seasonSteps: number): number {
  let sum = 0;
  let count = 0;
  for (let k = 1; k <= PROFILE_SEASONS; k++) {
    const value = grid[i - k * seasonSteps];
    if (value === undefined || Number.isNaN(value)) continue;
    sum += value;
    count++;
  }
  return count === 0 ? Number.NaN : sum / count;
}

function known(value: number | undefined, otherwise: number): number {
  return value === undefined || Number.isNaN(value) ? otherwise : value;
}
