import { FREE_STORAGE_MILLI, type Resources } from "../domain/model/resources.ts";
import type { ServiceProfile } from "./profile.ts";
import { responseTail, type Station, stepQueue } from "./queueing.ts";

/**
 * One step of load on capacity: what is finished, what fails, how long it takes, and what it uses. Measured CPU cannot exceed
 * what the running tasks have, so a shortage shows as queue and errors, not as more than 100 %.
 */
export interface Capacity {
  /** Running and healthy tasks. */
  readonly tasks: number;
  /** Sum over those tasks. */
  readonly total: Resources;
  /** Workers over those tasks, may be fractional. */
  readonly workers: number;
  /** Grown memory over those tasks, milli-GiB. */
  readonly grownMemory: number;
  /** Grown storage over those tasks, milli-GiB. */
  readonly grownStorage: number;
}

/** What the next step needs of the last one. Plain numbers. */
export interface DemandState {
  /** Mean queue of the fluid model, operations. */
  queue: number;
  /** Operations drawn but not yet finished beyond that queue: keeps the count of operations exact. */
  carry: number;
  /** Recent mean of the finished rate, for the working set; operations/s. */
  recentRate: number;
  /** Memory wanted over memory had, of the last step. */
  memoryFraction: number;
}

export interface DemandStep {
  readonly finished: number;
  readonly failed: number;
  /** Finished, but later than the profile's SLO. */
  readonly late: number;
  /** Mean response of the operations finished in this step. */
  readonly responseMs: number;
  readonly cpuUsed: number;
  readonly memoryUsed: number;
  readonly networkUsed: number;
  readonly storageUsed: number;
  readonly queue: number;
  /** The tasks want more memory than they have. */
  readonly outOfMemory: boolean;
}

export function restingDemand(rate: number): DemandState {
  return { queue: 0, carry: 0, recentRate: rate, memoryFraction: 0 };
}

/** Workers of one task: one below `workerMilli`, in proportion above it. */
export function workersOf(profile: ServiceProfile, cpuMilli: number): number {
  return Math.max(1, cpuMilli / profile.workerMilli);
}

/** What a step is given. */
export interface Offer {
  readonly profile: ServiceProfile;
  readonly capacity: Capacity;
  /** Expected operations per second: moves the queue. */
  readonly rate: number;
  /** Operations that came in this step: are counted, worked on and finished. */
  readonly arrivals: number;
  readonly stepMs: number;
  /** A standard normal draw for the sampling error of the mean response. Default 0. */
  readonly noise?: number;
}

export function stepDemand(
  state: DemandState,
  { profile, capacity, rate, arrivals, stepMs, noise = 0 }: Offer,
): DemandStep {
  const seconds = stepMs / 1000;
  if (capacity.tasks === 0) return failAll(state, arrivals);

  const slowdown = slowdownOf(state.memoryFraction);
  const perSecond = opsCapacity(profile, capacity, slowdown);
  const station: Station = { servers: capacity.workers, serviceRate: perSecond / capacity.workers, arrivalRate: rate };
  const before = state.queue;
  const step = stepQueue(before, station, seconds, profile.discipline);

  // Who waits too long, or finds the queue full, fails instead of waiting.
  const queueMax = Math.min(profile.queueLimit, (perSecond * profile.timeoutMs) / 1000);
  const queue = Math.min(step.queue, queueMax);
  const gaveUp = step.queue - queue;
  const pool = Math.max(0, state.carry + arrivals - gaveUp - (queue - before));
  let served = Math.min(pool, perSecond * seconds);
  state.carry = state.carry + arrivals - gaveUp - (queue - before) - served;
  state.queue = queue;
  if (rate >= perSecond) {
    // At capacity there is no slack in which to catch up: chance excess waits like the rest, and nobody idles while some wait.
    // Where far fewer came than gave up on average, the difference is still owed.
    const waiting = Math.max(0, state.queue + state.carry);
    const more = Math.min(waiting, perSecond * seconds - served);
    state.carry = Math.min(0, state.queue + state.carry);
    state.queue = waiting - more;
    served += more;
  }

  const wait = Math.min(step.wait, profile.timeoutMs / 1000);
  const failing = failingFraction(profile, state.memoryFraction, capacity);
  const finished = served * (1 - failing);
  // The mean of n random times with a deviation about as large as their mean is off by 1 / sqrt(n); the backlog is everyone's.
  const sampling = Math.max(0.2, 1 + noise * Math.sqrt(profile.dispersion / Math.max(1, served)));
  const backlog = Math.min(wait, step.backlogWait);
  const response = profile.ioMsPerOp / 1000 + backlog + (wait - backlog + 1 / station.serviceRate) * sampling;
  const late = finished * lateFraction(profile, station, step.waits, step.backlogWait);

  const servedRate = served / seconds;
  state.recentRate += (servedRate - state.recentRate) * -Math.expm1(-stepMs / (profile.workingSetMinutes * 60_000));
  const wanted = memoryWanted(profile, capacity, state.recentRate, queue + servedRate * (response - wait));
  state.memoryFraction = wanted / capacity.total.memory;
  return {
    finished,
    failed: gaveUp + served * failing,
    late,
    responseMs: response * 1000,
    cpuUsed: Math.min(
      capacity.total.cpu,
      servedRate * profile.cpuMsPerOp * slowdown + profile.idleCpuMilli * capacity.tasks,
    ),
    memoryUsed: Math.min(capacity.total.memory, wanted),
    networkUsed: networkUsed(profile, capacity, servedRate),
    storageUsed: Math.min(storageSize(capacity), storageWanted(profile, capacity)),
    queue,
    outOfMemory: wanted > capacity.total.memory,
  };
}

/** No task serves: everything that waits or arrives fails at once, as behind a balancer without targets. */
function failAll(state: DemandState, arrivals: number): DemandStep {
  const failed = Math.max(0, state.queue + state.carry + arrivals);
  state.queue = 0;
  state.carry = 0;
  state.memoryFraction = 0;
  return {
    finished: 0,
    failed,
    late: 0,
    responseMs: 0,
    cpuUsed: 0,
    memoryUsed: 0,
    networkUsed: 0,
    storageUsed: 0,
    queue: 0,
    outOfMemory: false,
  };
}

/** From 95 % of the memory on work takes longer (collection, paging): 1 at 95 %, 2 at 100 % and beyond. */
function slowdownOf(memoryFraction: number): number {
  return 1 + Math.min(1, Math.max(0, (memoryFraction - 0.95) / 0.05));
}

/** Operations per second of all tasks: what CPU allows, or the network where that is less. Network 0 means not limited. */
function opsCapacity(profile: ServiceProfile, { total, tasks }: Capacity, slowdown: number): number {
  const byCpu = total.cpu / (profile.cpuMsPerOp * slowdown);
  if (total.network === 0 || profile.networkMbitPerOp === 0) return byCpu;
  return Math.min(byCpu, Math.max(0.01, (total.network - profile.idleNetworkMilli * tasks) / profile.networkMbitPerOp));
}

/** Base errors; beyond 100 % of the memory up to half of all; a fifth while the disk is full. */
function failingFraction(profile: ServiceProfile, memoryFraction: number, capacity: Capacity): number {
  const memory = Math.min(0.5, Math.max(0, memoryFraction - 1) * 2);
  const disk = storageWanted(profile, capacity) > storageSize(capacity) ? 0.2 : 0;
  return Math.min(1, profile.baseErrorFraction + memory + disk);
}

/** P(response > SLO): the constant parts shift the tail of the random one. Sharing is taken as exponential with mean S / (1 - rho). */
function lateFraction(profile: ServiceProfile, station: Station, waits: number, backlogWait: number): number {
  const left = profile.sloMs / 1000 - profile.ioMsPerOp / 1000 - backlogWait;
  if (left <= 0) return 1;
  const load = station.arrivalRate / (station.servers * station.serviceRate);
  if (load >= 1) return Math.exp(-station.serviceRate * left);
  if (profile.discipline === "sharing") return Math.exp(-station.serviceRate * (1 - load) * left);
  return responseTail(station, left, waits);
}

function memoryWanted(
  profile: ServiceProfile,
  { tasks, grownMemory }: Capacity,
  recentRate: number,
  inFlight: number,
): number {
  return (
    profile.baseMemoryMilli * tasks +
    profile.fixedMemoryMilli +
    profile.workingSetMilliPerRate * recentRate +
    profile.memoryMilliPerOpInFlight * inFlight +
    grownMemory
  );
}

function networkUsed(profile: ServiceProfile, { total, tasks }: Capacity, servedRate: number): number {
  const used = servedRate * profile.networkMbitPerOp + profile.idleNetworkMilli * tasks;
  return total.network === 0 ? used : Math.min(total.network, used);
}

function storageWanted(profile: ServiceProfile, { tasks, grownStorage }: Capacity): number {
  return profile.baseStorageMilli * tasks + grownStorage;
}

function storageSize({ total, tasks }: Capacity): number {
  return total.storage + FREE_STORAGE_MILLI * tasks;
}
