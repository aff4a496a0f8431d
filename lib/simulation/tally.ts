import type { Resources } from "../domain/model/resources.ts";
import { NO_RESOURCES } from "../domain/model/resources.ts";
import { type Account, chargeTask } from "./account.ts";
import { type Capacity, workersOf } from "./demand.ts";
import type { ServiceProfile } from "./profile.ts";
import type { Task, TaskSet } from "./tasks.ts";

/** What the tasks of a service come to in one step, and until when they come to the same. */
export interface Tally {
  /** Of those that serve. */
  readonly capacity: Capacity;
  readonly draining: number;
  /** Tasks of `size` that are paid for the whole step; those of other sizes are paid already. */
  readonly settled: number;
  readonly size: Resources;
  /** A step that ends by then finds all tasks as they are, unless somebody changes them; epoch ms. */
  readonly steadyUntilMs: number;
}

/** How many tasks serve and what CPU and memory they have, and how many drain, at this moment. */
export function countServing(set: TaskSet, sizeOf: (revision: number) => Resources) {
  const total = { cpu: 0, memory: 0 };
  let running = 0;
  let draining = 0;
  for (const task of set.tasks) {
    if (task.phase === "draining") draining++;
    if (task.phase !== "running") continue;
    running++;
    const size = sizeOf(task.revision);
    total.cpu += size.cpu;
    total.memory += size.memory;
  }
  return { capacity: { tasks: running, total }, draining };
}

interface Step {
  readonly tasks: TaskSet;
  readonly account: Account;
  readonly profile: ServiceProfile;
  readonly sizeOf: (revision: number) => Resources;
  readonly nowMs: number;
  readonly stepMs: number;
}

/**
 * One pass over the tasks: what they cost in the step from `nowMs`, charged to the account, and what those that serve can
 * do. The hot loop of a big service.
 */
export function tallyStep({ tasks: set, account, profile, sizeOf, nowMs, stepMs }: Step): Tally {
  const { memoryGrowthMilliPerHour, memoryGrowthMaxMilli, storageGrowthMilliPerHour, cleanupHours } = profile;
  const total = { cpu: 0, memory: 0, network: 0, storage: 0 };
  let running = 0;
  let draining = 0;
  let workers = 0;
  let grownMemory = 0;
  let grownStorage = 0;
  let size = NO_RESOURCES;
  let revision = -1;
  let workersOfTask = 0;
  let settled = 0; // tasks of `size` paid for the whole step, charged together
  for (const task of set.tasks) {
    if (task.phase === "pending") continue;
    if (task.revision !== revision) {
      chargeTask(account, size, settled * stepMs);
      settled = 0;
      revision = task.revision;
      size = sizeOf(revision);
      workersOfTask = workersOf(profile, size.cpu);
    }
    if (task.phase === "draining") draining++;
    if (task.phase === "draining" && task.stopMs < nowMs + stepMs) chargeTask(account, size, task.stopMs - nowMs);
    else settled++;
    if (task.phase !== "running") continue;
    running++;
    total.cpu += size.cpu;
    total.memory += size.memory;
    total.network += size.network;
    total.storage += size.storage;
    workers += workersOfTask;
    const ageHours = (nowMs - task.readyMs) / 3_600_000;
    grownMemory += Math.min(memoryGrowthMaxMilli, memoryGrowthMilliPerHour * ageHours);
    grownStorage += storageGrowthMilliPerHour * (ageHours - Math.floor(ageHours / cleanupHours) * cleanupHours);
  }
  chargeTask(account, size, settled * stepMs);
  const isGrowing = memoryGrowthMilliPerHour !== 0 || storageGrowthMilliPerHour !== 0;
  return {
    capacity: { tasks: running, total, workers, grownMemory, grownStorage },
    draining,
    settled,
    size,
    steadyUntilMs: isGrowing ? Number.NEGATIVE_INFINITY : steadyUntil(set),
  };
}

/**
 * Until when time alone changes nothing about the tasks: all wanted ones are there, of one revision, and none gets healthy or
 * ends before. Minus infinity where something is to be done at the next step.
 */
function steadyUntil(set: TaskSet): number {
  if (set.rollout !== "completed") return Number.NEGATIVE_INFINITY;
  let untilMs = Number.POSITIVE_INFINITY;
  let live = 0;
  for (const task of set.tasks) {
    if (task.revision !== set.primary || task.phase === "pending") return Number.NEGATIVE_INFINITY;
    if (task.phase !== "draining") live++;
    untilMs = Math.min(untilMs, nextChangeMs(task));
  }
  return live === set.desired ? untilMs : Number.NEGATIVE_INFINITY;
}

function nextChangeMs({ phase, readyMs, stopMs }: Task): number {
  if (phase === "starting") return readyMs;
  return phase === "draining" ? stopMs : Number.POSITIVE_INFINITY;
}
