import { lognormalSigma, Prng } from "./prng.ts";

/**
 * The tasks of one service: start-up, health check, rolling replacement, drain, circuit breaker. Decides when a task begins
 * and ends; knows nothing of load. All times are simulated epoch milliseconds; things happen at the start of a step.
 */
export interface Lifecycle {
  /** Pull and start of a task: log-normal with this median, milliseconds. */
  readonly startMedianMs: number;
  /** ... and this 95th percentile. */
  readonly startP95Ms: number;
  /** The first passed health check comes up to this much later (uniform), milliseconds. */
  readonly healthCheckMs: number;
  /** From the order to stop until the task is gone; it takes no new operations, and is paid, milliseconds. */
  readonly drainMs: number;
  /** Healthy tasks never fewer than this fraction of the desired ones during a replacement. */
  readonly minHealthyFraction: number;
  /** Tasks never more than this fraction of the desired ones during a replacement. */
  readonly maxFraction: number;
  /** Roll back a replacement whose tasks keep failing to start. */
  readonly circuitBreaker: boolean;
}

export const DEFAULT_LIFECYCLE: Lifecycle = {
  startMedianMs: 35_000,
  startP95Ms: 75_000,
  healthCheckMs: 10_000,
  drainMs: 30_000,
  minHealthyFraction: 1,
  maxFraction: 2,
  circuitBreaker: true,
};

export const TASK_PHASES = ["pending", "starting", "running", "draining"] as const;
export type TaskPhase = (typeof TASK_PHASES)[number];

/** Times not reached yet are -1, so that a snapshot is plain JSON. */
export interface Task {
  /** Counts up over the life of the service; keys the draws of this task. */
  readonly index: number;
  readonly revision: number;
  phase: TaskPhase;
  /** Start of the pull: from here it is paid. */
  pulledMs: number;
  /** When it will be healthy (or, if it fails, when it dies). */
  readyMs: number;
  /** End of the drain. */
  stopMs: number;
  fails: boolean;
}

export interface TaskSet {
  tasks: Task[];
  nextIndex: number;
  desired: number;
  /** Number of the revision of the primary deployment. */
  primary: number;
  /** Last revision whose rollout completed: where the circuit breaker goes back to. */
  lastGood: number;
  rollout: "completed" | "in-progress" | "rolling-back";
  rolloutFailed: boolean;
  /** Start failures of the rollout in progress. */
  failures: number;
}

/** What the faults of the moment do to starting tasks. */
export interface StartConditions {
  readonly capacityAvailable: boolean;
  /** Probability that a task pulled now fails to start. */
  readonly failureShare: number;
}

export interface TaskClock {
  readonly nowMs: number;
  readonly seed: number;
  readonly lifecycle: Lifecycle;
  readonly conditions: StartConditions;
  /** Told of each task that is gone, for the account. */
  readonly ended: (task: Task, atMs: number) => void;
}

/** A service at rest: all desired tasks running since `nowMs`. */
export function settledTasks(desired: number, revision: number, nowMs: number): TaskSet {
  const tasks = Array.from({ length: desired }, (_, index): Task => {
    return { index, revision, phase: "running", pulledMs: nowMs, readyMs: nowMs, stopMs: -1, fails: false };
  });
  return {
    tasks,
    nextIndex: desired,
    desired,
    primary: revision,
    lastGood: revision,
    rollout: "completed",
    rolloutFailed: false,
    failures: 0,
  };
}

/** Asks for absolute values; a changed revision begins a rolling replacement. Takes effect on tasks at once. */
export function setDesired(
  set: TaskSet,
  { desired, revision }: { desired: number; revision: number },
  clock: TaskClock,
): void {
  set.desired = desired;
  if (revision !== set.primary) {
    set.primary = revision;
    set.rollout = "in-progress";
    set.rolloutFailed = false;
    set.failures = 0;
  }
  reconcile(set, clock);
}

/** Carries out what is due: tasks get healthy, fail, or end; then brings their number to what is desired. */
export function advanceTasks(set: TaskSet, clock: TaskClock): void {
  let changed = false;
  for (const task of set.tasks) {
    if (task.phase === "starting" && task.readyMs <= clock.nowMs) {
      changed = true;
      if (task.fails) failStart(set, task, clock);
      else task.phase = "running";
    } else if (task.phase === "draining" && task.stopMs <= clock.nowMs) {
      changed = true;
      end(task, task.stopMs, clock);
    } else if (task.phase === "pending") {
      changed = true;
    }
  }
  if (changed) set.tasks = set.tasks.filter((task) => task.phase !== "draining" || task.stopMs > clock.nowMs);
  if (changed || set.rollout !== "completed" || set.tasks.length !== set.desired) reconcile(set, clock);
}

/** Kills the running task that is oldest, without drain (out of memory). The next reconciliation replaces it. */
export function killOldest(set: TaskSet, clock: TaskClock): void {
  const victim = set.tasks.find((task) => task.phase === "running");
  if (victim === undefined) return;
  end(victim, clock.nowMs, clock);
  set.tasks = set.tasks.filter((task) => task !== victim);
}

/** Milliseconds from pull to the first passed health check of this task. */
export function startUpMs(task: { readonly index: number }, seed: number, lifecycle: Lifecycle): number {
  const prng = new Prng(seed, 21, task.index);
  const start = prng.lognormal(lifecycle.startMedianMs, lognormalSigma(lifecycle.startMedianMs, lifecycle.startP95Ms));
  return Math.round(start + prng.uniform() * lifecycle.healthCheckMs);
}

export function countTasks(set: TaskSet, phase: TaskPhase): number {
  let count = 0;
  for (const task of set.tasks) if (task.phase === phase) count++;
  return count;
}

function reconcile(set: TaskSet, clock: TaskClock): void {
  for (const task of set.tasks) if (task.phase === "pending") pull(task, clock);
  let live = 0;
  let current = 0;
  let healthy = 0;
  for (const task of set.tasks) {
    if (task.phase === "draining") continue;
    live++;
    if (task.revision === set.primary) current++;
    if (task.phase === "running") healthy++;
  }
  const room = Math.ceil(set.desired * clock.lifecycle.maxFraction) - live;
  for (let count = Math.min(set.desired - current, room); count > 0; count--) {
    const task: Task = {
      index: set.nextIndex++,
      revision: set.primary,
      phase: "pending",
      pulledMs: -1,
      readyMs: -1,
      stopMs: -1,
      fails: false,
    };
    pull(task, clock);
    set.tasks.push(task);
    current++;
  }
  stopOld(set, healthy, clock);
  if (current > set.desired) stopSurplus(set, current - set.desired, clock);
  set.tasks = set.tasks.filter((task) => task.phase !== "draining" || task.stopMs > clock.nowMs);
  if (set.rollout !== "completed") settleRollout(set);
}

/** Tasks of other revisions: those not serving go at once, those serving as far as enough healthy ones remain. */
function stopOld(set: TaskSet, healthyNow: number, clock: TaskClock): void {
  const healthyMin = Math.ceil(set.desired * clock.lifecycle.minHealthyFraction);
  let healthy = healthyNow;
  for (const task of set.tasks) {
    if (task.revision === set.primary || task.phase === "draining") continue;
    if (task.phase === "running") {
      if (healthy - 1 < healthyMin) continue;
      healthy--;
    }
    stop(task, clock);
  }
}

/** Scale-in: first what does not serve yet, newest first, then the oldest running. */
function stopSurplus(set: TaskSet, surplus: number, clock: TaskClock): void {
  const candidates = set.tasks.filter((task) => task.revision === set.primary && task.phase !== "draining");
  const waiting = candidates.filter((task) => task.phase !== "running").reverse();
  const running = candidates.filter((task) => task.phase === "running");
  for (const task of [...waiting, ...running].slice(0, surplus)) stop(task, clock);
}

function settleRollout(set: TaskSet): void {
  let running = 0;
  for (const task of set.tasks) {
    if (task.phase === "draining") continue;
    if (task.revision !== set.primary || task.phase !== "running") return;
    running++;
  }
  if (running !== set.desired) return;
  set.rollout = "completed";
  set.lastGood = set.primary;
  set.failures = 0;
}

function pull(task: Task, { nowMs, seed, lifecycle, conditions }: TaskClock): void {
  if (!conditions.capacityAvailable) return;
  task.phase = "starting";
  task.pulledMs = nowMs;
  task.readyMs = nowMs + startUpMs(task, seed, lifecycle);
  task.fails = conditions.failureShare > 0 && new Prng(seed, 22, task.index).uniform() < conditions.failureShare;
}

function stop(task: Task, clock: TaskClock): void {
  const served = task.phase === "running";
  const pulled = task.phase !== "pending";
  task.phase = "draining";
  task.stopMs = clock.nowMs + (served ? clock.lifecycle.drainMs : 0);
  if (task.stopMs <= clock.nowMs && pulled) clock.ended(task, clock.nowMs);
}

function end(task: Task, atMs: number, clock: TaskClock): void {
  task.phase = "draining";
  task.stopMs = atMs;
  clock.ended(task, atMs);
}

/**
 * A task that died while starting. Amazon ECS trips its circuit breaker after min(200, max(3, half of the desired tasks))
 * failures and goes back to the last revision that had worked.
 */
function failStart(set: TaskSet, task: Task, clock: TaskClock): void {
  end(task, clock.nowMs, clock);
  if (set.rollout !== "in-progress" || task.revision !== set.primary) return;
  set.failures++;
  const threshold = Math.min(200, Math.max(3, Math.ceil(set.desired * 0.5)));
  if (!clock.lifecycle.circuitBreaker || set.failures < threshold) return;
  set.primary = set.lastGood;
  set.rollout = "rolling-back";
  set.rolloutFailed = true;
  set.failures = 0;
}
