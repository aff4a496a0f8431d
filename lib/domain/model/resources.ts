import { InvariantError } from "./errors.ts";

/**
 * Four scalable quantities as integers in thousandths, so that 0.1 + 0.2 cannot cross a limit:
 * cpu in milli-vCPU, memory in milli-GiB, network in milli-Gbit/s, storage in milli-GiB of task
 * ephemeral storage ABOVE the 20 GiB that every task has for free.
 */
export interface Resources {
  readonly cpu: number;
  readonly memory: number;
  readonly network: number;
  readonly storage: number;
}

export const RESOURCE_NAMES = ["cpu", "memory", "network", "storage"] as const;
export type ResourceName = (typeof RESOURCE_NAMES)[number];

/** What a rule may scale (requirements section 5). INSTANCES is the number of tasks, CAPACITY tasks x size. */
export const RESOURCE_TYPES = ["CPU", "MEMORY", "NETWORK", "STORAGE", "INSTANCES", "CAPACITY"] as const;
export type ResourceType = (typeof RESOURCE_TYPES)[number];

/** GiB of ephemeral storage that every task has for free; reserved storage = this + `storage`. */
export const FREE_STORAGE_MILLI = 20_000;

export const NO_RESOURCES: Resources = { cpu: 0, memory: 0, network: 0, storage: 0 };

/** What a component has: whole tasks, and the size of ONE task. */
export interface Allocation {
  readonly tasks: number;
  readonly size: Resources;
}

/** Edge units (vCPU, GiB, Gbit/s) to integer milli-units; rounds to the nearest thousandth. */
export function toMilli(value: number): number {
  if (!Number.isFinite(value)) throw new InvariantError("not a finite quantity", { value });
  return Math.round(value * 1000);
}

/** Integer milli-units to edge units. */
export function fromMilli(milli: number): number {
  return milli / 1000;
}

/** Tasks x size of a task. */
export function totalOf({ tasks, size }: Allocation): Resources {
  return {
    cpu: tasks * size.cpu,
    memory: tasks * size.memory,
    network: tasks * size.network,
    storage: tasks * size.storage,
  };
}

/** Builds a vector from one number for each resource. */
export function mapResources(of: (name: ResourceName) => number): Resources {
  return { cpu: of("cpu"), memory: of("memory"), network: of("network"), storage: of("storage") };
}

export function sumResources(vectors: Iterable<Resources>): Resources {
  let cpu = 0;
  let memory = 0;
  let network = 0;
  let storage = 0;
  for (const each of vectors) {
    cpu += each.cpu;
    memory += each.memory;
    network += each.network;
    storage += each.storage;
  }
  return { cpu, memory, network, storage };
}

/** Element by element maximum: what must be booked while a change between two allocations is under way. */
export function maxResources(a: Resources, b: Resources): Resources {
  return mapResources((name) => Math.max(a[name], b[name]));
}

export function sameSize(a: Resources, b: Resources): boolean {
  return a.cpu === b.cpu && a.memory === b.memory && a.network === b.network && a.storage === b.storage;
}

export function sameAllocation(a: Allocation, b: Allocation): boolean {
  return a.tasks === b.tasks && sameSize(a.size, b.size);
}
