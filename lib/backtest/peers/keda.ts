import type { PublishedPoint } from "../scaler.ts";
import { metricScaler } from "../scaler-definition.ts";
import { beginHpa, DEFAULT_BEHAVIOR } from "./hpa-behavior.ts";
import { HPA_FEED, hpaFeed, SILENT_PERIODS } from "./hpa-feed.ts";
import { replicasForAverage } from "./hpa-replicas.ts";
import { UTILIZATION_TARGETS } from "./utilization-targets.ts";

/**
 * KEDA: an HPA on external metrics with an average value for each replica, here operations per second and the length of
 * the queue, the larger wish counting. When one cannot be had any more, the other may scale out but not in. Where the
 * minimum is 0, KEDA itself goes from 0 to 1 as soon as a trigger is active, and from any number to 0 once none was for
 * the cooldown. Restated from kedacore/keda@8b4f083c pkg/scaling/executor (Apache-2.0). Queue: the default of its SQS
 * trigger, 5.
 */
export const keda = metricScaler({
  name: "keda",
  parameters: {
    requestShare: {
      initial: 0.7,
      min: 0.01,
      max: 1,
      meaning: "Operations per second that a task should have, share of the most it can finish.",
    },
    queuePerTask: { initial: 5, min: 0.01, max: 1e6, meaning: "Operations waiting that a task should have." },
    tolerance: {
      initial: 0.1,
      min: 0,
      max: 1,
      meaning: "Ratio to the target, up or down, within which nothing is done.",
    },
    activationRequestsPerSecond: {
      initial: 0,
      min: 0,
      max: 1e9,
      meaning: "Active above so many operations per second.",
    },
    activationQueue: { initial: 0, min: 0, max: 1e9, meaning: "Active above so many operations waiting." },
    cooldownSeconds: { initial: 300, min: 0, max: 86_400, meaning: "From the last activity to zero tasks, seconds." },
    ...HPA_FEED,
  },
  sweep: { parameter: "requestShare", values: UTILIZATION_TARGETS },
  begin: (parameters, { tasksMin, tasksMax, taskRequestsPerSecond }) => {
    const hpa = beginHpa(DEFAULT_BEHAVIOR, { min: Math.max(1, tasksMin), max: tasksMax });
    const tolerance = { up: parameters.tolerance, down: parameters.tolerance };
    const { everyMs, metrics: feed } = hpaFeed(parameters);
    const requestsPerTask = parameters.requestShare * taskRequestsPerSecond;
    let newest: PublishedPoint | undefined;
    const ever = { requests: false, queue: false };
    let lastActiveMs = Number.NEGATIVE_INFINITY;
    return {
      everyMs,
      metrics: feed,
      decide: ({ nowMs, metrics, tasks: { desired } }) => {
        newest = metrics.at(-1) ?? newest;
        const known = newest !== undefined && nowMs - newest.publishedMs < SILENT_PERIODS * feed.periodMs;
        const { requestsPerSecond, queueLength } = (known ? newest : undefined) ?? {};
        ever.requests ||= requestsPerSecond !== undefined;
        ever.queue ||= queueLength !== undefined;
        // A metric that never was is a trigger that nobody set up; one that was, and is not, has failed.
        const failed =
          !known || (ever.requests && requestsPerSecond === undefined) || (ever.queue && queueLength === undefined);
        const active =
          (requestsPerSecond ?? 0) > parameters.activationRequestsPerSecond ||
          (queueLength ?? 0) > parameters.activationQueue;
        // What is not known may be active.
        if (active || failed || lastActiveMs === Number.NEGATIVE_INFINITY) lastActiveMs = nowMs;
        if (tasksMin === 0 && desired === 0) return active ? 1 : undefined;
        if (tasksMin === 0 && nowMs - lastActiveMs >= parameters.cooldownSeconds * 1000) return 0;
        const wishes = failed ? [desired] : [];
        if (requestsPerSecond !== undefined)
          wishes.push(replicasForAverage(desired, requestsPerSecond, requestsPerTask, tolerance));
        if (queueLength !== undefined)
          wishes.push(replicasForAverage(desired, queueLength, parameters.queuePerTask, tolerance));
        const wanted = wishes.length > 0 ? Math.max(...wishes) : undefined;
        const next = hpa({ wanted, current: desired, nowMs });
        return next === desired ? undefined : next;
      },
    };
  },
});
