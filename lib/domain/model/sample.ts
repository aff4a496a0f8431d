/** The raw metrics of one component. Use is absolute: a percentage changes its meaning when the task is resized. */
export const METRICS = [
  "cpuUsed", // milli-vCPU over all tasks
  "memoryUsed", // milli-GiB over all tasks
  "networkUsed", // milli-Gbit/s over all tasks
  "storageUsed", // milli-GiB over all tasks, the free 20 GiB of each included
  "responseTime", // milliseconds, mean over the period
  "throughput", // operations finished per second
  "queueLength", // operations waiting
  "errorRate", // failed share of the operations, 0..1
] as const;
export type MetricName = (typeof METRICS)[number];

/** Why a value is absent. Absent is never zero (law 6). */
export const ABSENCES = [
  "missing",
  "partial",
  "stale",
  "future",
  "not-finite",
  "negative",
  "implausible",
  "denied",
  "throttled",
  "no-source",
  "no-traffic",
] as const;
export type Absence = (typeof ABSENCES)[number];

/** All that was observed of one component over one period [endMs - periodMs, endMs). One item in the store. */
export interface Sample {
  readonly endMs: number;
  readonly periodMs: number;
  readonly values: Readonly<Partial<Record<MetricName, number>>>;
  readonly absent: Readonly<Partial<Record<MetricName, Absence>>>;
}

/**
 * Whether a metric has a value, by metric. To read it by a name that is not known beforehand would copy the number, and a
 * pass over 10,000 components asks half a million times.
 */
export const IS_OBSERVED: Readonly<Record<MetricName, (values: Sample["values"]) => boolean>> = {
  cpuUsed: ({ cpuUsed }) => cpuUsed !== undefined,
  memoryUsed: ({ memoryUsed }) => memoryUsed !== undefined,
  networkUsed: ({ networkUsed }) => networkUsed !== undefined,
  storageUsed: ({ storageUsed }) => storageUsed !== undefined,
  responseTime: ({ responseTime }) => responseTime !== undefined,
  throughput: ({ throughput }) => throughput !== undefined,
  queueLength: ({ queueLength }) => queueLength !== undefined,
  errorRate: ({ errorRate }) => errorRate !== undefined,
};

/**
 * A value as samples hold it, so that it means the same wherever it came from. Use is in whole milli-units, like all capacity, and
 * at least one where there is any: a service that hardly does anything is not one that does nothing. A share is in
 * millionths, the rest in thousandths.
 */
export function sampleValue(metric: MetricName, value: number): number {
  switch (metric) {
    case "cpuUsed":
    case "memoryUsed":
    case "networkUsed":
    case "storageUsed":
      return value > 0 ? Math.max(1, Math.round(value)) : value;
    case "errorRate":
      return Math.round(value * 1e6) / 1e6;
    default:
      return Math.round(value * 1e3) / 1e3;
  }
}

/** Twelve 5-minute or twenty-four 1-hour means in one item. */
export interface RollupBucket {
  readonly startMs: number;
  /** Samples that went in, for the weight of the mean. */
  readonly samples: number;
  readonly mean: Readonly<Partial<Record<MetricName, number>>>;
  readonly max: Readonly<Partial<Record<MetricName, number>>>;
}
export type Resolution = "5m" | "1h";
export interface RollupBlock {
  readonly v: 1;
  readonly component: string;
  readonly resolution: Resolution;
  /** Start of the block: an hour for 5m, a day for 1h; UTC. */
  readonly startMs: number;
  readonly buckets: readonly RollupBucket[];
}
