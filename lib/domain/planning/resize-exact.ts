import type { LimitHit } from "../model/decision.ts";
import type { ComponentPolicy } from "../model/policy.ts";
import { FREE_STORAGE_MILLI, type ResourceName, type Resources } from "../model/resources.ts";
import { highestTotal, hit, isKnown, neededCapacity, roundedUp, type TotalBound } from "./bounds.ts";
import { held, heldBy, planned } from "./plan-result.ts";
import type { PlanRequest, PlanResult } from "./request.ts";

/** How finely one resource of a task can be set. */
export interface Grain {
  /** Milli-units: 1 on EC2, a whole GiB for Fargate's storage. */
  readonly unit: number;
  /** Largest size of one task, milli-units. */
  readonly largest: number;
}

/** EC2: every thousandth can be had. */
export const EXACT: Grain = { unit: 1, largest: Number.MAX_SAFE_INTEGER };

/** The size of a task that `factor` asks for, milli-units, exact; storage is multiplied with its free part. */
export function wantedSize(size: Resources, name: ResourceName, factor: number): number {
  const free = name === "storage" ? FREE_STORAGE_MILLI : 0;
  return Math.max(0, roundedUp((free + size[name]) * factor) - free);
}

/** A larger task: by the factor, rounded up to a unit, at least one unit, within the limits. */
export function growSize(request: PlanRequest, { unit, largest }: Grain): PlanResult {
  const { policy, current, resource, factor, room } = request;
  const { tasks, size } = current;
  const now = size[resource];
  const nextUnit = (Math.floor(now / unit) + 1) * unit;
  const want = Math.max(nextUnit, Math.ceil(wantedSize(size, resource, factor) / unit) * unit);
  const { limit, total } = highestTotal(policy, tasks * now, room, resource);
  const allowed = Math.floor(total / tasks / unit) * unit;
  const reached = Math.min(want, allowed, largest);
  const limits: LimitHit[] = [];
  if (reached < want && reached === allowed) limits.push(hit(limit, resource, total, tasks * want));
  if (reached < want && reached === largest) limits.push(hit("fargate-size", resource, tasks * largest, tasks * want));
  if (reached <= now) return heldBy(limits);
  return planned(policy.name, current, { tasks, size: { ...size, [resource]: reached } }, limits);
}

/** A smaller task: by the factor, rounded up to a unit, at least one unit, above minimum and guard. */
export function shrinkSize(request: PlanRequest, { unit }: Grain): PlanResult {
  const { policy, current, resource, factor, used, ceilings } = request;
  const { tasks, size } = current;
  const now = size[resource];
  const nextUnit = (Math.ceil(now / unit) - 1) * unit;
  const want = Math.min(nextUnit, Math.ceil(wantedSize(size, resource, factor) / unit) * unit);
  const { limit, total } = lowestTotal(policy, used, ceilings, resource, tasks);
  const reached = Math.max(want, Math.ceil(total / tasks / unit) * unit);
  const limits = reached > want ? [hit(limit, resource, total, tasks * want)] : [];
  if (reached >= now) return heldBy(limits);
  if (!isKnown(used[resource])) return held("incomplete-data");
  return planned(policy.name, current, { tasks, size: { ...size, [resource]: reached } }, limits);
}

/**
 * Lowest total, milli-units, that a shrink of the size of `tasks` tasks may lead to: the component's minimum or what the guard asks
 * for. A task keeps at least a thousandth of CPU and memory.
 */
export function lowestTotal(
  policy: ComponentPolicy,
  used: Partial<Resources>,
  ceilings: Partial<Resources>,
  name: ResourceName,
  tasks: number,
): TotalBound {
  const least = name === "storage" ? 0 : tasks;
  const component = Math.max(policy.min[name], least);
  const free = name === "storage" ? tasks * FREE_STORAGE_MILLI : 0;
  const guard = neededCapacity(used, ceilings, name) - free;
  // On a tie the component's own minimum is named: less use would not help.
  return component >= guard ? { limit: "component-min", total: component } : { limit: "target-guard", total: guard };
}
