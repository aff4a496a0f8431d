import { backtest } from "./backtest.ts";
import { type LagCurves, lagCurves, PROFILE_SEASONS } from "./lag-curves.ts";
import { fitLagRidge, type LagRidge, lagRows, PRESENT_STEPS } from "./lag-ridge.ts";
import { FORECAST_DEFAULTS, type ForecastOptions, type Margins, type TrainedModel } from "./model.ts";
import { toRoot } from "./root.ts";
import { bridgeGaps, gridMeans, type Series, STEP_MS, usable } from "./series.ts";

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
const HORIZON_MAX_MS = 3 * 3_600_000;
/** A mean below this is no demand at all. */
const SCALE_MIN = 1e-12;
/** Recent samples may be this old before a path is not trusted: three periods of the slowest CloudWatch metric. */
export const STALE_MAX_MS = 900_000;
/** The kept curves begin this long before the training: the present, as old as it may be. */
const LEAD_IN_STEPS = PRESENT_STEPS + STALE_MAX_MS / STEP_MS;
/** Steps ahead, of every twelve, that get weights of their own; between them weights are interpolated. */
const FITTED_STEPS = [0, 1, 3, 6, 12];

/**
 * Learns a component's demand from its history, and decides by a backtest whether to trust what it learned. Never
 * throws: whatever the input, the model yields a path, an untrusted one if need be.
 * @param history means over usually 5 minutes; the newest 14 seasons are used
 * @param recent  the newest samples, usually 1 minute each; they fill what the history does not have yet
 * @param options anything left out is FORECAST_DEFAULTS; out-of-range values are moved to the nearest bound
 * @param nowMs   samples that end later are ignored
 */
export function train(history: Series, recent: Series, options: Partial<ForecastOptions>, nowMs: number): TrainedModel {
  const settled = settle(options);
  const seasonSteps = settled.seasonMs / STEP_MS;
  const endMs = Math.floor(nowMs / STEP_MS) * STEP_MS;
  const demand = bridgeGaps(trimmed(joined(usable(history), usable(recent), endMs, seasonSteps)));
  const scale = meanKnown(demand);
  const grid = demand.map((value) => toRoot(value, scale));
  const curves = lagCurves(grid, seasonSteps);
  const steps = stepsAhead(settled);
  const rows = lagRows({ grid, curves }, seasonSteps, stepsFitted(steps));
  const leadStep = Math.min(steps - 1, Math.floor(settled.leadMs / STEP_MS));
  const tested = backtest({ grid, curves, seasonSteps, rows, steps, leadStep, coverage: settled.coverage });
  return {
    version: 1,
    trainedAtMs: nowMs,
    options: settled,
    scale,
    level: demand.findLast((value) => !Number.isNaN(value)) ?? 0,
    ridge: rounded(fitLagRidge(rows, grid.length)),
    curves: { startMs: endMs - LEAD_IN_STEPS * STEP_MS, ...tail(curves, grid.length - LEAD_IN_STEPS) },
    margins: { model: roundedMargins(tested.margins.model), naive: roundedMargins(tested.margins.naive) },
    verdict: { ...tested.verdict, skill: round(tested.verdict.skill) },
  };
}

/** Steps of five minutes a path may need: the horizon, what staleness adds, and one to interpolate towards. */
export function stepsAhead(options: ForecastOptions): number {
  return Math.ceil((options.horizonMs + STALE_MAX_MS) / STEP_MS) + 1;
}

function settle(options: Partial<ForecastOptions>): ForecastOptions {
  const { seasonMs, horizonMs, leadMs, coverage } = { ...FORECAST_DEFAULTS, ...options };
  const horizon = within(horizonMs, STEP_MS, HORIZON_MAX_MS, FORECAST_DEFAULTS.horizonMs);
  const season = within(seasonMs, HORIZON_MAX_MS + 2 * STALE_MAX_MS, DAY_MS, FORECAST_DEFAULTS.seasonMs);
  return {
    seasonMs: Math.round(season / STEP_MS) * STEP_MS,
    horizonMs: Math.ceil(horizon / MINUTE_MS) * MINUTE_MS,
    leadMs: within(leadMs, 0, horizon, FORECAST_DEFAULTS.leadMs),
    coverage: within(coverage, 0.01, 0.999, FORECAST_DEFAULTS.coverage),
  };
}

function within(value: number, min: number, max: number, otherwise: number): number {
  return Number.isFinite(value) ? Math.min(max, Math.max(min, value)) : otherwise;
}

function joined(history: Series, recent: Series, endMs: number, seasonSteps: number): Float64Array {
  const count = 2 * PROFILE_SEASONS * seasonSteps;
  if (!Number.isFinite(endMs)) return new Float64Array(0);
  const startMs = endMs - count * STEP_MS;
  const fromRecent = gridMeans(recent, startMs, count, endMs);
  return gridMeans(history, startMs, count, endMs).map((value, i) =>
    Number.isNaN(value) ? (fromRecent[i] as number) : value,
  );
}

/** Without the unknown time before the first sample. */
function trimmed(grid: Float64Array): Float64Array {
  const first = grid.findIndex((value) => !Number.isNaN(value));
  return grid.subarray(first < 0 ? grid.length : first);
}

/** The scale; 1 for a history without demand. */
function meanKnown(grid: Float64Array): number {
  const known = grid.filter((value) => !Number.isNaN(value));
  const mean = known.reduce((sum, value) => sum + value / known.length, 0);
  return mean >= SCALE_MIN ? mean : 1;
}

function stepsFitted(steps: number): readonly number[] {
  const fitted = FITTED_STEPS.filter((step) => step < steps - 1);
  for (let step = 24; step < steps - 1; step += 12) fitted.push(step);
  return [...fitted, steps - 1];
}

function tail(curves: LagCurves, from: number) {
  const part = (curve: Float64Array) => {
    const missing = Math.max(0, -from);
    const values = Array.from(curve.subarray(Math.max(0, from)), (value) =>
      Number.isNaN(value) ? null : round(value),
    );
    return [...Array.from({ length: missing }, () => null), ...values];
  };
  return { profile: part(curves.profile), season: part(curves.season), week: part(curves.week) };
}

function rounded({ steps, weights }: LagRidge): LagRidge {
  return { steps, weights: weights.map((row) => row.map(round)) };
}

function roundedMargins({ below, above }: Margins): Margins {
  return { below: below.map(round), above: above.map(round) };
}

/** To 1e-5: root units are near 1, so this is 0.001 % of the scale, and the stored item stays small. */
function round(value: number): number {
  return Math.round(value * 1e5) / 1e5 + 0; // + 0: JSON has no -0
}
