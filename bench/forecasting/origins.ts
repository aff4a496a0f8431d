import { STEPS } from "./candidate.ts";
import { COARSE_MS, type Trace } from "./traces.ts";

export const DAY_STEPS = 86_400_000 / COARSE_MS;
/** History a method gets: 14 days, as in production. */
const HISTORY_STEPS = 14 * DAY_STEPS;
/** Minutes ahead that are scored. */
export const LEADS_MIN = [5, 15, 30, 60] as const;

/** The first scored step: after 7 days, or half of a shorter trace, so that seasonal methods can learn. */
export function warmUpSteps(trace: Trace): number {
  return Math.min(7 * DAY_STEPS, Math.floor(trace.coarse.length / 2));
}

/**
 * About `count` origins (indices of the first unknown five-minute step) spread over the scored part, at least an hour
 * apart and never a whole number of hours, so that every minute of the hour comes up.
 */
export function originsOf(trace: Trace, count: number): readonly number[] {
  const from = warmUpSteps(trace);
  const spacing = Math.max(12, Math.floor((trace.coarse.length - STEPS - from) / count));
  const every = spacing % 12 === 0 ? spacing + 1 : spacing;
  const origins: number[] = [];
  for (let origin = from; origin + STEPS <= trace.coarse.length; origin += every) origins.push(origin);
  return origins;
}

export function historyBefore(trace: Trace, origin: number): Float64Array {
  return trace.coarse.subarray(Math.max(0, origin - HISTORY_STEPS), origin);
}

/** The step, counted from the origin, that the minute `lead` minutes ahead lies in. */
export function stepOf(leadMin: number): number {
  return Math.floor((leadMin * 60_000) / COARSE_MS);
}

/**
 * Mean absolute change from the day before, over the warm-up: the unit of MASE (Hyndman & Koehler 2006), here that of
 * the in-sample seasonal naive forecast.
 */
export function seasonalNaiveError(trace: Trace): number {
  const until = warmUpSteps(trace);
  let sum = 0;
  for (let i = DAY_STEPS; i < until; i++) sum += Math.abs((trace.coarse[i] ?? 0) - (trace.coarse[i - DAY_STEPS] ?? 0));
  return sum / Math.max(1, until - DAY_STEPS);
}
