import type { Ledger, OpenExecution } from "../model/ledger.ts";
import type { ComponentPolicy, FleetPolicy } from "../model/policy.ts";
import type { RefusalReason } from "../model/reasons.ts";
import {
  type Allocation,
  maxResources,
  NO_RESOURCES,
  RESOURCE_NAMES,
  type Resources,
  sameAllocation,
  sumResources,
  totalOf,
} from "../model/resources.ts";
import type { Mode } from "../model/trigger.ts";

/**
 * The fleet's bookings as values: what is booked now, and the operator's and the world's changes of it. Claiming is in
 * claim.ts, the life of an open execution in transitions.ts. Every transition answers with the next version, to be
 * stored by compare-and-set, or with the reason why not; none of them knows whether the write will win.
 */
export type Transition = { readonly kind: "ok"; readonly ledger: Ledger } | Refused;
export interface Refused {
  readonly kind: "refused";
  readonly reason: RefusalReason;
  readonly detail?: string | undefined;
}

export const HOUR_MS = 3_600_000;
/** No back-off is longer than this. */
export const BACKOFF_MAX_MS = 3_600_000;

/** The ledger of a fleet that was never stored: version 0, nothing booked. */
export function emptyLedger(fleet: string): Ledger {
  return {
    v: 1,
    fleet,
    version: 0,
    epoch: 1,
    paused: false,
    componentModeOverride: {},
    booked: {},
    identity: {},
    open: [],
    recent: [],
    quietUntil: {},
    watermarkMs: 0,
  };
}

/**
 * The next version with these changes. Field by field: each is a copy of the one before, and copies of copies by spread
 * come out as objects of ever new shapes, which makes all code slow that reads them.
 */
export function changed(ledger: Ledger, changes: Partial<Omit<Ledger, "v" | "fleet" | "version">>): Transition {
  const next: { -readonly [Field in keyof Ledger]: Ledger[Field] } = {
    v: ledger.v,
    fleet: ledger.fleet,
    version: ledger.version + 1,
    epoch: changes.epoch ?? ledger.epoch,
    paused: changes.paused ?? ledger.paused,
    componentModeOverride: changes.componentModeOverride ?? ledger.componentModeOverride,
    booked: changes.booked ?? ledger.booked,
    identity: changes.identity ?? ledger.identity,
    open: changes.open ?? ledger.open,
    recent: changes.recent ?? ledger.recent,
    quietUntil: changes.quietUntil ?? ledger.quietUntil,
    watermarkMs: changes.watermarkMs ?? ledger.watermarkMs,
  };
  // What an operator sets is there once it was set.
  if ("pausedBy" in changes) next.pausedBy = changes.pausedBy;
  else if ("pausedBy" in ledger) next.pausedBy = ledger.pausedBy;
  if ("modeOverride" in changes) next.modeOverride = changes.modeOverride;
  else if ("modeOverride" in ledger) next.modeOverride = ledger.modeOverride;
  return { kind: "ok", ledger: next };
}

export function refused(reason: RefusalReason, detail?: string): Refused {
  return { kind: "refused", reason, detail };
}

/** The change of an open execution that is being applied now: where ECS should come from and go to. */
export function activeStep(open: OpenExecution): {
  readonly component: string;
  readonly from: Allocation;
  readonly goal: Allocation;
} {
  const step = open.steps[open.step];
  if (step === undefined) throw new RangeError(`execution ${open.decision} has no step ${open.step}`);
  const { component, before, after } = step;
  return open.rollingBack ? { component, from: after, goal: before } : { component, from: before, goal: after };
}

/** True when the execution touches the component with any of its steps, done or still to come. */
export function occupies(open: OpenExecution, component: string): boolean {
  return open.steps.some((step) => step.component === component);
}

/** True when the decision is claimed, or had an effect that still counts: its record is not to be ended by another hand. */
export function isKnown(ledger: Ledger, decision: string): boolean {
  return (
    ledger.open.some((each) => each.decision === decision) || ledger.recent.some((each) => each.decision === decision)
  );
}

/** Components that an open execution touches. */
export function occupiedComponents(ledger: Ledger): ReadonlySet<string> {
  return new Set(ledger.open.flatMap((open) => open.steps.map((step) => step.component)));
}

/**
 * What a component counts for against the limits. While one of its changes is under way that is, resource by resource,
 * the larger of before and after: ECS may be at either. Steps still to come (the recipient of a REBALANCE) count as
 * they are: their growth is booked by the write that confirms the donor's shrink.
 */
export function bookedOf(ledger: Ledger, component: string): Resources {
  const booked = ledger.booked[component];
  let most = booked === undefined ? NO_RESOURCES : totalOf(booked);
  for (const open of ledger.open) {
    const step = activeStep(open);
    if (step.component === component) most = maxResources(most, maxResources(totalOf(step.from), totalOf(step.goal)));
  }
  return most;
}

/** Everything the fleet has booked, the larger of before and after for changes under way. */
export function bookedTotals(ledger: Ledger): Resources {
  const names = new Set(Object.keys(ledger.booked));
  for (const open of ledger.open) names.add(activeStep(open).component);
  return sumResources([...names].map((name) => bookedOf(ledger, name)));
}

/**
 * The resource whose limit would be broken if `component` counted for `most` from now on; undefined when none. Only a
 * resource that grows is asked about, so that an excess caused by somebody else never stops a shrink.
 */
export function limitBroken(
  ledger: Ledger,
  limits: Resources,
  component: string,
  most: Resources,
): keyof Resources | undefined {
  const totals = bookedTotals(ledger);
  const now = bookedOf(ledger, component);
  return RESOURCE_NAMES.find((name) => most[name] > now[name] && totals[name] - now[name] + most[name] > limits[name]);
}

/** Mode in force: the operator's word for the component, for the fleet, then the configuration in the same order. */
export function effectiveMode(
  ledger: Ledger,
  policy: Pick<FleetPolicy, "mode">,
  component: Pick<ComponentPolicy, "name" | "mode">,
): Mode {
  return ledger.componentModeOverride[component.name] ?? ledger.modeOverride ?? component.mode ?? policy.mode;
}

/** Direction of a change of shape: `same` when something grows and something else shrinks, or nothing moves. */
export function directionOf(before: Allocation, after: Allocation): "grow" | "shrink" | "same" {
  const from = totalOf(before);
  const to = totalOf(after);
  const grows = RESOURCE_NAMES.some((name) => to[name] > from[name]);
  const shrinks = RESOURCE_NAMES.some((name) => to[name] < from[name]);
  if (grows === shrinks) return "same";
  return grows ? "grow" : "shrink";
}

/** First bookings: components that are seen for the first time are taken as they are, without a quiet time. */
export function baseline(
  ledger: Ledger,
  seen: readonly { component: string; allocation: Allocation; identity: string }[],
): Transition {
  const fresh = seen.filter(({ component }) => ledger.booked[component] === undefined);
  if (fresh.length === 0) return refused("superseded", "booked already");
  return changed(ledger, {
    booked: { ...ledger.booked, ...Object.fromEntries(fresh.map((each) => [each.component, each.allocation])) },
    identity: { ...ledger.identity, ...Object.fromEntries(fresh.map((each) => [each.component, each.identity])) },
  });
}

/**
 * Somebody else changed the service, or made it anew: what is there is the new baseline, and the component is left
 * alone for a while. Never fought, also when it breaks a limit.
 */
export function adopt(
  ledger: Ledger,
  change: { component: string; allocation: Allocation; identity: string; quietMs: number; nowMs: number },
): Transition {
  const { component, allocation, identity } = change;
  if (ledger.open.some((open) => occupies(open, component))) return refused("component-busy");
  const booked = ledger.booked[component];
  if (booked !== undefined && sameAllocation(booked, allocation) && ledger.identity[component] === identity) {
    return refused("superseded", "adopted already");
  }
  return changed(ledger, bookForeign(ledger, change));
}

/** The fields that book a foreign change. */
export function bookForeign(
  ledger: Ledger,
  change: { component: string; allocation: Allocation; identity: string; quietMs: number; nowMs: number },
): Pick<Ledger, "booked" | "identity" | "quietUntil"> {
  const { component, allocation, identity, quietMs, nowMs } = change;
  const quiet = ledger.quietUntil[component];
  const untilMs = Math.max(nowMs + quietMs, quiet?.untilMs ?? 0);
  return {
    booked: { ...ledger.booked, [component]: allocation },
    identity: { ...ledger.identity, [component]: identity },
    quietUntil: {
      ...ledger.quietUntil,
      [component]: { untilMs, why: "foreign-change", failures: quiet?.failures ?? 0 },
    },
  };
}

/** The component left the configuration: its booking is released. Refused while a change of it is under way. */
export function forget(ledger: Ledger, component: string): Transition {
  if (ledger.open.some((open) => occupies(open, component))) return refused("component-busy");
  return changed(ledger, {
    booked: without(ledger.booked, component),
    identity: without(ledger.identity, component),
    quietUntil: without(ledger.quietUntil, component),
    componentModeOverride: without(ledger.componentModeOverride, component),
  });
}

/**
 * Drops what no check can ask about any more, and moves the watermark. Refused ("superseded") when nothing would
 * change. A back-off outlives its end by the longest back-off, because the next failure doubles it.
 */
export function prune(ledger: Ledger, policy: FleetPolicy, nowMs: number, watermarkMs: number): Transition {
  if (!isPrunable(ledger, policy, nowMs, watermarkMs)) return refused("superseded", "nothing to prune");
  const keepMs = longestKept(policy);
  return changed(ledger, {
    recent: ledger.recent.filter((each) => isKept(each, ledger, keepMs, nowMs)),
    quietUntil: Object.fromEntries(Object.entries(ledger.quietUntil).filter(([, quiet]) => isQuiet(quiet, nowMs))),
    watermarkMs: Math.max(ledger.watermarkMs, watermarkMs),
  });
}

/** Whether `prune` would change anything. */
export function isPrunable(ledger: Ledger, policy: FleetPolicy, nowMs: number, watermarkMs: number): boolean {
  if (watermarkMs > ledger.watermarkMs) return true;
  const keepMs = longestKept(policy);
  for (const each of ledger.recent) if (!isKept(each, ledger, keepMs, nowMs)) return true;
  for (const name in ledger.quietUntil)
    if (!isQuiet(ledger.quietUntil[name] as Ledger["quietUntil"][string], nowMs)) return true;
  return false;
}

function isKept({ atMs, decision }: Ledger["recent"][number], ledger: Ledger, keepMs: number, nowMs: number): boolean {
  return nowMs - atMs < keepMs || ledger.open.some((each) => each.decision === decision);
}

function isQuiet({ untilMs, failures }: Ledger["quietUntil"][string], nowMs: number): boolean {
  return nowMs < untilMs + (failures > 0 ? BACKOFF_MAX_MS : 0);
}

function longestKept(policy: FleetPolicy): number {
  let longest = HOUR_MS;
  for (const component of policy.components) {
    longest = Math.max(longest, component.cooldownMs);
    for (const rule of component.rules) longest = Math.max(longest, rule.cooldownMs ?? 0);
  }
  return longest;
}

/** A pause works at once and ends only when a person ends it. */
export function setPaused(ledger: Ledger, paused: boolean, by: string): Transition {
  return changed(ledger, { paused, pausedBy: paused ? by : undefined });
}

/** Sets, or with undefined removes, the operator's mode of the fleet or of one component. */
export function setMode(ledger: Ledger, mode: Mode | undefined, component?: string): Transition {
  if (component === undefined) return changed(ledger, { modeOverride: mode });
  const others = without(ledger.componentModeOverride, component);
  return changed(ledger, { componentModeOverride: mode === undefined ? others : { ...others, [component]: mode } });
}

/** After a restore: intents written before are void, nothing is sent for them any more. */
export function raiseEpoch(ledger: Ledger): Transition {
  return changed(ledger, { epoch: ledger.epoch + 1 });
}

function without<T>(record: Readonly<Record<string, T>>, key: string): Readonly<Record<string, T>> {
  return Object.fromEntries(Object.entries(record).filter(([name]) => name !== key));
}
