import type { LagCurves } from "./lag-curves.ts";
import { robustRidge } from "./robust-ridge.ts";

/** Steps of the present that the features look at: one hour. */
export const PRESENT_STEPS = 12;
/** Features of a row; see `features`. */
export const WIDTH = 8;
/** Penalty, as a share of the summed row weights; the demand is scaled to a mean near 1. */
const LAMBDA = 1e-4;
/** Every third origin is a row of the fit: neighbours five minutes apart say nearly the same. */
const ROW_STRIDE = 3;
/** Fewer rows than this (four hours) leave the weights at zero, which is the naive forecast. */
const ROWS_MIN = 16;

const CURVES = ["profile", "season", "week"] as const satisfies readonly (keyof LagCurves)[];

/** One set of WIDTH weights for each fitted step ahead; between them weights are interpolated. */
export interface LagRidge {
  readonly steps: readonly number[];
  readonly weights: readonly (readonly number[])[];
}

/** A grid and its curves around an origin: step `origin` is the first that is not known yet. */
export interface View {
  readonly grid: Float64Array;
  readonly curves: LagCurves;
  readonly origin: number;
}

/**
 * Features of a forecast from `origin`, `step` steps ahead. y(t) is the last known value; a bar is a mean:
 *   0-2  change of profile, last season, last week over the horizon: c(t + h) - c(t)
 *   3-5  how far each of them lies above the present:                c(t) - y(t)
 *   6    the last hour against the present:                          ȳ60 - y(t)
 *   7    the last quarter hour against the present:                  ȳ15 - y(t)
 * All are differences from the present, so weights of zero are the naive forecast. Unknown ones are 0.
 */
export function features({ grid, curves, origin }: View, step: number, into: Float64Array, from: number): void {
  const now = grid[origin - 1] as number;
  let k = from;
  for (const name of CURVES) {
    const curve = curves[name];
    const present = curve[origin - 1] as number;
    into[k] = orZero((curve[origin + step] as number) - present);
    into[k + 3] = orZero(present - now);
    k++;
  }
  into[from + 6] = mean(grid, origin - PRESENT_STEPS, origin) - now;
  into[from + 7] = mean(grid, origin - 3, origin) - now;
}

/** The rows of a grid for one step ahead, ascending by the step of the grid that each of them learns from. */
export interface LagRows {
  readonly step: number;
  /** Of WIDTH features each, row after row. */
  readonly x: Float64Array;
  readonly y: Float64Array;
  readonly outcomeAt: readonly number[];
}

/** All rows of a grid, for each step ahead: made once, since a fit as of any origin uses the first of them. */
export function lagRows(
  { grid, curves }: Omit<View, "origin">,
  seasonSteps: number,
  steps: readonly number[],
): readonly LagRows[] {
  const origins: number[] = [];
  for (let origin = seasonSteps + PRESENT_STEPS; origin < grid.length; origin += ROW_STRIDE) {
    if (presentIsKnown(grid, origin)) origins.push(origin);
  }
  return steps.map((step) => {
    const usable = origins.filter((origin) => origin + step < grid.length && !Number.isNaN(grid[origin + step]));
    const x = new Float64Array(usable.length * WIDTH);
    const y = new Float64Array(usable.length);
    usable.forEach((origin, row) => {
      features({ grid, curves, origin }, step, x, row * WIDTH);
      y[row] = (grid[origin + step] as number) - (grid[origin - 1] as number);
    });
    return { step, x, y, outcomeAt: usable.map((origin) => origin + step) };
  });
}

/**
 * Direct regression for each horizon (Marcellino, Stock & Watson 2006 on direct against iterated forecasts):
 *   y(t + h) - y(t) = w_h · features(t, h),   fitted by robust ridge on the rows whose outcome lies before the origin.
 */
export function fitLagRidge(rows: readonly LagRows[], origin: number): LagRidge {
  return { steps: rows.map(({ step }) => step), weights: rows.map((each) => Array.from(fitStep(each, origin))) };
}

function fitStep({ x, y, outcomeAt }: LagRows, origin: number): Float64Array {
  const later = outcomeAt.findIndex((at) => at >= origin);
  const count = later < 0 ? outcomeAt.length : later;
  if (count < ROWS_MIN) return new Float64Array(WIDTH);
  return robustRidge({ x: x.subarray(0, count * WIDTH), y: y.subarray(0, count), width: WIDTH }, LAMBDA);
}

/** One for all predictions: each fills it anew. */
const PREDICTED_ROW = new Float64Array(WIDTH);

/** Forecast for `step` steps after the origin, in the units of the grid; may be below 0. */
export function predictLagRidge(model: LagRidge, view: View, step: number): number {
  const row = PREDICTED_ROW;
  features(view, step, row, 0);
  const { lower, upper, share } = bracket(model.steps, step);
  let change = 0;
  for (let i = 0; i < WIDTH; i++) {
    const a = model.weights[lower]?.[i] ?? 0;
    const b = model.weights[upper]?.[i] ?? 0;
    change += (a + share * (b - a)) * (row[i] as number);
  }
  return (view.grid[view.origin - 1] as number) + change;
}

/** True if every step of the hour before `origin` is known. */
export function presentIsKnown(grid: Float64Array, origin: number): boolean {
  if (origin < PRESENT_STEPS) return false;
  for (let i = origin - PRESENT_STEPS; i < origin; i++) if (Number.isNaN(grid[i])) return false;
  return true;
}

function bracket(steps: readonly number[], step: number): { lower: number; upper: number; share: number } {
  let upper = 0;
  while (upper < steps.length && (steps[upper] as number) < step) upper++;
  if (upper === steps.length) upper = -1;
  if (upper <= 0)
    return upper === 0
      ? { lower: 0, upper: 0, share: 0 }
      : { lower: steps.length - 1, upper: steps.length - 1, share: 0 };
  const from = steps[upper - 1] as number;
  return { lower: upper - 1, upper, share: (step - from) / ((steps[upper] as number) - from) };
}

function mean(values: Float64Array, from: number, to: number): number {
  let sum = 0;
  for (let i = from; i < to; i++) sum += values[i] as number;
  return sum / (to - from);
}

function orZero(value: number): number {
  return Number.isNaN(value) ? 0 : value;
}
