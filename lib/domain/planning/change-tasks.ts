import type { LimitHit } from "../model/decision.ts";
import { type Allocation, RESOURCE_NAMES, type ResourceName, type Resources } from "../model/resources.ts";
import { capacityOf, highestTotal, hit, isKnown, neededCapacity } from "./bounds.ts";
import { held, heldBy, planned } from "./plan-result.ts";
import type { PlanRequest, PlanResult } from "./request.ts";

/** A limit as the number of tasks it allows. */
interface TaskBound {
  readonly tasks: number;
  readonly limit: LimitHit;
}

/** Towards `want` tasks (more than now) of the present size, as far as the limits go. */
export function growTasks(request: Pick<PlanRequest, "policy" | "current" | "room">, want: number): PlanResult {
  const { policy, current, room } = request;
  const { tasks, size } = current;
  const bounds: TaskBound[] = [
    { tasks: policy.tasksMax, limit: { limit: "tasks-max", bound: policy.tasksMax, wanted: want } },
  ];
  let reached = Math.min(want, policy.tasksMax);
  for (const name of RESOURCE_NAMES) {
    // What a task has nothing of does not limit their number.
    if (size[name] === 0) continue;
    const { limit, total } = highestTotal(policy, tasks * size[name], room, name);
    const allowed = Math.floor(total / size[name]);
    if (allowed >= want) continue;
    bounds.push({ tasks: allowed, limit: hit(limit, name, total, want * size[name]) });
    reached = Math.min(reached, allowed);
  }
  return taskResult(request, want, reached, bounds, reached > tasks);
}

/** Towards `want` tasks (fewer than now) of the present size, as far as minima and the guard allow. */
export function shrinkTasks(
  request: Pick<PlanRequest, "policy" | "current" | "used" | "ceilings">,
  want: number,
): PlanResult {
  const { policy, current, used, ceilings } = request;
  const { tasks, size } = current;
  const bounds: TaskBound[] = [
    { tasks: policy.tasksMin, limit: { limit: "tasks-min", bound: policy.tasksMin, wanted: want } },
  ];
  let reached = Math.max(want, policy.tasksMin);
  const floorAt = (least: number, limit: LimitHit): void => {
    bounds.push({ tasks: least, limit });
    reached = Math.max(reached, least);
  };
  for (const name of RESOURCE_NAMES) {
    const wanted = want * size[name];
    const capacity = capacityOf(size, name);
    if (size[name] > 0) {
      const least = Math.ceil(policy.min[name] / size[name]);
      if (least > want) floorAt(least, hit("component-min", name, policy.min[name], wanted));
    }
    if (capacity > 0) {
      const needed = neededCapacity(used, ceilings, name);
      const least = Math.ceil(needed / capacity);
      if (least > want) floorAt(least, hit("target-guard", name, needed, want * capacity));
    }
  }
  const shrinks = reached < tasks;
  if (shrinks && RESOURCE_NAMES.some((name) => mustBeKnown(name, ceilings) && size[name] > 0 && !isKnown(used[name]))) {
    return held("incomplete-data");
  }
  return taskResult(request, want, reached, bounds, shrinks);
}

/**
 * CPU and memory always; network and storage only where a rule watches them: their metrics come from Container Insights,
 * and a service without it shall not be unable to give up a task for ever.
 */
function mustBeKnown(name: ResourceName, ceilings: Partial<Resources>): boolean {
  return name === "cpu" || name === "memory" || ceilings[name] !== undefined;
}

function taskResult(
  { policy, current }: Pick<PlanRequest, "policy" | "current">,
  want: number,
  reached: number,
  bounds: readonly TaskBound[],
  changes: boolean,
): PlanResult {
  const limits = reached === want ? [] : bounds.filter((each) => each.tasks === reached).map((each) => each.limit);
  if (!changes) return heldBy(limits);
  const after: Allocation = { tasks: reached, size: current.size };
  return planned(policy.name, current, after, limits);
}
