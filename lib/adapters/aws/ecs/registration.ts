import type { ContainerDefinition, RegisterTaskDefinitionCommandInput, Tag, TaskDefinition } from "@aws-sdk/client-ecs";
import type { ComputeType } from "../../../domain/model/policy.ts";
import { FREE_STORAGE_MILLI, fromMilli } from "../../../domain/model/resources.ts";
import { memoryOf, sizeOf, sum, type TaskSize, unitsOfMilli } from "./task-size.ts";

/** Tag of a revision that the controller registered: the id of the decision that it was registered for. */
export const DECISION_TAG = "scaling-controller:decision";
const MANAGED_TAG = "scaling-controller:managed-by";
/** Ephemeral storage that Fargate can be asked for in all, GiB; 20 is what a task has without asking. */
const STORAGE_MAX_GIB = 200;

export type Registration =
  | { readonly kind: "ok"; readonly input: RegisterTaskDefinitionCommandInput }
  | { readonly kind: "refused"; readonly detail: string };

/**
 * The request that registers `live` again with another size: all that can be registered is copied as it is, and only CPU,
 * memory, ephemeral storage and the controller's tags differ.
 *
 * Where the task itself has a size, containers are left alone; what no longer fits them, or what their own hard limits
 * would keep them from using, is refused. An EC2 task without a size of its own is resized through its container, if it
 * has only one: dividing a size among several would be a guess.
 */
export function registrationOf(
  live: { readonly definition: TaskDefinition; readonly tags: readonly Tag[] },
  size: TaskSize,
  { decision, compute }: { readonly decision: string; readonly compute: ComputeType },
): Registration {
  const { definition } = live;
  const before = sizeOf(definition);
  const problems = [
    ...storageProblems(compute, before, size),
    ...(definition.cpu === undefined
      ? loneContainerProblems(definition, before, size, "cpu")
      : cpuProblems(definition, size)),
    ...(definition.memory === undefined
      ? loneContainerProblems(definition, before, size, "memory")
      : memoryProblems(definition, before, size)),
  ];
  if (problems.length > 0) return { kind: "refused", detail: problems.join("; ") };
  const copied = withoutReadOnly(definition);
  return {
    kind: "ok",
    input: {
      ...copied,
      family: definition.family,
      ...sized(copied, before, size),
      tags: [
        ...kept(live.tags),
        { key: DECISION_TAG, value: decision },
        { key: MANAGED_TAG, value: "scaling-controller" },
      ],
    },
  };
}

/** What of a definition says more than its size: equal for two revisions that run the same program the same way. */
export function programOf(definition: TaskDefinition): string {
  const { cpu, memory, ephemeralStorage: _storage, containerDefinitions, ...rest } = withoutReadOnly(definition);
  const [only, ...others] = containerDefinitions;
  const containers =
    only === undefined || others.length > 0 ? containerDefinitions : [programOfLone(only, cpu, memory)];
  return JSON.stringify(ordered({ ...rest, containerDefinitions: containers }));
}

function programOfLone(container: ContainerDefinition, taskCpu?: string, taskMemory?: string): ContainerDefinition {
  const { cpu, memory, memoryReservation, ...rest } = container;
  return {
    ...rest,
    ...(taskCpu === undefined ? {} : { cpu }),
    ...(taskMemory === undefined ? {} : { memory, memoryReservation }),
  };
}

/** Keys in one order, undefined and empty lists left out, so that two answers compare as text. */
function ordered(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(ordered);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).filter(
    ([, each]) => each !== undefined && each !== null && !(Array.isArray(each) && each.length === 0),
  );
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, each]) => [key, ordered(each)]));
}

/** Everything of a definition that RegisterTaskDefinition takes; what it takes in future is copied too. */
function withoutReadOnly(definition: TaskDefinition) {
  const {
    taskDefinitionArn: _arn,
    revision: _revision,
    status: _status,
    requiresAttributes: _attributes,
    compatibilities: _compatibilities,
    registeredAt: _registeredAt,
    registeredBy: _registeredBy,
    deregisteredAt: _deregisteredAt,
    deleteRequestedAt: _deleteRequestedAt,
    containerDefinitions = [],
    ...rest
  } = definition;
  return { ...rest, containerDefinitions };
}

/** The fields that differ. A quantity that stays is not touched, not even rounded. */
function sized(definition: TaskDefinition, before: TaskSize, size: TaskSize): Partial<TaskDefinition> {
  const cpu = size.cpu === before.cpu ? undefined : unitsOfMilli(size.cpu);
  const memory = size.memory === before.memory ? undefined : unitsOfMilli(size.memory);
  const [container] = definition.containerDefinitions ?? [];
  const own: Partial<ContainerDefinition> = {
    ...(cpu === undefined || definition.cpu !== undefined ? {} : { cpu }),
    ...(memory === undefined || definition.memory !== undefined
      ? {}
      : { [container?.memory === undefined ? "memoryReservation" : "memory"]: memory }),
  };
  return {
    ...(cpu === undefined || definition.cpu === undefined ? {} : { cpu: String(cpu) }),
    ...(memory === undefined || definition.memory === undefined ? {} : { memory: String(memory) }),
    ...(Object.keys(own).length === 0 ? {} : { containerDefinitions: [{ ...container, ...own }] }),
    ...(size.storage === before.storage ? {} : { ephemeralStorage: storageOf(size.storage) }),
  };
}

/** Twenty GiB are had by not asking: ECS takes 21 and more. */
function storageOf(storage: number): TaskDefinition["ephemeralStorage"] {
  return storage === 0 ? undefined : { sizeInGiB: (FREE_STORAGE_MILLI + storage) / 1000 };
}

function storageProblems(compute: ComputeType, before: TaskSize, { storage }: TaskSize): string[] {
  if (storage === before.storage) return [];
  if (compute !== "fargate") return ["ephemeral storage can be set for Fargate tasks only"];
  const gib = fromMilli(FREE_STORAGE_MILLI + storage);
  const fits = Number.isInteger(gib) && gib >= fromMilli(FREE_STORAGE_MILLI) && gib <= STORAGE_MAX_GIB;
  return fits ? [] : [`ephemeral storage of ${gib} GiB is not a whole number from 20 to ${STORAGE_MAX_GIB}`];
}

function cpuProblems({ containerDefinitions = [] }: TaskDefinition, size: TaskSize): string[] {
  const reserved = sum(containerDefinitions, ({ cpu }) => cpu);
  const units = unitsOfMilli(size.cpu);
  return reserved > units ? [`the containers reserve ${reserved} CPU units, the task would have ${units}`] : [];
}

function memoryProblems({ containerDefinitions = [] }: TaskDefinition, before: TaskSize, size: TaskSize): string[] {
  if (size.memory === before.memory) return [];
  const mib = unitsOfMilli(size.memory);
  const reserved = sum(containerDefinitions, ({ memory, memoryReservation }) => memoryReservation ?? memory);
  const problems = containerDefinitions
    .filter(({ memory = 0 }) => memory > mib)
    .map(({ name, memory }) => `container ${name} is limited to ${memory} MiB, the task would have ${mib}`);
  if (problems.length === 0 && reserved > mib) {
    problems.push(`the containers reserve ${reserved} MiB, the task would have ${mib}`);
  }
  const limited = containerDefinitions.length > 0 && containerDefinitions.every(({ memory }) => memory !== undefined);
  const limits = sum(containerDefinitions, ({ memory }) => memory);
  if (size.memory > before.memory && limited && limits < mib) {
    problems.push(`the containers' own limits, ${limits} MiB in all, would keep them from using ${mib} MiB`);
  }
  return problems;
}

function loneContainerProblems(
  { containerDefinitions = [] }: TaskDefinition,
  before: TaskSize,
  size: TaskSize,
  what: "cpu" | "memory",
): string[] {
  if (size[what] === before[what]) return [];
  const [container, ...others] = containerDefinitions;
  if (container === undefined || others.length > 0) {
    return [
      `the task states no ${what} of its own and has ${containerDefinitions.length} containers to divide it among`,
    ];
  }
  const mib = unitsOfMilli(size.memory);
  const { memoryReservation = 0 } = container;
  return what === "memory" && memoryOf(container) === container.memory && memoryReservation > mib
    ? [`container ${container.name} reserves ${memoryReservation} MiB, its limit would be ${mib}`]
    : [];
}

/** The tags that are sent again: not the controller's own, which are new, nor those that only AWS may set. */
function kept(tags: readonly Tag[]): Tag[] {
  return tags.filter(({ key = "" }) => key !== DECISION_TAG && key !== MANAGED_TAG && !key.startsWith("aws:"));
}
