import { InputError } from "../domain/model/errors.ts";
import type { Resources } from "../domain/model/resources.ts";
import { DrawMemory } from "../simulation/arrivals.ts";
import type { Publication } from "../simulation/meter.ts";
import { DEFAULT_PROFILE, type ServiceProfile } from "../simulation/profile.ts";
import type { Discipline } from "../simulation/queueing.ts";
import { DEFAULT_LIFECYCLE, type Lifecycle } from "../simulation/tasks.ts";
import { factorForTasks, type Trace } from "../simulation/trace.ts";
import { DemandCurve } from "./demand-curve.ts";

/** One load on one service: what every scaler is put before, with the same draws. */
export interface Scenario {
  readonly name: string;
  readonly seed: number;
  readonly startMs: number;
  readonly endMs: number;
  /** Before it nothing is scored: seasonal methods learn. */
  readonly scoredFromMs: number;
  /** Length of a step of the world, milliseconds. */
  readonly stepMs: number;
  readonly trace: Trace;
  /** Operations per second for one unit of the trace. */
  readonly factor: number;
  readonly size: Resources;
  readonly profile: ServiceProfile;
  readonly lifecycle: Lifecycle;
  /** Share of the operations of a moment that must be in time, 0..1. */
  readonly sloShare: number;
  readonly tasksMin: number;
  readonly tasksMax: number;
  readonly tasksAtStart: number;
  readonly demand: DemandCurve;
  /** Arrivals that were drawn in one run, for all others. */
  readonly drawn: DrawMemory;
}

export interface ScenarioOptions {
  readonly seed?: number | undefined;
  /** Tasks that the trace's 99th percentile keeps busy. Default 30. */
  readonly peakTasks?: number | undefined;
  /** Promised response time, milliseconds. Default: four service times. */
  readonly sloMs?: number | undefined;
  readonly discipline?: Discipline | undefined;
  readonly lifecycle?: Partial<Lifecycle> | undefined;
}

const DAY_MS = 86_400_000;
/** A Monday, so that the weekly season of reports is easy to read; the trace's own dates do not matter. */
const START_MS = Date.UTC(2026, 0, 5);
const WARM_UP_MAX_MS = 7 * DAY_MS;
/** Of the world, milliseconds. */
export const STEP_MS = 5000;
/** One vCPU and 2 GiB: the CPU is what an operation needs, memory never binds. */
const TASK: Resources = { cpu: 1000, memory: 2000, network: 100, storage: 0 };
/** CPU time of one operation on its task. */
const SERVICE_MS = 100;
const SLO_SHARE = 0.95;
/** As a multiple of the tasks that the 99th percentile keeps busy: room for what lies above it. */
const TASKS_MAX = 4;

/**
 * The same service for every trace: an operation is 100 ms of CPU on a task of one vCPU, at most four times as long may
 * pass for 95 of 100, and the load is scaled so that its 99th percentile keeps `peakTasks` tasks busy.
 *
 * @throws InputError when no number of tasks can meet the promise, or the trace is too short to be scored.
 */
export function scenarioOf(name: string, trace: Trace, options: ScenarioOptions = {}): Scenario {
  const { seed = 1, peakTasks = 30, sloMs = 4 * SERVICE_MS, discipline = "queue" } = options;
  const level = { taskRequestsPerSecond: 1000 / SERVICE_MS, sloMs, share: SLO_SHARE };
  const problems: string[] = [];
  if (!DemandCurve.isAttainable(level))
    problems.push(
      `${sloMs} ms for ${SLO_SHARE * 100} % cannot be met with any number of tasks: an operation alone takes ${SERVICE_MS} ms in the mean, and ${Math.ceil(-SERVICE_MS * Math.log(1 - SLO_SHARE)) + 1} ms is the least for that share`,
    );
  const lengthMs = trace.values.length * trace.stepMs;
  if (lengthMs < 2 * 3_600_000)
    problems.push(`the trace is ${Math.round(lengthMs / 60_000)} minutes long; two hours are the least to be scored`);
  if (problems.length > 0) throw new InputError(`no backtest on ${name}`, problems);
  const factor = factorForTasks(trace, { tasks: peakTasks, opsPerTask: level.taskRequestsPerSecond });
  const demand = new DemandCurve(level);
  const steps = Math.floor(lengthMs / STEP_MS);
  return {
    name,
    seed,
    startMs: START_MS,
    endMs: START_MS + steps * STEP_MS,
    scoredFromMs: START_MS + Math.min(WARM_UP_MAX_MS, Math.floor(lengthMs / 2 / STEP_MS) * STEP_MS),
    stepMs: STEP_MS,
    trace,
    factor,
    size: TASK,
    profile: {
      ...DEFAULT_PROFILE,
      cpuMsPerOp: SERVICE_MS,
      ioMsPerOp: 0,
      idleCpuMilli: 0,
      networkMbitPerOp: 0,
      workingSetMilliPerRate: 0,
      baseMemoryMilli: 800,
      memoryMilliPerOpInFlight: 0,
      storageGrowthMilliPerHour: 0,
      memoryGrowthMilliPerHour: 0,
      baseErrorFraction: 0,
      discipline,
      sloMs,
    },
    lifecycle: { ...DEFAULT_LIFECYCLE, ...options.lifecycle },
    sloShare: SLO_SHARE,
    tasksMin: 1,
    tasksMax: TASKS_MAX * peakTasks,
    tasksAtStart: Math.min(TASKS_MAX * peakTasks, 2 * demand.tasksFor((trace.values[0] ?? 0) * factor)),
    demand,
    drawn: new DrawMemory({ startMs: START_MS, stepMs: STEP_MS, steps }),
  };
}

/**
 * When metrics of a period can be read: 20 to 25 s after its end, whether it has 20 or 60 seconds, for every scaler alike. What
 * AWS's own target tracking waits for beyond that is a parameter of those peers (evaluationDelaySeconds); docs/backtest.md has
 * the calibration.
 */
export const PUBLICATION: Publication = { delayMs: 20_000, jitterMs: 5_000 };
