/**
 * Growth that the fleet's limits block, made possible by a donor: one component that needs less than it has shrinks first,
 * by a step that planChange would allow it anyway, and the recipient grows by what then fits. Does not decide whether the
 * recipient deserves it, nor wait between the steps: execution confirms the donor's shrink before it books the growth.
 */
import type { Plan } from "../model/decision.ts";
import type { ComponentPolicy } from "../model/policy.ts";
import {
  type Allocation,
  mapResources,
  RESOURCE_NAMES,
  type ResourceName,
  type Resources,
  totalOf,
} from "../model/resources.ts";
import { capacityOf, isKnown } from "./bounds.ts";
import { planChange } from "./plan-change.ts";
import { held } from "./plan-result.ts";
import type { PlanRequest, PlanResult } from "./request.ts";

/** A component that may give. */
export interface Donor {
  /** With the bounds of active schedules already applied; `factorDown` is the most it gives at once. */
  readonly policy: ComponentPolicy;
  readonly current: Allocation;
  /** Absolute use over all tasks (recent peak). Unknown use of what would shrink rules the donor out. */
  readonly used: Partial<Resources>;
  /** Highest use over allocation, 0..1, that giving may lead to. */
  readonly ceilings: Partial<Resources>;
  /** How idle the caller judges it, any scale, more is idler: decides between donors of equal use. */
  readonly idle: number;
}

export interface RebalanceRequest {
  /** Growth of the recipient that `room` blocks. */
  readonly want: PlanRequest;
  readonly donors: readonly Donor[];
}

/** Donors looked at for one recipient, least used first: bounds the work in a fleet of thousands. */
export const DONORS_TRIED_MAX = 32;

const UNLIMITED: Resources = mapResources(() => Number.POSITIVE_INFINITY);

/**
 * The donor with the lowest use over allocation of what is scarce that can give enough, or else the one that lets the
 * recipient grow most. The plan has two steps, donor first; the recipient's growth is at most room + what was given in every
 * resource. Without scarcity, or when no donor lets it grow more than it can alone: the recipient's plan alone, of one step or
 * none ("at-fleet-limit").
 *
 * @throws InvariantError as planChange does.
 */
export function planRebalance({ want, donors }: RebalanceRequest): PlanResult {
  const alone = planChange(want);
  const ideal = planChange({ ...want, room: UNLIMITED });
  if (ideal.kind === "none") return ideal;
  const missing = missingFor(want, ideal.plan);
  const scarce = RESOURCE_NAMES.filter((name) => missing[name] > 0);
  if (scarce.length === 0) return alone;

  let best: Plan | undefined;
  let bestGrowth = alone.kind === "plan" ? growthOf(want, alone.plan) : 0;
  const fullGrowth = growthOf(want, ideal.plan);
  for (const donor of likeliestFirst(want, donors, scarce)) {
    for (const given of offers(donor, missing, scarce)) {
      const plan = together(want, given);
      const growth = plan === undefined ? 0 : growthOf(want, plan);
      if (growth <= bestGrowth) continue;
      best = plan;
      bestGrowth = growth;
    }
    // No later donor is used less, and none can do better than enough.
    if (bestGrowth >= fullGrowth) break;
  }
  if (best !== undefined) return { kind: "plan", plan: best };
  return alone.kind === "plan" ? alone : held(alone.hold, alone.limits);
}

/** What the wanted growth takes beyond the room, milli-units; <= 0 where it fits or does not grow. */
function missingFor({ current, room }: PlanRequest, { steps }: Plan): Resources {
  const now = totalOf(current);
  const wanted = totalOf(steps[0]?.after ?? current);
  return mapResources((name) => (wanted[name] > now[name] ? wanted[name] - now[name] - room[name] : 0));
}

/** How far the recipient's step (the last one) goes in what it wants: milli-units, or tasks. */
function growthOf({ action, resource }: PlanRequest, { steps }: Plan): number {
  const step = steps.at(-1);
  if (step === undefined) return 0;
  if (action === "SCALE_OUT") return step.after.tasks - step.before.tasks;
  return step.after.size[resource] - step.before.size[resource];
}

/** Use over allocation of the scarcest of `scarce`; infinite where it is unknown or there is nothing. */
function utilization({ current, used }: Donor, scarce: readonly ResourceName[]): number {
  let highest = 0;
  for (const name of scarce) {
    const use = used[name];
    const capacity = current.tasks * capacityOf(current.size, name);
    highest = Math.max(highest, isKnown(use) && capacity > 0 ? use / capacity : Number.POSITIVE_INFINITY);
  }
  return highest;
}

/** Donors that are above a minimum in something scarce, least used first, at most DONORS_TRIED_MAX. */
function likeliestFirst(want: PlanRequest, donors: readonly Donor[], scarce: readonly ResourceName[]): Donor[] {
  const able: { donor: Donor; use: number }[] = [];
  for (const donor of donors) {
    if (donor.policy.name === want.policy.name) continue;
    const { tasks, size } = donor.current;
    if (!scarce.some((name) => tasks * size[name] > donor.policy.min[name])) continue;
    const use = utilization(donor, scarce);
    if (Number.isFinite(use)) able.push({ donor, use });
  }
  able.sort(
    (a, b) => a.use - b.use || b.donor.idle - a.donor.idle || (a.donor.policy.name < b.donor.policy.name ? -1 : 1),
  );
  return able.slice(0, DONORS_TRIED_MAX).map(({ donor }) => donor);
}

/**
 * The shrinks a donor can offer: first those that give no more than is missing, then those by its whole step. Giving up one
 * of two tasks is more than a step of 0.9: what only rounding allows is offered when there is nothing else.
 */
function offers(donor: Donor, missing: Resources, scarce: readonly ResourceName[]): Plan[] {
  const plans: Plan[] = [];
  const { tasks, size } = donor.current;
  const offer = (action: "SCALE_DOWN" | "SCALE_IN", resource: ResourceName, enough: number): void => {
    const { policy, current, used, ceilings } = donor;
    const factor = Math.max(policy.factorDown, enough);
    if (!(factor < 1)) return;
    const result = planChange({ policy, current, action, resource, factor, used, ceilings, room: UNLIMITED });
    if (result.kind === "plan") plans.push(result.plan);
  };
  for (const whole of [false, true]) {
    for (const name of scarce) {
      // What a task may keep when all tasks together give what is missing.
      const kept = Math.floor((tasks * size[name] - missing[name]) / tasks);
      const sized = { ...size, [name]: Math.max(0, kept) };
      if (name !== "network") offer("SCALE_DOWN", name, whole ? 0 : capacityOf(sized, name) / capacityOf(size, name));
    }
    const keptTasks = Math.min(...scarce.map((name) => tasks - Math.ceil(missing[name] / size[name])));
    offer("SCALE_IN", "cpu", whole ? 0 : Math.max(0, keptTasks) / tasks);
  }
  const within = plans.filter((plan) => staysWithin(plan, donor.policy.factorDown));
  return within.length > 0 ? within : plans;
}

function staysWithin({ steps }: Plan, factor: number): boolean {
  return steps.every(({ before, after }) =>
    RESOURCE_NAMES.every((name) => {
      const has = before.tasks * capacityOf(before.size, name);
      return after.tasks * capacityOf(after.size, name) >= has * factor - 1e-6;
    }),
  );
}

/** The donor's shrink and the growth that it makes room for. */
function together(want: PlanRequest, given: Plan): Plan | undefined {
  const step = given.steps[0];
  if (step === undefined) return undefined;
  const before = totalOf(step.before);
  const after = totalOf(step.after);
  const room = mapResources((name) => want.room[name] + before[name] - after[name]);
  const grown = planChange({ ...want, room });
  if (grown.kind === "none") return undefined;
  return {
    steps: [step, ...grown.plan.steps],
    limits: [...given.limits, ...grown.plan.limits],
    costDeltaPerHour: given.costDeltaPerHour + grown.plan.costDeltaPerHour,
  };
}
