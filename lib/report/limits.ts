import type { ComponentState } from "../domain/model/component-state.ts";
import type { FleetPolicy } from "../domain/model/policy.ts";
import {
  FREE_STORAGE_MILLI,
  fromMilli,
  RESOURCE_NAMES,
  type ResourceName,
  sumResources,
  totalOf,
} from "../domain/model/resources.ts";
import { EDGE_UNITS, percentOf, rounded, usedNow } from "./edge-units.ts";
import type { FleetRecords } from "./fleet-records.ts";

export interface LimitUse {
  readonly unit: string;
  readonly booked: number;
  readonly max: number;
  readonly bookedPercent: number;
  /** Absolute use, where known. */
  readonly used: number;
}

/** What is booked and used of the fleet's limits. */
export function limitsOf(
  fleet: FleetPolicy,
  { ledger, states }: FleetRecords,
  nowMs: number,
): Readonly<Record<ResourceName, LimitUse>> {
  const booked = sumResources(Object.values(ledger?.booked ?? {}).map(totalOf));
  const used = states.map((state) => withoutFree(usedNow(state, nowMs, fleet.monitor), state));
  const of = (name: ResourceName): LimitUse => {
    const max = fleet.limits[name];
    return {
      unit: EDGE_UNITS[name],
      booked: rounded(fromMilli(booked[name])),
      max: fromMilli(max),
      bookedPercent: max > 0 ? percentOf(booked[name] / max) : 0,
      used: rounded(fromMilli(used.reduce((sum, each) => sum + (each[name] ?? 0), 0))),
    };
  };
  const [cpu, memory, network, storage] = RESOURCE_NAMES;
  return { cpu: of(cpu), memory: of(memory), network: of(network), storage: of(storage) };
}

/** Limits count storage above what every task has for free; the metric counts all of it. */
function withoutFree(
  used: Partial<Record<ResourceName, number>>,
  { service }: ComponentState,
): Partial<Record<ResourceName, number>> {
  if (used.storage === undefined) return used;
  const free = (service?.desired.tasks ?? 0) * FREE_STORAGE_MILLI;
  return { ...used, storage: Math.max(0, used.storage - free) };
}
