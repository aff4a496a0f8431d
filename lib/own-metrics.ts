import type { LoopName } from "./flow.ts";

/**
 * Every number that the deployed controller measures of itself, as data: written by the functions, read by alarms, dashboard
 * and the cost script. A custom metric costs as much as polling a CloudWatch metric every 90 s (adr/0003), hence few of
 * them: those that an alarm needs. What only people read is a field of the log line.
 */
export const OWN_METRICS_NAMESPACE = "ScalingController";

interface OwnMetric {
  readonly name: string;
  readonly unit: "Count" | "Percent" | "None";
  /** Each stands under one set of dimensions: Deployment (the table's name), and with it this one. */
  readonly dimension: "Deployment" | "Loop" | "Fleet";
  readonly emittedBy: readonly LoopName[];
  /**
   * `positive`: a metric, only when above 0; no datapoint then means none. `logged`: no metric, a field of the line. A metric
   * that has a value all the time is $0.30 a month, and none of them needs one.
   */
  readonly emitted: "positive" | "logged";
  readonly sentence: string;
}

const ALL_LOOPS = ["monitor", "decision", "execution", "optimization"] as const;
const fleetValue = { dimension: "Fleet", emittedBy: ["decision"], emitted: "logged" } as const;
const conditions = { unit: "Count", dimension: "Fleet", emittedBy: ["decision"], emitted: "positive" } as const;
const executions = { unit: "Count", dimension: "Fleet", emittedBy: ["execution"], emitted: "logged" } as const;
const perLoop = { unit: "Count", dimension: "Loop", emittedBy: ALL_LOOPS, emitted: "logged" } as const;

export const OWN_METRICS = [
  {
    name: "LoopsSilent",
    unit: "Count",
    dimension: "Deployment",
    emittedBy: ["decision"],
    emitted: "positive",
    sentence: "Loops that have claimed no tick for longer than their beat and a minute.",
  },
  {
    name: "SlowPasses",
    unit: "Count",
    dimension: "Deployment",
    emittedBy: ALL_LOOPS,
    emitted: "positive",
    sentence: "Passes that took over 80 % of the time that their function has.",
  },
  {
    ...perLoop,
    name: "TicksCompleted",
    sentence: "Ticks that were claimed and run to their end, with or without errors.",
  },
  {
    ...perLoop,
    name: "TicksSkipped",
    sentence: "Ticks not run: out of date, or claimed before.",
  },
  {
    ...perLoop,
    name: "LoopErrors",
    sentence:
      "Components and fleets that failed in a tick, ticks that failed as a whole, and messages that are no ticks.",
  },
  {
    ...fleetValue,
    name: "ResourceUse",
    unit: "Percent",
    sentence: "Booked share of the fleet's limit, of the resource that is nearest to its limit.",
  },
  { ...fleetValue, name: "Effectiveness", unit: "None", sentence: "Mean of the recent measured changes, 0 to 100." },
  { ...fleetValue, name: "Efficiency", unit: "Percent", sentence: "Use over allocation, weighted over the resources." },
  {
    ...conditions,
    name: "ResourceLimitAlerts",
    sentence: "Alert conditions of the type resource-limit that hold now.",
  },
  {
    ...conditions,
    name: "ScalingFailureAlerts",
    sentence: "Alert conditions of the type scaling-failure that hold now.",
  },
  {
    ...conditions,
    name: "PerformanceAlerts",
    sentence: "Alert conditions of the type performance-degradation that hold now.",
  },
  { ...executions, name: "ExecutionsSucceeded", sentence: "Changes that became stable and were measured." },
  { ...executions, name: "ExecutionsFailed", sentence: "Changes that failed or were rolled back." },
] as const satisfies readonly OwnMetric[];

export type OwnMetricName = (typeof OWN_METRICS)[number]["name"];

/** Values of one set of dimensions at one moment, and what goes into the same log line for people. */
export interface Measurement {
  /** Absent: they are the whole deployment's. */
  readonly dimension?: { readonly Loop: LoopName } | { readonly Fleet: string } | undefined;
  /** Unknown is left out: absent is not zero. */
  readonly values: Readonly<Partial<Record<OwnMetricName, number>>>;
  readonly fields: Readonly<Record<string, unknown>>;
}
