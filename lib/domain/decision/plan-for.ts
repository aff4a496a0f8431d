import type { Plan, PlanStep } from "../model/decision.ts";
import type { ComponentPolicy } from "../model/policy.ts";
import type { HoldReason } from "../model/reasons.ts";
import { RESOURCE_NAMES, type Resources, sameSize, totalOf } from "../model/resources.ts";
import type { ActionName } from "../model/trigger.ts";
import { planChange, planToBounds } from "../planning/plan-change.ts";
import { costPerHour } from "../planning/prices.ts";
import { planRebalance } from "../planning/rebalance.ts";
import type { PlanRequest, PlanResult } from "../planning/request.ts";
import type { Candidate } from "./candidate.ts";
import type { DecisionInput } from "./decision-input.ts";
import { TRIGGERS_BY_NAME } from "./triggers/index.ts";

export type Planned =
  | { readonly kind: "plan"; readonly plan: Plan; readonly action: ActionName }
  | { readonly kind: "none"; readonly hold: HoldReason };

/** The absolute ECS values that a candidate comes to; where the fleet's limits bind, from a donor if there is one. */
export function planFor(input: DecisionInput, candidate: Candidate): Planned {
  const { facts, current } = input;
  const policy = boundedPolicy(input);
  if (candidate.action === "OPTIMIZE") return optimize(input);
  if (candidate.kind === "bounds" && candidate.direction === "grow")
    return named(planToBounds(policy, current, facts.room), candidate.action);
  const factor = candidate.kind === "bounds" ? policy.factorDown : landingFactor(candidate);
  const request: PlanRequest = {
    policy,
    current,
    action: candidate.action,
    resource: candidate.sized,
    factor,
    tasks: candidate.tasks,
    used: facts.used,
    ceilings: candidate.tasks === undefined ? ceilingsOf(policy) : withoutCpu(ceilingsOf(policy)),
    room: facts.room,
  };
  if (candidate.tasks !== undefined && candidate.direction === "shrink")
    return named(planChange({ ...request, used: { ...facts.used, ...usedNow(input) } }), candidate.action);
  if (candidate.direction === "shrink" && candidate.kind === "rule") {
    const planned = shrink(input, candidate, request);
    return planned.kind === "plan" && !isWorthwhile(planned.plan.steps)
      ? { kind: "none", hold: "saving-too-small" }
      : planned;
  }
  return grow(input, candidate, request);
}

/** The growth itself; else the other dimension where the component's limit binds, or a donor where the fleet's does. */
function grow(input: DecisionInput, candidate: Candidate, request: PlanRequest): Planned {
  const donors = input.facts.donors ?? [];
  const planned = planChange(request);
  const own = candidate.tasks === undefined ? withoutCrumbs(planned) : planned;
  if (own.kind === "plan") return named(own, candidate.action);
  if (own.hold === "at-component-limit" && mayGrowInSize(candidate))
    return named(withoutCrumbs(planChange({ ...request, action: "SCALE_UP", resource: "cpu" })), "SCALE_UP");
  if (own.hold !== "at-fleet-limit" || donors.length === 0) return named(own, candidate.action);
  const given = withoutCrumbs(
    planRebalance({
      want: request,
      donors: donors.map((donor) => ({ ...donor, policy: donorPolicy(input, donor.component) })),
    }),
  );
  return given.kind === "plan" ? named(given, "REBALANCE") : named(own, candidate.action);
}

/** What a limit leaves of a growth may be too little to deploy for: then the limit holds it. */
function withoutCrumbs(result: PlanResult): PlanResult {
  if (result.kind === "none" || isWorthwhile(result.plan.steps.slice(-1))) return result;
  const { limits } = result.plan;
  const byFleet = limits.some(({ limit }) => limit === "fleet-max");
  return { kind: "none", hold: byFleet ? "at-fleet-limit" : "at-component-limit", limits };
}

/**
 * A growth goes no further than to the middle between `down` and target, so that it does not call for the shrink that
 * undoes it: with the preset's numbers 80 % / 1.5 = 53 %, and `down` is 55 %. A saturated value hides how much is wanted
 * and takes the whole factor.
 */
function landingFactor({ direction, factor, signal, compared, tasks }: Candidate): number {
  if (
    tasks !== undefined ||
    direction !== "grow" ||
    signal?.value === undefined ||
    !signal.scalesWithCapacity ||
    signal.value >= SATURATED
  )
    return factor;
  const landing = (signal.down + signal.target) / 2;
  return landing > 0 ? Math.min(factor, Math.max(LEAST_GROWTH, Math.max(compared, signal.value) / landing)) : factor;
}
const SATURATED = 0.95;
const LEAST_GROWTH = 1.05;

/** A change of less than this share of every resource is not worth a deployment. */
const LEAST_CHANGE = 0.05;

function isWorthwhile(steps: readonly PlanStep[]): boolean {
  return steps.some((step) => {
    const before = totalOf(step.before);
    const after = totalOf(step.after);
    return RESOURCE_NAMES.some((name) => Math.abs(after[name] - before[name]) > before[name] * LEAST_CHANGE);
  });
}

/**
 * Less CPU in a task makes every operation slower, at worst in proportion: SCALE_DOWN of CPU is shortened so that the
 * slowest recent response, divided by the factor, stays at or under the target of the rules on it. Fewer tasks of the same
 * size slow nothing but the waiting, which the use ceilings keep in check: so when responses leave no room for smaller
 * tasks, fewer tasks are tried. Without this a component ends as many idle tasks, each too small to be quick.
 */
function shrink(input: DecisionInput, candidate: Candidate, request: PlanRequest): Planned {
  const slowness = slownessOf(input);
  if (candidate.action === "SCALE_IN") return slowness > 1 ? GUARDED : named(planChange(request), "SCALE_IN");
  if (candidate.sized !== "cpu") return named(planChange(request), candidate.action);
  const factor = Math.max(candidate.factor, slowness);
  if (factor <= 1 - LEAST_CHANGE) return named(planChange({ ...request, factor }), "SCALE_DOWN");
  return slowness > 1 || request.current.tasks <= request.policy.tasksMin
    ? GUARDED
    : named(planChange({ ...request, action: "SCALE_IN" }), "SCALE_IN");
}

/**
 * Newest use of what the rules look at: where the next decision is a minute away, a shrink need not leave room for the
 * peak of the whole window, only for what is used now.
 */
function usedNow({ signals, current }: DecisionInput): Partial<Resources> {
  const used: { -readonly [K in keyof Resources]?: number } = {};
  for (const { trigger, value, scalesWithCapacity } of signals) {
    const resource = RESOURCE_BY_METRIC[TRIGGERS_BY_NAME[trigger].forecast?.metric ?? ""];
    if (value === undefined || !scalesWithCapacity || resource === undefined || resource === "storage") continue;
    used[resource] = Math.ceil(value * current.tasks * current.size[resource]);
  }
  return used;
}

/** Staffing has looked at the CPU that is to be kept, more closely than a ceiling can. */
function withoutCpu({ memory, network, storage }: Partial<Resources>): Partial<Resources> {
  return { memory, network, storage };
}

const GUARDED: Planned = { kind: "none", hold: "at-target-guard" };

/** Slowest recent response over the target of the rule on it; 0 without such a rule or without traffic. */
function slownessOf({ signals }: DecisionInput): number {
  let slowest = 0;
  for (const { trigger, points, target } of signals) {
    if (trigger === "RESPONSE_TIME") for (const value of points.values) slowest = Math.max(slowest, value / target);
  }
  return slowest;
}

/** More tasks no longer fit: for what is not use over capacity (a response time), larger tasks help as well. */
function mayGrowInSize({ action, direction, signal }: Candidate): boolean {
  return direction === "grow" && action === "SCALE_OUT" && signal?.trigger === "RESPONSE_TIME";
}

function named(result: PlanResult, action: ActionName): Planned {
  return result.kind === "plan" ? { kind: "plan", plan: result.plan, action } : { kind: "none", hold: result.hold };
}

function optimize(input: DecisionInput): Planned {
  const { policy, current, facts } = input;
  const { recommendation } = facts;
  if (recommendation === undefined) return { kind: "none", hold: "saving-too-small" };
  const { allocation } = recommendation;
  // It was made before the configuration changed its mind.
  if (!policy.resize && !sameSize(allocation.size, current.size)) return { kind: "none", hold: "saving-too-small" };
  if (slownessOf(input) * (current.size.cpu / allocation.size.cpu) > 1) return GUARDED;
  for (const name of RESOURCE_NAMES) {
    const taken = allocation.tasks * allocation.size[name] - current.tasks * current.size[name];
    if (taken > Math.max(0, facts.room[name])) return { kind: "none", hold: "at-fleet-limit" };
  }
  const plan: Plan = {
    steps: [{ component: policy.name, before: current, after: allocation }],
    limits: [],
    costDeltaPerHour: costPerHour(allocation) - costPerHour(current),
  };
  return plan.costDeltaPerHour < 0
    ? { kind: "plan", plan, action: "OPTIMIZE" }
    : { kind: "none", hold: "saving-too-small" };
}

/** The policy with the bounds that held at decision time (schedules applied), as the facts carry them. */
function boundedPolicy({ policy, facts }: DecisionInput): ComponentPolicy {
  const { min, max, tasksMin, tasksMax } = facts.bounds;
  if (policy.min === min && policy.max === max && policy.tasksMin === tasksMin && policy.tasksMax === tasksMax)
    return policy;
  return { ...policy, min, max, tasksMin, tasksMax };
}

function donorPolicy({ fleet, policy }: DecisionInput, name: string): ComponentPolicy {
  return fleet.components.find((each) => each.name === name) ?? policy;
}

const ceilingsCache = new WeakMap<ComponentPolicy, Partial<Resources>>();

/**
 * Highest use over allocation that a shrink may lead to: the target of the component's rules on that resource, so that
 * no shrink brings a rule to its up threshold.
 */
export function ceilingsOf(policy: ComponentPolicy): Partial<Resources> {
  const cached = ceilingsCache.get(policy);
  if (cached !== undefined) return cached;
  const ceilings: { -readonly [K in keyof Resources]?: number } = {};
  for (const rule of policy.rules) {
    const trigger = TRIGGERS_BY_NAME[rule.trigger];
    if (!trigger.scalesWithCapacity || trigger.forecast === undefined) continue;
    const resource = RESOURCE_BY_METRIC[trigger.forecast.metric];
    if (resource !== undefined) ceilings[resource] = Math.min(ceilings[resource] ?? 1, rule.target);
  }
  ceilingsCache.set(policy, ceilings);
  return ceilings;
}
const RESOURCE_BY_METRIC: Readonly<Record<string, keyof Resources | undefined>> = {
  cpuUsed: "cpu",
  memoryUsed: "memory",
  networkUsed: "network",
  storageUsed: "storage",
};
