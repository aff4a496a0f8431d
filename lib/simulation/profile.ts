import type { Resources } from "../domain/model/resources.ts";
import type { Discipline } from "./queueing.ts";

/**
 * What an operation and a task of one service cost. An operation takes `ioMsPerOp` of waiting on others plus `cpuMsPerOp` of
 * work on one worker. A worker is at most `workerMilli` of CPU: a task below that is one slower worker, a task above it is
 * size / workerMilli workers. The rate of a task is cpu / cpuMsPerOp in both cases: half the CPU does half the operations.
 */
export interface ServiceProfile {
  /** CPU time of one operation, milliseconds on 1 vCPU. */
  readonly cpuMsPerOp: number;
  /** The most CPU that one operation can use, milli-vCPU. */
  readonly workerMilli: number;
  /** Time of one operation that needs no CPU of ours (calls to others), milliseconds. */
  readonly ioMsPerOp: number;
  /** CPU of a running task without load, milli-vCPU. */
  readonly idleCpuMilli: number;
  /** How the operations share the workers: one queue, or each worker on its own. */
  readonly discipline: Discipline;
  /** Variance of the arrivals over their mean: 1 is Poisson, 0 exactly the load, more is bursty inside the minute. */
  readonly dispersion: number;

  /** Memory of a task without load, milli-GiB. */
  readonly baseMemoryMilli: number;
  /** Memory that the service needs once over all its tasks, whatever the load (a data set they divide), milli-GiB. */
  readonly fixedMemoryMilli: number;
  /** Memory of each operation being worked on or waiting, milli-GiB. */
  readonly memoryMilliPerOpInFlight: number;
  /** Caches and sessions: memory for each operation per second of the load's recent mean, milli-GiB. */
  readonly workingSetMilliPerRate: number;
  /** Time constant of that recent mean, minutes. */
  readonly workingSetMinutes: number;
  /** Slow growth of each task with its age, milli-GiB an hour; a restart takes it back. */
  readonly memoryGrowthMilliPerHour: number;
  /** Where that growth ends, milli-GiB a task. */
  readonly memoryGrowthMaxMilli: number;

  /** Traffic of one operation, Mbit (so Mbit x operations/s = milli-Gbit/s). */
  readonly networkMbitPerOp: number;
  /** Traffic of a running task without load, milli-Gbit/s. */
  readonly idleNetworkMilli: number;

  /** Disk of a new task (image and libraries), milli-GiB. */
  readonly baseStorageMilli: number;
  /** Logs and temporary files of each task, milli-GiB an hour, until the next clean-up. */
  readonly storageGrowthMilliPerHour: number;
  /** Age of a task at its clean-ups, hours: every so often the growth falls back to zero. */
  readonly cleanupHours: number;

  /** Share of operations that fail at any load, 0..1. */
  readonly baseErrorFraction: number;
  /** An operation that would wait longer fails, milliseconds. */
  readonly timeoutMs: number;
  /** Operations that may wait; more are turned away at once and fail. */
  readonly queueLimit: number;
  /** Operations slower than this count as late in the account, milliseconds. */
  readonly sloMs: number;
}

export const DEFAULT_PROFILE: ServiceProfile = {
  cpuMsPerOp: 40,
  workerMilli: 1000,
  ioMsPerOp: 20,
  idleCpuMilli: 5,
  discipline: "queue",
  dispersion: 1,
  baseMemoryMilli: 150,
  fixedMemoryMilli: 0,
  memoryMilliPerOpInFlight: 0.2,
  workingSetMilliPerRate: 10,
  workingSetMinutes: 15,
  memoryGrowthMilliPerHour: 1,
  memoryGrowthMaxMilli: 15,
  networkMbitPerOp: 0.5,
  idleNetworkMilli: 1,
  baseStorageMilli: 4000,
  storageGrowthMilliPerHour: 400,
  cleanupHours: 12,
  baseErrorFraction: 0.001,
  timeoutMs: 30_000,
  queueLimit: 1000,
  sloMs: 1000,
};

/** Operations per second that one task of this size can finish at 100 % CPU. */
export function opsPerTask(profile: Pick<ServiceProfile, "cpuMsPerOp">, size: Resources): number {
  return size.cpu / profile.cpuMsPerOp;
}
