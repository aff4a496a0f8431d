import { STRATEGIES_BY_NAME } from "../../domain/decision/strategies/index.ts";
import { TRIGGERS_BY_NAME } from "../../domain/decision/triggers/index.ts";
import {
  type DemandOutlook,
  FORECAST_DEFAULTS,
  type ForecastOptions,
  forecast,
  train,
} from "../../domain/forecasting/index.ts";
import type { ComponentPolicy } from "../../domain/model/policy.ts";
import { BUCKET_MS, floorTo, HOUR_MS, seriesFromRollups, seriesFromSamples } from "../../domain/optimization/rollup.ts";
import type { ForecastRecord, ModelRecord } from "../../ports.ts";
import { forEachComponent, type Job } from "./job.ts";
import { dueForGrowth, needOf, outlookFor } from "./outlooks.ts";
import type { RolledUp } from "./rollups.ts";

type Metric = ForecastRecord["metric"];

/** Raw samples that a forecast starts from: an hour, and what may be late. */
export const RECENT_MS = 75 * 60_000;
/** Components trained in one run, those with the oldest models first: bounds the time of a run. */
const TRAINED_MAX = 20;

/** Whether anything of the component is judged by a forecast. */
export function isForecast({ strategy, rules }: ComponentPolicy): boolean {
  return strategy === "PREDICTIVE" || rules.some(({ trigger }) => trigger === "PREDICTIVE");
}

/** What is forecast: what a rule is judged by. A rule that is staffed by demand has the component's outlook instead. */
export function metricsOf({ strategy, rules, parameters }: ComponentPolicy): readonly Metric[] {
  const chosen = STRATEGIES_BY_NAME[strategy];
  const judged = rules.filter(
    (rule) =>
      (strategy === "PREDICTIVE" || rule.trigger === "PREDICTIVE") && chosen.staffing?.(rule, parameters) === undefined,
  );
  const read = judged.map(({ trigger }) => TRIGGERS_BY_NAME[trigger].forecast?.metric);
  return [...new Set(read.filter((metric) => metric !== undefined))];
}

/**
 * Trains models that are due and forecasts what rules are judged by, of every component that is judged by forecasts.
 * @param rolledUp the samples read for roll-ups; a component that could not be read keeps its last path, which ages
 */
export async function runForecasts(job: Job, rolledUp: readonly RolledUp[]): Promise<void> {
  const { ports, fleet, nowMs } = job;
  const components = fleet.components.filter(isForecast);
  if (components.length === 0) return;
  const stored = await ports.store.readModels(fleet.name);
  const models = new Map(stored.map((record) => [keyOf(record.component, record.metric), record]));
  const due = dueForTraining(job, components, models);
  const outlooks = await outlooksBefore(job, components);
  const growing = dueForGrowth(job, components, outlooks);
  const made = await forEachComponent(job, "forecast", components, async (policy) => {
    const read = rolledUp.find(({ component }) => component === policy.name);
    if (read === undefined) return undefined;
    const trained = due.has(policy.name) ? await trainAll(job, policy, read) : [];
    const base = { v: 1, component: policy.name, madeAtMs: nowMs } as const;
    const records = metricsOf(policy).flatMap((metric): ForecastRecord[] => {
      const record = trained.find((each) => each.metric === metric) ?? models.get(keyOf(policy.name, metric));
      if (record === undefined) return [];
      const path = forecast(record.model, recentSeries(job, read, metric), nowMs);
      return [{ v: 1, component: policy.name, madeAtMs: nowMs, metric, path }];
    });
    const outlook = await outlookFor(job, policy, {
      previous: outlooks.get(policy.name),
      samples: read.samples,
      isDue: growing.has(policy.name),
    });
    return { trained, records: outlook === undefined ? records : withOutlook(records, { ...base, outlook }) };
  });
  const trained = made.flatMap((each) => each.trained);
  if (trained.length > 0) await ports.store.writeModels(fleet.name, trained);
  await ports.store.writeForecasts(
    fleet.name,
    made.flatMap((each) => each.records),
  );
}

/** The outlook is of CPU: it goes with its path, where there is one. */
function withOutlook(
  records: readonly ForecastRecord[],
  record: Omit<ForecastRecord, "metric" | "path">,
): readonly ForecastRecord[] {
  const metric = "cpuUsed";
  const path = records.find((each) => each.metric === metric)?.path;
  const { v, component, madeAtMs, outlook } = record;
  return [...records.filter((each) => each.metric !== metric), { v, component, madeAtMs, outlook, metric, path }];
}

/** The last outlooks, for the models in them. */
async function outlooksBefore(
  { ports, fleet }: Job,
  components: readonly ComponentPolicy[],
): Promise<ReadonlyMap<string, DemandOutlook>> {
  if (!components.some((policy) => needOf(policy) !== undefined)) return new Map();
  const records = await ports.store.readForecasts(fleet.name);
  return new Map(records.flatMap(({ component, outlook }) => (outlook === undefined ? [] : [[component, outlook]])));
}

/** Components with a model that is missing, too old or made with other options; the longest overdue first. */
function dueForTraining(
  { fleet, nowMs }: Job,
  components: readonly ComponentPolicy[],
  models: ReadonlyMap<string, ModelRecord>,
): ReadonlySet<string> {
  const overdue = components.map((policy) => {
    const trainedAt = metricsOf(policy).map((metric) => {
      const model = models.get(keyOf(policy.name, metric))?.model;
      return model !== undefined && isMadeWith(model.options, optionsFor(fleet, policy)) ? model.trainedAtMs : 0;
    });
    return { name: policy.name, trainedAtMs: Math.min(...trainedAt) };
  });
  const due = overdue.filter(({ trainedAtMs }) => nowMs - trainedAtMs >= fleet.optimization.forecast.refitMs);
  due.sort((a, b) => a.trainedAtMs - b.trainedAtMs);
  return new Set(due.slice(0, TRAINED_MAX).map(({ name }) => name));
}

async function trainAll(job: Job, policy: ComponentPolicy, read: RolledUp): Promise<readonly ModelRecord[]> {
  const { ports, fleet, nowMs } = job;
  const fromMs = floorTo(nowMs - fleet.optimization.forecast.historyMs, HOUR_MS);
  const blocks = await ports.store.readRollups(fleet.name, policy.name, "5m", fromMs, nowMs);
  const options = optionsFor(fleet, policy);
  return metricsOf(policy).map((metric): ModelRecord => {
    const history = seriesFromRollups(blocks, metric, fromMs, nowMs, BUCKET_MS["5m"]);
    const model = train(history, recentSeries(job, read, metric), options, nowMs);
    return { v: 1, component: policy.name, metric, model };
  });
}

function recentSeries({ fleet, nowMs }: Job, { samples }: RolledUp, metric: Metric) {
  return seriesFromSamples(samples, metric, nowMs - RECENT_MS, nowMs, fleet.monitor.periodMs);
}

function optionsFor(fleet: Job["fleet"], { parameters }: ComponentPolicy): Partial<ForecastOptions> {
  const { horizonMs, coverage } = fleet.optimization.forecast;
  const lead = parameters["leadSeconds"];
  return { horizonMs, coverage, leadMs: lead === undefined ? FORECAST_DEFAULTS.leadMs : lead * 1000 };
}

/** The training moves options to its bounds; the horizon is compared loosely for that reason. */
function isMadeWith(made: ForecastOptions, wanted: Partial<ForecastOptions>): boolean {
  const leadMs = Math.min(wanted.leadMs ?? made.leadMs, made.horizonMs);
  return made.coverage === wanted.coverage && made.leadMs === leadMs;
}

function keyOf(component: string, metric: Metric): string {
  return `${metric} ${component}`;
}
