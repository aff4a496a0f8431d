import { conditions } from "../domain/alerting/conditions.ts";
import type { Alert } from "../domain/model/learning.ts";
import type { FleetPolicy } from "../domain/model/policy.ts";
import { RESOURCE_NAMES, sumResources, totalOf } from "../domain/model/resources.ts";
import type { Measurement } from "../own-metrics.ts";
import type { FleetSnapshot } from "../ports.ts";
import { edgeAllocation, meanOf, percentOf, rounded, usedNow, utilizationOf } from "./edge-units.ts";

/** Scores are written every five minutes; older ones say nothing about now. */
const SCORES_FRESH_MS = 900_000;
/** So many components go into one line: a line of the log is at most 1 MB. */
const COMPONENTS_MAX = 500;

/**
 * What is to be known of a fleet once a minute, from the records that its decisions were made from. What no record tells
 * is left out: absent is not zero.
 */
export function measureFleet(fleet: FleetPolicy, snapshot: FleetSnapshot, nowMs: number): Measurement {
  const { ledger, learning, states, scores } = snapshot;
  const isFresh = scores !== undefined && nowMs - scores.atMs <= SCORES_FRESH_MS;
  const raised = conditions(fleet, { states, ledger, learning, scores }, nowMs);
  const count = (type: Alert["type"]): number => raised.filter((each) => each.type === type).length;
  return {
    dimension: { Fleet: fleet.name },
    values: {
      ...optional("ResourceUse", resourceUse(fleet, snapshot)),
      ...optional(
        "Effectiveness",
        meanOf(learning.flatMap(({ history }) => history.map(({ effectiveness }) => effectiveness))),
      ),
      ...(isFresh ? { Efficiency: percentOf(scores.efficiency) } : {}),
      ResourceLimitAlerts: count("resource-limit"),
      ScalingFailureAlerts: count("scaling-failure"),
      PerformanceAlerts: count("performance-degradation"),
    },
    fields: {
      performance: isFresh ? rounded(scores.score) : undefined,
      conditions: raised.map(({ kind }) => kind).slice(0, COMPONENTS_MAX),
      components: componentsOf(fleet, snapshot, nowMs),
    },
  };
}

/** Percent of the limit, of the resource nearest to it; unknown without a ledger or a limit. */
function resourceUse({ limits }: FleetPolicy, { ledger }: FleetSnapshot): number | undefined {
  if (ledger === undefined) return undefined;
  const booked = sumResources(Object.values(ledger.booked).map(totalOf));
  const shares = RESOURCE_NAMES.filter((name) => limits[name] > 0).map((name) => booked[name] / limits[name]);
  return shares.length === 0 ? undefined : percentOf(Math.max(...shares));
}

/** Per component: what it has, and use over allocation in percent where known. For people and Logs Insights. */
function componentsOf(fleet: FleetPolicy, { ledger, states }: FleetSnapshot, nowMs: number): Record<string, unknown> {
  const byName = new Map(states.map((state) => [state.component, state]));
  const entries = fleet.components.slice(0, COMPONENTS_MAX).map(({ name }): [string, unknown] => {
    const state = byName.get(name);
    const allocation = ledger?.booked[name] ?? state?.service?.desired;
    const { tasks, total } = allocation === undefined ? {} : edgeAllocation(allocation);
    const use = utilizationOf(usedNow(state, nowMs, fleet.monitor), allocation);
    return [name, { tasks, ...total, use, score: state?.performanceScore }];
  });
  return Object.fromEntries(entries);
}

function optional<K extends string>(name: K, value: number | undefined): Partial<Record<K, number>> {
  return value === undefined ? {} : ({ [name]: value } as Record<K, number>);
}
