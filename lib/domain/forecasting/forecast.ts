import { conformalMargins, marginsOfSorted } from "./conformal.ts";
import type { LagCurves } from "./lag-curves.ts";
import { PRESENT_STEPS, predictLagRidge, type View } from "./lag-ridge.ts";
import type { ForecastPath, ForecastReason, Margins, TrainedModel } from "./model.ts";
import { fromRoot, toRoot } from "./root.ts";
import { gridMeans, isDemand, lastEndMs, type Series, STEP_MS, usable } from "./series.ts";
import { STALE_MAX_MS, stepsAhead } from "./train.ts";

const MINUTE_MS = 60_000;
/** Middle of a minute against the middle of the five minutes that begin with it, ms. */
const MIDDLES_APART_MS = (STEP_MS - MINUTE_MS) / 2;

/** Mean and margins of each five-minute step after the anchor, root units. */
interface Steps {
  readonly mean: Float64Array;
  readonly margins: Margins;
}

/**
 * The path from now to the horizon, from the model and the recent samples alone. If the model is not trusted, or cannot
 * be applied now, the path is the last five-minute mean carried forward, `trusted` is false and `reason` says why.
 * Never throws, never NaN.
 * @param recent newest samples, usually the last 60 minutes at 1 minute; samples that end after `nowMs` are ignored
 */
export function forecast(model: TrainedModel, recent: Series, nowMs: number): ForecastPath {
  const series = usable(recent);
  const endMs = lastEndMs(series, nowMs);
  const fresh = endMs !== undefined && nowMs - endMs <= STALE_MAX_MS;
  const anchorMs = fresh ? endMs : nowMs;
  const hour = gridMeans(series, anchorMs - PRESENT_STEPS * STEP_MS, PRESENT_STEPS, anchorMs);
  const present = presentRoots(hour, model);
  const count = stepsAhead(model.options);
  const view = fresh ? viewOf(model, present, anchorMs, count) : undefined;
  const reason = reasonOf(model, fresh, view);
  const noise = minuteNoise(series, hour, anchorMs, model);
  if (reason === "beats-naive" && view !== undefined) {
    const mean = new Float64Array(count);
    for (let step = 0; step < count; step++) mean[step] = Math.max(0, predictLagRidge(model.ridge, view, step));
    return pathOf(model, { mean, margins: model.margins.model }, { nowMs, anchorMs, noise, reason });
  }
  const mean = new Float64Array(count).fill(present[PRESENT_STEPS - 1] as number);
  const known = model.margins.naive.above.length > 0;
  const margins = known ? model.margins.naive : walkMargins(present, count, model.options.coverage);
  return pathOf(model, { mean, margins }, { nowMs, anchorMs, noise, reason });
}

function reasonOf(model: TrainedModel, fresh: boolean, view: View | undefined): ForecastReason {
  if (!model.verdict.trusted) return model.verdict.reason;
  if (!fresh) return "recent-missing";
  return view === undefined ? "model-stale" : "beats-naive";
}

/** The means of the hour before the anchor in root units, without gaps: the last carried on, the first carried back. */
function presentRoots(means: Float64Array, model: TrainedModel): Float64Array {
  const first = means.find((value) => !Number.isNaN(value)) ?? model.level;
  let last = first;
  return means.map((value) => toRoot((last = Number.isNaN(value) ? last : value), model.scale));
}

/** The present and the model's curves around the anchor; undefined if the curves end before the path does. */
function viewOf(model: TrainedModel, present: Float64Array, anchorMs: number, count: number): View | undefined {
  const startMs = anchorMs - PRESENT_STEPS * STEP_MS;
  const shift = (startMs - model.curves.startMs) / STEP_MS;
  const length = PRESENT_STEPS + count;
  if (shift < 0 || shift + length > model.curves.profile.length) return undefined;
  const grid = new Float64Array(length).fill(Number.NaN);
  grid.set(present);
  const curves: LagCurves = {
    profile: shifted(model.curves.profile, shift, length),
    season: shifted(model.curves.season, shift, length),
    week: shifted(model.curves.week, shift, length),
  };
  return { grid, curves, origin: PRESENT_STEPS };
}

function shifted(curve: readonly (number | null)[], shift: number, length: number): Float64Array {
  const part = new Float64Array(length);
  for (let i = 0; i < length; i++) part[i] = between(curve, shift + i);
  return part;
}

/** Linear between elements; the nearest element outside or beside an unknown one; NaN if both are unknown. */
function between(values: readonly (number | null)[], position: number): number {
  const at = Math.min(values.length - 1, Math.max(0, position));
  const lower = values[Math.floor(at)] ?? undefined;
  const upper = values[Math.ceil(at)] ?? undefined;
  if (lower === undefined || upper === undefined) return lower ?? upper ?? Number.NaN;
  return lower + (at - Math.floor(at)) * (upper - lower);
}

/**
 * How far single minutes stray from the mean of their five minutes, root units, at the band's two edges: the conformal
 * margin of the deviations over the last hour, times √(5/4) because each mean contains its own minute.
 * Zero if samples are five minutes long themselves.
 */
function minuteNoise(
  recent: Series,
  means: Float64Array,
  anchorMs: number,
  model: TrainedModel,
): { below: number; above: number } {
  const perStep = Math.round(STEP_MS / recent.stepMs);
  if (perStep < 2) return { below: 0, above: 0 };
  const startMs = anchorMs - PRESENT_STEPS * STEP_MS;
  const roots = means.map((mean) => toRoot(mean, model.scale)); // once for the many minutes of each step
  const deviations = roomFor(recent.values.length);
  let count = 0;
  for (let i = 0; i < recent.values.length; i++) {
    const value = recent.values[i];
    const step = Math.floor((recent.startMs + (i + 0.5) * recent.stepMs - startMs) / STEP_MS);
    if (isDemand(value) && isDemand(means[step]))
      deviations[count++] = toRoot(value, model.scale) - (roots[step] as number);
  }
  const { below, above } = marginsOfSorted(deviations.subarray(0, count).sort(), model.options.coverage);
  const inflation = Math.sqrt(perStep / (perStep - 1));
  return { below: below * inflation, above: above * inflation };
}

/** One array for the deviations of all forecasts, each of which fills it anew: to make one costs more than to use it. */
let room = new Float64Array(256);
function roomFor(length: number): Float64Array {
  if (room.length < length) room = new Float64Array(length);
  return room;
}

/** Without a backtest: the present's own five-minute changes, growing as those of a random walk, with √(steps). */
function walkMargins(present: Float64Array, count: number, coverage: number): Margins {
  const changes = present.subarray(1).map((value, i) => value - (present[i] as number));
  const { below, above } = conformalMargins(changes, coverage);
  const grow = (margin: number) => Array.from({ length: count }, (_, step) => margin * Math.sqrt(step + 1));
  return { below: grow(below), above: grow(above) };
}

/** Of independent errors. Not by `Math.hypot`, whose care for huge numbers takes ten times as long. */
function together(a: number, b: number): number {
  return Math.sqrt(a * a + b * b);
}

interface Placement {
  readonly nowMs: number;
  readonly anchorMs: number;
  readonly noise: { readonly below: number; readonly above: number };
  readonly reason: ForecastReason;
}

/** Steps of five minutes → minutes, back in the metric's unit. Step and minute noise add like independent errors. */
function pathOf(model: TrainedModel, steps: Steps, { nowMs, anchorMs, noise, reason }: Placement): ForecastPath {
  const startMs = Math.floor(nowMs / MINUTE_MS) * MINUTE_MS;
  const minutes = model.options.horizonMs / MINUTE_MS + 1;
  const path = { mean: [] as number[], lower: [] as number[], upper: [] as number[] };
  for (let minute = 0; minute < minutes; minute++) {
    const position = (startMs + minute * MINUTE_MS - anchorMs - MIDDLES_APART_MS) / STEP_MS;
    const mean = between(steps.mean as unknown as number[], position);
    const below = together(between(steps.margins.below, position), noise.below);
    const above = together(between(steps.margins.above, position), noise.above);
    path.mean.push(fromRoot(mean, model.scale));
    path.lower.push(fromRoot(mean - below, model.scale));
    path.upper.push(fromRoot(mean + above, model.scale));
  }
  const trusted = reason === "beats-naive";
  const coverage = model.options.coverage;
  return { startMs, stepMs: MINUTE_MS, ...path, coverage, model: trusted ? "lag-ridge" : "naive", trusted, reason };
}
