import { CONTROLLER } from "../../lib/backtest/controller-scalers.ts";
import type { Tradeoff } from "../../lib/backtest/pareto.ts";
import type { ResultRow } from "../../lib/backtest/result-row.ts";
import { ORACLE } from "../../lib/backtest/scalers.ts";
import { type Job, type TraceFacts, textOf, type VariantName } from "./job.ts";
import type { JobOutcome } from "./job-run.ts";

/** docs/benchmark/results.json: all that the page and its plots are made of. */
export interface Results {
  readonly about: RunFacts;
  readonly traces: readonly TraceFacts[];
  /** Runs as scalers come, in the world as it is. */
  readonly defaults: readonly ResultRow[];
  /** All settings run, the default among them. */
  readonly curves: readonly Curve[];
}

export interface RunFacts {
  readonly commit: string;
  /** Day of the run, ISO 8601. */
  readonly day: string;
  readonly cpu: string;
  readonly cores: number;
  readonly node: string;
  readonly runs: number;
  /** Planned, and not run. */
  readonly missing: number;
  /** CPU time of all runs. */
  readonly cpuSeconds: number;
  /** Of the parent and of as many workers as there were, each as large as the largest got. */
  readonly peakMemoryMb: number;
  readonly workers: number;
  /** CPU seconds of a run with defaults for each day of a trace, median over traces. */
  readonly secondsPerDay: Readonly<Record<string, number>>;
}

export interface Curve {
  readonly trace: string;
  readonly scaler: string;
  readonly variant: VariantName;
  /** Setting, task-hours, violating share (0..1). */
  readonly points: readonly (readonly [setting: string, taskHours: number, violatingShare: number])[];
}

/** What only the one who ran it knows. */
interface RunSetting extends Omit<RunFacts, "runs" | "cpuSeconds" | "secondsPerDay" | "peakMemoryMb"> {
  readonly ownPeakMemoryKib: number;
}

export interface Ran {
  readonly job: Job;
  readonly outcome: JobOutcome;
}

/** Rounded to what is worth keeping; in the order of the plan, whatever order the runs had. */
export function resultsFrom(ran: readonly Ran[], { ownPeakMemoryKib, ...about }: RunSetting): Results {
  const base = ran.filter(({ job }) => job.variant === "base");
  const facts = new Map(base.map(({ outcome }) => [outcome.facts.trace, outcome.facts]));
  const curves = new Map<string, Curve & { points: [string, number, number][] }>();
  for (const { job, outcome } of ran) {
    const { trace, scaler, variant, setting } = job;
    if (scaler.startsWith(`${CONTROLLER}:`)) continue;
    const key = [trace, scaler, variant].join(" ");
    const curve = curves.get(key) ?? { trace, scaler, variant, points: [] };
    const { taskHours, violatingShare } = outcome.score;
    curve.points.push([textOf(setting), taskHours, violatingShare]);
    curves.set(key, curve);
  }
  const cpuSeconds = Math.round(ran.reduce((sum, { outcome }) => sum + outcome.cpuSeconds, 0));
  const workerKib = Math.max(...ran.map(({ outcome }) => outcome.peakMemoryKib));
  const peakMemoryMb = (ownPeakMemoryKib + about.workers * workerKib) / 1024;
  const results: Results = {
    about: { ...about, runs: ran.length, cpuSeconds, peakMemoryMb, secondsPerDay: secondsPerDay(base) },
    traces: [...facts.values()],
    defaults: base.filter(({ job }) => job.setting === undefined).map((each) => rowOf(each, base)),
    curves: [...curves.values()],
  };
  return rounded(results) as Results;
}

function rowOf({ job: { trace, scaler }, outcome }: Ran, base: readonly Ran[]): ResultRow {
  const yardstick = base.find(({ job }) => job.trace === trace && job.scaler === ORACLE && job.setting === undefined)
    ?.outcome.score.costUsd;
  const { parameters, score } = outcome;
  const costVsOracle = yardstick !== undefined && yardstick > 0 ? score.costUsd / yardstick : null;
  return { trace, scaler, parameters, ...score, costVsOracle, run: "default" };
}

function secondsPerDay(base: readonly Ran[]): Record<string, number> {
  const each = new Map<string, number[]>();
  for (const { job, outcome } of base)
    if (job.setting === undefined)
      each.set(job.scaler, [...(each.get(job.scaler) ?? []), outcome.cpuSeconds / outcome.facts.days]);
  return Object.fromEntries([...each].map(([scaler, values]) => [scaler, median(values)]));
}

/** The upper one of two in the middle; NaN of nothing. */
export function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

/** Numbers with six digits. */
function rounded(value: unknown): unknown {
  if (typeof value === "number") return Number(value.toPrecision(6));
  if (Array.isArray(value)) return value.map(rounded);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, rounded(each)]));
}

/** A row a line, so that two versions can be compared. */
export function resultsText({ about, ...lists }: Results): string {
  const part = ([name, rows]: [string, readonly unknown[]]): string =>
    `${JSON.stringify(name)}: [\n${rows.map((row) => JSON.stringify(row)).join(",\n")}\n]`;
  return `{\n"about": ${JSON.stringify(about)},\n${Object.entries(lists).map(part).join(",\n")}\n}\n`;
}

/** A scaler's settings on a trace as points, or none. */
export function curveOf(
  results: Results,
  scaler: string,
  trace: string,
  variant: VariantName = "base",
): readonly Tradeoff[] {
  const curve = results.curves.find(
    (each) => each.scaler === scaler && each.trace === trace && each.variant === variant,
  );
  return (curve?.points ?? []).map(([, taskHours, violatingShare]) => ({ taskHours, violatingShare }));
}

/** Those that were swept on this trace, in the order of the plan. */
export function hasSweep(results: Results, scaler: string, trace: string): boolean {
  return curveOf(results, scaler, trace).length > 1;
}
