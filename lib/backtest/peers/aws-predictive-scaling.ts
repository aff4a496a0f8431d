import type { PublishedPoint } from "../scaler.ts";
import { metricScaler } from "../scaler-definition.ts";
import { DAYS_ANALYSED, forecastHour } from "./hourly-forecast.ts";
import { beginTargetTracking, ruleOf, TARGET_TRACKING } from "./target-tracking.ts";
import { UTILIZATION_TARGETS } from "./utilization-targets.ts";
import { wholeTasks } from "./whole-tasks.ts";

const HOUR_MS = 3_600_000;
/** An hour of which less is known has no mean. */
const HOUR_KNOWN_SHARE = 0.5;

/**
 * Target tracking on 20-second metrics with AWS predictive scaling above it: an hourly forecast, of up to 14 days, for
 * 48 hours, made every 6 hours once there are 24; each hour's tasks are there from 5 minutes before it begins.
 * Predictive scaling never scales in: it is a floor that moves, target tracking does the rest, and the larger of the
 * two counts. https://docs.aws.amazon.com/autoscaling/application/userguide/aas-predictive-scaling-how-it-works.html
 */
export const awsPredictiveScaling = metricScaler({
  name: "aws-predictive-scaling",
  parameters: {
    ...TARGET_TRACKING,
    target: { initial: 0.7, min: 0.01, max: 1, meaning: "CPU utilization to keep, of both policies, 0..1." },
    inDatapoints: {
      initial: 45,
      min: 1,
      max: 180,
      whole: true,
      meaning: "Datapoints below the low mark before scaling in.",
    },
    metricPeriodSeconds: { initial: 20, min: 1, max: 3600, whole: true, meaning: "Length of a datapoint, seconds." },
    evaluationDelaySeconds: { initial: 5, min: 0, max: 900, meaning: "As for target tracking on 20 s, seconds." },
    schedulingBufferSeconds: { initial: 300, min: 0, max: 3600, meaning: "Head start before an hour begins, seconds." },
    refreshHours: { initial: 6, min: 1, max: 48, whole: true, meaning: "Time between two forecasts, hours." },
    horizonHours: { initial: 48, min: 1, max: 168, whole: true, meaning: "Hours that a forecast covers." },
    historyHours: { initial: 24, min: 1, max: 336, whole: true, meaning: "Hours needed before the first forecast." },
  },
  sweep: { parameter: "target", values: UTILIZATION_TARGETS },
  begin: (parameters, { tasksMin, tasksMax }) => {
    const tracking = beginTargetTracking(ruleOf(parameters));
    const history = beginHistory();
    const forecast = new Map<number, number>();
    let madeAtHour = Number.NEGATIVE_INFINITY;
    const refresh = (hour: number) => {
      if (history.hours.size < parameters.historyHours || hour - madeAtHour < parameters.refreshHours) return;
      madeAtHour = hour;
      forecast.clear();
      for (let ahead = hour; ahead <= hour + parameters.horizonHours; ahead++) {
        const load = forecastHour(history.hours, ahead, hour);
        if (load !== undefined) forecast.set(ahead, wholeTasks(load / parameters.target));
      }
    };
    return {
      everyMs: 10_000,
      metrics: { periodMs: parameters.metricPeriodSeconds * 1000 },
      decide: (observation) => {
        const { nowMs, metrics, tasks } = observation;
        for (const point of metrics) history.add(point);
        const hour = Math.floor(nowMs / HOUR_MS);
        refresh(hour);
        const soon = Math.floor((nowMs + parameters.schedulingBufferSeconds * 1000) / HOUR_MS);
        const predicted = Math.max(forecast.get(hour) ?? 0, forecast.get(soon) ?? 0);
        const min = Math.min(tasksMax, Math.max(tasksMin, predicted));
        const tracked = tracking(observation, { min, max: tasksMax });
        const wanted = Math.max(min, tracked ?? tasks.desired);
        return wanted === tasks.desired ? undefined : wanted;
      },
    };
  },
});

/** Means of whole hours, complete when a point of a later hour arrives; the last 14 days of them. */
function beginHistory(): { readonly hours: ReadonlyMap<number, number>; add(point: PublishedPoint): void } {
  const hours = new Map<number, number>();
  let current = Number.NEGATIVE_INFINITY;
  let knownMs = 0;
  let sum = 0;
  return {
    hours,
    add: ({ endMs, periodMs, cpu, tasks }) => {
      if (cpu === undefined || tasks === undefined) return;
      const hour = Math.floor((endMs - periodMs) / HOUR_MS);
      if (hour !== current) {
        if (knownMs >= HOUR_KNOWN_SHARE * HOUR_MS) hours.set(current, sum / knownMs);
        for (const old of hours.keys()) if (old < hour - 24 * DAYS_ANALYSED) hours.delete(old);
        current = hour;
        knownMs = 0;
        sum = 0;
      }
      knownMs += periodMs;
      sum += periodMs * cpu * tasks;
    },
  };
}
