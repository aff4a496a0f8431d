import { bookedTotals, effectiveMode } from "../execution/ledger.ts";
import type { DemandOutlook, ForecastPath } from "../forecasting/index.ts";
import type { ComponentState } from "../model/component-state.ts";
import type { Decision, DonorFact, Plan } from "../model/decision.ts";
import type { Learning, Overlay, Recommendation } from "../model/learning.ts";
import type { Ledger } from "../model/ledger.ts";
import type { FleetPolicy } from "../model/policy.ts";
import {
  type Allocation,
  mapResources,
  NO_RESOURCES,
  RESOURCE_NAMES,
  type Resources,
  sumResources,
  totalOf,
} from "../model/resources.ts";
import { SampleWindow } from "../model/sample-window.ts";
import type { Signal } from "../model/signal.ts";
import { signalsFor } from "../monitor/signal.ts";
import { withSchedules } from "../planning/schedules.ts";
import { decideComponent, removedCpu } from "./decide.ts";
import type { DecisionInput } from "./decision-input.ts";
import { factsOf, removableCpu } from "./facts.ts";
import { fingerprintOf } from "./fingerprint.ts";
import { type ManualRequest, manualSignals } from "./manual.ts";
import { ceilingsOf } from "./plan-for.ts";
import { areComplete } from "./verdicts.ts";

/** The records that a fleet's decisions are made from. */
export interface FleetRecords {
  readonly states: readonly ComponentState[];
  readonly ledger: Ledger;
  readonly learning: readonly Learning[];
  readonly overlays: readonly Overlay[];
  readonly recommendations: readonly Recommendation[];
  readonly forecasts: readonly {
    readonly component: string;
    readonly metric: string;
    readonly path?: ForecastPath | undefined;
    readonly outlook?: DemandOutlook | undefined;
  }[];
}

/**
 * Decides for every component of a fleet, one decision each, holds included. First each component by itself; then, in the
 * order of confidence and priority, each is granted what the fleet's limits leave after those before it: what no longer
 * fits is tried as a REBALANCE from a component that does not need what it has, or holds.
 */
export function decideFleet(
  fleet: FleetPolicy,
  records: FleetRecords,
  nowMs: number,
  manual?: ManualRequest,
): Decision[] {
  const inputs = inputsOf(fleet, records, nowMs, manual);
  const first = inputs.map(decideComponent);
  const stampede = isStampede(fleet, first);
  const judged = stampede
    ? inputs.map((input) => decideComponent({ ...input, facts: { ...input.facts, shrinkStampede: true } }))
    : first;
  return grant(inputs, judged);
}

function inputsOf(fleet: FleetPolicy, records: FleetRecords, nowMs: number, manual?: ManualRequest): DecisionInput[] {
  const states = byComponent(records.states);
  const learning = byComponent(records.learning);
  const overlays = byComponent(records.overlays);
  const recommendations = byComponent(records.recommendations);
  const forecasts = pathsByComponent(records.forecasts);
  const outlooks = new Map<string, DemandOutlook>();
  for (const { component, outlook } of records.forecasts) if (outlook) outlooks.set(component, outlook);
  const { ledger } = records;
  const room = roomOf(fleet, ledger);
  const removable = removableCpu(ledger, fleet, nowMs);
  const chosen =
    manual === undefined ? fleet.components : fleet.components.filter(({ name }) => name === manual.component);
  return chosen.map((base) => {
    const { policy, active } = withSchedules(base, nowMs);
    const state = states.get(base.name);
    const current = ledger.booked[base.name] ?? state?.service?.desired ?? NOTHING;
    const changedAtMs = lastChange(ledger, base.name);
    const paths = forecasts.get(base.name) ?? NO_PATHS;
    const seen = state ?? blindState(base.name, nowMs);
    const request = {
      policy,
      monitor: fleet.monitor,
      state: seen,
      allocation: current,
      forecasts: paths,
      outlook: outlooks.get(base.name),
      nowMs,
      changedAtMs,
    };
    const signals = manual === undefined ? signalsFor(request) : manualSignals(manual, signalsFor(request), nowMs);
    const facts = factsOf({
      fleet,
      policy,
      schedules: active,
      state,
      ledger,
      learning: learning.get(base.name),
      overlay: overlays.get(base.name),
      recommendation: recommendations.get(base.name),
      room,
      removable,
      shrinkStampede: false,
      completeness: leastComplete(signals),
      nowMs,
    });
    return {
      fleet,
      policy: base,
      fingerprint: fingerprintOf(base),
      mode: effectiveMode(ledger, fleet, base),
      current,
      signals,
      facts,
      tickMs: nowMs,
      suffix: manual?.suffix,
    };
  });
}

const NOTHING: Allocation = { tasks: 0, size: NO_RESOURCES };
const NO_PATHS: ReadonlyMap<string, ForecastPath> = new Map();

function blindState(component: string, nowMs: number): ComponentState {
  return { v: 1, component, updatedAtMs: nowMs, window: SampleWindow.EMPTY, readThroughMs: 0 };
}

function lastChange(ledger: Ledger, name: string): number | undefined {
  for (let i = ledger.recent.length - 1; i >= 0; i--) {
    const each = ledger.recent[i];
    if (each?.component === name) return each.atMs;
  }
  return undefined;
}

/** What the fleet's limits leave, by the same bookings that the claim will check; negative where somebody exceeded them. */
export function roomOf(fleet: FleetPolicy, ledger: Ledger): Resources {
  const totals = bookedTotals(ledger);
  return mapResources((name) => fleet.limits[name] - totals[name]);
}

/** Such agreement is more often one broken metric source than a quiet hour: three may, more than the share may not. */
function isStampede(fleet: FleetPolicy, decisions: readonly Decision[]): boolean {
  const shrinking = decisions.filter(
    (each) => each.hold === undefined && each.direction === "shrink" && each.action !== "OPTIMIZE",
  ).length;
  return shrinking > 3 && shrinking > fleet.components.length * fleet.decision.shrinkingShare;
}

/** Grants room in the order of confidence and priority; what changed the room for the next one is decided again. */
function grant(inputs: readonly DecisionInput[], judged: readonly Decision[]): Decision[] {
  const result = [...judged];
  const order = judged
    .flatMap((decision, i) => (wantsRoom(decision) ? [{ decision, i }] : NO_ONE))
    .sort(
      (a, b) =>
        confidence(b.decision) - confidence(a.decision) ||
        b.decision.priority - a.decision.priority ||
        (a.decision.id < b.decision.id ? -1 : 1),
    );
  if (order.length === 0) return result;
  let taken: Resources = NO_RESOURCES;
  let removed = 0;
  let executed = 0;
  const busy = new Set<string>();
  for (const { decision, i } of order) {
    const input = inputs[i];
    if (input === undefined) continue;
    const final = busy.has(input.policy.name)
      ? decideComponent({ ...input, facts: { ...input.facts, open: true } })
      : settle(input, decision, { taken, removed, executed, donors: () => donorsFor(inputs, result, i, busy) });
    result[i] = final;
    if (final.plan === undefined || final.hold !== undefined) continue;
    executed++;
    removed += final.action === "REBALANCE" ? 0 : removedCpu(final.plan);
    taken = sumResources([taken, growthOf(final.plan)]);
    for (const step of final.plan.steps) busy.add(step.component);
    for (const step of final.plan.steps.slice(0, -1)) holdDonor(inputs, result, step.component);
  }
  return result;
}

const NO_ONE: { decision: Decision; i: number }[] = [];

function wantsRoom({ hold, direction }: Decision): boolean {
  return hold === undefined || (hold === "at-fleet-limit" && direction === "grow");
}

function settle(
  input: DecisionInput,
  decision: Decision,
  spent: { taken: Resources; removed: number; executed: number; donors: () => DonorFact[] },
): Decision {
  const { facts } = input;
  const untouched = spent.executed === 0 && decision.hold === undefined;
  if (untouched) return decision;
  const room = mapResources((name) => facts.room[name] - spent.taken[name]);
  const narrowed = {
    ...facts,
    shrinkStampede: decision.facts.shrinkStampede,
    room,
    removable: Math.max(0, facts.removable - spent.removed),
    fleetLastHour: facts.fleetLastHour + spent.executed,
  };
  const again = decideComponent({ ...input, facts: narrowed });
  if (again.hold !== "at-fleet-limit") return again;
  return decideComponent({ ...input, facts: { ...narrowed, donors: spent.donors() } });
}

/** A donor's own decision of this tick gives way to the rebalance. */
function holdDonor(inputs: readonly DecisionInput[], result: Decision[], name: string): void {
  const i = inputs.findIndex((input) => input.policy.name === name);
  const input = inputs[i];
  if (input !== undefined) result[i] = decideComponent({ ...input, facts: { ...input.facts, open: true } });
}

/** Components that want nothing, may be touched, are fully seen, and use less than they have; idlest first, at most ten. */
function donorsFor(
  inputs: readonly DecisionInput[],
  decisions: readonly Decision[],
  except: number,
  busy: ReadonlySet<string>,
): DonorFact[] {
  const donors = inputs.flatMap((input, i): DonorFact[] => {
    const decision = decisions[i];
    if (i === except || decision === undefined || busy.has(input.policy.name) || !mayGive(input, decision)) return [];
    const total = totalOf(input.current);
    const shares = RESOURCE_NAMES.filter((name) => total[name] > 0 && input.facts.used[name] !== undefined).map(
      (name) => (input.facts.used[name] ?? 0) / total[name],
    );
    const idle = shares.length === 0 ? 0 : 1 - Math.max(...shares.slice(0, 2));
    return idle > 0
      ? [
          {
            component: input.policy.name,
            current: input.current,
            used: input.facts.used,
            ceilings: ceilingsOf(input.policy),
            idle,
          },
        ]
      : [];
  });
  return donors.sort((a, b) => b.idle - a.idle || (a.component < b.component ? -1 : 1)).slice(0, 10);
}

function mayGive({ facts, fleet, policy, mode, signals }: DecisionInput, { verdicts }: Decision): boolean {
  const cool = facts.sinceLastMs === undefined || facts.sinceLastMs >= policy.cooldownMs;
  const wantsNothing = verdicts.every((verdict) => verdict.want !== "grow" && verdict.because !== "not-sustained");
  const seen = areComplete(signals, fleet.monitor.completeness);
  const touchable =
    facts.service !== undefined &&
    !facts.service.refused &&
    !facts.service.deploying &&
    !facts.foreign &&
    !facts.open &&
    facts.quiet === undefined;
  return cool && wantsNothing && seen && touchable && mode === "auto" && facts.downsLastHour < policy.downPerHour;
}

function growthOf(plan: Plan): Resources {
  const changes = plan.steps.map(({ before, after }) =>
    mapResources((name) => totalOf(after)[name] - totalOf(before)[name]),
  );
  const net = sumResources(changes);
  return mapResources((name) => Math.max(0, net[name]));
}

function confidence(decision: Decision): number {
  return decision.confidence?.total ?? 0;
}

function leastComplete(signals: readonly Signal[]): number {
  return signals.reduce((least, { completeness }) => Math.min(least, completeness), 1);
}

function byComponent<T extends { readonly component: string }>(records: readonly T[]): Map<string, T> {
  const found = new Map<string, T>();
  for (const each of records) found.set(each.component, each);
  return found;
}

function pathsByComponent(forecasts: FleetRecords["forecasts"]): Map<string, Map<string, ForecastPath>> {
  const all = new Map<string, Map<string, ForecastPath>>();
  for (const { component, metric, path } of forecasts) {
    if (path === undefined) continue;
    const paths = all.get(component) ?? new Map<string, ForecastPath>();
    paths.set(metric, path);
    all.set(component, paths);
  }
  return all;
}
