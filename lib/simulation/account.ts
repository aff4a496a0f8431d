import type { Resources } from "../domain/model/resources.ts";

/**
 * What a service used and how it served, since the start of the simulation. A task is paid from the start of its pull to the
 * end of its drain, at least one minute. Prices are on-demand AWS Fargate, Linux/x86, us-east-1, per hour, from
 * https://aws.amazon.com/fargate/pricing/ ; a service on EC2 capacity is given the same prices, as a yardstick.
 */
export const PRICES = {
  perVcpuHour: 0.04048,
  perGibHour: 0.004445,
  /** Ephemeral storage above the 20 GiB that are free. */
  perStorageGibHour: 0.000111,
} as const;

export const BILLED_MIN_MS = 60_000;

export interface Account {
  /** Milliseconds of tasks; the next three are milli-units times milliseconds. */
  taskMs: number;
  cpuMs: number;
  memoryMs: number;
  storageMs: number;
  /** Operations since the start. `late` are finished ones slower than the profile's SLO. */
  finished: number;
  failed: number;
  late: number;
  /** Tasks killed for want of memory. */
  kills: number;
}

export function emptyAccount(): Account {
  return { taskMs: 0, cpuMs: 0, memoryMs: 0, storageMs: 0, finished: 0, failed: 0, late: 0, kills: 0 };
}

/** Adds `ms` of task time at this size. */
export function chargeTask(account: Account, size: Resources, ms: number): void {
  account.taskMs += ms;
  account.cpuMs += size.cpu * ms;
  account.memoryMs += size.memory * ms;
  account.storageMs += size.storage * ms;
}

export interface Bill {
  readonly taskHours: number;
  readonly dollars: number;
}

/** Example: one task of 1 vCPU and 2 GiB for an hour is 0.04048 + 2 x 0.004445 = 0.04937 dollars. */
export function billOf({ taskMs, cpuMs, memoryMs, storageMs }: Account): Bill {
  const milliHours = 1000 * 3_600_000;
  const dollars =
    (cpuMs * PRICES.perVcpuHour + memoryMs * PRICES.perGibHour + storageMs * PRICES.perStorageGibHour) / milliHours;
  return { taskHours: taskMs / 3_600_000, dollars };
}
