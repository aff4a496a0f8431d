import { TRIGGERS_BY_NAME } from "../domain/decision/triggers/index.ts";
import type {
  ComponentPolicy,
  DecisionPolicy,
  ExecutionPolicy,
  FleetPolicy,
  MonitorPolicy,
  OptimizationPolicy,
  RulePolicy,
  SchedulePolicy,
} from "../domain/model/policy.ts";
import { mapResources, RESOURCE_NAMES, type Resources, toMilli } from "../domain/model/resources.ts";
import type { ScheduleConfig } from "./component-schema.ts";
import type { CompleteRule } from "./rules.ts";
import type { CompleteComponent, FleetConfig } from "./schema.ts";

/*
 * From the units of the file to those of the core: percent to ratio, vCPU / GiB / Gbit/s to thousandths, seconds to
 * milliseconds. Nothing is decided here, and nothing can fail: load.ts has checked everything.
 */

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** Percent to ratio without the dust of binary fractions: 7 % is 0.07. */
function ratio(percent: number): number {
  return Number((percent / 100).toPrecision(12));
}

/** What the core reads. */
export function compileFleet(fleet: FleetConfig): FleetPolicy {
  const { thresholds, targets, alerts } = fleet;
  return {
    name: fleet.name,
    mode: fleet.mode,
    limits: mapResources((name) => toMilli(fleet.limits[name])),
    thresholds: mapResources((name) => ratio(thresholds[name])),
    targets: {
      efficiency: ratio(targets.efficiency),
      responseTimeMs: targets.responseTimeMs,
      successRate: ratio(targets.successRate),
    },
    decision: compileDecision(fleet.decision),
    monitor: compileMonitor(fleet.monitor),
    execution: compileExecution(fleet.execution),
    optimization: compileOptimization(fleet.optimization),
    alerts: { cooldownMs: alerts.cooldownMinutes * MINUTE, perHour: alerts.perHour },
    components: withSharedRules(fleet.components.map(compileComponent)),
  };
}

/** Of a thousand components nearly all have the same rules: one object for equal ones, and a pass reads far less memory. */
function withSharedRules(components: readonly ComponentPolicy[]): ComponentPolicy[] {
  const known = new Map<string, RulePolicy>();
  const shared = (rule: RulePolicy): RulePolicy => {
    const text = JSON.stringify(rule);
    const same = known.get(text);
    if (same === undefined) known.set(text, rule);
    return same ?? rule;
  };
  return components.map((component) => ({ ...component, rules: component.rules.map(shared) }));
}

function compileDecision(decision: FleetConfig["decision"]): DecisionPolicy {
  return {
    minimumConfidence: decision.minimumConfidence,
    concurrentExecutions: decision.concurrentExecutions,
    decisionsPerHour: decision.decisionsPerHour,
    growthReserve: decision.growthReservePercent / 100,
    weights: decision.weights,
    effectivenessWindow: decision.effectivenessWindow,
    effectivenessPrior: decision.effectivenessPrior,
    validityMs: decision.validitySeconds * SECOND,
    approvalMs: decision.approvalSeconds * SECOND,
    removedShare: ratio(decision.removedPercent),
    shrinkingShare: ratio(decision.shrinkingPercent),
  };
}

function compileMonitor(monitor: FleetConfig["monitor"]): MonitorPolicy {
  return {
    periodMs: monitor.periodSeconds * SECOND,
    windowSamples: monitor.windowSamples,
    freshMs: monitor.freshSeconds * SECOND,
    completeness: ratio(monitor.completenessPercent),
    calmReading: monitor.calmReading,
    severeMultiple: monitor.severeMultiple,
  };
}

function compileExecution(execution: FleetConfig["execution"]): ExecutionPolicy {
  return {
    settleMs: execution.settleSeconds * SECOND,
    stableTimeoutMs: execution.stableTimeoutSeconds * SECOND,
    waitForTasks: execution.waitForTasks,
    attempts: execution.attempts,
    backoffMs: execution.backoffSeconds * SECOND,
    foreignQuietMs: execution.foreignQuietSeconds * SECOND,
    harmErrorRate: ratio(execution.harmErrorPoints),
    harmScore: execution.harmScorePoints,
  };
}

function compileOptimization(of: FleetConfig["optimization"]): OptimizationPolicy {
  return {
    tuning: {
      shiftMax: ratio(of.shiftPoints),
      stepScaleMin: of.stepScaleMin,
      stepScaleMax: of.stepScaleMax,
      decisionsMin: of.decisionsMin,
    },
    forecast: {
      historyMs: of.historyDays * DAY,
      horizonMs: of.horizonMinutes * MINUTE,
      coverage: ratio(of.coveragePercent),
      refitMs: of.refitMinutes * MINUTE,
    },
    rightSizing: {
      savingMin: ratio(of.savingMinPercent),
      evidenceMs: of.evidenceHours * HOUR,
      headroom: ratio(of.headroomPercent),
    },
    retention: {
      samplesMs: of.rawHours * HOUR,
      rollups5mMs: of.fiveMinuteDays * DAY,
      rollups1hMs: of.hourDays * DAY,
      holdsMs: of.holdDays * DAY,
      actionsMs: of.actionDays * DAY,
    },
  };
}

/** One component as the core reads it. */
export function compileComponent(component: CompleteComponent): ComponentPolicy {
  return {
    name: component.name,
    ...(component.mode && { mode: component.mode }),
    strategy: component.strategy,
    parameters: component.parameters,
    compute: component.compute,
    min: mapResources((name) => toMilli(component[name].min)),
    max: mapResources((name) => toMilli(component[name].max)),
    tasksMin: component.tasks.min,
    tasksMax: component.tasks.max,
    resize: component.resize,
    networkPerTask: toMilli(component.networkPerTask),
    factorUp: component.factor.up,
    factorDown: component.factor.down,
    upPerHour: component.perHour.up,
    downPerHour: component.perHour.down,
    cooldownMs: component.cooldownSeconds * SECOND,
    responseTimeMs: component.target.responseTimeMs,
    throughputPerSecond: component.target.throughput,
    rules: Object.entries(component.rules)
      .filter(([, rule]) => rule.enabled)
      .map(([name, rule]) => compileRule(name, rule)),
    schedules: component.schedules.map(compileSchedule),
  };
}

function compileRule(name: string, rule: CompleteRule): RulePolicy {
  const inside = TRIGGERS_BY_NAME[rule.trigger].unit === "ratio" ? ratio : (value: number) => value;
  return {
    name,
    trigger: rule.trigger,
    target: inside(rule.target),
    up: inside(rule.up),
    down: inside(rule.down),
    upAction: rule.upAction,
    downAction: rule.downAction,
    priority: rule.priority,
    breachMs: rule.breachSeconds * SECOND,
    reliefMs: rule.reliefSeconds * SECOND,
    cooldownMs: rule.cooldownSeconds * SECOND,
    factorUp: rule.factorUp,
    factorDown: rule.factorDown,
  };
}

function compileSchedule(schedule: ScheduleConfig): SchedulePolicy {
  return {
    name: schedule.name,
    cron: schedule.cron,
    timeZone: schedule.timeZone,
    durationMs: schedule.durationMinutes * MINUTE,
    tasksMin: schedule.tasks?.min,
    tasksMax: schedule.tasks?.max,
    min: bounds(schedule, "min"),
    max: bounds(schedule, "max"),
  };
}

/** The resources that a schedule bounds, or undefined when it bounds none. */
function bounds(schedule: ScheduleConfig, end: "min" | "max"): Partial<Resources> | undefined {
  const found = RESOURCE_NAMES.flatMap((name) => {
    const value = name === "cpu" || name === "memory" ? schedule[name]?.[end] : undefined;
    return value === undefined ? [] : [[name, toMilli(value)] as const];
  });
  return found.length > 0 ? Object.fromEntries(found) : undefined;
}
