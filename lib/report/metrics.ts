import { explainDecision } from "../domain/decision/explain.ts";
import { TRIGGERS_BY_NAME } from "../domain/decision/triggers/index.ts";
import { effectiveMode } from "../domain/execution/ledger.ts";
import type { Decision } from "../domain/model/decision.ts";
import type { Alert, FleetScores, Learning, Overlay, Recommendation } from "../domain/model/learning.ts";
import type { ComponentPolicy, FleetPolicy } from "../domain/model/policy.ts";
import type { ResourceName } from "../domain/model/resources.ts";
import type { Mode, StrategyName, TriggerName, Unit } from "../domain/model/trigger.ts";
import type { LoopName } from "../flow.ts";
import type { Ports } from "../ports.ts";
import {
  type EdgeAllocation,
  edgeAllocation,
  edgeValue,
  meanOf,
  percentOf,
  rounded,
  usedNow,
  utilizationOf,
} from "./edge-units.ts";
import { type FleetRecords, readFleet } from "./fleet-records.ts";
import { healthOf, type LoopHealth } from "./health.ts";
import { type LimitUse, limitsOf } from "./limits.ts";

const HOUR_MS = 3_600_000;

export interface Counts {
  /** Decisions in the window, holds included. */
  readonly decisions: number;
  readonly byAction: Readonly<Record<string, number>>;
  readonly byStatus: Readonly<Record<string, number>>;
  /** Reasons of holds, and why decisions were not carried out or did not end well. */
  readonly byReason: Readonly<Record<string, number>>;
  /** Decisions with a change an hour, mean of the window. */
  readonly changesPerHour: number;
}

/** All time, as counted when each change ended. */
export interface Outcomes {
  readonly succeeded: number;
  readonly failed: number;
  readonly rolledBack: number;
  /** Percent of the three; absent before the first. */
  readonly successRate?: number | undefined;
  /** 0..100, mean of the last measured decisions; absent before the first. */
  readonly effectiveness?: number | undefined;
}

/** What changes did to the value of the trigger that asked for them, in the window. */
export interface Impact {
  readonly trigger: TriggerName;
  readonly unit: Unit | "percent";
  readonly measured: number;
  readonly before: number;
  readonly after: number;
  readonly effectiveness: number;
}

export interface ComponentMetrics {
  readonly component: string;
  readonly strategy: StrategyName;
  readonly mode: Mode;
  readonly allocation?: EdgeAllocation | undefined;
  /** Percent of the allocation. */
  readonly utilization: Partial<Readonly<Record<ResourceName, number>>>;
  readonly performanceScore?: number | undefined;
  readonly activity: Counts;
  readonly outcomes: Outcomes;
  readonly lastDecision?: { readonly id: string; readonly atMs: number; readonly sentence: string } | undefined;
  readonly overlay?: Overlay | undefined;
  readonly recommendation?: Recommendation | undefined;
}

export interface FleetMetrics {
  readonly fleet: string;
  readonly mode: Mode;
  readonly paused: boolean;
  readonly activity: Counts;
  readonly outcomes: Outcomes;
  readonly impact: readonly Impact[];
  readonly limits: Readonly<Record<ResourceName, LimitUse>>;
  /** Percent and milliseconds, with what is wanted. */
  readonly scores?:
    | {
        readonly score: number;
        readonly efficiency: number;
        readonly efficiencyTarget: number;
        readonly responseTimeMs?: number | undefined;
        readonly responseTimeTargetMs: number;
        readonly successRate?: number | undefined;
        readonly successRateTarget: number;
      }
    | undefined;
  readonly alerts: {
    readonly sent: number;
    readonly suppressed: number;
    readonly undelivered: number;
    readonly recent: readonly Alert[];
  };
  readonly loops: Readonly<Record<LoopName, LoopHealth>>;
  readonly components: readonly ComponentMetrics[];
}

export interface ScalingMetrics {
  readonly atMs: number;
  /** Length of the window that `activity` and `impact` are counted over. */
  readonly hours: number;
  readonly fleets: readonly FleetMetrics[];
}

/**
 * Activity, impact, effectiveness, success and failure of every fleet. Holds are counted from one range read for each
 * component, about 60 decisions an hour: ask for fewer `hours` to read less.
 */
export async function scalingMetrics(
  { store }: Pick<Ports, "store">,
  fleets: readonly FleetPolicy[],
  nowMs: number,
  { hours = 24 }: { readonly hours?: number } = {},
): Promise<ScalingMetrics> {
  const fromMs = nowMs - hours * HOUR_MS;
  const reports: FleetMetrics[] = [];
  for (const fleet of fleets) {
    const records = await readFleet({ store }, fleet, fromMs, nowMs);
    const components: ComponentMetrics[] = [];
    let newestMs: number | undefined;
    // One after the other: a day of holds of all components at once would be a lot to hold in memory.
    for (const policy of fleet.components) {
      const holds = await store.readHolds(fleet.name, policy.name, fromMs, nowMs + 1);
      const report = componentMetrics(fleet, policy, records, holds, { nowMs, hours });
      newestMs = later(newestMs, report.lastDecision?.atMs);
      components.push(report);
    }
    reports.push(fleetMetrics(fleet, records, components, { nowMs, hours, newestMs }));
  }
  return { atMs: nowMs, hours, fleets: reports };
}

function componentMetrics(
  fleet: FleetPolicy,
  policy: ComponentPolicy,
  records: FleetRecords,
  holds: readonly Decision[],
  { nowMs, hours }: { nowMs: number; hours: number },
): ComponentMetrics {
  const mine = ({ component }: { component: string }): boolean => component === policy.name;
  const state = records.states.find(mine);
  const learning = records.learning.find(mine);
  const decisions = [...records.actions.filter(mine), ...holds];
  const last = newestOf(decisions);
  const allocation = records.ledger?.booked[policy.name] ?? state?.service?.desired;
  return {
    component: policy.name,
    strategy: policy.strategy,
    mode: records.ledger === undefined ? (policy.mode ?? fleet.mode) : effectiveMode(records.ledger, fleet, policy),
    allocation: allocation && edgeAllocation(allocation),
    utilization: utilizationOf(usedNow(state, nowMs, fleet.monitor), allocation),
    performanceScore: state?.performanceScore === undefined ? undefined : rounded(state.performanceScore),
    activity: countsOf(decisions, hours),
    outcomes: outcomesOf(learning === undefined ? [] : [learning]),
    lastDecision: last && { id: last.id, atMs: last.decidedAtMs, sentence: explainDecision(last) },
    overlay: records.overlays.find(mine),
    recommendation: records.recommendations.find(mine),
  };
}

function fleetMetrics(
  fleet: FleetPolicy,
  records: FleetRecords,
  components: readonly ComponentMetrics[],
  { nowMs, hours, newestMs }: { nowMs: number; hours: number; newestMs: number | undefined },
): FleetMetrics {
  const { alerts, ledger } = records;
  return {
    fleet: fleet.name,
    mode: ledger?.modeOverride ?? fleet.mode,
    paused: ledger?.paused ?? false,
    activity: mergedCounts(
      components.map(({ activity }) => activity),
      hours,
    ),
    outcomes: outcomesOf(records.learning),
    impact: impactOf(records.actions),
    limits: limitsOf(fleet, records, nowMs),
    scores: scoresOf(fleet, records.scores),
    alerts: {
      sent: alerts?.sent ?? 0,
      suppressed: alerts?.suppressed ?? 0,
      undelivered: alerts?.outbox.length ?? 0,
      recent: alerts?.recent ?? [],
    },
    loops: healthOf(records, newestMs, nowMs),
    components,
  };
}

function countsOf(decisions: readonly Decision[], hours: number): Counts {
  const byAction: Record<string, number> = {};
  const byStatus: Record<string, number> = {};
  const byReason: Record<string, number> = {};
  let changes = 0;
  for (const { action, status, hold, result } of decisions) {
    count(byAction, action);
    count(byStatus, status);
    const reason = hold ?? result?.reason;
    if (reason !== undefined) count(byReason, reason);
    if (action !== "NO_ACTION") changes += 1;
  }
  return { decisions: decisions.length, byAction, byStatus, byReason, changesPerHour: rounded(changes / hours) };
}

function mergedCounts(all: readonly Counts[], hours: number): Counts {
  const merge = (of: (counts: Counts) => Readonly<Record<string, number>>): Record<string, number> => {
    const sum: Record<string, number> = {};
    for (const counts of all) for (const [key, value] of Object.entries(of(counts))) count(sum, key, value);
    return sum;
  };
  const byAction = merge((counts) => counts.byAction);
  const decisions = all.reduce((sum, each) => sum + each.decisions, 0);
  return {
    decisions,
    byAction,
    byStatus: merge((counts) => counts.byStatus),
    byReason: merge((counts) => counts.byReason),
    changesPerHour: rounded((decisions - (byAction["NO_ACTION"] ?? 0)) / hours),
  };
}

function count(counts: Record<string, number>, key: string, by = 1): void {
  counts[key] = (counts[key] ?? 0) + by;
}

function outcomesOf(learning: readonly Learning[]): Outcomes {
  const sum = (of: (each: Learning) => number): number => learning.reduce((total, each) => total + of(each), 0);
  const succeeded = sum((each) => each.succeeded);
  const failed = sum((each) => each.failed);
  const rolledBack = sum((each) => each.rolledBack);
  const ended = succeeded + failed + rolledBack;
  return {
    succeeded,
    failed,
    rolledBack,
    successRate: ended === 0 ? undefined : percentOf(succeeded / ended),
    effectiveness: meanOf(learning.flatMap(({ history }) => history.map((each) => each.effectiveness))),
  };
}

/** Measured changes only, by trigger, in the order of the triggers' first appearance. */
function impactOf(actions: readonly Decision[]): readonly Impact[] {
  const byTrigger = new Map<TriggerName, { before: number[]; after: number[]; effectiveness: number[] }>();
  for (const { trigger, result } of actions) {
    if (trigger === undefined || result?.valueBefore === undefined || result.valueAfter === undefined) continue;
    if (result.effectiveness === undefined) continue;
    const all = byTrigger.get(trigger) ?? { before: [], after: [], effectiveness: [] };
    byTrigger.set(trigger, all);
    all.before.push(result.valueBefore);
    all.after.push(result.valueAfter);
    all.effectiveness.push(result.effectiveness);
  }
  return [...byTrigger].map(([trigger, { before, after, effectiveness }]) => {
    const { unit } = TRIGGERS_BY_NAME[trigger];
    return {
      trigger,
      unit: unit === "ratio" ? "percent" : unit,
      measured: effectiveness.length,
      before: edgeValue(meanOf(before) ?? 0, unit),
      after: edgeValue(meanOf(after) ?? 0, unit),
      effectiveness: meanOf(effectiveness) ?? 0,
    };
  });
}

function scoresOf({ targets }: FleetPolicy, scores: FleetScores | undefined): FleetMetrics["scores"] {
  if (scores === undefined) return undefined;
  return {
    score: rounded(scores.score),
    efficiency: percentOf(scores.efficiency),
    efficiencyTarget: percentOf(targets.efficiency),
    responseTimeMs: scores.responseTimeMs === undefined ? undefined : rounded(scores.responseTimeMs),
    responseTimeTargetMs: targets.responseTimeMs,
    successRate: scores.successRate === undefined ? undefined : percentOf(scores.successRate),
    successRateTarget: percentOf(targets.successRate),
  };
}

function newestOf(decisions: readonly Decision[]): Decision | undefined {
  let newest: Decision | undefined;
  for (const each of decisions) if (newest === undefined || each.decidedAtMs >= newest.decidedAtMs) newest = each;
  return newest;
}

function later(a: number | undefined, b: number | undefined): number | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return Math.max(a, b);
}
