import { InvariantError } from "../model/errors.ts";
import { roundedUp } from "./bounds.ts";
import { growTasks, shrinkTasks } from "./change-tasks.ts";
import { FARGATE_STORAGE_MAX, FARGATE_STORAGE_STEP } from "./fargate-sizes.ts";
import { heldBy } from "./plan-result.ts";
import type { PlanRequest, PlanResult } from "./request.ts";
import { EXACT, type Grain, growSize, shrinkSize } from "./resize-exact.ts";
import { growPair, shrinkPair } from "./resize-fargate.ts";

const FARGATE_STORAGE: Grain = { unit: FARGATE_STORAGE_STEP, largest: FARGATE_STORAGE_MAX };

/**
 * Turns what a rule wants into absolute ECS values: SCALE_UP / SCALE_DOWN the size of the tasks in one resource,
 * SCALE_OUT / SCALE_IN their number. EC2 is exact in thousandths, Fargate takes the cheapest valid shape.
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
  if (action === "SCALE_OUT") return growTasks(request, Math.max(tasks + 1, roundedUp(tasks * factor)));
  if (action === "SCALE_IN") return shrinkTasks(request, Math.min(tasks - 1, roundedUp(tasks * factor)));
  return planResize(request, grows);
}

function planResize(request: PlanRequest, grows: boolean): PlanResult {
  const { policy, current, resource } = request;
  if (resource === "network") throw new InvariantError("network has no size: scale the number of tasks", { resource });
  // A resize of no tasks changes no total; tasks come first.
  if (current.tasks === 0) return heldBy([{ limit: "tasks-min", bound: 1, wanted: 0 }]);
  if (policy.compute === "ec2") return grows ? growSize(request, EXACT) : shrinkSize(request, EXACT);
  if (resource === "storage") {
    return grows ? growSize(request, FARGATE_STORAGE) : shrinkSize(request, FARGATE_STORAGE);
  }
  return grows ? growPair(request) : shrinkPair(request);
}
