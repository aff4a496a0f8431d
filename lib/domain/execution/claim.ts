import type { Decision, PlanStep } from "../model/decision.ts";
import { InvariantError } from "../model/errors.ts";
import type { Ledger, RecentExecution } from "../model/ledger.ts";
import type { ComponentPolicy, FleetPolicy } from "../model/policy.ts";
import type { RefusalReason } from "../model/reasons.ts";
import { maxResources, RESOURCE_NAMES, type Resources, sameAllocation, totalOf } from "../model/resources.ts";
import {
  bookedOf,
  bookedTotals,
  changed,
  directionOf,
  effectiveMode,
  HOUR_MS,
  isKnown,
  occupies,
  refused,
  type Transition,
} from "./ledger.ts";

/** What a guard may look at. */
interface Claim {
  readonly ledger: Ledger;
  readonly decision: Decision;
  readonly policy: FleetPolicy;
  readonly steps: readonly PlanStep[];
  /** Policies of the steps, in their order. */
  readonly components: readonly ComponentPolicy[];
  readonly nowMs: number;
}
type Guard = (claim: Claim) => RefusalReason | undefined;

/**
 * Takes a PENDING decision for execution: every limit that depends on the fleet's bookings is checked here, in one
 * place, and booked in the same write. The slot, the rates and the cooldown are taken now, not when ECS answers, so
 * that no crash or retry can cheat them; `giveBack` returns them when nothing was sent.
 */
export function claim(
  ledger: Ledger,
  decision: Decision,
  policy: FleetPolicy,
  component: ComponentPolicy,
  nowMs: number,
): Transition {
  const steps = decision.plan?.steps ?? [];
  if (steps.length === 0) throw new InvariantError("a decision without a plan cannot be claimed", { id: decision.id });
  const components: ComponentPolicy[] = [];
  for (const { component: name } of steps) {
    const found = name === component.name ? component : policy.components.find((each) => each.name === name);
    if (found === undefined) return refused("superseded", `${name} is not configured any more`);
    components.push(found);
  }
  const request: Claim = { ledger, decision, policy, steps, components, nowMs };
  for (const guard of GUARDS) {
    const reason = guard(request);
    if (reason !== undefined) return refused(reason, guard.name);
  }
  const direction = steps.length === 1 ? stepDirection(decision, steps[0] as PlanStep) : "same";
  const recent: RecentExecution[] = steps.map((step) => ({
    decision: decision.id,
    component: step.component,
    direction: stepDirection(decision, step),
    atMs: nowMs,
    removedCpu: Math.max(0, totalOf(step.before).cpu - totalOf(step.after).cpu),
  }));
  return changed(ledger, {
    open: [
      ...ledger.open,
      {
        decision: decision.id,
        decidedAtMs: decision.decidedAtMs,
        component: decision.component,
        direction,
        step: 0,
        steps: steps.map(({ component: name, before, after }) => ({ component: name, before, after })),
        claimedAtMs: nowMs,
        attempts: 0,
        rollingBack: false,
        epoch: ledger.epoch,
      },
    ],
    recent: [...ledger.recent, ...recent],
  });
}

/** In the order in which a refusal is most useful to read: what a person set, what is over, then what is taken. */
const GUARDS: readonly Guard[] = [
  paused,
  mode,
  expiry,
  claimedBefore,
  bounds,
  busy,
  bookedBaseline,
  concurrency,
  quiet,
  cooldown,
  fleetRate,
  componentRate,
  fleetLimits,
];

function paused({ ledger }: Claim): RefusalReason | undefined {
  return ledger.paused ? "paused" : undefined;
}

function mode({ ledger, decision, policy, components }: Claim): RefusalReason | undefined {
  const modes = components.map((component) => effectiveMode(ledger, policy, component));
  if (modes.includes("observe")) return "mode";
  const asks = modes.includes("recommend") || decision.mode === "recommend";
  return asks && decision.approvedBy === undefined ? "not-approved" : undefined;
}

function expiry({ decision, nowMs }: Claim): RefusalReason | undefined {
  return nowMs >= decision.expiresAtMs ? "expired" : undefined;
}

/** The record of a decision may lag behind the ledger; what the ledger has seen is not claimed a second time. */
function claimedBefore({ ledger, decision }: Claim): RefusalReason | undefined {
  return decision.status !== "PENDING" || isKnown(ledger, decision.id) ? "superseded" : undefined;
}

/**
 * Last line before ECS: the configuration may have changed since the decision. Judged by the widest bounds that the
 * component's schedules can open; planning used those in force. Only what moves is judged, so that a component outside
 * its bounds may still come back into them.
 */
function bounds({ steps, components }: Claim): RefusalReason | undefined {
  for (const [index, { before, after }] of steps.entries()) {
    const component = components[index] as ComponentPolicy;
    const from = totalOf(before);
    const to = totalOf(after);
    const whole = [after.tasks, ...RESOURCE_NAMES.map((name) => after.size[name])];
    if (!whole.every((value) => Number.isSafeInteger(value) && value >= 0)) return "superseded";
    const tasksMax = Math.max(component.tasksMax, ...component.schedules.map((each) => each.tasksMax ?? 0));
    if (after.tasks > before.tasks && after.tasks > tasksMax) return "superseded";
    if (after.tasks < before.tasks && after.tasks < component.tasksMin) return "superseded";
    for (const name of RESOURCE_NAMES) {
      const max = Math.max(component.max[name], ...component.schedules.map((each) => each.max?.[name] ?? 0));
      if (to[name] > from[name] && to[name] > max) return "superseded";
      if (to[name] < from[name] && to[name] < component.min[name]) return "superseded";
    }
  }
  return undefined;
}

function busy({ ledger, steps }: Claim): RefusalReason | undefined {
  return steps.some((step) => ledger.open.some((open) => occupies(open, step.component)))
    ? "component-busy"
    : undefined;
}

function concurrency({ ledger, policy }: Claim): RefusalReason | undefined {
  return ledger.open.length >= policy.decision.concurrentExecutions ? "concurrency" : undefined;
}

/** After a foreign change or a failure. */
function quiet({ ledger, steps, nowMs }: Claim): RefusalReason | undefined {
  return steps.some(({ component }) => nowMs < (ledger.quietUntil[component]?.untilMs ?? 0)) ? "cooldown" : undefined;
}

/** Not booked means never read so far, which the next pass may mend; booked otherwise does not come back. */
function bookedBaseline({ ledger, steps }: Claim): RefusalReason | undefined {
  for (const { component, before } of steps) {
    const booked = ledger.booked[component];
    if (booked === undefined) return "service-unavailable";
    if (!sameAllocation(booked, before)) return "baseline-changed";
  }
  return undefined;
}

/** The rule's own cooldown for the component it speaks for, else the component's. A clock that steps back prolongs it. */
function cooldown({ ledger, decision, components, nowMs }: Claim): RefusalReason | undefined {
  const active = components.some((component) => {
    const rule =
      component.name === decision.component ? component.rules.find((each) => each.name === decision.rule) : undefined;
    const restMs = rule?.cooldownMs ?? component.cooldownMs;
    return ledger.recent.some((each) => each.component === component.name && nowMs - each.atMs < restMs);
  });
  return active ? "cooldown" : undefined;
}

function fleetRate({ ledger, policy, nowMs }: Claim): RefusalReason | undefined {
  const executed = new Set(lastHour(ledger, nowMs).map((each) => each.decision));
  return executed.size >= policy.decision.decisionsPerHour ? "rate-limit-fleet" : undefined;
}

function componentRate({ ledger, decision, steps, components, nowMs }: Claim): RefusalReason | undefined {
  const hour = lastHour(ledger, nowMs);
  for (const [index, step] of steps.entries()) {
    const { upPerHour, downPerHour } = components[index] as ComponentPolicy;
    const direction = stepDirection(decision, step);
    if (direction === "same") continue; // a change of shape is neither up nor down; the fleet's rate counts it
    const done = hour.filter((each) => each.component === step.component && each.direction === direction).length;
    if (done >= (direction === "grow" ? upPerHour : downPerHour)) return "rate-limit-component";
  }
  return undefined;
}

/**
 * The fleet's limits at every moment of the plan: step i counts with the larger of before and after while the steps
 * before it are released. A resource that does not grow is never refused, however far others went over the limit.
 */
function fleetLimits({ ledger, policy, steps }: Claim): RefusalReason | undefined {
  const totals: Record<keyof Resources, number> = { ...bookedTotals(ledger) };
  for (const { component, before, after } of steps) {
    const now = bookedOf(ledger, component);
    const released = totalOf(after);
    const most = maxResources(now, maxResources(totalOf(before), released));
    for (const name of RESOURCE_NAMES) {
      if (most[name] > now[name] && totals[name] - now[name] + most[name] > policy.limits[name]) return "fleet-limit";
      totals[name] += released[name] - now[name];
    }
  }
  return undefined;
}

/** A decision of one step says its direction; the steps of a REBALANCE show theirs. */
function stepDirection(decision: Decision, step: PlanStep): "grow" | "shrink" | "same" {
  const single = decision.plan?.steps.length === 1;
  return (single ? decision.direction : undefined) ?? directionOf(step.before, step.after);
}

function lastHour(ledger: Ledger, nowMs: number): readonly RecentExecution[] {
  return ledger.recent.filter((each) => nowMs - each.atMs < HOUR_MS);
}
