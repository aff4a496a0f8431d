import type { LimitHit } from "../model/decision.ts";
import type { ComponentPolicy } from "../model/policy.ts";
import {
  type Allocation,
  FREE_STORAGE_MILLI,
  fromMilli,
  mapResources,
  type ResourceName,
  type Resources,
  sumResources,
  totalOf,
} from "../model/resources.ts";

/** A limit on a component's total of one resource, in milli-units, and which limit it is. */
export interface TotalBound {
  readonly limit: LimitHit["limit"];
  readonly total: number;
}

/** What the fleet's limits leave when `booked` is booked; negative where more is booked than the limit allows. */
export function bookedRoom(limits: Resources, booked: Iterable<Allocation>): Resources {
  const totals: Resources[] = [];
  for (const each of booked) totals.push(totalOf(each));
  const sum = sumResources(totals);
  return mapResources((name) => limits[name] - sum[name]);
}

/** Rounds up, forgiving the noise of floating point: 10 x 1.1 is 11, not 12. Below a millionth of a unit nothing counts. */
export function roundedUp(value: number): number {
  return Math.ceil(value - 1e-6);
}

/** What use is measured against, for one task: storage includes the 20 GiB that every task has for free. */
export function capacityOf(size: Resources, name: ResourceName): number {
  return name === "storage" ? FREE_STORAGE_MILLI + size.storage : size[name];
}

/** Highest total that growth may lead to: the component's maximum or what the fleet's room leaves, whichever is lower. */
export function highestTotal(policy: ComponentPolicy, total: number, room: Resources, name: ResourceName): TotalBound {
  const component = policy.max[name];
  const fleet = total + Math.max(0, room[name]);
  // On a tie the component's own maximum is named: room in the fleet would not help.
  return component <= fleet ? { limit: "component-max", total: component } : { limit: "fleet-max", total: fleet };
}

/** Whether a use can be relied on: there, finite and not negative. */
export function isKnown(use: number | undefined): use is number {
  return use !== undefined && Number.isFinite(use) && use >= 0;
}

/**
 * Lowest capacity, milli-units over all tasks, at which `used` stays at or below the ceiling. Without a ceiling it is the
 * use itself for what a task is confined to; for network, which is only counted, it is 0. Infinite when the ceiling
 * is not a positive number (nothing may shrink then); 0 when the use is unknown: the caller asks `isKnown`.
 */
export function neededCapacity(used: Partial<Resources>, ceilings: Partial<Resources>, name: ResourceName): number {
  const use = used[name];
  if (!isKnown(use)) return 0;
  const ceiling = ceilings[name];
  if (ceiling === undefined) return name === "network" ? 0 : roundedUp(use);
  return ceiling > 0 ? roundedUp(use / ceiling) : Number.POSITIVE_INFINITY;
}

/** A record of a limit that bound, from milli-units over all tasks. */
export function hit(limit: LimitHit["limit"], resource: ResourceName, bound: number, wanted: number): LimitHit {
  return { limit, resource, bound: fromMilli(bound), wanted: fromMilli(wanted) };
}
