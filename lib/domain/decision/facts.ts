import type { ComponentState } from "../model/component-state.ts";
import type { DecisionFacts } from "../model/decision.ts";
import type { Learning, Overlay, Recommendation } from "../model/learning.ts";
import type { Ledger } from "../model/ledger.ts";
import type { ComponentPolicy, FleetPolicy } from "../model/policy.ts";
import { type Allocation, type Resources, sameAllocation } from "../model/resources.ts";
import { effectivenessFactor } from "./confidence.ts";

const NONE: Ledger["recent"] = [];
const NO_HISTORY: Learning["history"] = [];
const HOUR_MS = 3_600_000;
const TEN_MINUTES_MS = 600_000;

export interface FactSources {
  readonly fleet: FleetPolicy;
  /** With schedules applied. */
  readonly policy: ComponentPolicy;
  readonly schedules: readonly string[];
  readonly state: ComponentState | undefined;
  readonly ledger: Ledger;
  readonly learning?: Learning | undefined;
  readonly overlay?: Overlay | undefined;
  readonly recommendation?: Recommendation | undefined;
  readonly room: Resources;
  readonly removable: number;
  readonly shrinkStampede: boolean;
  readonly completeness: number;
  readonly nowMs: number;
}

/** Everything a decision depends on besides signals and policy, drawn from the records. */
export function factsOf(sources: FactSources): DecisionFacts {
  const { fleet, policy, state, ledger, learning, overlay, recommendation, nowMs } = sources;
  const name = policy.name;
  const booked = ledger.booked[name];
  const service = state?.service;
  const recent = ledger.recent.length === 0 ? NONE : ledger.recent.filter((each) => each.component === name);
  const last = recent[recent.length - 1];
  const quiet = ledger.quietUntil[name];
  return {
    paused: ledger.paused,
    service:
      service === undefined || state?.serviceProblem !== undefined
        ? undefined
        : {
            running: service.running,
            pending: service.pending,
            deploying: service.deploying,
            refused: service.refusal !== undefined,
          },
    used: usedOf(state, fleet, nowMs),
    completeness: sources.completeness,
    effectiveness: effectivenessFactor(learning?.history ?? NO_HISTORY, fleet.decision, nowMs),
    sinceLastMs: last === undefined ? undefined : Math.max(0, nowMs - last.atMs),
    upsLastHour: countSince(recent, "grow", nowMs - HOUR_MS),
    downsLastHour: countSince(recent, "shrink", nowMs - HOUR_MS),
    fleetLastHour: decisionsSince(ledger, nowMs - HOUR_MS),
    open: ledger.open.some((each) => each.steps.some((step) => step.component === name)),
    quiet: quiet !== undefined && quiet.untilMs > nowMs ? quiet.why : undefined,
    foreign: isForeign(ledger, name, booked, service?.desired),
    room: sources.room,
    removable: sources.removable,
    shrinkStampede: sources.shrinkStampede,
    overlay:
      overlay === undefined
        ? undefined
        : { upShift: overlay.upShift, downShift: overlay.downShift, stepScale: overlay.stepScale },
    recommendation:
      recommendation === undefined || !isFresh(recommendation, nowMs)
        ? undefined
        : { allocation: recommendation.allocation, savingPerHour: recommendation.savingPerHour },
    schedules: sources.schedules,
    bounds: { min: policy.min, max: policy.max, tasksMin: policy.tasksMin, tasksMax: policy.tasksMax },
  };
}

function countSince(recent: Ledger["recent"], direction: "grow" | "shrink", sinceMs: number): number {
  let count = 0;
  for (const each of recent) if (each.direction === direction && each.atMs > sinceMs) count++;
  return count;
}

/** A REBALANCE leaves an entry for each of its two components, and is one decision. */
function decisionsSince({ recent }: Ledger, sinceMs: number): number {
  if (recent.length === 0) return 0;
  const decisions = new Set<string>();
  for (const each of recent) if (each.atMs > sinceMs) decisions.add(each.decision);
  return decisions.size;
}

/** While an execution of ours is open the live service differs from the booking for a good reason. */
function isForeign(
  ledger: Ledger,
  name: string,
  booked: Allocation | undefined,
  desired: Allocation | undefined,
): boolean {
  if (booked === undefined || desired === undefined) return false;
  if (ledger.open.some((each) => each.steps.some((step) => step.component === name))) return false;
  return !sameAllocation(booked, desired);
}

function isFresh({ madeAtMs }: Recommendation, nowMs: number): boolean {
  return nowMs - madeAtMs <= HOUR_MS;
}

/** Peak absolute use of the recent window by resource, where fresh values exist: a shrink must leave room for it. */
function usedOf(state: ComponentState | undefined, fleet: FleetPolicy, nowMs: number): Partial<Resources> {
  const endMs = state?.window.endMs;
  if (state === undefined || endMs === undefined || nowMs - endMs > fleet.monitor.freshMs) return {};
  let [cpu, memory, network, storage] = [UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN];
  for (const sample = state.window.scan(); sample.next(); ) {
    const { cpuUsed, memoryUsed, networkUsed, storageUsed } = sample.values;
    if (cpuUsed !== undefined && cpuUsed > cpu) cpu = cpuUsed;
    if (memoryUsed !== undefined && memoryUsed > memory) memory = memoryUsed;
    if (networkUsed !== undefined && networkUsed > network) network = networkUsed;
    if (storageUsed !== undefined && storageUsed > storage) storage = storageUsed;
  }
  // What has no source is not there at all: a key without a value is no record that could be stored.
  const used: { -readonly [Name in keyof Resources]?: number } = {};
  if (cpu !== UNKNOWN) used.cpu = Math.round(cpu);
  if (memory !== UNKNOWN) used.memory = Math.round(memory);
  if (network !== UNKNOWN) used.network = Math.round(network);
  if (storage !== UNKNOWN) used.storage = Math.round(storage);
  return used;
}

const UNKNOWN = Number.NEGATIVE_INFINITY;

/**
 * Milli-vCPU that may still be removed from the fleet within the present ten minutes. The first shrink is always free:
 * in a small fleet one task is more than the share, and would otherwise never go.
 */
export function removableCpu(ledger: Ledger, fleet: FleetPolicy, nowMs: number): number {
  let booked = 0;
  for (const { tasks, size } of Object.values(ledger.booked)) booked += tasks * size.cpu;
  let removed = 0;
  for (const each of ledger.recent) if (each.atMs > nowMs - TEN_MINUTES_MS) removed += each.removedCpu;
  if (removed === 0) return booked;
  return Math.max(0, Math.floor((booked + removed) * fleet.decision.removedShare) - removed);
}
