import { type DemandSeries, highest, highestAround } from "./demand-series.ts";

/*
 * What is looked at to say how much demand may grow within the lead time. All of it is known at the moment; logarithms of
 * ratios, so that the same numbers mean the same for a small and a large service.
 */

const MINUTE_MS = 60_000;
const DAY_MINUTES = 1440;
/** Former days whose same hour is looked at. */
const DAYS = [1, 2, 3, 7] as const;
/** Minutes around the same time of a former day: daily jobs do not start at the same second. */
const AROUND = { before: 5, after: 12 } as const;
/** Demand below this counts as this, tasks: ratios of nearly nothing say nothing. */
const DEMAND_MIN = 0.2;
/** e^3.5 = 33-fold: what is beyond is not told apart. */
const LOG_MAX = 3.5;
const RECENT_MINUTES = 15;
const HOUR_MINUTES = 60;

/** The last quarter of an hour and the newest sample. */
export interface RecentDemand {
  /** Logarithms of the minutes' demand, see `logOf`; NaN for a gap. */
  readonly logs: ArrayLike<number>;
  /** The last minute that is seen. */
  readonly at: number;
  /** Demand of the newest sample, tasks. */
  readonly now: number;
}

/** What former days, and the last hour, say about a minute. Highest demands are in tasks, 0 where nothing is known. */
export interface SeasonalDemand {
  /** Median over former days of the log growth from this minute to the highest of the lead time. */
  readonly usualGrowth: number;
  readonly yesterday: number;
  readonly lastWeek: number;
  /** Median of the last three days. */
  readonly threeDays: number;
  /** Highest minute of the last hour. */
  readonly lastHour: number;
}

export const FEATURES = [
  "one",
  "rise2",
  "rise10",
  "rise2Positive",
  "volatility",
  "smallness",
  "usualGrowth",
  "yesterday",
  "lastWeek",
  "threeDays",
  "lastHour",
] as const;

/** Sets of features that compete: the short past alone, with the last hour, with former days, with both, nothing. */
export const FEATURE_SETS: readonly (readonly number[])[] = [
  [0, 1, 2, 3, 4, 5],
  [0, 1, 2, 3, 4, 5, 10],
  [0, 1, 2, 3, 4, 5, 6, 7, 8, 9],
  [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10],
  [0, 5],
];

/** True where the quarter of an hour up to the minute is known, and the newest sample: else nothing can be said. */
export function isRecentKnown({ logs, at, now }: RecentDemand): boolean {
  if (at < RECENT_MINUTES || Number.isNaN(now)) return false;
  for (let k = at - RECENT_MINUTES; k <= at; k++) if (Number.isNaN(logs[k])) return false;
  return true;
}

/** One number for each of FEATURES. The recent past must be known, see `isRecentKnown`. */
export function growthFeatures({ logs, at, now }: RecentDemand, seasonal: SeasonalDemand): number[] {
  const level = logOf(now);
  let mean = 0;
  let change = 0;
  for (let k = 0; k < 10; k++) mean += (logs[at - k] as number) / 10;
  for (let k = at; k > at - RECENT_MINUTES; k--)
    change += Math.abs((logs[k] as number) - (logs[k - 1] as number)) / RECENT_MINUTES;
  const rise = level - (logs[at - 2] as number);
  return [
    1,
    rise,
    level - mean,
    Math.max(0, rise),
    change,
    1 / Math.sqrt(Math.max(0.5, now)),
    seasonal.usualGrowth,
    growthTo(seasonal.yesterday, level),
    growthTo(seasonal.lastWeek, level),
    growthTo(seasonal.threeDays, level),
    growthTo(seasonal.lastHour, level),
  ];
}

/** Log growth from a level (a logarithm) to a demand in tasks, 0..LOG_MAX. */
function growthTo(demand: number, level: number): number {
  return Math.min(LOG_MAX, Math.max(0, logOf(demand) - level));
}

/** What is asked of single minutes of a series, however it is found. */
export interface DemandHighs {
  /** Highest demand around the minute, tasks. */
  around(at: number): number;
  /** Highest demand of the hour up to the minute, tasks. */
  lastHour(at: number): number;
  /** Log growth from the minute to the highest of the lead time after it; NaN where the minute is not known. */
  growth(at: number): number;
}

/**
 * Looks at the minutes when it is asked: for a few of them, counted from 1970 on. The history may be in parts, ascending,
 * each of which holds all that is asked around a minute.
 */
export class SoughtHighs implements DemandHighs {
  readonly #parts: readonly DemandSeries[];
  readonly #leadMinutes: number;

  constructor(parts: readonly DemandSeries[], leadMinutes: number) {
    this.#parts = parts;
    this.#leadMinutes = leadMinutes;
  }

  around(at: number): number {
    return this.#highest(at, -AROUND.before, AROUND.after);
  }

  lastHour(at: number): number {
    return this.#highest(at, -HOUR_MINUTES, 0);
  }

  growth(at: number): number {
    const part = this.#partOf(at);
    if (part === undefined) return Number.NaN;
    const { mean } = part;
    const i = at - startOf(part);
    const level = ((mean[i] ?? Number.NaN) + (mean[i - 1] ?? Number.NaN) + (mean[i - 2] ?? Number.NaN)) / 3;
    return Number.isNaN(level) ? level : logOf(this.#highest(at, 1, this.#leadMinutes)) - logOf(level);
  }

  #highest(at: number, from: number, to: number): number {
    const part = this.#partOf(at);
    return part === undefined ? 0 : highest(part, at + from - startOf(part), at + to - startOf(part));
  }

  #partOf(at: number): DemandSeries | undefined {
    for (let i = this.#parts.length - 1; i >= 0; i--) {
      const part = this.#parts[i] as DemandSeries;
      if (startOf(part) <= at) return part;
    }
    return undefined;
  }
}

function startOf({ startMs }: DemandSeries): number {
  return startMs / MINUTE_MS;
}

/** Finds all of a series at once: for training, which asks about every minute. Minutes must lie in the series. */
export class ListedHighs implements DemandHighs {
  /** Highest demand of the lead time after each minute, tasks. */
  readonly ahead: Float64Array;
  readonly #around: Float64Array;
  readonly #lastHour: Float64Array;
  readonly #growth: Float64Array;

  constructor(series: DemandSeries, leadMinutes: number) {
    const { mean } = series;
    this.ahead = highestAround(series, 1, leadMinutes);
    this.#around = highestAround(series, -AROUND.before, AROUND.after);
    this.#lastHour = highestAround(series, -HOUR_MINUTES, 0);
    this.#growth = new Float64Array(mean.length);
    for (let at = 0; at < mean.length; at++) {
      const level = ((mean[at] as number) + (mean[at - 1] ?? Number.NaN) + (mean[at - 2] ?? Number.NaN)) / 3;
      this.#growth[at] = Number.isNaN(level) ? level : logOf(this.ahead[at] as number) - logOf(level);
    }
  }

  around(at: number): number {
    return this.#around[at] as number;
  }

  lastHour(at: number): number {
    return this.#lastHour[at] as number;
  }

  growth(at: number): number {
    return this.#growth[at] as number;
  }
}

/** What is known of minute `at` of a series, from minutes up to it and from former days. */
export function seasonalAt(highs: DemandHighs, at: number): SeasonalDemand {
  const yesterday = sameTime(highs, at, 1);
  return {
    usualGrowth: usualGrowth(highs, at),
    yesterday,
    lastWeek: at >= 7 * DAY_MINUTES ? sameTime(highs, at, 7) : yesterday,
    threeDays: middle(yesterday, sameTime(highs, at, 2), sameTime(highs, at, 3)),
    lastHour: highs.lastHour(at),
  };
}

function sameTime(highs: DemandHighs, at: number, days: number): number {
  const then = at - days * DAY_MINUTES;
  return then < 0 ? 0 : highs.around(then);
}

function usualGrowth(highs: DemandHighs, at: number): number {
  const growths: number[] = [];
  for (const days of DAYS) {
    const then = at - days * DAY_MINUTES;
    if (then < 3) continue;
    const growth = highs.growth(then);
    if (!Number.isNaN(growth)) growths.push(growth);
  }
  return growths.length === 0 ? 0 : Math.min(1.5, Math.max(-1.5, median(growths)));
}

/** The second of three. */
function middle(a: number, b: number, c: number): number {
  return Math.max(Math.min(a, b), Math.min(Math.max(a, b), c));
}

/** Upper median, by insertion: there are four values at the most. */
function median(values: number[]): number {
  for (let i = 1; i < values.length; i++) {
    const value = values[i] as number;
    let at = i;
    for (; at > 0 && (values[at - 1] as number) > value; at--) values[at] = values[at - 1] as number;
    values[at] = value;
  }
  return values[values.length >> 1] ?? 0;
}

/** Natural logarithm of a demand in tasks, from DEMAND_MIN on. */
export function logOf(demand: number): number {
  return Math.log(Math.max(DEMAND_MIN, demand));
}

/** The same of every minute; NaN where it is not known. */
export function logsOf(demand: Float64Array): Float64Array {
  const logs = new Float64Array(demand.length);
  for (let at = 0; at < logs.length; at++) logs[at] = logOf(demand[at] as number);
  return logs;
}
