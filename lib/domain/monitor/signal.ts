import { STRATEGIES_BY_NAME } from "../decision/strategies/index.ts";
import { type ReadingContext, TRIGGERS_BY_NAME, type Trigger } from "../decision/triggers/index.ts";
import { type DemandOutlook, demandAhead, type ForecastPath, pathAt } from "../forecasting/index.ts";
import type { ComponentState } from "../model/component-state.ts";
import type { ComponentPolicy, MonitorPolicy, RulePolicy } from "../model/policy.ts";
import type { Allocation } from "../model/resources.ts";
import { type Absence, IS_OBSERVED, type MetricName, type Sample } from "../model/sample.ts";
import type { Signal, SignalDemand, SignalForecast, SignalPoints } from "../model/signal.ts";
import { asOfMs } from "./freshness.ts";
import { servedAt } from "./served.ts";

export interface SignalRequest {
  readonly policy: ComponentPolicy;
  readonly monitor: MonitorPolicy;
  readonly state: ComponentState;
  /** What the component has now; use is read against it. */
  readonly allocation: Allocation;
  /** Forecast paths by metric. */
  readonly forecasts: ReadonlyMap<string, ForecastPath>;
  /** What former days say about demand, where a strategy staffs by it. */
  readonly outlook?: DemandOutlook | undefined;
  readonly nowMs: number;
  /** Start of the last change of the component: what was seen before says nothing about response times after it. */
  readonly changedAtMs?: number | undefined;
}

/** Default lead of a forecast where the strategy has no parameter for it. */
const LEAD_MS = 300_000;

/** Judges the recent samples of a component by every rule: one signal for each rule, in the order of the rules. */
export function signalsFor(request: SignalRequest): Signal[] {
  const endsMs: number[] = [];
  for (const sample = request.state.window.scan(); sample.next(); ) endsMs.push(sample.endMs);
  return request.policy.rules.map((rule) => signalFor(rule, request, endsMs));
}

function signalFor(rule: RulePolicy, request: SignalRequest, endsMs: readonly number[]): Signal {
  const trigger = TRIGGERS_BY_NAME[rule.trigger];
  const { monitor, state, nowMs } = request;
  const points = pointsOf(trigger, request, endsMs);
  const newestMs = points.atMs[points.atMs.length - 1];
  const ageMs = nowMs - (newestMs ?? state.window.view(0)?.endMs ?? 0);
  const fresh = newestMs !== undefined && asOfMs(state, monitor, nowMs) - newestMs <= monitor.freshMs;
  const forecast = forecastFor(trigger, request);
  const forecastOnly = trigger.forecastOnly === true;
  const trusted = forecast?.trusted === true;
  const absent = fresh
    ? forecastOnly && !trusted
      ? "no-source"
      : undefined
    : absenceOf(trigger, state, newestMs !== undefined);
  const value =
    absent !== undefined ? undefined : forecastOnly ? forecast?.upper : points.values[points.values.length - 1];
  return {
    rule: rule.name,
    trigger: rule.trigger,
    unit: trigger.unit,
    value,
    absent,
    target: rule.target,
    up: rule.up,
    down: rule.down,
    points:
      forecastOnly && value !== undefined
        ? { atMs: points.atMs, values: [...points.values.slice(0, -1), value] }
        : points,
    periodMs: monitor.periodMs,
    ageMs,
    completeness: completenessOf(trigger, request),
    scalesWithCapacity: trigger.scalesWithCapacity,
    forecast,
    demand: demandFor(rule, request),
  };
}

/** Demand of a rule that is staffed by it; nothing for all others. */
function demandFor(rule: RulePolicy, request: SignalRequest): SignalDemand | undefined {
  const { policy, state, allocation, outlook, nowMs } = request;
  const need = STRATEGIES_BY_NAME[policy.strategy].staffing?.(rule, policy.parameters);
  if (need === undefined) return undefined;
  const { size, tasks } = allocation;
  const window = state.window.upTo(nowMs);
  const newest = window.view(-1);
  const served = newest && servedAt(state, newest.endMs - newest.periodMs / 2);
  const serving = served?.tasks ?? tasks;
  const ahead = demandAhead(outlook, { window, taskCpu: size.cpu, serving, keepMs: need.keepMs });
  if (ahead === undefined) return undefined;
  // Field by field: a spread here made the signal slow to make, and slow to read by all that follows.
  const { now, ahead: most, keep, growth, from } = ahead;
  return { now, ahead: most, keep, growth, from, tasks };
}

/**
 * Values of the window that are usable, ascending; those before the last change only where use is absolute. Signals that
 * use the whole window share one list of its times.
 * @param endsMs ends of the window's samples
 */
function pointsOf(
  trigger: Trigger,
  { policy, state, allocation, changedAtMs, nowMs }: SignalRequest,
  endsMs: readonly number[],
): SignalPoints {
  const context: ReadingContext = { allocation, state, policy };
  const sinceMs = changedAtMs === undefined || trigger.scalesWithCapacity ? Number.NEGATIVE_INFINITY : changedAtMs;
  const values: number[] = [];
  let atMs: number[] | undefined; // needed once a sample is left out
  for (const sample = state.window.scan(); sample.next(); ) {
    const { endMs, periodMs } = sample;
    const value = endMs > nowMs || endMs - periodMs < sinceMs ? undefined : trigger.read(sample, context);
    if (value === undefined || !Number.isFinite(value)) {
      atMs ??= endsMs.slice(0, values.length);
      continue;
    }
    atMs?.push(endMs);
    values.push(rounded(value));
  }
  return { atMs: atMs ?? endsMs, values };
}

/** Share of the window that carries the trigger's metrics, 0..1; a window still filling is incomplete. */
function completenessOf(trigger: Trigger, { monitor, state, nowMs }: SignalRequest): number {
  const from = asOfMs(state, monitor, nowMs) - monitor.freshMs - monitor.windowSamples * monitor.periodMs;
  const isObserved = trigger.metrics.map((metric) => IS_OBSERVED[metric]); // looked up once, not for every sample
  let present = 0;
  for (const sample = state.window.scan(); sample.next(); ) {
    if (sample.endMs > from && areKnown(sample, trigger.metrics, isObserved)) present++;
  }
  return Math.min(1, present / monitor.windowSamples);
}

/** Silence for want of traffic is knowledge: nothing was late or failed because nothing was asked. */
function areKnown(
  sample: Sample,
  metrics: Trigger["metrics"],
  isObserved: readonly ((values: Sample["values"]) => boolean)[],
): boolean {
  for (let i = 0; i < metrics.length; i++) {
    if (isObserved[i]?.(sample.values) !== true && sample.absent[metrics[i] as MetricName] !== "no-traffic")
      return false;
  }
  return true;
}

function absenceOf(trigger: Trigger, state: ComponentState, stale: boolean): Absence {
  const newest = state.window.view(-1);
  const metric = trigger.metrics[0];
  const told = metric === undefined ? undefined : newest?.absent[metric];
  if (told !== undefined) return told;
  return stale ? "stale" : "missing";
}

function forecastFor(trigger: Trigger, request: SignalRequest): SignalForecast | undefined {
  if (trigger.forecast === undefined) return undefined;
  const path = request.forecasts.get(trigger.forecast.metric);
  if (path === undefined) return undefined;
  const { allocation, nowMs, policy } = request;
  const leadMs = policy.parameters["leadSeconds"] === undefined ? LEAD_MS : policy.parameters["leadSeconds"] * 1000;
  const at = pathAt(path, nowMs + leadMs);
  if (at === undefined) return undefined;
  const { forecast } = trigger;
  let peak = 0;
  for (let i = 0; i < path.upper.length; i++) {
    if (path.startMs + i * path.stepMs >= nowMs) peak = Math.max(peak, path.upper[i] ?? 0);
  }
  return {
    atMs: nowMs + leadMs,
    mean: rounded(forecast.value(at.mean, allocation)),
    lower: rounded(forecast.value(at.lower, allocation)),
    upper: rounded(forecast.value(at.upper, allocation)),
    peakUpper: rounded(forecast.value(peak, allocation)),
    trusted: path.trusted,
    model: path.model,
    reason: path.reason,
  };
}

/** Six decimals: enough for every threshold, and a stored decision stays small. */
function rounded(value: number): number {
  return Math.round(value * 1e6) / 1e6;
}
