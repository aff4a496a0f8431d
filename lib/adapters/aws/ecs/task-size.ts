import type { ContainerDefinition, TaskDefinition } from "@aws-sdk/client-ecs";
import { DependencyError } from "../../../domain/model/errors.ts";
import { FREE_STORAGE_MILLI, type Resources } from "../../../domain/model/resources.ts";

/** What a task definition says about the size of a task; network bandwidth is not in it. */
export type TaskSize = Omit<Resources, "network">;

/** ECS counts CPU in 1/1024 vCPU and memory in MiB = 1/1024 GiB; both become thousandths the same way. */
const PER_WHOLE = 1024;

/** ECS units (CPU units, MiB) to integer milli-units, nearest. */
export function milliOfUnits(units: number): number {
  return Math.round((units * 1000) / PER_WHOLE);
}

/**
 * Milli-units to ECS units, nearest. `milliOfUnits(unitsOfMilli(m)) === m` for every integer m: a unit is smaller than a
 * thousandth, so the nearest unit is less than half a thousandth away.
 */
export function unitsOfMilli(milli: number): number {
  return Math.round((milli * PER_WHOLE) / 1000);
}

/**
 * Size of the tasks of a definition: of the task where it says so (Fargate always does), else the sum of its containers,
 * memory by hard limit, else by reservation.
 * @throws {DependencyError} when neither says it, as an EC2 task without CPU: a size of zero would count for nothing in
 * every limit
 */
export function sizeOf(definition: TaskDefinition): TaskSize {
  const containers = definition.containerDefinitions ?? [];
  const cpu = taskUnits(definition.cpu, "vcpu") ?? sum(containers, ({ cpu: units }) => units);
  const memory = taskUnits(definition.memory, "gb") ?? sum(containers, memoryOf);
  const unknown = [cpu > 0 ? undefined : "CPU", memory > 0 ? undefined : "memory"].filter((each) => each !== undefined);
  if (unknown.length > 0) {
    const which = `${definition.family}:${definition.revision}`;
    throw new DependencyError(
      `task definition ${which} states no ${unknown.join(" and no ")}, neither for the task nor for its containers`,
      { revision: which },
    );
  }
  const reserved = definition.ephemeralStorage?.sizeInGiB;
  const storage = reserved === undefined ? 0 : Math.max(0, reserved * 1000 - FREE_STORAGE_MILLI);
  return { cpu: milliOfUnits(cpu), memory: milliOfUnits(memory), storage };
}

/** What a container is sure to get: its hard limit where it has one, else its reservation, MiB. */
export function memoryOf({ memory, memoryReservation }: ContainerDefinition): number | undefined {
  return memory ?? memoryReservation;
}

export function sum<T>(items: readonly T[], of: (item: T) => number | undefined): number {
  return items.reduce((total, item) => total + (of(item) ?? 0), 0);
}

/** A task-level value, in units: "1024", and as ECS also takes it, "1 vCPU" or ".5 GB". 0 when it says something else. */
function taskUnits(text: string | undefined, whole: "vcpu" | "gb"): number | undefined {
  if (text === undefined) return undefined;
  const match = /^\s*(\d*\.?\d+)\s*([a-z]*)\s*$/i.exec(text);
  if (match === null) return 0;
  const [, digits, unit] = match;
  return unit?.toLowerCase() === whole ? Number(digits) * PER_WHOLE : Number(digits);
}
