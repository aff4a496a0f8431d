import { allocatedOf } from "../domain/alerting/conditions.ts";
import type { ComponentState } from "../domain/model/component-state.ts";
import type { MonitorPolicy } from "../domain/model/policy.ts";
import { type Allocation, fromMilli, RESOURCE_NAMES, type ResourceName, totalOf } from "../domain/model/resources.ts";
import type { MetricName, Sample } from "../domain/model/sample.ts";
import type { Unit } from "../domain/model/trigger.ts";
import { METRIC_OF_RESOURCE } from "../domain/model/used-metric.ts";
import { asOfMs } from "../domain/monitor/freshness.ts";

/** vCPU, GiB, Gbit/s, GiB. */
export type EdgeResources = Readonly<Record<ResourceName, number>>;

/** What a component has: all tasks together, and one task. */
export interface EdgeAllocation {
  readonly tasks: number;
  readonly total: EdgeResources;
  readonly perTask: EdgeResources;
}

export const EDGE_UNITS: Readonly<Record<ResourceName, string>> = {
  cpu: "vCPU",
  memory: "GiB",
  network: "Gbit/s",
  storage: "GiB",
};

/** Four decimals at most: thousandths of a unit, and a digit of what they are made of. */
export function rounded(value: number): number {
  return Math.round(value * 10_000) / 10_000;
}

/** 0..1 to percent. */
export function percentOf(share: number): number {
  return rounded(share * 100);
}

export function edgeResources(milli: EdgeResources): EdgeResources {
  return edge((name) => rounded(fromMilli(milli[name])));
}

export function edgeAllocation(allocation: Allocation): EdgeAllocation {
  return {
    tasks: allocation.tasks,
    total: edgeResources(totalOf(allocation)),
    perTask: edgeResources(allocation.size),
  };
}

function edge(of: (name: ResourceName) => number): EdgeResources {
  return { cpu: of("cpu"), memory: of("memory"), network: of("network"), storage: of("storage") };
}

/** A trigger's value as people say it: ratios in percent, the rest as it is. */
export function edgeValue(value: number, unit: Unit): number {
  return unit === "ratio" ? percentOf(value) : rounded(value);
}

/** A metric's value as people say it. */
export function edgeMetric(metric: MetricName, value: number): number {
  if (metric === "errorRate") return percentOf(value);
  return rounded(METRIC_OF_RESOURCE.some(([, used]) => used === metric) ? fromMilli(value) : value);
}

/** Use of each resource over all tasks, milli-units, in the newest sample if it is fresh; absent where unknown. */
export function usedNow(
  state: ComponentState | undefined,
  nowMs: number,
  monitor: Pick<MonitorPolicy, "freshMs">,
): Partial<Record<ResourceName, number>> {
  const newest: Sample | undefined = state?.window.at(-1);
  const used: Partial<Record<ResourceName, number>> = {};
  if (state === undefined || newest === undefined) return used;
  if (asOfMs(state, monitor, nowMs) - newest.endMs > monitor.freshMs) return used;
  for (const [resource, metric] of METRIC_OF_RESOURCE) {
    const value = newest.values[metric];
    if (value !== undefined) used[resource] = value;
  }
  return used;
}

/** Use over allocation in percent; storage is measured with the free part of every task. Absent where unknown. */
export function utilizationOf(
  used: Partial<Record<ResourceName, number>>,
  allocation: Allocation | undefined,
): Partial<Record<ResourceName, number>> {
  const shares: Partial<Record<ResourceName, number>> = {};
  if (allocation === undefined) return shares;
  for (const name of RESOURCE_NAMES) {
    const value = used[name];
    const allocated = allocatedOf(allocation, name);
    if (value !== undefined && allocated > 0) shares[name] = percentOf(value / allocated);
  }
  return shares;
}

export function meanOf(values: readonly number[]): number | undefined {
  return values.length === 0 ? undefined : rounded(values.reduce((sum, each) => sum + each, 0) / values.length);
}
