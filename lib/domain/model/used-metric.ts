import type { ResourceName } from "./resources.ts";
import type { MetricName } from "./sample.ts";

/** The metric that tells the absolute use of each resource. */
export const METRIC_OF_RESOURCE: readonly (readonly [ResourceName, MetricName])[] = [
  ["cpu", "cpuUsed"],
  ["memory", "memoryUsed"],
  ["network", "networkUsed"],
  ["storage", "storageUsed"],
];
