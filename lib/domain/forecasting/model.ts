import type { LagRidge } from "./lag-ridge.ts";

/** Why a path is, or is not, more than the last value carried forward. A closed list. */
export type ForecastReason =
  /** The backtest at the lead beats the naive forecast by a margin that is not chance: the only trusted case. */
  | "beats-naive"
  /** It does not: a random walk, a constant, a season that does not repeat. */
  | "no-better-than-naive"
  /** Fewer than two seasons of history, or too many gaps in it. */
  | "not-enough-history"
  /** No usable sample within the last quarter of an hour. */
  | "recent-missing"
  /** Trained so long ago that the model knows no earlier season for the horizon. */
  | "model-stale";

export interface ForecastOptions {
  /** Length of a season, ms; a whole number of 5-minute steps, at most a day. Default: one day. */
  readonly seasonMs: number;
  /** How far ahead a path reaches, ms, in 5 min .. 3 h. Default: 60 minutes. */
  readonly horizonMs: number;
  /** How far ahead the forecast will be read, ms, in 0 .. horizon: trust is decided there. Default: 5 minutes. */
  readonly leadMs: number;
  /** Share of outcomes inside [lower, upper], in (0, 1), half of the rest on each side. Default: 0.9, so upper is the 95th percentile. */
  readonly coverage: number;
}

export const FORECAST_DEFAULTS: ForecastOptions = {
  seasonMs: 86_400_000,
  horizonMs: 3_600_000,
  leadMs: 300_000,
  coverage: 0.9,
};

/** The trust decision and its evidence. */
export interface Verdict {
  readonly trusted: boolean;
  readonly reason: ForecastReason;
  /** 1 - MAE / MAE of the naive forecast, at the lead; at most 1, 0 if nothing could be tested. */
  readonly skill: number;
  /** Backtest origins behind it. */
  readonly origins: number;
}

/** Distance of the band's edges from the mean, root units, for each step of five minutes ahead; both at least 0. */
export interface Margins {
  readonly below: readonly number[];
  readonly above: readonly number[];
}

/**
 * All that a forecast needs besides the recent samples. Plain JSON without NaN, about 9 kB. Values marked "root units"
 * are √(demand / scale).
 */
export interface TrainedModel {
  readonly version: 1;
  readonly trainedAtMs: number;
  readonly options: ForecastOptions;
  /** Mean demand over the history, in the metric's unit; 1 if there was none. */
  readonly scale: number;
  /** Last known five-minute mean, metric's unit, at least 0: what is said when no recent sample is there. */
  readonly level: number;
  readonly ridge: LagRidge;
  /** Earlier seasons, from 75 minutes before the training to one season after it, five-minute steps, root units; null where unknown. */
  readonly curves: {
    readonly startMs: number;
    readonly profile: readonly (number | null)[];
    readonly season: readonly (number | null)[];
    readonly week: readonly (number | null)[];
  };
  /** Conformal margins of the model and of the naive forecast; empty where the backtest is too small for them. */
  readonly margins: { readonly model: Margins; readonly naive: Margins };
  readonly verdict: Verdict;
}

/** Demand minute by minute, in the metric's unit: element k is the minute that begins at startMs + k·stepMs. */
export interface ForecastPath {
  readonly startMs: number;
  readonly stepMs: 60_000;
  /** Central forecast; lower <= mean <= upper and lower >= 0, never NaN. All three have the same length. */
  readonly mean: readonly number[];
  readonly lower: readonly number[];
  readonly upper: readonly number[];
  readonly coverage: number;
  /** "lag-ridge" or "naive". */
  readonly model: "lag-ridge" | "naive";
  readonly trusted: boolean;
  readonly reason: ForecastReason;
}
