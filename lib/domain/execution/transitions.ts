import type { Decision } from "../model/decision.ts";
import type { Ledger, OpenExecution } from "../model/ledger.ts";
import type { FleetPolicy } from "../model/policy.ts";
import type { RefusalReason } from "../model/reasons.ts";
import { type Allocation, maxResources, sameSize, totalOf } from "../model/resources.ts";
import type { ServiceState } from "../model/service.ts";
import {
  activeStep,
  BACKOFF_MAX_MS,
  bookForeign,
  changed,
  effectiveMode,
  limitBroken,
  occupies,
  type Refused,
  refused,
  type Transition,
} from "./ledger.ts";

/**
 * The life of an open execution on the ledger, from the first call to the release of its slot. Each transition names
 * the execution as its caller saw it (`Mark`); if somebody else moved it on in between, the answer is "superseded" and
 * the caller must not act.
 */
export type Mark = Pick<OpenExecution, "decision" | "step" | "attempts" | "rollingBack">;

export function markOf({ decision, step, attempts, rollingBack }: OpenExecution): Mark {
  return { decision, step, attempts, rollingBack };
}

function find(ledger: Ledger, mark: Mark): OpenExecution | undefined {
  return ledger.open.find(
    (open) =>
      open.decision === mark.decision &&
      open.step === mark.step &&
      open.attempts === mark.attempts &&
      open.rollingBack === mark.rollingBack,
  );
}

const MOVED_ON: Refused = refused("superseded", "somebody else carried it on");

/**
 * Why nothing may be sent for this execution now: paused, mode, or an intent of an epoch before a restore. Asked in the
 * same write that precedes each call, so that a pause works at once. Rollbacks are held back as well: a pause means
 * hands off.
 */
export function sendRefusal(
  ledger: Ledger,
  open: OpenExecution,
  policy: FleetPolicy,
  approved: boolean,
): RefusalReason | undefined {
  if (open.epoch !== ledger.epoch) return "restored";
  if (ledger.paused) return "paused";
  const { component } = activeStep(open);
  const mode = effectiveMode(
    ledger,
    policy,
    policy.components.find((each) => each.name === component) ?? { name: component },
  );
  if (mode === "observe") return "mode";
  return mode === "recommend" && !approved ? "not-approved" : undefined;
}

/**
 * Written BEFORE the call that it announces. The hour's rates and the cooldown count from the newest announcement,
 * which is never earlier than the effect's intent and never later than the effect.
 */
export function recordAttempt(
  ledger: Ledger,
  mark: Mark,
  call: { policy: FleetPolicy; approved: boolean; revisionBefore: string | undefined; nowMs: number },
): Transition {
  const open = find(ledger, mark);
  if (open === undefined) return MOVED_ON;
  const no = sendRefusal(ledger, open, call.policy, call.approved);
  if (no !== undefined) return refused(no);
  const { component } = activeStep(open);
  const atMs = Math.max(
    call.nowMs,
    ...ledger.recent.filter((each) => isOf(each, open, component)).map((each) => each.atMs),
  );
  return changed(ledger, {
    open: replace(ledger, {
      ...open,
      attempts: open.attempts + 1,
      revisionBefore: call.revisionBefore ?? open.revisionBefore,
    }),
    recent: touched(ledger, open, component, atMs),
  });
}

/** Notes the revision that the very next call will set, and asks once more whether it may be sent. */
export function recordRevision(
  ledger: Ledger,
  mark: Mark,
  call: { policy: FleetPolicy; approved: boolean; revision: string },
): Transition {
  const open = find(ledger, mark);
  if (open === undefined) return MOVED_ON;
  const no = sendRefusal(ledger, open, call.policy, call.approved);
  if (no !== undefined) return refused(no);
  const noted = open.rollingBack ? { revisionBefore: call.revision } : { revisionAfter: call.revision };
  return changed(ledger, { open: replace(ledger, { ...open, ...noted }) });
}

/** A read showed that ECS wants what was asked for. Nothing is released yet. */
export function confirmApplied(ledger: Ledger, mark: Mark, live: ServiceState, nowMs: number): Transition {
  const open = find(ledger, mark);
  if (open === undefined || open.appliedAtMs !== undefined) return MOVED_ON;
  const { from, goal } = activeStep(open);
  const resized = !open.rollingBack && !sameSize(from.size, goal.size);
  return changed(ledger, {
    open: replace(ledger, { ...open, appliedAtMs: nowMs, revisionAfter: resized ? live.revision : open.revisionAfter }),
  });
}

/**
 * A read showed that the step's tasks run: what it shrank is released, and in the same write the next step's growth is
 * booked. Refused with "fleet-limit" when the limits were lowered meanwhile and the next step does not fit any more.
 */
export function confirmStable(ledger: Ledger, mark: Mark, policy: FleetPolicy): Transition {
  const open = find(ledger, mark);
  if (open === undefined) return MOVED_ON;
  const { component, goal } = activeStep(open);
  const released: Ledger = { ...ledger, open: others(ledger, open), booked: { ...ledger.booked, [component]: goal } };
  if (open.step + 1 >= open.steps.length) return changed(released, { quietUntil: withoutBackoff(ledger, open) });
  return moveTo(released, open, { step: open.step + 1, rollingBack: false }, policy);
}

/** Nothing was sent: the slot, the rates and the cooldown are given back. */
export function giveBack(ledger: Ledger, mark: Mark): Transition {
  const open = find(ledger, mark);
  if (open === undefined || open.attempts > 0 || open.step > 0 || open.rollingBack) return MOVED_ON;
  return changed(ledger, {
    open: others(ledger, open),
    recent: ledger.recent.filter((each) => each.decision !== open.decision),
  });
}

/**
 * A read showed that the step had no effect and no more will be tried. The first step: everything is given back, and
 * the component backs off. A later one: the steps before it are taken back.
 */
export function fail(ledger: Ledger, mark: Mark, policy: FleetPolicy, nowMs: number): Transition {
  const open = find(ledger, mark);
  if (open === undefined) return MOVED_ON;
  if (open.rollingBack) {
    const { component, from } = activeStep(open); // the way back failed: what is there stays booked
    return close({ ...ledger, booked: { ...ledger.booked, [component]: from } }, open, policy, nowMs);
  }
  if (open.step > 0) return stepBack(ledger, open, policy, nowMs);
  const dropped = ledger.recent.filter((each) => each.decision !== open.decision);
  return close({ ...ledger, recent: dropped }, open, policy, nowMs);
}

/**
 * The service could not be read for so long that its slot is released without knowing. What stays booked is the larger
 * of before and after, so that the bookings remain an upper bound; the next read that succeeds corrects it.
 */
export function failUnknown(ledger: Ledger, mark: Mark, policy: FleetPolicy, nowMs: number): Transition {
  const open = find(ledger, mark);
  if (open === undefined) return MOVED_ON;
  const { component, from, goal } = activeStep(open);
  const most: Allocation = { tasks: Math.max(from.tasks, goal.tasks), size: maxResources(from.size, goal.size) };
  return close({ ...ledger, booked: { ...ledger.booked, [component]: most } }, open, policy, nowMs);
}

/** The step in hand is to be taken back. Its before and after are both booked already, so nothing is asked. */
export function startRollback(ledger: Ledger, mark: Mark): Transition {
  const open = find(ledger, mark);
  if (open === undefined || open.rollingBack) return MOVED_ON;
  return changed(ledger, {
    open: replace(ledger, { ...open, rollingBack: true, attempts: 0, appliedAtMs: undefined }),
  });
}

/**
 * A finished decision turned out harmful: it is opened again to be taken back, as an exception to the cooldown and the
 * rates but not to the pause, the concurrency and the limits.
 */
export function reopenToRollBack(ledger: Ledger, decision: Decision, policy: FleetPolicy, nowMs: number): Transition {
  const steps = decision.plan?.steps ?? [];
  const last = steps.at(-1);
  if (last === undefined || ledger.open.some((open) => open.decision === decision.id)) return MOVED_ON;
  if (ledger.paused) return refused("paused");
  if (steps.some((step) => ledger.open.some((open) => occupies(open, step.component))))
    return refused("component-busy");
  if (ledger.open.length >= policy.decision.concurrentExecutions) return refused("concurrency");
  const most = maxResources(totalOf(last.before), totalOf(last.after));
  if (limitBroken(ledger, policy.limits, last.component, most) !== undefined) return refused("fleet-limit");
  const open: OpenExecution = {
    decision: decision.id,
    decidedAtMs: decision.decidedAtMs,
    component: decision.component,
    direction: steps.length === 1 ? (decision.direction ?? "same") : "same",
    step: steps.length - 1,
    steps: steps.map(({ component, before, after }) => ({ component, before, after })),
    claimedAtMs: nowMs,
    attempts: 0,
    rollingBack: true,
    epoch: ledger.epoch,
  };
  return changed(ledger, { open: [...ledger.open, open] });
}

/** The way back was not begun and will not be: what the step brought stays, and is booked. */
export function letStand(ledger: Ledger, mark: Mark): Transition {
  const open = find(ledger, mark);
  if (open === undefined || !open.rollingBack || open.attempts > 0) return MOVED_ON;
  const { component, from } = activeStep(open);
  return changed(ledger, { open: others(ledger, open), booked: { ...ledger.booked, [component]: from } });
}

/** A read showed the step back at its before. Goes on with the step before it, or ends and backs off. */
export function finishRollback(ledger: Ledger, mark: Mark, policy: FleetPolicy, nowMs: number): Transition {
  const open = find(ledger, mark);
  if (open === undefined || !open.rollingBack) return MOVED_ON;
  const { component, goal } = activeStep(open);
  const back = { ...ledger, booked: { ...ledger.booked, [component]: goal } };
  return open.step === 0 ? close(back, open, policy, nowMs) : stepBack(back, open, policy, nowMs);
}

/**
 * Somebody else changed the component of the step in hand: theirs is adopted and ours ends. When a donor has already
 * given, it gets its share back, as far as the limits allow.
 */
export function yieldToForeign(
  ledger: Ledger,
  mark: Mark,
  live: ServiceState,
  policy: FleetPolicy,
  nowMs: number,
): Transition {
  const open = find(ledger, mark);
  if (open === undefined) return MOVED_ON;
  const { component } = activeStep(open);
  const change = {
    component,
    allocation: live.desired,
    identity: live.identity,
    quietMs: policy.execution.foreignQuietMs,
    nowMs,
  };
  const adopted: Ledger = { ...ledger, ...bookForeign(ledger, change) };
  const mayGoBack = open.step > 0 && !open.rollingBack && open.epoch === ledger.epoch;
  return mayGoBack ? stepBack(adopted, open, policy, nowMs) : changed(adopted, { open: others(ledger, open) });
}

/** Takes back the step before the one in hand, or, where the limits do not allow that, leaves it as it is and ends. */
function stepBack(ledger: Ledger, open: OpenExecution, policy: FleetPolicy, nowMs: number): Transition {
  const released: Ledger = { ...ledger, open: others(ledger, open) };
  const moved = moveTo(released, open, { step: open.step - 1, rollingBack: true }, policy);
  return moved.kind === "ok" ? moved : close(ledger, open, policy, nowMs);
}

/** Books the move of `open` (not among `released.open`) to another step, if the limits allow it. */
function moveTo(
  released: Ledger,
  open: OpenExecution,
  to: { step: number; rollingBack: boolean },
  policy: FleetPolicy,
): Transition {
  const next: OpenExecution = {
    ...open,
    ...to,
    attempts: 0,
    appliedAtMs: undefined,
    revisionBefore: undefined,
    revisionAfter: undefined,
  };
  const { component, from, goal } = activeStep(next);
  const broken = limitBroken(released, policy.limits, component, maxResources(totalOf(from), totalOf(goal)));
  if (broken !== undefined) return refused("fleet-limit", broken);
  return changed(released, { open: [...released.open, next] });
}

/** Ends an execution that did not do what it should: the components it touched back off, doubling with each failure in a row. */
function close(ledger: Ledger, open: OpenExecution, policy: FleetPolicy, nowMs: number): Transition {
  const quietUntil = { ...ledger.quietUntil };
  for (const component of new Set(open.steps.map((step) => step.component))) {
    const failures = (quietUntil[component]?.failures ?? 0) + 1;
    const restMs = Math.min(BACKOFF_MAX_MS, policy.execution.backoffMs * 2 ** (failures - 1));
    const foreign = quietUntil[component]?.why === "foreign-change" ? quietUntil[component].untilMs : 0;
    quietUntil[component] = { untilMs: Math.max(nowMs + restMs, foreign), why: "backing-off", failures };
  }
  return changed(ledger, { open: others(ledger, open), quietUntil });
}

/** A success ends the row of failures; what was asked for after a foreign change stays. */
function withoutBackoff(ledger: Ledger, open: OpenExecution): Ledger["quietUntil"] {
  return Object.fromEntries(
    Object.entries(ledger.quietUntil).flatMap(([component, quiet]) => {
      if (!occupies(open, component)) return [[component, quiet]];
      return quiet.why === "backing-off" ? [] : [[component, { ...quiet, failures: 0 }]];
    }),
  );
}

function others(ledger: Ledger, open: OpenExecution): Ledger["open"] {
  return ledger.open.filter((each) => each.decision !== open.decision);
}

function replace(ledger: Ledger, next: OpenExecution): Ledger["open"] {
  return ledger.open.map((each) => (each.decision === next.decision ? next : each));
}

function isOf(each: Ledger["recent"][number], open: OpenExecution, component: string): boolean {
  return each.decision === open.decision && each.component === component;
}

/** Moves the component's entry to the time of the call, newest last; makes one where it was pruned (a late rollback). */
function touched(ledger: Ledger, open: OpenExecution, component: string, atMs: number): Ledger["recent"] {
  const entry = ledger.recent.find((each) => isOf(each, open, component)) ?? {
    decision: open.decision,
    component,
    direction: open.direction,
    removedCpu: 0,
  };
  const rest = ledger.recent.filter((each) => !isOf(each, open, component));
  return [...rest, { ...entry, atMs }].toSorted((a, b) => a.atMs - b.atMs);
}
