import { metricScaler } from "../scaler-definition.ts";
import { wholeTasks } from "./whole-tasks.ts";

/**
 * What is done without an autoscaler: look at the load for a while, provision for its 99th percentile, leave it alone.
 * It looks during the warm-up, which is not scored, at the maximum of tasks so that the load it sees is not clipped,
 * and decides once. Without a point in the warm-up it stays at the maximum.
 */
export const staticP99 = metricScaler({
  name: "static-p99",
  parameters: {
    target: { initial: 0.7, min: 0.01, max: 1, meaning: "CPU utilization to have at the percentile, 0..1." },
    percentile: { initial: 99, min: 1, max: 100, meaning: "Percentile of the load that is provisioned for." },
    metricPeriodSeconds: {
      initial: 60,
      min: 1,
      max: 3600,
      whole: true,
      meaning: "Length of a metric period, seconds.",
    },
  },
  sweep: { parameter: "target", values: [0.4, 0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95, 1] },
  begin: ({ target, percentile, metricPeriodSeconds }, { tasksMax, scoredFromMs }) => {
    const loads: number[] = [];
    let provisioned: number | undefined;
    return {
      everyMs: 60_000,
      metrics: { periodMs: metricPeriodSeconds * 1000 },
      decide: ({ nowMs, metrics, tasks }) => {
        if (provisioned === undefined) {
          for (const { cpu, tasks: served } of metrics)
            if (cpu !== undefined && served !== undefined) loads.push(cpu * served);
          if (nowMs >= scoredFromMs) {
            const load = nearestRank(loads, percentile);
            provisioned = load === undefined ? tasksMax : wholeTasks(load / target);
          }
        }
        const wanted = provisioned ?? tasksMax;
        return wanted === tasks.desired ? undefined : wanted;
      },
    };
  },
});

/** The smallest value that `percentile` percent of all do not exceed. */
function nearestRank(values: readonly number[], percentile: number): number | undefined {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.ceil((percentile / 100) * sorted.length) - 1];
}
