import { type DemandSeries, highest } from "./demand-series.ts";

/*
 * What is looked at to say how much demand may grow within the lead time. All of it is known at the moment; logarithms of
 * ratios, so that the same numbers mean the same for a small and a large service.
 */

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

/** The last quarter of an hour, minute by minute, oldest first, and the newest sample; tasks. */
export interface RecentDemand {
  readonly minutes: readonly number[];
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

/** Undefined where the recent past has gaps: then nothing is said. */
export function growthFeatures({ minutes, now }: RecentDemand, seasonal: SeasonalDemand): Float64Array | undefined {
  const last = minutes.length - 1;
  if (last < RECENT_MINUTES || Number.isNaN(now)) return undefined;
  const logs = minutes.slice(last - RECENT_MINUTES).map(logOf);
  if (logs.some(Number.isNaN)) return undefined;
  const level = logOf(now);
  const back = (count: number): number => logs[RECENT_MINUTES - count] as number;
  let mean = 0;
  let change = 0;
  for (let k = 0; k < 10; k++) mean += back(k) / 10;
  for (let k = 0; k < RECENT_MINUTES; k++) change += Math.abs(back(k) - back(k + 1)) / RECENT_MINUTES;
  const above = (demand: number): number => Math.min(LOG_MAX, Math.max(0, logOf(demand) - level));
  const rise = level - back(2);
  return Float64Array.of(
    1,
    rise,
    level - mean,
    Math.max(0, rise),
    change,
    1 / Math.sqrt(Math.max(0.5, now)),
    seasonal.usualGrowth,
    above(seasonal.yesterday),
    above(seasonal.lastWeek),
    above(seasonal.threeDays),
    above(seasonal.lastHour),
  );
}

/** What is known of minute `at` of the series, from minutes up to it and from former days. */
export function seasonalAt(series: DemandSeries, at: number, leadMinutes: number): SeasonalDemand {
  const around = (days: number): number => {
    const then = at - days * DAY_MINUTES;
    return then < 0 ? 0 : highest(series, then - AROUND.before, then + AROUND.after);
  };
  const yesterday = around(1);
  return {
    usualGrowth: usualGrowth(series, at, leadMinutes),
    yesterday,
    lastWeek: at >= 7 * DAY_MINUTES ? around(7) : yesterday,
    threeDays: median([yesterday, around(2), around(3)]),
    lastHour: highest(series, at - 60, at),
  };
}

function usualGrowth(series: DemandSeries, at: number, leadMinutes: number): number {
  const growths: number[] = [];
  for (const days of DAYS) {
    const then = at - days * DAY_MINUTES;
    if (then < 3) continue;
    const level = ((series.mean[then] ?? 0) + (series.mean[then - 1] ?? 0) + (series.mean[then - 2] ?? 0)) / 3;
    if (!Number.isNaN(level)) growths.push(logOf(highest(series, then + 1, then + leadMinutes)) - logOf(level));
  }
  return growths.length === 0 ? 0 : Math.min(1.5, Math.max(-1.5, median(growths)));
}

/** Upper median. */
function median(values: number[]): number {
  values.sort((a, b) => a - b);
  return values[values.length >> 1] ?? 0;
}

/** Natural logarithm of a demand in tasks, from DEMAND_MIN on. */
export function logOf(demand: number): number {
  return Math.log(Math.max(DEMAND_MIN, demand));
}
