/** Step of the grid every model works on: five minutes. */
export const STEP_MS = 300_000;
/** Gaps up to this many steps (15 minutes) are bridged; longer ones stay gaps. */
export const BRIDGED_STEPS = 3;

/** Above this a number is taken for a broken one: no service has a million times a billion of anything. */
const DEMAND_MAX = 1e15;

/** Uniform series: `values[i]` is the mean over [startMs + i·stepMs, + stepMs). NaN marks a gap, as does any number that is no demand. */
export interface Series {
  readonly startMs: number;
  readonly stepMs: number;
  readonly values: readonly number[];
}

/** Demand is a number in 0 .. DEMAND_MAX; anything else is a gap. */
export function isDemand(value: number | undefined): value is number {
  return value !== undefined && value >= 0 && value <= DEMAND_MAX;
}

/** A series that has a usable step; anything else counts as empty. */
export function usable(series: Series): Series {
  const sound = Number.isFinite(series.startMs) && Number.isFinite(series.stepMs) && series.stepMs > 0;
  return sound ? series : { startMs: 0, stepMs: STEP_MS, values: [] };
}

/** End of the last sample that is demand and ended by `nowMs`; undefined if there is none. */
export function lastEndMs(series: Series, nowMs: number): number | undefined {
  for (let i = series.values.length - 1; i >= 0; i--) {
    const endMs = series.startMs + (i + 1) * series.stepMs;
    if (endMs <= nowMs && isDemand(series.values[i])) return endMs;
  }
  return undefined;
}

/**
 * Means over `count` steps of five minutes that begin at `startMs`; NaN where nothing is known. A sample belongs to the
 * step its middle lies in; one longer than a step fills every step it covers. Samples that end after `untilMs` are ignored.
 */
export function gridMeans(series: Series, startMs: number, count: number, untilMs: number): Float64Array {
  const sums = new Float64Array(count);
  const counts = new Float64Array(count);
  const span = Math.max(1, Math.round(series.stepMs / STEP_MS));
  const firstSample = Math.max(0, Math.floor((startMs - series.startMs) / series.stepMs));
  for (let i = firstSample; i < series.values.length; i++) {
    const value = series.values[i];
    const fromMs = series.startMs + i * series.stepMs;
    if (fromMs + series.stepMs > untilMs) break;
    if (!isDemand(value)) continue;
    const middleMs = fromMs + Math.min(series.stepMs, STEP_MS) / 2;
    const first = Math.floor((middleMs - startMs) / STEP_MS);
    for (let slot = Math.max(0, first); slot < Math.min(count, first + span); slot++) {
      sums[slot] = (sums[slot] ?? 0) + value;
      counts[slot] = (counts[slot] ?? 0) + 1;
    }
  }
  for (let slot = 0; slot < count; slot++) sums[slot] = (sums[slot] as number) / (counts[slot] as number); // 0 / 0: NaN
  return sums;
}

/** Carries the last value over gaps of at most BRIDGED_STEPS. Causal: only the past is used, as it will be when live. */
export function bridgeGaps(grid: Float64Array): Float64Array {
  const bridged = Float64Array.from(grid);
  let lastKnown = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < grid.length; i++) {
    if (!Number.isNaN(grid[i])) lastKnown = i;
    else if (i - lastKnown <= BRIDGED_STEPS) bridged[i] = grid[lastKnown] ?? Number.NaN;
  }
  return bridged;
}
