/**
 * Mean load of each known hour, keyed by the hour's number since the epoch. Task-equivalents: tasks busy all the time.
 */
export type HourlyLoad = ReadonlyMap<number, number>;

export const DAYS_ANALYSED = 14;
const HOURS_A_DAY = 24;
/** A day counts this much less than the next younger one, so that a change of level is followed within about a week. */
const DAILY_DECAY = 0.9;
/** The same day of the week says as much about an hour as this many other days. */
const SAME_WEEKDAY = 4;

/**
 * Expected mean load of an hour, from the same hour of the days before: a mean weighted to younger days and the same
 * weekday. Undefined when none of them is known at `knownUntilHour` (exclusive). AWS does not publish its model; it
 * says that up to 14 days are searched for daily and weekly patterns.
 * https://docs.aws.amazon.com/autoscaling/application/userguide/aas-predictive-scaling-how-it-works.html
 */
export function forecastHour(history: HourlyLoad, hour: number, knownUntilHour: number): number | undefined {
  let weights = 0;
  let sum = 0;
  for (let day = 1; hour - HOURS_A_DAY * day >= knownUntilHour - HOURS_A_DAY * DAYS_ANALYSED; day++) {
    const then = hour - HOURS_A_DAY * day;
    const load = then < knownUntilHour ? history.get(then) : undefined;
    if (load === undefined) continue;
    const weight = DAILY_DECAY ** day * (day % 7 === 0 ? SAME_WEEKDAY : 1);
    weights += weight;
    sum += weight * load;
  }
  return weights > 0 ? sum / weights : undefined;
}
