import type { ComponentState } from "../../model/component-state.ts";
import type { ComponentPolicy } from "../../model/policy.ts";
import type { Allocation, ResourceName, ResourceType } from "../../model/resources.ts";
import type { MetricName, Sample } from "../../model/sample.ts";
import type { TriggerName, Unit } from "../../model/trigger.ts";

export interface ReadingContext {
  /** What the component has NOW: use is read against it, whatever it had when the sample was taken. */
  readonly allocation: Allocation;
  readonly state: ComponentState;
  readonly policy: ComponentPolicy;
}

/** One reason to think: how a sample becomes a number that a rule compares with its thresholds. */
export interface Trigger {
  readonly name: TriggerName;
  readonly sentence: string;
  readonly unit: Unit;
  /** Metrics that must be present; the first one names the absence. */
  readonly metrics: readonly MetricName[];
  /** What it scales unless the rule says otherwise. */
  readonly resource: ResourceType;
  /** The size of a task that SCALE_UP / SCALE_DOWN change for this trigger. */
  readonly sized: ResourceName;
  /** The value is use over allocation: it changes in inverse proportion to the allocation. */
  readonly scalesWithCapacity: boolean;
  /** The value judged is the forecast one. */
  readonly forecastOnly?: boolean;
  /** Demand that can be forecast for it, and how a demand becomes a value. */
  readonly forecast?: {
    readonly metric: "cpuUsed" | "memoryUsed" | "networkUsed" | "storageUsed" | "throughput";
    value(demand: number, allocation: Allocation): number;
  };
  /** Value of one sample; undefined when a metric it needs is absent or there is no allocation to compare with. */
  read(sample: Sample, context: ReadingContext): number | undefined;
}

/** Use over allocation of a resource; undefined without an allocation, since nothing may be divided by zero. */
export function utilization(used: number | undefined, allocated: number): number | undefined {
  return used === undefined || allocated <= 0 ? undefined : used / allocated;
}
