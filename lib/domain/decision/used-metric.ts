import type { ResourceName } from "../model/resources.ts";
import type { MetricName } from "../model/sample.ts";

/** The metric that tells the absolute use of each resource. */
export const METRIC_OF_RESOURCE: readonly (readonly [ResourceName, MetricName])[] = [
  ["cpu", "cpuUsed"],
  ["memory", "memoryUsed"],
  ["network", "networkUsed"],
  ["storage", "storageUsed"],
];
