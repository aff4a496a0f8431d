import type { PublishedPoint, TaskCounts } from "../scaler.ts";
import { metricScaler } from "../scaler-definition.ts";
import { type Behavior, beginHpa, DEFAULT_BEHAVIOR } from "./hpa-behavior.ts";
import { HPA_FEED, hpaFeed, SILENT_PERIODS } from "./hpa-feed.ts";
import { type Pod, replicasForUtilization } from "./hpa-replicas.ts";
import { UTILIZATION_TARGETS } from "./utilization-targets.ts";

const REQUEST = 1000;

/**
 * Kubernetes HorizontalPodAutoscaler v2 on CPU utilization, with the defaults of the controller and of `behavior`:
 * every 15 s, tolerance 0.1, up at most the more of 4 pods and 100 % in 15 s, down to the highest wish of the last 300
 * s. A task is a pod that requests all its CPU. Those that did not yet serve when the sample was taken are unready, as
 * the controller treats pods in their first 5 minutes. Algorithm: hpa-replicas.ts, hpa-behavior.ts.
 * https://kubernetes.io/docs/tasks/run-application/horizontal-pod-autoscale/
 */
export const kubernetesHpa = metricScaler({
  name: "kubernetes-hpa",
  parameters: {
    target: { initial: 0.7, min: 0.01, max: 1, meaning: "CPU utilization to keep, 0..1 of the request." },
    tolerance: {
      initial: 0.1,
      min: 0,
      max: 1,
      meaning: "Ratio to the target, up or down, within which nothing is done.",
    },
    downWindowSeconds: { initial: 300, min: 0, max: 3600, meaning: "Stabilization window for scaling in, seconds." },
    ...HPA_FEED,
  },
  sweep: { parameter: "target", values: UTILIZATION_TARGETS },
  begin: (parameters, { tasksMin, tasksMax }) => {
    const hpa = beginHpa(withDownWindow(parameters.downWindowSeconds * 1000), { min: tasksMin, max: tasksMax });
    const tolerance = { up: parameters.tolerance, down: parameters.tolerance };
    const { everyMs, metrics: feed } = hpaFeed(parameters);
    let newest: PublishedPoint | undefined;
    return {
      everyMs,
      metrics: feed,
      decide: ({ nowMs, metrics, tasks }) => {
        newest = metrics.findLast(({ cpu }) => cpu !== undefined) ?? newest;
        const silent = newest === undefined || nowMs - newest.publishedMs >= SILENT_PERIODS * feed.periodMs;
        const pods = newest === undefined || silent ? [] : podsOf(newest, tasks);
        const wanted = replicasForUtilization(tasks.desired, pods, 100 * parameters.target, tolerance);
        const next = hpa({ wanted, current: tasks.desired, nowMs });
        return next === tasks.desired ? undefined : next;
      },
    };
  },
});

function withDownWindow(stabilizationMs: number): Behavior {
  return { ...DEFAULT_BEHAVIOR, down: { ...DEFAULT_BEHAVIOR.down, stabilizationMs } };
}

/** The tasks as pods: those that the sample covers, all with its mean, and the others unready. */
function podsOf({ cpu = 0, tasks: sampledMean }: PublishedPoint, { running, pending }: TaskCounts): Pod[] {
  const sampled = Math.min(running, Math.max(1, Math.round(sampledMean ?? running)));
  const pods: Pod[] = [];
  for (let i = 0; i < sampled; i++) pods.push({ usage: cpu * REQUEST, request: REQUEST });
  for (let i = sampled; i < running + pending; i++) pods.push({ unready: true, request: REQUEST });
  return pods;
}
