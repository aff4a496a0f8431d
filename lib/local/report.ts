import { bookedTotals, emptyLedger } from "../domain/execution/ledger.ts";
import type { ComponentState } from "../domain/model/component-state.ts";
import type { AlertState, Learning } from "../domain/model/learning.ts";
import type { Ledger } from "../domain/model/ledger.ts";
import type { ComponentPolicy, FleetPolicy } from "../domain/model/policy.ts";
import { fromMilli, RESOURCE_NAMES, type ResourceName, totalOf } from "../domain/model/resources.ts";
import type { LoopName } from "../flow.ts";
import type { StateStore } from "../ports.ts";
import type { TraceRecord } from "./run-folder.ts";

/**
 * The one document that `--json` prints at the end. `simulatedSeconds`, `loops` and `wallSeconds` are of this run;
 * everything else is of the whole state, which earlier runs in the same folder have contributed to.
 */
export interface RunReport {
  readonly schemaVersion: 1;
  readonly simulatedSeconds: number;
  readonly seed: number;
  readonly loops: Readonly<Record<LoopName, LoopCounts>>;
  readonly decisions: {
    readonly total: number;
    readonly byAction: Counts;
    readonly byStatus: Counts;
    readonly byReason: Counts;
  };
  readonly executions: { readonly succeeded: number; readonly failed: number; readonly rolledBack: number };
  readonly components: readonly ComponentReport[];
  /** vCPU, GiB, Gbit/s, GiB above the free storage. */
  readonly limits: Readonly<Record<ResourceName, { readonly allocated: number; readonly max: number }>>;
  readonly alerts: { readonly sent: number; readonly suppressed: number };
  readonly traces: readonly Pick<TraceRecord, "file" | "component" | "scale" | "p99Tasks" | "heldValues">[];
  readonly database: { readonly engine: string; readonly items: number };
  readonly wallSeconds: number;
}
export interface LoopCounts {
  readonly ticks: number;
  readonly errors: number;
}
type Counts = Readonly<Record<string, number>>;
export interface ComponentReport {
  readonly name: string;
  readonly strategy: string;
  /** Tasks, and what one task has. */
  readonly allocation: { readonly tasks: number } & Readonly<Record<ResourceName, number>>;
  /** Percent of the allocation, from the newest samples; null where unknown. */
  readonly utilization: {
    readonly cpu: number | null;
    readonly memory: number | null;
    readonly responseTimeMs: number | null;
    readonly throughput: number | null;
  };
  readonly decisions: number;
  /** Mean of the last measured ones, 0..100; null before the first. */
  readonly effectiveness: number | null;
}

interface FleetRecords {
  readonly fleet: FleetPolicy;
  readonly ledger: Ledger;
  readonly states: readonly ComponentState[];
  readonly learning: readonly Learning[];
  readonly alerts: AlertState | undefined;
  readonly decisions: DecisionCounts;
}

export interface DecisionCounts {
  readonly total: number;
  readonly byAction: Counts;
  readonly byStatus: Counts;
  readonly byReason: Counts;
  readonly byComponent: Counts;
}

export interface ReportRequest {
  readonly store: StateStore;
  readonly fleets: readonly FleetPolicy[];
  readonly run: Pick<RunReport, "seed" | "simulatedSeconds" | "wallSeconds" | "loops" | "traces">;
  readonly engine: string;
  readonly nowMs: number;
}

export async function reportOf({ store, fleets, run, engine, nowMs }: ReportRequest): Promise<RunReport> {
  const all = await Promise.all(fleets.map(async (fleet) => recordsOf(store, fleet, nowMs)));
  const sum = (of: (records: FleetRecords) => number): number => all.reduce((total, each) => total + of(each), 0);
  const learned = (of: (each: Learning) => number): number =>
    sum(({ learning }) => learning.reduce((total, each) => total + of(each), 0));
  return {
    schemaVersion: 1,
    simulatedSeconds: run.simulatedSeconds,
    seed: run.seed,
    loops: run.loops,
    decisions: {
      total: sum(({ decisions }) => decisions.total),
      byAction: addCounts(all.map(({ decisions }) => decisions.byAction)),
      byStatus: addCounts(all.map(({ decisions }) => decisions.byStatus)),
      byReason: addCounts(all.map(({ decisions }) => decisions.byReason)),
    },
    executions: {
      succeeded: learned(({ succeeded }) => succeeded),
      failed: learned(({ failed }) => failed),
      rolledBack: learned(({ rolledBack }) => rolledBack),
    },
    components: all.flatMap((records) => records.fleet.components.map((policy) => componentReport(policy, records))),
    limits: Object.fromEntries(
      RESOURCE_NAMES.map((name) => [
        name,
        {
          allocated: fromMilli(sum(({ ledger }) => bookedTotals(ledger)[name])),
          max: fromMilli(sum(({ fleet }) => fleet.limits[name])),
        },
      ]),
    ) as unknown as RunReport["limits"],
    alerts: { sent: sum(({ alerts }) => alerts?.sent ?? 0), suppressed: sum(({ alerts }) => alerts?.suppressed ?? 0) },
    traces: run.traces.map(({ file, component, scale, p99Tasks, heldValues }) => ({
      file,
      component,
      scale,
      p99Tasks,
      heldValues,
    })),
    database: { engine, items: await store.countItems() },
    wallSeconds: run.wallSeconds,
  };
}

async function recordsOf(store: StateStore, fleet: FleetPolicy, nowMs: number): Promise<FleetRecords> {
  const [ledger, states, learning, alerts, decisions] = await Promise.all([
    store.readLedger(fleet.name),
    store.readStates(fleet.name),
    store.readLearning(fleet.name),
    store.readAlerts(fleet.name),
    countDecisions(store, fleet, nowMs),
  ]);
  return { fleet, ledger: ledger ?? emptyLedger(fleet.name), states, learning, alerts, decisions };
}

/** Decisions that are still stored: the retention of the configuration bounds how far back that goes. */
async function countDecisions(store: StateStore, fleet: FleetPolicy, nowMs: number): Promise<DecisionCounts> {
  const byAction: Record<string, number> = {};
  const byStatus: Record<string, number> = {};
  const byReason: Record<string, number> = {};
  const byComponent: Record<string, number> = {};
  const lists = await Promise.all([
    store.readActions(fleet.name, 0, nowMs + 1),
    ...fleet.components.map(async ({ name }) => store.readHolds(fleet.name, name, 0, nowMs + 1)),
  ]);
  let total = 0;
  for (const decision of lists.flat()) {
    total++;
    count(byAction, decision.action);
    count(byStatus, decision.status);
    count(byComponent, decision.component);
    const reason = decision.hold ?? decision.result?.reason;
    if (reason !== undefined) count(byReason, reason);
  }
  return { total, byAction, byStatus, byReason, byComponent };
}

function count(counts: Record<string, number>, key: string): void {
  counts[key] = (counts[key] ?? 0) + 1;
}

function addCounts(list: readonly Counts[]): Counts {
  const sum: Record<string, number> = {};
  for (const counts of list) for (const [key, value] of Object.entries(counts)) sum[key] = (sum[key] ?? 0) + value;
  return sum;
}

function componentReport(
  policy: ComponentPolicy,
  { ledger, states, learning, decisions }: FleetRecords,
): ComponentReport {
  const state = states.find(({ component }) => component === policy.name);
  const allocation = ledger.booked[policy.name] ?? state?.service?.desired;
  const values = state?.window.at(-1)?.values ?? {};
  const total = allocation === undefined ? undefined : totalOf(allocation);
  const percent = (used: number | undefined, of: number | undefined): number | null =>
    used === undefined || of === undefined || of === 0 ? null : round((used / of) * 100);
  const history = learning.find(({ component }) => component === policy.name)?.history ?? [];
  return {
    name: policy.name,
    strategy: policy.strategy,
    allocation: {
      tasks: allocation?.tasks ?? 0,
      cpu: fromMilli(allocation?.size.cpu ?? 0),
      memory: fromMilli(allocation?.size.memory ?? 0),
      network: fromMilli(allocation?.size.network ?? 0),
      storage: fromMilli(allocation?.size.storage ?? 0),
    },
    utilization: {
      cpu: percent(values.cpuUsed, total?.cpu),
      memory: percent(values.memoryUsed, total?.memory),
      responseTimeMs: values.responseTime === undefined ? null : round(values.responseTime),
      throughput: values.throughput === undefined ? null : round(values.throughput),
    },
    decisions: decisions.byComponent[policy.name] ?? 0,
    effectiveness:
      history.length === 0 ? null : round(history.reduce((sum, each) => sum + each.effectiveness, 0) / history.length),
  };
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
