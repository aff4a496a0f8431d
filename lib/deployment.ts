import type { ComputeType, FleetPolicy } from "./domain/model/policy.ts";
import type { MetricName } from "./domain/model/sample.ts";

/**
 * What a deployed function reads beside its bundle: the configuration, validated and compiled when the template was made,
 * so that a function that starts has nothing left to check but the format.
 */
export interface Deployment {
  readonly format: 1;
  /** Version of the controller that compiled it. */
  readonly version: string;
  readonly fleets: readonly FleetPolicy[];
  /** One for each component of all fleets. */
  readonly targets: readonly ServiceTarget[];
}

/** Where one component lives on AWS, and where its metrics come from. */
export interface ServiceTarget {
  readonly component: string;
  readonly fleet: string;
  /** ECS cluster, name or ARN. */
  readonly cluster: string;
  /** ECS service, name or ARN. */
  readonly service: string;
  readonly compute: ComputeType;
  /** Network bandwidth that one task is counted with, milli-Gbit/s: reported as the size's network. */
  readonly networkPerTask: number;
  /** Whether a rule or an optimization may change the size of tasks. False: no task definition is ever registered. */
  readonly resizable: boolean;
  /** What to do about an Application Auto Scaling target on the service: leave the service alone, or suspend the target. */
  readonly otherAutoscaler: "refuse" | "suspend";
  /** Length of a sample, ms: 20,000 or 60,000. */
  readonly periodMs: number;
  /** A metric that is not here has no source and is absent in every sample. */
  readonly metrics: Readonly<Partial<Record<MetricName, MetricBinding>>>;
}

/** How one metric of a sample is had from CloudWatch. */
export interface MetricBinding {
  /** One to ten inputs; ids are unique within the binding and match ^[a-z][a-zA-Z0-9_]*$. */
  readonly inputs: readonly MetricInput[];
  /** Metric math over the inputs' ids. Absent: the one input itself. */
  readonly expression?: string | undefined;
  /** What the answer counts: a percentage of what the running tasks are allocated, or the metric's own unit. */
  readonly unit: "percent-of-allocation" | "absolute";
  /** Multiplies the answer, to reach percent, or the sample's unit (milli-vCPU, ms, operations/s, ratio). */
  readonly factor: number;
  /** What no datapoint means once the period is surely published: nothing known, or none (counts). */
  readonly whenMissing: "absent" | "zero";
  /**
   * A count that is asked for only where the metric itself has no datapoint, because it counts more: its value, by the same
   * factor, stands in, and only where it is silent as well there was none. Absent: the metric's own silence is enough.
   */
  readonly whenSilent?: MetricInput | undefined;
}

export interface MetricInput {
  readonly id: string;
  readonly namespace: string;
  readonly name: string;
  readonly dimensions: Readonly<Record<string, string>>;
  /** Average, Sum, Minimum, Maximum, SampleCount, p95 ... */
  readonly statistic: string;
  readonly periodMs: number;
}

/** Environment variables of the functions; set by the CDK construct, read by functions/runtime.ts. */
export const FUNCTION_ENVIRONMENT = {
  table: "SCALING_CONTROLLER_TABLE",
  topic: "SCALING_CONTROLLER_ALERT_TOPIC_ARN",
  /** Queue of the loop that this function may wake: monitor wakes decision, decision wakes execution. */
  wakeQueue: "SCALING_CONTROLLER_WAKE_QUEUE_URL",
  /** Path of the Deployment document; default `deployment.json` beside the bundle. */
  deployment: "SCALING_CONTROLLER_DEPLOYMENT",
} as const;

/** Body of a message in a function's queue. A beat's time follows from when the queue got it (adr/0003). */
export type TickMessage =
  | { readonly kind: "beat"; readonly delaySeconds: 0 | 30 }
  | { readonly kind: "wake"; readonly scheduledMs: number };
