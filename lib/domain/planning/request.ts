import type { LimitHit, Plan } from "../model/decision.ts";
import type { ComponentPolicy } from "../model/policy.ts";
import type { HoldReason } from "../model/reasons.ts";
import type { Allocation, ResourceName, Resources } from "../model/resources.ts";

/** What a rule wants, to be turned into absolute ECS values. */
export interface PlanRequest {
  /** The policy with the bounds of active schedules already applied. */
  readonly policy: ComponentPolicy;
  readonly current: Allocation;
  readonly action: "SCALE_UP" | "SCALE_DOWN" | "SCALE_OUT" | "SCALE_IN";
  /** For SCALE_UP / SCALE_DOWN: the resource of the task that changes. SCALE_OUT / IN change all in proportion. */
  readonly resource: ResourceName;
  /** Wanted multiple of that resource (> 1 grows, < 1 shrinks). */
  readonly factor: number;
  /** SCALE_OUT / SCALE_IN to exactly so many tasks, whatever the factor. */
  readonly tasks?: number | undefined;
  /** Absolute use over all tasks (recent peak), where known: the guard of a shrink. */
  readonly used: Partial<Resources>;
  /** Highest use over allocation, 0..1, that a shrink may lead to, where a rule or target names one. */
  readonly ceilings: Partial<Resources>;
  /** What the fleet's limits leave: limit - booked of all components (this one's current booking included). May be negative. */
  readonly room: Resources;
}

export type PlanResult =
  | { readonly kind: "plan"; readonly plan: Plan }
  | { readonly kind: "none"; readonly hold: HoldReason; readonly limits: readonly LimitHit[] };
