import { InputError } from "../domain/model/errors.ts";
import type { Trace } from "../simulation/trace.ts";
import { aggregate } from "./aggregate.ts";
import { averagedTrace } from "./averaged-trace.ts";
import { paretoFront } from "./pareto.ts";
import { Recorder, type Recording } from "./recording.ts";
import type { BacktestResult, TraceFacts, TraceFront } from "./result.ts";
import type { ResultRow } from "./result-row.ts";
import type { Parameters } from "./scaler.ts";
import type { BacktestScaler, ExplainedDecision } from "./scaler-run.ts";
import { BASELINE, ORACLE, PEER_SCALERS } from "./scalers.ts";
import { type Scenario, type ScenarioOptions, STEP_MS, scenarioOf } from "./scenario.ts";
import type { Step } from "./stage.ts";

export interface BacktestRequest {
  readonly traces: readonly NamedTrace[];
  readonly scalers: readonly BacktestScaler[];
  /** Run each also with its main knob at each value of its sweep. */
  readonly sweep: boolean;
  readonly scenario: ScenarioOptions & { readonly seed: number };
  readonly progress?: BacktestProgress | undefined;
  /** Told of the course of each run with defaults, for plots. */
  readonly record?: ((run: RecordedRun) => void) | undefined;
}
export interface NamedTrace {
  readonly name: string;
  readonly trace: Trace;
}

/** Told how far a backtest is. */
export interface BacktestProgress {
  /** Before each run: what is run, and how many of all runs are done. */
  begin(what: string, done: number, of: number): void;
  /** Now and then during it: the part of this run that is done, 0..1. */
  advance(part: number): void;
  end(): void;
}

export interface RecordedRun {
  readonly trace: string;
  readonly scaler: string;
  readonly recording: Recording;
  readonly decisions: readonly ExplainedDecision[];
}

/**
 * Runs every scaler over every trace, with the same draws, and scores what the users of the service would have seen.
 *
 * @throws InputError with the problems of all traces at once, before anything is run.
 */
export async function backtest({
  traces,
  scalers,
  sweep,
  scenario: options,
  progress,
  record,
}: BacktestRequest): Promise<BacktestResult> {
  const scenarios = scenariosOf(traces, options);
  const jobs = scenarios.flatMap((scenario) => [
    oracleJob(scenario),
    ...scalers.flatMap((scaler) => jobsOf(scenario, scaler, sweep)),
  ]);
  const results: ResultRow[] = [];
  let oracleCost = Number.NaN;
  for (const [done, job] of jobs.entries()) {
    const { scenario, scaler, parameters, knob } = job;
    const setting = knob === undefined ? "" : ` ${knob.parameter} ${knob.value}`;
    progress?.begin(`${scenario.name}: ${scaler.name}${setting}`, done, jobs.length);
    const recorder = record !== undefined && knob === undefined ? new Recorder(scenario) : undefined;
    const run = await scaler.run(scenario, parameters, watcherOf(scenario, recorder, progress));
    if (jobs[done + 1]?.scenario !== scenario) scenario.drawn.forget();
    if (job.isYardstick) {
      oracleCost = run.score.costUsd;
      if (!scalers.includes(scaler)) continue;
    }
    results.push(rowOf(job, run, oracleCost));
    if (recorder !== undefined)
      record?.({
        trace: scenario.name,
        scaler: scaler.name,
        recording: recorder.result(),
        decisions: run.decisions ?? [],
      });
  }
  progress?.end();
  const ordered = inOrder(results, scenarios, scalers);
  return {
    seed: options.seed,
    results: ordered,
    aggregate: aggregate(ordered, {
      seed: options.seed,
      baseline: BASELINE,
      oracle: ORACLE,
      isOurs: (name) => scalers.some((scaler) => scaler.name === name && scaler.isOurs),
    }),
    traces: traces.map(({ trace }, at) => factsOf(scenarios[at] as Scenario, trace)),
    fronts: traces.map(({ name }) => frontOf(name, ordered)),
  };
}

interface Job {
  readonly scenario: Scenario;
  readonly scaler: BacktestScaler;
  readonly parameters: Parameters;
  readonly knob?: ResultRow["knob"];
  /** The oracle with its defaults: what costs are over, run whether it was asked for or not. */
  readonly isYardstick?: boolean;
}

function oracleJob(scenario: Scenario): Job {
  const scaler = PEER_SCALERS.find(({ name }) => name === ORACLE) as BacktestScaler;
  return { scenario, scaler, parameters: {}, isYardstick: true };
}

function jobsOf(scenario: Scenario, scaler: BacktestScaler, sweep: boolean): readonly Job[] {
  const { parameter, values } = scaler.sweep;
  const defaults: readonly Job[] = scaler.name === ORACLE ? [] : [{ scenario, scaler, parameters: {} }];
  if (!sweep) return defaults;
  return [
    ...defaults,
    ...values.map((value) => ({ scenario, scaler, parameters: { [parameter]: value }, knob: { parameter, value } })),
  ];
}

function rowOf(
  { scenario, scaler, knob }: Job,
  { parameters, score }: Awaited<ReturnType<BacktestScaler["run"]>>,
  oracleCost: number,
): ResultRow {
  const { requests, violatingShare, violationSeconds, p95Ms, taskHours, costUsd, thetaU, thetaO, tauU, tauO } = score;
  const { instability, sigma, scaleActions, reversals, taskStarts, ...further } = score;
  return {
    trace: scenario.name,
    scaler: scaler.name,
    parameters,
    requests,
    violatingShare,
    violationSeconds,
    p95Ms,
    taskHours,
    costUsd,
    costVsOracle: oracleCost > 0 ? costUsd / oracleCost : null,
    thetaU,
    thetaO,
    tauU,
    tauO,
    instability,
    sigma,
    scaleActions,
    reversals,
    taskStarts,
    lateShare: further.lateShare,
    longestViolationSeconds: further.longestViolationSeconds,
    p50Ms: further.p50Ms,
    p99Ms: further.p99Ms,
    recoverySeconds: further.recoverySeconds,
    run: knob === undefined ? "default" : "sweep",
    knob,
  };
}

function frontOf(trace: string, results: readonly ResultRow[]): TraceFront {
  const rivals = results.filter((row) => row.trace === trace && row.scaler !== ORACLE);
  const points = paretoFront(rivals).map(({ scaler, knob, taskHours, violatingShare }) => {
    return { scaler, knob, taskHours, violatingShare };
  });
  return { trace, points };
}

const WATCHED_STEPS = 5000;

function watcherOf(
  { startMs, endMs, stepMs }: Scenario,
  recorder: Recorder | undefined,
  progress: BacktestProgress | undefined,
): (step: Step) => void {
  return (step) => {
    recorder?.add(step);
    if (((step.startMs - startMs) / stepMs) % WATCHED_STEPS === 0)
      progress?.advance((step.startMs - startMs) / (endMs - startMs));
  };
}

/** As asked for, whatever order the runs had. */
function inOrder(
  results: readonly ResultRow[],
  scenarios: readonly Scenario[],
  scalers: readonly BacktestScaler[],
): readonly ResultRow[] {
  return scenarios.flatMap(({ name }) =>
    scalers.flatMap((scaler) => results.filter((row) => row.trace === name && row.scaler === scaler.name)),
  );
}

function scenariosOf(traces: readonly NamedTrace[], options: ScenarioOptions): readonly Scenario[] {
  const problems = new Map<string, string[]>();
  const add = (problem: string, name: string): unknown =>
    problems.set(problem, [...(problems.get(problem) ?? []), name]);
  const scenarios = traces.flatMap(({ name, trace }) => {
    try {
      return [scenarioOf(name, averagedTrace(trace, STEP_MS), options)];
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      for (const problem of error.problems) add(problem, name);
      return [];
    }
  });
  const names = traces.map(({ name }) => name);
  for (const name of new Set(names.filter((each, at) => names.indexOf(each) !== at))) add("named more than once", name);
  if (problems.size > 0)
    throw new InputError(
      "no backtest on this",
      [...problems].map(([problem, of]) => `${of.join(", ")}: ${problem}`),
    );
  return scenarios;
}

const DAY_MS = 86_400_000;

function factsOf({ name, factor, startMs, scoredFromMs, endMs }: Scenario, trace: Trace): TraceFacts {
  return {
    trace: name,
    days: (endMs - startMs) / DAY_MS,
    stepSeconds: trace.stepMs / 1000,
    heldValues: trace.heldValues,
    factor,
    warmUpDays: (scoredFromMs - startMs) / DAY_MS,
    scoredHours: (endMs - scoredFromMs) / 3_600_000,
  };
}
