import { allocatedOf } from "../domain/alerting/conditions.ts";
import { explainDecision } from "../domain/decision/explain.ts";
import { TRIGGERS_BY_NAME } from "../domain/decision/triggers/index.ts";
import type { Decision } from "../domain/model/decision.ts";
import type { ComponentPolicy, FleetPolicy, RulePolicy } from "../domain/model/policy.ts";
import { type Allocation, fromMilli, type ResourceName } from "../domain/model/resources.ts";
import { METRICS, type MetricName } from "../domain/model/sample.ts";
import type { TriggerName, Unit } from "../domain/model/trigger.ts";
import { METRIC_OF_RESOURCE } from "../domain/model/used-metric.ts";
import { BUCKET_MS, floorTo, seriesFromRollups, seriesFromSamples } from "../domain/optimization/rollup.ts";
import type { ForecastRecord, Ports } from "../ports.ts";
import { EDGE_UNITS, edgeMetric, edgeValue, rounded } from "./edge-units.ts";
import { type FleetRecords, readFleet } from "./fleet-records.ts";
import { type ComponentMetrics, type FleetMetrics, scalingMetrics } from "./metrics.ts";

const HOUR_MS = 3_600_000;
/** Up to this many hours are drawn from raw samples, up to that many from 5-minute means, longer ones from hours. */
const RAW_HOURS = 3;
const FINE_HOURS = 72;
/** Changes that are, or were for a while, what the component had. */
const APPLIED = new Set<Decision["status"]>(["APPLIED", "STABLE", "MEASURED"]);

export interface DashboardOptions {
  /** Length of the past that is drawn. Default 6. */
  readonly hours?: number;
}

/** Values at startMs + i x stepMs; null where nothing is known. */
export interface Line {
  readonly unit: string;
  readonly values: readonly (number | null)[];
}

/** One resource: what was used, what there was, and the share. */
export interface ResourceLines {
  readonly used: Line;
  readonly allocated: Line;
  /** Percent. */
  readonly utilization: Line;
}

export interface ThresholdLine {
  readonly rule: string;
  readonly trigger: TriggerName;
  readonly unit: Unit | "percent";
  readonly target: number;
  readonly up: number;
  readonly down: number;
}

/** A decision on the time axis. */
export interface Annotation {
  readonly id: string;
  readonly atMs: number;
  readonly action: string;
  readonly status: string;
  readonly sentence: string;
  readonly effectiveness?: number | undefined;
}

export interface ForecastLines {
  readonly metric: MetricName;
  readonly startMs: number;
  readonly stepMs: number;
  readonly unit: string;
  readonly trusted: boolean;
  readonly reason: string;
  readonly mean: readonly number[];
  readonly upper: readonly number[];
}

export interface ComponentDashboard extends ComponentMetrics {
  readonly startMs: number;
  readonly stepMs: number;
  readonly resources: Readonly<Record<ResourceName, ResourceLines>>;
  /** Response time, throughput, queue length, error rate. */
  readonly service: Readonly<Record<string, Line>>;
  readonly thresholds: readonly ThresholdLine[];
  /** Ascending; holds are counted in `activity`, not drawn. */
  readonly decisions: readonly Annotation[];
  readonly forecasts: readonly ForecastLines[];
}

export interface FleetDashboard extends Omit<FleetMetrics, "components"> {
  readonly components: readonly ComponentDashboard[];
}

export interface DashboardData {
  readonly atMs: number;
  readonly fromMs: number;
  readonly hours: number;
  readonly fleets: readonly FleetDashboard[];
}

const SERVICE_UNITS: Readonly<Partial<Record<MetricName, string>>> = {
  responseTime: "ms",
  throughput: "operations/s",
  queueLength: "operations",
  errorRate: "percent",
};

/** The metrics of the window, and the recent past of every component, ready to be drawn. */
export async function scalingDashboardData(
  { store }: Pick<Ports, "store">,
  fleets: readonly FleetPolicy[],
  nowMs: number,
  { hours = 6 }: DashboardOptions = {},
): Promise<DashboardData> {
  const fromMs = nowMs - hours * HOUR_MS;
  const metrics = await scalingMetrics({ store }, fleets, nowMs, { hours });
  const drawn: FleetDashboard[] = [];
  for (const [index, fleet] of fleets.entries()) {
    const report = metrics.fleets[index];
    if (report === undefined) continue;
    const records = await readFleet({ store }, fleet, fromMs, nowMs);
    const forecasts = await store.readForecasts(fleet.name);
    const components: ComponentDashboard[] = [];
    for (const [at, policy] of fleet.components.entries()) {
      const base = report.components[at];
      if (base === undefined) continue;
      const series = await seriesReader({ store }, fleet, policy.name, { fromMs, nowMs, hours });
      components.push({ ...base, ...draw(policy, records, series, forecasts) });
    }
    drawn.push({ ...report, components });
  }
  return { atMs: nowMs, fromMs, hours, fleets: drawn };
}

type Reader = (metric: MetricName) => {
  readonly startMs: number;
  readonly stepMs: number;
  readonly values: readonly number[];
};

/** Reads once, from the resolution that suits the length of the window. */
async function seriesReader(
  { store }: Pick<Ports, "store">,
  fleet: FleetPolicy,
  component: string,
  { fromMs, nowMs, hours }: { fromMs: number; nowMs: number; hours: number },
): Promise<Reader> {
  if (hours <= RAW_HOURS) {
    const stepMs = fleet.monitor.periodMs;
    const startMs = floorTo(fromMs, stepMs);
    const samples = await store.readSamples(fleet.name, component, startMs + 1, nowMs + 1);
    return (metric) => seriesFromSamples(samples, metric, startMs, nowMs, stepMs);
  }
  const resolution = hours <= FINE_HOURS ? "5m" : "1h";
  const stepMs = BUCKET_MS[resolution];
  // A block holds the buckets after its start: the one that begins before the window reaches into it.
  const blockMs = resolution === "5m" ? HOUR_MS : 24 * HOUR_MS;
  const blocks = await store.readRollups(fleet.name, component, resolution, floorTo(fromMs, blockMs), nowMs);
  return (metric) => seriesFromRollups(blocks, metric, fromMs, nowMs, stepMs);
}

type Drawn = Omit<ComponentDashboard, keyof ComponentMetrics>;

function draw(
  policy: ComponentPolicy,
  records: FleetRecords,
  series: Reader,
  forecasts: readonly ForecastRecord[],
): Drawn {
  const mine = records.actions.filter(({ component, plan }) =>
    plan === undefined ? component === policy.name : plan.steps.some((step) => step.component === policy.name),
  );
  const state = records.states.find(({ component }) => component === policy.name);
  const had = allocationOver(policy.name, mine, records.ledger?.booked[policy.name] ?? state?.service?.desired);
  const lines = METRIC_OF_RESOURCE.map(
    ([resource, metric]) => [resource, resourceLines(resource, series(metric), had)] as const,
  );
  const service = METRICS.flatMap((metric): [string, Line][] => {
    const unit = SERVICE_UNITS[metric];
    return unit === undefined ? [] : [[metric, lineOf(unit, series(metric).values, (v) => edgeMetric(metric, v))]];
  });
  const { startMs, stepMs } = series("cpuUsed");
  return {
    startMs,
    stepMs,
    resources: Object.fromEntries(lines) as Record<ResourceName, ResourceLines>,
    service: Object.fromEntries(service),
    thresholds: policy.rules.map(thresholdOf),
    decisions: mine.map(annotationOf),
    forecasts: forecasts.filter(({ component }) => component === policy.name).flatMap(forecastOf),
  };
}

/** Use against what there was at that time, not against what there is now: a resize must not rewrite the past. */
function resourceLines(name: ResourceName, used: ReturnType<Reader>, had: AllocationAt): ResourceLines {
  const allocated = used.values.map((_, index) => {
    const allocation = had(used.startMs + (index + 1) * used.stepMs);
    return allocation === undefined ? Number.NaN : allocatedOf(allocation, name);
  });
  const shares = used.values.map((value, index) => (100 * value) / (allocated[index] || Number.NaN));
  return {
    used: lineOf(EDGE_UNITS[name], used.values, fromMilli),
    allocated: lineOf(EDGE_UNITS[name], allocated, fromMilli),
    utilization: lineOf("percent", shares, (share) => share),
  };
}

function lineOf(unit: string, values: readonly number[], edge: (value: number) => number): Line {
  return { unit, values: values.map((value) => (Number.isFinite(value) ? rounded(edge(value)) : null)) };
}

type AllocationAt = (atMs: number) => Allocation | undefined;

/** What the component had over time: its applied changes, counted from when they were decided, then what it has now. */
function allocationOver(name: string, actions: readonly Decision[], current: Allocation | undefined): AllocationAt {
  const changes = actions
    .filter(({ status }) => APPLIED.has(status))
    .flatMap(({ decidedAtMs, plan }) =>
      (plan?.steps ?? []).filter((step) => step.component === name).map((step) => ({ ...step, atMs: decidedAtMs })),
    );
  return (atMs) => {
    const next = changes.find((change) => change.atMs > atMs);
    return next === undefined ? current : next.before;
  };
}

function thresholdOf({ name, trigger, target, up, down }: RulePolicy): ThresholdLine {
  const { unit } = TRIGGERS_BY_NAME[trigger];
  return {
    rule: name,
    trigger,
    unit: unit === "ratio" ? "percent" : unit,
    target: edgeValue(target, unit),
    up: edgeValue(up, unit),
    down: edgeValue(down, unit),
  };
}

function annotationOf(decision: Decision): Annotation {
  const { id, decidedAtMs, action, status, result } = decision;
  const sentence = explainDecision(decision);
  return { id, atMs: decidedAtMs, action, status, sentence, effectiveness: result?.effectiveness };
}

function forecastOf({ metric, path }: ForecastRecord): ForecastLines[] {
  if (path === undefined) return [];
  const resource = METRIC_OF_RESOURCE.find(([, used]) => used === metric)?.[0];
  const edge = (value: number): number => edgeMetric(metric, value);
  return [
    {
      metric,
      startMs: path.startMs,
      stepMs: path.stepMs,
      unit: resource === undefined ? "operations/s" : EDGE_UNITS[resource],
      trusted: path.trusted,
      reason: path.reason,
      mean: path.mean.map(edge),
      upper: path.upper.map(edge),
    },
  ];
}
