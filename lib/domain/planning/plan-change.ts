import type { LimitHit } from "../model/decision.ts";
import { InvariantError } from "../model/errors.ts";
import type { ComponentPolicy } from "../model/policy.ts";
import { type Allocation, RESOURCE_NAMES, type ResourceName, type Resources } from "../model/resources.ts";
import { highestTotal, hit, roundedUp } from "./bounds.ts";
import { growTasks, shrinkTasks } from "./change-tasks.ts";
import { FARGATE_STORAGE_MAX, FARGATE_STORAGE_STEP } from "./fargate-sizes.ts";
import { held, heldBy, planned } from "./plan-result.ts";
import type { PlanRequest, PlanResult } from "./request.ts";
import { EXACT, type Grain, growSize, shrinkSize } from "./resize-exact.ts";
import { growPair, growPairTo, shrinkPair } from "./resize-fargate.ts";

const FARGATE_STORAGE: Grain = { unit: FARGATE_STORAGE_STEP, largest: FARGATE_STORAGE_MAX };

/**
 * Turns what a rule wants into absolute ECS values: SCALE_UP / SCALE_DOWN the size of the tasks in one resource,
 * SCALE_OUT / SCALE_IN their number. EC2 is exact in thousandths, Fargate takes the cheapest valid shape. Tasks that are not
 * to be resized are not: a change of size is "at-component-limit" for them.
 *
 * Growth ends at the component's maxima and the fleet's room; a shrink ends at the minima and where the use of a resource
 * that gets smaller would exceed its ceiling, and does not happen while that use is unknown. No step is longer than
 * the factor, rounded up to one task, one thousandth or one Fargate size. `plan.limits` names what cut it.
 *
 * @throws InvariantError on a factor that contradicts the action, or on a resize of network, which tasks do not have.
 */
export function planChange(request: PlanRequest): PlanResult {
  const { action, current, factor } = request;
  const grows = action === "SCALE_UP" || action === "SCALE_OUT";
  if (!(grows ? factor > 1 && factor < Number.POSITIVE_INFINITY : factor >= 0 && factor < 1)) {
    throw new InvariantError("the factor contradicts the action", { action, factor });
  }
  const { tasks } = current;
  const wanted = request.tasks ?? roundedUp(tasks * factor);
  if (action === "SCALE_OUT") return growTasks(request, Math.max(tasks + 1, wanted));
  if (action === "SCALE_IN") return shrinkTasks(request, Math.min(tasks - 1, wanted));
  return planResize(request, grows);
}

function planResize(request: PlanRequest, grows: boolean): PlanResult {
  const { policy, current, resource } = request;
  if (resource === "network") throw new InvariantError("network has no size: scale the number of tasks", { resource });
  if (!policy.resize) return held("at-component-limit");
  // A resize of no tasks changes no total; tasks come first.
  if (current.tasks === 0) return heldBy([{ limit: "tasks-min", bound: 1, wanted: 0 }]);
  if (policy.compute === "ec2") return grows ? growSize(request, EXACT) : shrinkSize(request, EXACT);
  if (resource === "storage") {
    return grows ? growSize(request, FARGATE_STORAGE) : shrinkSize(request, FARGATE_STORAGE);
  }
  return grows ? growPair(request) : shrinkPair(request);
}

/** What may justify a shrink; without it nothing shrinks. */
export type ShrinkGuard = Pick<PlanRequest, "used" | "ceilings">;

/**
 * Brings an allocation that a changed configuration or a schedule left outside its bounds back towards them. Growth to a
 * minimum is not limited by a factor, only by maxima and room, and comes first: by tasks where the minimum of
 * tasks (or of network, which follows them) asks for it, else by size, or by tasks where they are not resized. Above a maximum it shrinks by at most `factorDown`, past the guard
 * of planChange. Nothing out of bounds: none, "on-target".
 */
export function planToBounds(
  policy: ComponentPolicy,
  current: Allocation,
  room: Resources,
  guard: ShrinkGuard = { used: {}, ceilings: {} },
): PlanResult {
  const { tasks, size } = current;
  const byTasks = policy.resize ? (["network"] as const) : RESOURCE_NAMES;
  const tasksWanted = Math.max(
    policy.tasksMin,
    ...byTasks.map((name) => (size[name] > 0 ? Math.ceil(policy.min[name] / size[name]) : 0)),
  );
  let blocked: PlanResult | undefined;
  if (tasks < tasksWanted) {
    blocked = growTasks({ policy, current, room }, tasksWanted);
    if (blocked.kind === "plan") return blocked;
  }
  const short = RESOURCE_NAMES.filter((name) => name !== "network" && tasks * size[name] < policy.min[name]);
  if (policy.resize && tasks > 0 && short.length > 0) {
    const grown = growSizesToMinimum({ policy, current, room }, short);
    if (grown.kind === "plan") return grown;
    blocked ??= grown;
  }
  const shrunk = shrinkToMaximum(policy, current, room, guard);
  return shrunk.kind === "plan" ? shrunk : (blocked ?? shrunk);
}

/** Every resource in `short` up to its minimum, in one new size. */
function growSizesToMinimum(
  request: Pick<PlanRequest, "policy" | "current" | "room">,
  short: readonly ResourceName[],
): PlanResult {
  const { policy, current, room } = request;
  const { tasks, size } = current;
  const fargate = policy.compute === "fargate";
  const need = (name: ResourceName): number => Math.max(size[name], Math.ceil(policy.min[name] / tasks));
  const pairShort = short.some((name) => name !== "storage");
  const pair = fargate && pairShort ? growPairTo(request, { cpu: need("cpu"), memory: need("memory") }) : undefined;
  if (pair?.kind === "plan") return pair;

  const limits: LimitHit[] = [...(pair?.limits ?? [])];
  const after = { ...size };
  for (const name of short) {
    if (fargate && name !== "storage") continue;
    const { unit, largest } = fargate ? FARGATE_STORAGE : EXACT;
    const want = Math.ceil(need(name) / unit) * unit;
    const { limit, total } = highestTotal(policy, tasks * size[name], room, name);
    const reached = Math.min(want, largest, Math.floor(total / tasks / unit) * unit);
    if (reached < want)
      limits.push(
        reached === largest
          ? hit("fargate-size", name, tasks * largest, tasks * want)
          : hit(limit, name, total, tasks * want),
      );
    after[name] = Math.max(size[name], reached);
  }
  const grows = RESOURCE_NAMES.some((name) => after[name] > size[name]);
  return grows ? planned(policy.name, current, { tasks, size: after }, limits) : heldBy(limits);
}

function shrinkToMaximum(
  policy: ComponentPolicy,
  current: Allocation,
  room: Resources,
  guard: ShrinkGuard,
): PlanResult {
  const { tasks, size } = current;
  const shrink = (action: "SCALE_IN" | "SCALE_DOWN", resource: ResourceName, toMaximum: number): PlanResult =>
    planChange({ policy, current, action, resource, factor: Math.max(toMaximum, policy.factorDown), room, ...guard });
  let blocked: PlanResult | undefined;
  if (tasks > policy.tasksMax) {
    blocked = shrink("SCALE_IN", "cpu", policy.tasksMax / tasks);
    if (blocked.kind === "plan") return blocked;
  }
  for (const name of RESOURCE_NAMES) {
    const total = tasks * size[name];
    if (total <= policy.max[name]) continue;
    const sideways = name === "network" || !policy.resize;
    const result = shrink(sideways ? "SCALE_IN" : "SCALE_DOWN", name, policy.max[name] / total);
    if (result.kind === "plan") return result;
    blocked ??= result;
  }
  return blocked ?? held("on-target");
}
