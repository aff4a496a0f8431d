import type { ComponentState } from "../model/component-state.ts";
import type { Alert, FleetScores, Learning } from "../model/learning.ts";
import type { Ledger } from "../model/ledger.ts";
import type { ComponentPolicy, FleetPolicy } from "../model/policy.ts";
import {
  type Allocation,
  FREE_STORAGE_MILLI,
  fromMilli,
  RESOURCE_NAMES,
  type ResourceName,
  sumResources,
  totalOf,
} from "../model/resources.ts";
import { IS_OBSERVED, METRICS, type MetricName, type Sample } from "../model/sample.ts";
import { asOfMs } from "../monitor/freshness.ts";

/** What is wrong now; whether it is said is up to `admit`. */
export type RaisedAlert = Omit<Alert, "id" | "fleet" | "atMs">;

/** The records that alert conditions are judged on. */
export interface AlertEvidence {
  readonly states: readonly ComponentState[];
  readonly ledger?: Ledger | undefined;
  readonly learning: readonly Learning[];
  readonly scores?: FleetScores | undefined;
}

const USED: Readonly<Record<ResourceName, MetricName>> = {
  cpu: "cpuUsed",
  memory: "memoryUsed",
  network: "networkUsed",
  storage: "storageUsed",
};
const UNIT: Readonly<Record<ResourceName, string>> = { cpu: "vCPU", memory: "GiB", network: "Gbit/s", storage: "GiB" };

/** Booked share of a fleet limit that is worth a warning; all of it is critical. */
const BOOKED_WARNING = 0.9;
const FAILURES_CRITICAL = 3;
/** Measured decisions in a row that did not help, within the last hour. */
const USELESS_DECISIONS = 3;
const USELESS_EFFECTIVENESS = 20;
const HOUR_MS = 3_600_000;
/** Scores are written every five minutes; older ones say nothing about now. */
const SCORES_FRESH_MS = 900_000;
/** Silence, in multiples of the freshness limit. */
const SILENT_WARNING = 2;
const SILENT_CRITICAL = 10;

/**
 * Every alert condition of a fleet that holds now, critical ones first, at most one of each kind:
 *
 *   resource-limit:fleet:<resource>          booked >= 90 % of the fleet's limit; critical at 100 %
 *   resource-limit:fleet:<resource>:use      use over allocation >= the threshold; critical half-way to 100 %
 *   resource-limit:<component>:<resource>    at its maximum and used above the threshold; critical half-way to 100 %
 *   scaling-failure:<component>              failed and backing off (critical from 3 in a row), rollout failed,
 *                                            execution stuck, or three decisions in a row that did not help
 *   performance-degradation:<component>      score below its baseline by harmScore points; critical at twice that
 *   performance-degradation:fleet:<target>   response time or success rate misses the fleet's target
 *   monitoring:<component>                   nothing observed for 2 x the freshness limit; critical from 10 x
 */
export function conditions(fleet: FleetPolicy, evidence: AlertEvidence, nowMs: number): readonly RaisedAlert[] {
  const states = byComponent(evidence.states);
  const learning = byComponent(evidence.learning);
  const found: RaisedAlert[] = [
    ...fleetBookings(fleet, evidence.ledger),
    ...fleetUse(fleet, states, nowMs),
    ...fleetTargets(fleet, evidence.scores, nowMs),
  ];
  for (const policy of fleet.components) {
    const state = states.get(policy.name);
    found.push(...scalingFailures(fleet, policy, state, evidence.ledger, learning.get(policy.name), nowMs));
    if (state === undefined) continue;
    found.push(...componentLimits(fleet, policy, state, nowMs));
    found.push(...degradation(fleet, state));
    found.push(...silence(fleet, state, nowMs));
  }
  return oneOfEachKind(found);
}

function byComponent<T extends { readonly component: string }>(records: readonly T[]): ReadonlyMap<string, T> {
  const found = new Map<string, T>();
  for (const each of records) found.set(each.component, each);
  return found;
}

/** Nothing is wrong with nearly every component of a large fleet. */
const NOTHING: readonly RaisedAlert[] = [];

/** The most severe of each kind; critical first, then by kind, so that the hourly cap falls on the lesser ones. */
function oneOfEachKind(found: readonly RaisedAlert[]): readonly RaisedAlert[] {
  if (found.length === 0) return NOTHING;
  const byKind = new Map<string, RaisedAlert>();
  for (const each of found) {
    const known = byKind.get(each.kind);
    if (known === undefined || (known.severity === "warning" && each.severity === "critical")) {
      byKind.set(each.kind, each);
    }
  }
  return [...byKind.values()].sort((a, b) => (rankOf(a) < rankOf(b) ? -1 : 1));
}

function rankOf({ severity, kind }: RaisedAlert): string {
  return `${severity === "critical" ? 0 : 1}${kind}`;
}

function fleetBookings(fleet: FleetPolicy, ledger: Ledger | undefined): RaisedAlert[] {
  if (ledger === undefined) return [];
  const booked = sumResources(Object.values(ledger.booked).map(totalOf));
  const found: RaisedAlert[] = [];
  for (const name of RESOURCE_NAMES) {
    const limit = fleet.limits[name];
    if (limit <= 0 || booked[name] < BOOKED_WARNING * limit) continue;
    const amount = `${fromMilli(booked[name])} of ${fromMilli(limit)} ${UNIT[name]}`;
    found.push({
      type: "resource-limit",
      kind: `resource-limit:fleet:${name}`,
      severity: booked[name] >= limit ? "critical" : "warning",
      message: `The fleet has ${amount} of ${name} booked (${percent(booked[name] / limit)}); growth is about to be held.`,
    });
  }
  return found;
}

function fleetUse(fleet: FleetPolicy, states: ReadonlyMap<string, ComponentState>, nowMs: number): RaisedAlert[] {
  const found: RaisedAlert[] = [];
  for (const name of RESOURCE_NAMES) {
    let used = 0;
    let allocated = 0;
    for (const { name: component } of fleet.components) {
      const reading = useOf(fleet, states.get(component), name, nowMs);
      if (reading === undefined) continue;
      used += reading.used;
      allocated += reading.allocated;
    }
    const threshold = fleet.thresholds[name];
    if (allocated <= 0 || used < threshold * allocated) continue;
    found.push({
      type: "resource-limit",
      kind: `resource-limit:fleet:${name}:use`,
      severity: severityOfUse(used / allocated, threshold),
      message: `The fleet uses ${percent(used / allocated)} of its allocated ${name}; the threshold is ${percent(threshold)}.`,
    });
  }
  return found;
}

function componentLimits(
  fleet: FleetPolicy,
  policy: ComponentPolicy,
  state: ComponentState,
  nowMs: number,
): readonly RaisedAlert[] {
  const allocation = state.service?.desired;
  if (allocation === undefined) return NOTHING;
  const total = totalOf(allocation);
  const found: RaisedAlert[] = [];
  for (const name of RESOURCE_NAMES) {
    const most = policy.max[name];
    // At the maximum means that not even one more task fits, not only that the numbers are equal.
    const isFull = allocation.tasks >= policy.tasksMax || total[name] + allocation.size[name] > most;
    const reading = isFull && total[name] >= BOOKED_WARNING * most ? useOf(fleet, state, name, nowMs) : undefined;
    if (reading === undefined) continue;
    const share = reading.used / reading.allocated;
    const threshold = fleet.thresholds[name];
    if (share < threshold) continue;
    found.push({
      type: "resource-limit",
      component: policy.name,
      kind: `resource-limit:${policy.name}:${name}`,
      severity: severityOfUse(share, threshold),
      message: `${policy.name} uses ${percent(share)} of its ${name} and is at its maximum of ${fromMilli(most)} ${UNIT[name]}.`,
    });
  }
  return found;
}

function scalingFailures(
  fleet: FleetPolicy,
  policy: ComponentPolicy,
  state: ComponentState | undefined,
  ledger: Ledger | undefined,
  learning: Learning | undefined,
  nowMs: number,
): readonly RaisedAlert[] {
  const found: RaisedAlert[] = [];
  const quiet = ledger?.quietUntil[policy.name];
  if (quiet?.why === "backing-off" && quiet.untilMs > nowMs && quiet.failures > 0) {
    const severity = quiet.failures >= FAILURES_CRITICAL ? "critical" : "warning";
    raiseFailure(
      found,
      policy,
      severity,
      `Scaling ${policy.name} failed ${quiet.failures} time(s) in a row; it is left alone for a while.`,
    );
  }
  // A change is rolled back after one time-out; still open after three means that nobody carries it on.
  const stuckMs = 3 * fleet.execution.stableTimeoutMs;
  const open = ledger?.open.find(({ component }) => component === policy.name);
  if (open !== undefined && nowMs - open.claimedAtMs > stuckMs) {
    raiseFailure(
      found,
      policy,
      "critical",
      `The execution of ${open.decision} is open for ${minutes(nowMs - open.claimedAtMs)} minutes.`,
    );
  }
  if (state?.service?.rolloutFailed === true) {
    raiseFailure(found, policy, "warning", `The last rollout of ${policy.name} failed (${state.service.revision}).`);
  }
  if (learning !== undefined && isUseless(learning, nowMs)) {
    raiseFailure(found, policy, "warning", `The last ${USELESS_DECISIONS} decisions for ${policy.name} did not help.`);
  }
  return found;
}

function raiseFailure(
  found: RaisedAlert[],
  { name }: ComponentPolicy,
  severity: Alert["severity"],
  message: string,
): void {
  found.push({ type: "scaling-failure", component: name, kind: `scaling-failure:${name}`, severity, message });
}

function isUseless({ history }: Learning, nowMs: number): boolean {
  const late = history.slice(-USELESS_DECISIONS);
  const useless = late.every(({ effectiveness }) => effectiveness < USELESS_EFFECTIVENESS);
  return late.length === USELESS_DECISIONS && useless && nowMs - (late.at(-1)?.atMs ?? 0) < HOUR_MS;
}

function degradation(fleet: FleetPolicy, state: ComponentState): readonly RaisedAlert[] {
  const { performanceScore: score, performanceBaseline: baseline, component } = state;
  if (score === undefined || baseline === undefined) return NOTHING;
  const drop = baseline - score;
  if (drop < fleet.execution.harmScore) return NOTHING;
  return [
    {
      type: "performance-degradation",
      component,
      kind: `performance-degradation:${component}`,
      severity: drop >= 2 * fleet.execution.harmScore ? "critical" : "warning",
      message: `The performance score of ${component} fell to ${score.toFixed(0)}, its usual score is ${baseline.toFixed(0)}.`,
    },
  ];
}

function fleetTargets(fleet: FleetPolicy, scores: FleetScores | undefined, nowMs: number): RaisedAlert[] {
  if (scores === undefined || nowMs - scores.atMs > SCORES_FRESH_MS) return [];
  const found: RaisedAlert[] = [];
  const { responseTimeMs: response, successRate: success } = scores;
  const { responseTimeMs, successRate } = fleet.targets;
  if (response !== undefined && response > responseTimeMs) {
    const message = `The fleet answers in ${response.toFixed(0)} ms on average; the target is ${responseTimeMs} ms.`;
    found.push(missedTarget("response-time", response > 2 * responseTimeMs, message));
  }
  if (success !== undefined && success < successRate) {
    const severe = 1 - success > 2 * (1 - successRate);
    const message = `${percent(success)} of the operations succeed; the target is ${percent(successRate)}.`;
    found.push(missedTarget("success-rate", severe, message));
  }
  return found;
}

function missedTarget(what: string, severe: boolean, message: string): RaisedAlert {
  const kind = `performance-degradation:fleet:${what}`;
  return { type: "performance-degradation", kind, severity: severe ? "critical" : "warning", message };
}

function silence(fleet: FleetPolicy, state: ComponentState, nowMs: number): readonly RaisedAlert[] {
  // Nothing runs, so there is nothing to observe.
  if (state.service?.desired.tasks === 0 && state.serviceProblem === undefined) return NOTHING;
  const { component } = state;
  const silentMs = asOfMs(state, fleet.monitor, nowMs) - (lastSeenMs(fleet, state) ?? nowMs);
  const isSilent = silentMs > SILENT_WARNING * fleet.monitor.freshMs;
  if (!isSilent && state.serviceProblem === undefined) return NOTHING;
  const metrics = isSilent ? `No metric of ${component} for ${minutes(silentMs)} minutes.` : undefined;
  const service =
    state.serviceProblem === undefined ? undefined : `${component} cannot be described: ${state.serviceProblem}.`;
  return [
    {
      // What cannot be seen cannot be scaled: of the three types of alerts this is the one that says so.
      type: "scaling-failure",
      component,
      kind: `monitoring:${component}`,
      severity: silentMs > SILENT_CRITICAL * fleet.monitor.freshMs ? "critical" : "warning",
      message: [metrics, service].filter((each) => each !== undefined).join(" "),
    },
  ];
}

/**
 * End of the newest sample with a value; without one, the latest time at which there may have been one; undefined when
 * nobody asked yet.
 */
function lastSeenMs(fleet: FleetPolicy, state: ComponentState): number | undefined {
  for (let i = state.window.length - 1; i >= 0; i--) {
    const sample = state.window.view(i);
    if (sample !== undefined && METRICS.some((metric) => IS_OBSERVED[metric](sample.values))) return sample.endMs;
  }
  const first = state.window.view(0);
  if (first !== undefined) return first.endMs - first.periodMs;
  // Never answered: reading began at most one window before the first try.
  if (state.readThroughMs === 0) return undefined;
  return state.readThroughMs + fleet.monitor.windowSamples * fleet.monitor.periodMs;
}

/** Absolute use over allocation from the newest fresh sample; storage counts the free part that its metric includes. */
function useOf(
  fleet: FleetPolicy,
  state: ComponentState | undefined,
  name: ResourceName,
  nowMs: number,
): { used: number; allocated: number } | undefined {
  const allocation = state?.service?.desired;
  const sample = newestFresh(fleet, state, nowMs);
  const used = sample?.values[USED[name]];
  if (allocation === undefined || used === undefined) return undefined;
  const allocated = allocatedOf(allocation, name);
  return allocated > 0 ? { used, allocated } : undefined;
}

/** What the metric of a resource is measured against, milli-units. */
export function allocatedOf(allocation: Allocation, name: ResourceName): number {
  const free = name === "storage" ? allocation.tasks * FREE_STORAGE_MILLI : 0;
  return allocation.tasks * allocation.size[name] + free;
}

function newestFresh(fleet: FleetPolicy, state: ComponentState | undefined, nowMs: number): Sample | undefined {
  const newest = state?.window.view(-1);
  if (state === undefined || newest === undefined) return undefined;
  return asOfMs(state, fleet.monitor, nowMs) - newest.endMs <= fleet.monitor.freshMs ? newest : undefined;
}

function severityOfUse(share: number, threshold: number): Alert["severity"] {
  return share >= (threshold + 1) / 2 ? "critical" : "warning";
}
function percent(share: number): string {
  return `${(share * 100).toFixed(0)} %`;
}
function minutes(ms: number): number {
  return Math.round(ms / 60_000);
}
