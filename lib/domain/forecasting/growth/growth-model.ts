import type { DemandSeries } from "./demand-series.ts";
import {
  FEATURE_SETS,
  FEATURES,
  growthFeatures,
  isRecentKnown,
  ListedHighs,
  logOf,
  logsOf,
  seasonalAt,
} from "./growth-features.ts";
import { fitQuantile, meanExcess, pinballLoss, type QuantileProblem } from "./quantile-regression.ts";

/** How much demand may grow within the lead time, as a quantile of what it did: weights of growth-features.ts. */
export interface GrowthModel {
  readonly trainedAtMs: number;
  readonly quantile: number;
  readonly leadMinutes: number;
  /** One for each of FEATURES; the growth is their sum of products, a natural logarithm. */
  readonly weights: readonly number[];
  /** Minutes that it was learned from. */
  readonly rows: number;
  /** Highest demand of a minute that it has seen, tasks. */
  readonly highest: number;
}

/** Every so many minutes make a row: neighbours say nearly the same. */
const ROW_MINUTES = 2;
/** A row looks back a quarter of an hour. */
const FIRST_ROW = 16;
/** Half a day: below it a line through eleven features is a guess. */
const ROWS_MIN = 360;
/** The older part is for learning when sets of features compete, the newer for judging. */
const LEARN_SHARE = 0.65;
/** A larger set must earn each of its features. */
const PRICE_OF_FEATURE = 0.002;
const RIDGE = 3;
/** A line that one minute in two hundred exceeds is still held by some dozens of them; what is rarer is carried on from there. */
const TAIL_FROM = 0.995;

/**
 * Learns from a component's own history. The feature set that did best on the newest third, after learning from what came
 * before it, is fitted again to all. Undefined while there is too little.
 */
export function trainGrowth(
  series: DemandSeries,
  { quantile, leadMinutes, nowMs }: { readonly quantile: number; readonly leadMinutes: number; readonly nowMs: number },
): GrowthModel | undefined {
  if (mostRows(series) < ROWS_MIN) return undefined;
  const { features, values } = rowsOf(series, leadMinutes);
  const rows = values.length;
  if (rows < ROWS_MIN) return undefined;
  const cut = Math.floor(rows * LEARN_SHARE);
  const problem = { features, values, quantile: Math.min(quantile, TAIL_FROM), ridge: RIDGE };
  let best: QuantileProblem | undefined;
  let bestLoss = Number.POSITIVE_INFINITY;
  for (const columns of FEATURE_SETS) {
    const candidate = { ...problem, columns };
    const weights = fitQuantile(candidate, 0, cut, 8);
    const loss = pinballLoss(candidate, weights, cut, rows) * (1 + PRICE_OF_FEATURE * columns.length);
    if (loss < bestLoss) [best, bestLoss] = [candidate, loss];
  }
  if (best === undefined) return undefined;
  const weights = fitQuantile(best, 0, rows, 12);
  weights[0] = (weights[0] as number) + beyond(best, weights, quantile);
  return {
    trainedAtMs: nowMs,
    quantile,
    leadMinutes,
    weights: [...weights].map(rounded),
    rows,
    highest: rounded(series.mean.reduce((most, each) => (each > most ? each : most), 0)),
  };
}

/**
 * How much above the line a growth is that is rarer than the line was fitted for: excesses over a high threshold are taken as
 * exponential, with their mean (Pickands 1975, with shape 0), so that each tenfold sureness costs the same.
 */
function beyond(fitted: QuantileProblem, weights: Float64Array, quantile: number): number {
  if (quantile <= fitted.quantile) return 0;
  return meanExcess(fitted, weights) * Math.log((1 - fitted.quantile) / (1 - quantile));
}

/** No more rows than this can come of the series: spares the work while a history is young. */
function mostRows({ first }: DemandSeries): number {
  let known = 0;
  for (let at = FIRST_ROW; at < first.length; at += ROW_MINUTES) if (!Number.isNaN(first[at + 1])) known++;
  return known;
}

/** What was known of each minute, feature by feature, and the growth after it. */
function rowsOf(series: DemandSeries, leadMinutes: number): Pick<QuantileProblem, "features" | "values"> {
  const most = mostRows(series);
  const into = { features: FEATURES.map(() => new Float64Array(most)), values: new Float64Array(most) };
  const rows = fillRows(into, series, leadMinutes);
  return { features: into.features.map((column) => column.subarray(0, rows)), values: into.values.subarray(0, rows) };
}

/**
 * Returns how many rows there are. A function of its own, which ends with its loop: it is called a few times a day and runs for
 * long, and what follows upon such a loop throws away the code that was compiled for it.
 */
function fillRows(
  { features, values }: { readonly features: readonly Float64Array[]; readonly values: Float64Array },
  series: DemandSeries,
  leadMinutes: number,
): number {
  let rows = 0;
  const highs = new ListedHighs(series, leadMinutes);
  const logs = logsOf(series.mean);
  for (let at = FIRST_ROW; at + leadMinutes < logs.length; at += ROW_MINUTES) {
    // Decisions see a sample or more of the minute that has begun, too.
    const now = series.first[at + 1] as number;
    const recent = { logs, at, now };
    const after = highs.ahead[at] as number;
    if (after === 0 || !isRecentKnown(recent)) continue;
    const row = growthFeatures(recent, seasonalAt(highs, at));
    for (let k = 0; k < features.length; k++) (features[k] as Float64Array)[rows] = row[k] as number;
    values[rows++] = logOf(after) - logOf(now);
  }
  return rows;
}

function rounded(value: number): number {
  return Math.round(value * 1e6) / 1e6;
}
