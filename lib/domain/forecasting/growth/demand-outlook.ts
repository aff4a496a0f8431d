import type { SampleWindow } from "../../model/sample-window.ts";
import type { DemandSeries } from "./demand-series.ts";
import {
  growthFeatures,
  isRecentKnown,
  logOf,
  type SeasonalDemand,
  SoughtHighs,
  seasonalAt,
} from "./growth-features.ts";
import type { GrowthModel } from "./growth-model.ts";
import { dot } from "./quantile-regression.ts";

const MINUTE_MS = 60_000;

/** What the optimization loop hands to decisions: the model, and what former days say about the minutes to come. */
export interface DemandOutlook {
  readonly v: 1;
  readonly madeAtMs: number;
  /** CPU of one task when it was made, milli-vCPU: the unit of demand. */
  readonly taskCpu: number;
  readonly model?: GrowthModel | undefined;
  /** When it was last tried to learn, whether there was enough or not. */
  readonly triedAtMs?: number | undefined;
  /** Lead time that the usual growth is of. */
  readonly leadMinutes?: number | undefined;
  /** Start of the first of the minutes, epoch ms. */
  readonly startMs: number;
  /** By minute. */
  readonly minutes: readonly SeasonalDemand[];
}

/** Minutes before it was made, since the newest sample is older, and after: three runs of the loop, so that one may fail. */
const MINUTES_BEFORE = 5;
const MINUTES_AFTER = 16;
/** Growth that is allowed for while there is no model, or none that fits the moment: a third. */
const DEFAULT_GROWTH = Math.log(4 / 3);
/** Demand is not expected to halve within a few minutes, whatever the model says. */
const GROWTH_MIN = Math.log(0.5);
/** A fall is followed by this much at the most: what was there in the last minutes may be back in the next. */
const FALL_MAX = -0.1;
/**
 * A line through the past says wild things of a moment unlike any of it: no more than half beyond the highest demand that was
 * ever learned from, but in any case so much of the growth (e^0.6 = 1.8-fold), since what has not been may come.
 */
const HIGHEST_TIMES = 1.5;
const GROWTH_ANYWAY = 0.6;
/** From here on the tasks are busy all the time, and what is used hides what is wanted: ask for twice as much. */
const SATURATED = 0.985;
const SATURATED_FACTOR = 2;

/** What an outlook is made for. */
export interface OutlookNeed {
  readonly taskCpu: number;
  readonly leadMinutes: number;
  readonly nowMs: number;
}

/**
 * Minutes of an outlook to be made that one made shortly before has already: nothing is added to former days, so what they
 * say of a minute stays. The first ones.
 */
export function minutesKnown(previous: DemandOutlook | undefined, need: OutlookNeed): readonly SeasonalDemand[] {
  if (previous?.taskCpu !== need.taskCpu || previous.leadMinutes !== need.leadMinutes) return [];
  const gone = firstMinute(need.nowMs) - previous.startMs / MINUTE_MS;
  return gone < 0 ? [] : previous.minutes.slice(gone);
}

function firstMinute(nowMs: number): number {
  return Math.floor(nowMs / MINUTE_MS) - MINUTES_BEFORE;
}

/**
 * @param history the same time of the last seven days, from minutes before to after it, and the last hour: in one series or
 * in parts, ascending; what it lacks is taken as unknown
 * @param known the first minutes as far as they are known, see `minutesKnown`: for them, former days are not looked at
 */
export function outlookOf(
  history: readonly DemandSeries[],
  model: GrowthModel | undefined,
  need: OutlookNeed & { readonly triedAtMs?: number | undefined },
  known: readonly SeasonalDemand[] = [],
): DemandOutlook {
  const { taskCpu, leadMinutes, nowMs, triedAtMs } = need;
  const first = firstMinute(nowMs);
  const highs = new SoughtHighs(history, leadMinutes);
  const minutes: SeasonalDemand[] = [];
  for (let k = 0; k < MINUTES_BEFORE + MINUTES_AFTER; k++) {
    const { yesterday, lastWeek, threeDays, usualGrowth } = known[k] ?? seasonalAt(highs, first + k);
    minutes.push({
      yesterday: round(yesterday),
      lastWeek: round(lastWeek),
      threeDays: round(threeDays),
      lastHour: round(highs.lastHour(first + k)),
      usualGrowth: round(usualGrowth),
    });
  }
  return { v: 1, madeAtMs: nowMs, startMs: first * MINUTE_MS, taskCpu, leadMinutes, model, triedAtMs, minutes };
}

/** Demand in tasks: now, the most that is to be expected within the lead time, and the most after a fall. */
export interface DemandAhead {
  readonly now: number;
  /** What to be ready for. */
  readonly ahead: number;
  /** What a shrink must leave room for. */
  readonly keep: number;
  /** Log growth that was allowed for. */
  readonly growth: number;
  /** `model`: learned from the component's own past; `default`: not yet, or the recent past has gaps. */
  readonly from: "model" | "default";
}

/**
 * Reads demand from the recent samples and carries it ahead. Undefined without a usable newest sample.
 *
 * @param serving tasks at the time of the newest sample: use near what they have hides what is wanted
 */
export function demandAhead(
  outlook: DemandOutlook | undefined,
  {
    window,
    taskCpu,
    serving,
    keepMs,
  }: {
    readonly window: SampleWindow;
    readonly taskCpu: number;
    readonly serving: number;
    readonly keepMs: number;
  },
): DemandAhead | undefined {
  const newest = window.view(-1);
  const used = newest?.values.cpuUsed;
  if (newest === undefined || used === undefined || taskCpu <= 0) return undefined;
  const had = serving * taskCpu;
  const saturated = had > 0 && (used >= SATURATED * had || (used >= BUSY * had && isQueueing(window)));
  const now = (used / taskCpu) * (saturated ? SATURATED_FACTOR : 1);
  const learned = learnedGrowth(outlook, { window, taskCpu, now, newestMs: newest.endMs });
  const growth = Math.max(GROWTH_MIN, learned ?? DEFAULT_GROWTH);
  let recent = now;
  const recentMs = newest.endMs - keepMs;
  for (const sample = window.scan(); sample.next(); )
    if (sample.endMs > recentMs) recent = Math.max(recent, (sample.cpuUsed ?? 0) / taskCpu);
  const most = HIGHEST_TIMES * (outlook?.model?.highest ?? Number.POSITIVE_INFINITY);
  const ahead = grown(now, growth, most);
  return {
    now: round(now),
    ahead: round(ahead),
    keep: round(Math.max(ahead, grown(recent, Math.max(growth, FALL_MAX), most))),
    growth: round(growth),
    from: learned === undefined ? "default" : "model",
  };
}

/** A demand after this log growth; no more than `most`, unless the growth is one that may always come. */
function grown(demand: number, by: number, most: number): number {
  return Math.min(demand * Math.exp(by), Math.max(most, demand * Math.exp(Math.min(by, GROWTH_ANYWAY))));
}

/**
 * Operations wait: the newest response takes many times what is usual. What is used then is what the tasks could do, also
 * when more of them run by now than did in the sample.
 */
function isQueueing(window: SampleWindow): boolean {
  const now = window.view(-1)?.responseTime;
  if (now === undefined) return false;
  // More than many times the median: more than many times more than half of them. Every decision asks: nothing is sorted.
  let known = 0;
  let exceeded = 0;
  for (const sample = window.scan(); sample.next(); ) {
    const { responseTime } = sample;
    if (responseTime === undefined) continue;
    known++;
    if (now > QUEUEING * responseTime) exceeded++;
  }
  return exceeded > known >> 1;
}
/** Operations that wait are no sign any more once clearly more tasks were asked for than are used. */
const BUSY = 0.85;
/** Random waiting below capacity makes the mean response two or three times what it is without. */
const QUEUEING = 4;

function learnedGrowth(
  outlook: DemandOutlook | undefined,
  at: {
    readonly window: SampleWindow;
    readonly taskCpu: number;
    readonly now: number;
    readonly newestMs: number;
  },
): number | undefined {
  const model = outlook?.model;
  if (outlook === undefined || model === undefined || outlook.taskCpu !== at.taskCpu) return undefined;
  // The last whole minute that was seen, as in training: of the one that has begun too little is known.
  const toMs = Math.floor(at.newestMs / MINUTE_MS) * MINUTE_MS;
  const seasonal = outlook.minutes[(toMs - outlook.startMs) / MINUTE_MS - 1];
  if (seasonal === undefined) return undefined;
  const logs = recentLogs(at.window, toMs, at.taskCpu);
  const recent = { logs, at: logs.length - 1, now: at.now };
  return isRecentKnown(recent) ? dot(model.weights, growthFeatures(recent, seasonal)) : undefined;
}

/** Logarithms of the mean demand of the last whole minutes, as `demandSeries` has them; NaN for a gap. */
function recentLogs(window: SampleWindow, toMs: number, taskCpu: number): number[] {
  const logs: number[] = [];
  const fromMs = toMs - RECENT_LOGS * MINUTE_MS;
  const sample = window.after(fromMs).scan();
  let isThere = sample.next();
  for (let endMs = fromMs + MINUTE_MS; endMs <= toMs; endMs += MINUTE_MS) {
    let sum = 0;
    let count = 0;
    for (; isThere && sample.endMs <= endMs; isThere = sample.next()) {
      const used = sample.cpuUsed;
      if (used === undefined) continue;
      sum += used / taskCpu;
      count++;
    }
    logs.push(logOf(count > 1 ? sum / count : count === 1 ? sum : Number.NaN));
  }
  return logs;
}
/** The quarter of an hour that features look at, and the minute before it. */
const RECENT_LOGS = 16;

/** Four decimals of a task or a logarithm. */
function round(value: number): number {
  return Math.round(value * 1e4) / 1e4;
}
