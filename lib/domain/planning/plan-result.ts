import type { LimitHit } from "../model/decision.ts";
import type { HoldReason } from "../model/reasons.ts";
import type { Allocation } from "../model/resources.ts";
import { costPerHour } from "./prices.ts";
import type { PlanResult } from "./request.ts";

/** A plan of one step. */
export function planned(
  component: string,
  before: Allocation,
  after: Allocation,
  limits: readonly LimitHit[],
): PlanResult {
  const costDeltaPerHour = costPerHour(after) - costPerHour(before);
  return { kind: "plan", plan: { steps: [{ component, before, after }], limits, costDeltaPerHour } };
}

/** No change, and why. */
export function held(hold: HoldReason, limits: readonly LimitHit[] = []): PlanResult {
  return { kind: "none", hold, limits };
}

/**
 * The reason to hold when `limits` left nothing of a change. A limit of the component's own outweighs the others: while
 * it stands, neither room in the fleet nor less use would make a difference.
 */
export function heldBy(limits: readonly LimitHit[]): PlanResult {
  let hold: HoldReason = "at-component-limit";
  if (limits.length > 0 && limits.every(({ limit }) => limit === "fleet-max")) hold = "at-fleet-limit";
  if (limits.length > 0 && limits.every(({ limit }) => limit === "target-guard")) hold = "at-target-guard";
  return held(hold, limits);
}
