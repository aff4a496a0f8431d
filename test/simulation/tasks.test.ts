import { expect, test } from "vitest";
import {
  advanceTasks,
  countTasks,
  DEFAULT_LIFECYCLE,
  type Lifecycle,
  type StartConditions,
  setDesired,
  settledTasks,
  startUpMs,
  type Task,
  type TaskClock,
  type TaskSet,
} from "../../lib/simulation/tasks.ts";

const STEP = 5000;
const calm: StartConditions = { capacityAvailable: true, failureShare: 0 };

function clockAt(
  nowMs: number,
  {
    lifecycle = {},
    conditions = calm,
    ended = () => {},
  }: { lifecycle?: Partial<Lifecycle>; conditions?: StartConditions; ended?: (task: Task, atMs: number) => void } = {},
): TaskClock {
  return { nowMs, seed: 3, lifecycle: { ...DEFAULT_LIFECYCLE, ...lifecycle }, conditions, ended };
}

/** Steps from `fromMs` until `toMs`, showing each state. */
function run(
  set: TaskSet,
  {
    fromMs,
    toMs,
    options = {},
    see = () => {},
  }: { fromMs: number; toMs: number; options?: Parameters<typeof clockAt>[1]; see?: (nowMs: number) => void },
): void {
  for (let nowMs = fromMs; nowMs < toMs; nowMs += STEP) {
    advanceTasks(set, clockAt(nowMs, options));
    see(nowMs);
  }
}
const count = (set: TaskSet, revision: number) =>
  set.tasks.filter((task) => task.phase !== "draining" && task.revision === revision).length;

// 20,000 tasks. The health check adds U(0, 10 s), 5 s in the mean: median 35 + 5 and p95 75 + 5 within 1.5 s.
test("start-up has the median and the 95th percentile it should", () => {
  const times = Array.from({ length: 20_000 }, (_, index) => startUpMs({ index }, 7, DEFAULT_LIFECYCLE)).sort(
    (a, b) => a - b,
  );
  expect(Math.abs((times[10_000] ?? 0) - 40_000)).toBeLessThan(1500);
  expect(Math.abs((times[19_000] ?? 0) - 80_000)).toBeLessThan(1500);
  const bare = Array.from({ length: 20_000 }, (_, index) =>
    startUpMs({ index }, 7, { ...DEFAULT_LIFECYCLE, healthCheckMs: 0 }),
  ).sort((a, b) => a - b);
  expect(Math.abs((bare[10_000] ?? 0) - 35_000)).toBeLessThan(600);
  expect(Math.abs((bare[19_000] ?? 0) - 75_000)).toBeLessThan(1500);
});

test("scale-out: the new tasks serve after their start-up, not before", () => {
  const set = settledTasks(2, 1, 0);
  setDesired(set, { desired: 5, revision: 1 }, clockAt(0));
  expect([countTasks(set, "running"), countTasks(set, "starting"), set.rollout]).toEqual([2, 3, "completed"]);
  const due = set.tasks.map((task) => task.readyMs);
  run(set, {
    fromMs: 0,
    toMs: 300_000,
    see: (nowMs) => expect(countTasks(set, "running")).toBe(due.filter((ms) => ms <= nowMs).length),
  });
  expect(countTasks(set, "running")).toBe(5);
});

test("scale-in: a surplus task stops serving at once and is gone after the drain", () => {
  const gone: number[] = [];
  const options = { ended: (_: Task, atMs: number) => gone.push(atMs) };
  const set = settledTasks(4, 1, 0);
  setDesired(set, { desired: 3, revision: 1 }, clockAt(60_000, options));
  expect([countTasks(set, "running"), countTasks(set, "draining")]).toEqual([3, 1]);
  run(set, { fromMs: 60_000, toMs: 90_000, options });
  expect([countTasks(set, "draining"), gone]).toEqual([1, []]);
  run(set, { fromMs: 90_000, toMs: 95_000, options });
  expect([countTasks(set, "draining"), gone]).toEqual([0, [90_000]]);
});

test("scale-in takes tasks that do not serve yet before those that do", () => {
  const set = settledTasks(2, 1, 0);
  setDesired(set, { desired: 4, revision: 1 }, clockAt(0));
  setDesired(set, { desired: 2, revision: 1 }, clockAt(5000));
  expect(set.tasks.map((task) => [task.index, task.phase])).toEqual([
    [0, "running"],
    [1, "running"],
  ]);
});

test.each([1, 2, 3, 8])("a rolling replacement of %d tasks: never fewer healthy, never more than twice", (desired) => {
  const set = settledTasks(desired, 1, 0);
  setDesired(set, { desired, revision: 2 }, clockAt(0));
  expect(set.rollout).toBe("in-progress");
  run(set, {
    fromMs: 0,
    toMs: 600_000,
    see: () => {
      expect(countTasks(set, "running")).toBeGreaterThanOrEqual(desired);
      expect(count(set, 1) + count(set, 2)).toBeLessThanOrEqual(2 * desired);
    },
  });
  expect([set.rollout, count(set, 1), count(set, 2), set.lastGood, set.tasks.length]).toEqual([
    "completed",
    0,
    desired,
    2,
    desired,
  ]);
});

test("a replacement with min 50 %, max 100 % goes below, as it was told, and ends", () => {
  const lifecycle = { minHealthyFraction: 0.5, maxFraction: 1 };
  const set = settledTasks(4, 1, 0);
  setDesired(set, { desired: 4, revision: 2 }, clockAt(0, { lifecycle }));
  let least = 4;
  run(set, {
    fromMs: 0,
    toMs: 900_000,
    options: { lifecycle },
    see: () => {
      least = Math.min(least, countTasks(set, "running"));
      expect(count(set, 1) + count(set, 2)).toBeLessThanOrEqual(4);
    },
  });
  expect([least, set.rollout, count(set, 2)]).toEqual([2, "completed", 4]);
});

test("a newer revision in the middle of a replacement takes over", () => {
  const set = settledTasks(3, 1, 0);
  setDesired(set, { desired: 3, revision: 2 }, clockAt(0));
  run(set, { fromMs: 0, toMs: 40_000 });
  setDesired(set, { desired: 2, revision: 3 }, clockAt(40_000));
  run(set, { fromMs: 40_000, toMs: 600_000, see: () => expect(countTasks(set, "running")).toBeGreaterThanOrEqual(2) });
  expect([set.rollout, count(set, 3), set.tasks.length]).toEqual(["completed", 2, 2]);
});

test("the circuit breaker goes back to the last good revision after three failed starts", () => {
  const options = { conditions: { capacityAvailable: true, failureShare: 1 } };
  const set = settledTasks(2, 1, 0);
  setDesired(set, { desired: 2, revision: 2 }, clockAt(0, options));
  run(set, { fromMs: 0, toMs: 900_000, options, see: () => expect(countTasks(set, "running")).toBe(2) });
  expect([set.primary, set.rollout, set.rolloutFailed, count(set, 1), count(set, 2)]).toEqual([
    1,
    "completed",
    true,
    2,
    0,
  ]);
  setDesired(set, { desired: 2, revision: 3 }, clockAt(900_000));
  expect(set.rolloutFailed).toBe(false);
});

test("without the breaker it tries for ever and the old tasks serve on", () => {
  const options = { lifecycle: { circuitBreaker: false }, conditions: { capacityAvailable: true, failureShare: 1 } };
  const set = settledTasks(2, 1, 0);
  setDesired(set, { desired: 2, revision: 2 }, clockAt(0, options));
  run(set, { fromMs: 0, toMs: 1_800_000, options });
  expect([set.primary, set.rollout, countTasks(set, "running"), set.failures > 10]).toEqual([
    2,
    "in-progress",
    2,
    true,
  ]);
});

test("scaled to nothing and back", () => {
  const set = settledTasks(1, 1, 0);
  setDesired(set, { desired: 0, revision: 1 }, clockAt(0));
  run(set, { fromMs: 0, toMs: 60_000 });
  expect(set.tasks).toEqual([]);
  setDesired(set, { desired: 1, revision: 1 }, clockAt(60_000));
  run(set, { fromMs: 60_000, toMs: 360_000 });
  expect(countTasks(set, "running")).toBe(1);
});
