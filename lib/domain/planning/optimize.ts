/**
 * Right-sizing: the cheapest allocation that serves the peak of an evidence window as well as the present one. Decides only
 * the allocation; whether the evidence suffices is the caller's judgement. A use that is not known keeps its resource.
 */
import type { ComponentPolicy } from "../model/policy.ts";
import {
  type Allocation,
  FREE_STORAGE_MILLI,
  mapResources,
  RESOURCE_NAMES,
  type ResourceName,
  type Resources,
} from "../model/resources.ts";
import { capacityOf, highestTotal, isKnown, neededCapacity, roundedUp } from "./bounds.ts";
import { SHAPES_BY_PRICE } from "./fargate-shapes.ts";
import { FARGATE_STORAGE_MAX, FARGATE_STORAGE_STEP } from "./fargate-sizes.ts";
import { costPerHour } from "./prices.ts";

export interface OptimizeRequest {
  readonly policy: ComponentPolicy;
  readonly current: Allocation;
  /** Highest absolute use over all tasks in the evidence window, milli-units; what is unknown is not reduced. */
  readonly peak: Partial<Resources>;
  /** Highest use over allocation, 0..1, where a target names one. */
  readonly ceilings: Partial<Resources>;
  /** Capacity kept above the peak: 0.2 keeps 20 %. */
  readonly headroom: number;
  /** Least saving as a share of the present price, 0..1. */
  readonly savingMin: number;
  /** What the fleet's limits leave, as in PlanRequest: bounds what grows. */
  readonly room: Resources;
}

export interface Optimization {
  readonly allocation: Allocation;
  /** Dollars per hour, > 0. */
  readonly savingPerHour: number;
  /** Saving over the present price, 0..1. */
  readonly share: number;
}

/**
 * The cheapest allocation of equal service: in every resource peak x (1 + headroom), what the ceilings ask for and the minima;
 * below the maxima and within room; never fewer than two tasks where there are two. EC2 keeps the number of tasks and
 * sizes CPU and memory exactly (network follows the tasks, storage cannot be set there); on Fargate number and shape vary,
 * or the number alone where tasks are not resized. undefined when nothing saves at least `savingMin`.
 */
export function planOptimize(request: OptimizeRequest): Optimization | undefined {
  const { policy, current, savingMin } = request;
  const price = costPerHour(current);
  if (current.tasks === 0 || price === 0) return undefined;
  const needed = mapResources((name) => neededFor(request, name));
  let cheapest: Allocation | undefined;
  let lowest = price;
  const candidates = policy.compute === "ec2" ? exactSizes(request, needed) : shapesOf(request, needed);
  for (const each of candidates) {
    const cost = costPerHour(each);
    // Equal prices differ by rounding noise only; the first, which is nearest to the present number of tasks, stays.
    if (cost >= lowest - 1e-9 || !allowed(request, each)) continue;
    cheapest = each;
    lowest = cost;
  }
  if (cheapest === undefined) return undefined;
  const share = (price - lowest) / price;
  return share + 1e-9 < savingMin ? undefined : { allocation: cheapest, savingPerHour: price - lowest, share };
}

/** Lowest capacity (storage: the free part included) over all tasks that is equal service, milli-units. */
function neededFor({ policy, current, peak, ceilings, headroom }: OptimizeRequest, name: ResourceName): number {
  const now = current.tasks * capacityOf(current.size, name);
  const use = peak[name];
  if (!isKnown(use)) return now;
  const served = Math.max(roundedUp(use * (1 + headroom)), neededCapacity(peak, ceilings, name));
  return name === "storage" ? served : Math.max(served, policy.min[name]);
}

/** The present number of tasks, each exactly as large as needed; none where tasks are not resized. */
function exactSizes({ policy, current }: OptimizeRequest, needed: Resources): Allocation[] {
  if (!policy.resize) return [];
  const { tasks, size } = current;
  const share = (name: "cpu" | "memory"): number => Math.max(1, Math.ceil(needed[name] / tasks));
  // Ephemeral storage can be set on Fargate only: RegisterTaskDefinition refuses it for EC2.
  return [{ tasks, size: { ...size, cpu: share("cpu"), memory: share("memory") } }];
}

/** Redundancy is part of the service: where there are so many tasks, there are no fewer. */
const REDUNDANT = 2;

function shapesOf(request: OptimizeRequest, needed: Resources): Allocation[] {
  return request.policy.resize ? fargateShapes(request, needed) : [fewestTasks(request, needed)];
}

/** The fewest tasks of the present size that serve. */
function fewestTasks({ policy, current }: OptimizeRequest, needed: Resources): Allocation {
  const { tasks: now, size } = current;
  const serving = RESOURCE_NAMES.map((name) => {
    const capacity = capacityOf(size, name);
    return capacity > 0 ? Math.ceil(needed[name] / capacity) : 0;
  });
  const stored = size.storage > 0 ? Math.ceil(policy.min.storage / size.storage) : 0;
  return { tasks: Math.max(policy.tasksMin, Math.min(now, REDUNDANT), stored, ...serving), size };
}

/** For every Fargate shape the fewest tasks that serve, the shapes that keep the number of tasks nearest first. */
function fargateShapes({ policy, current }: OptimizeRequest, needed: Resources): Allocation[] {
  const { tasks: now, size } = current;
  const fewest = Math.max(policy.tasksMin, Math.min(now, REDUNDANT));
  const networkTasks = size.network > 0 ? needed.network / size.network : 0;
  const found: Allocation[] = [];
  for (const shape of SHAPES_BY_PRICE) {
    // Memory does not spread like load does: a task may need as much as it needs today, however many there are.
    if (shape.memory < Math.min(needed.memory / now, size.memory)) continue;
    const tasks = Math.max(
      fewest,
      Math.ceil(needed.cpu / shape.cpu),
      Math.ceil(needed.memory / shape.memory),
      Math.ceil(networkTasks),
      Math.ceil(needed.storage / (FREE_STORAGE_MILLI + FARGATE_STORAGE_MAX)),
      Math.ceil((needed.storage - policy.max.storage) / FREE_STORAGE_MILLI),
    );
    const perTask = Math.max(needed.storage / tasks - FREE_STORAGE_MILLI, policy.min.storage / tasks, 0);
    const storage = Math.ceil(perTask / FARGATE_STORAGE_STEP) * FARGATE_STORAGE_STEP;
    found.push({ tasks, size: { cpu: shape.cpu, memory: shape.memory, network: size.network, storage } });
  }
  return found.sort((a, b) => Math.abs(a.tasks - now) - Math.abs(b.tasks - now));
}

/** Within maxima and room in everything that grows; what stays or shrinks is no worse than it is. */
function allowed({ policy, current, room }: OptimizeRequest, { tasks, size }: Allocation): boolean {
  if (tasks > policy.tasksMax && tasks > current.tasks) return false;
  return RESOURCE_NAMES.every((name) => {
    const now = current.tasks * current.size[name];
    const then = tasks * size[name];
    return then <= now || then <= highestTotal(policy, now, room, name).total;
  });
}
