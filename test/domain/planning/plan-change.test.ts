import { describe, expect, test } from "vitest";
import { InvariantError } from "../../../lib/domain/model/errors.ts";
import type { Resources } from "../../../lib/domain/model/resources.ts";
import { planChange, planToBounds } from "../../../lib/domain/planning/plan-change.ts";
import type { PlanRequest } from "../../../lib/domain/planning/request.ts";
import { afterOf, aPolicy, aRequest, EVERYTHING, planOf, tasksOf } from "./builders.ts";

const MIN = { cpu: 100, memory: 100, network: 0, storage: 0 };
const MAX = { cpu: 100_000, memory: 500_000, network: 10_000, storage: 1_000_000 };
const max = (overrides: Partial<Resources>) => aPolicy({ max: { ...MAX, ...overrides } });
const min = (overrides: Partial<Resources>) => aPolicy({ min: { ...MIN, ...overrides } });

describe("SCALE_OUT and SCALE_IN change the number of tasks", () => {
  test.each<[string, Partial<PlanRequest>, number]>([
    ["2 x 1.5 = 3", { current: tasksOf(2, 500, 500), factor: 1.5 }, 3],
    ["3 x 1.1 = 3.3, up to 4", { current: tasksOf(3, 500, 500), factor: 1.1 }, 4],
    ["10 x 1.1 is 11, not the 11.000000000000002 of floating point", { current: tasksOf(10, 5, 5), factor: 1.1 }, 11],
    ["0 x 1.5 = 0, at least one more", { current: tasksOf(0, 500, 500), factor: 1.5 }, 1],
    ["at most 4 of 500 in 2000", { current: tasksOf(3, 500, 500), factor: 3, policy: max({ cpu: 2000 }) }, 4],
    [
      "room for 3 more of 500 in 1700",
      { current: tasksOf(3, 500, 500), factor: 3, room: { ...EVERYTHING, cpu: 1700 } },
      6,
    ],
    ["at most 4 of 100 in 400 Mbit/s", { current: tasksOf(3, 500, 500), factor: 3, policy: max({ network: 400 }) }, 4],
  ])("out: %s", (_, overrides, tasks) => {
    const request = aRequest({ action: "SCALE_OUT", ...overrides });
    expect(afterOf(planChange(request))).toEqual({ tasks, size: request.current.size });
  });

  test.each<[string, Partial<PlanRequest>, number]>([
    ["10 x 0.7 = 7", { current: tasksOf(10, 500, 500), factor: 0.7 }, 7],
    ["3 x 0.9 = 2.7, up to 3, at least one less", { current: tasksOf(3, 500, 500), factor: 0.9 }, 2],
    ["never under tasks min", { current: tasksOf(10, 500, 500), factor: 0.1, policy: aPolicy({ tasksMin: 4 }) }, 4],
    ["1200 are 3 of 500", { current: tasksOf(10, 500, 500), factor: 0.1, policy: min({ cpu: 1200 }) }, 3],
    [
      "use 2000 / ceiling 0.8 = 2500 = 5 of 500",
      {
        current: tasksOf(10, 500, 500),
        factor: 0.1,
        used: { cpu: 2000, memory: 0, network: 0 },
        ceilings: { cpu: 0.8 },
      },
      5,
    ],
    [
      "storage use includes the free 20 GiB of each task: 90 / 0.75 = 120 GiB = 4 of 20 + 10",
      {
        current: tasksOf(10, 500, 500, 10_000),
        factor: 0.1,
        used: { cpu: 0, memory: 0, network: 0, storage: 90_000 },
        ceilings: { storage: 0.75 },
      },
      4,
    ],
  ])("in: %s", (_, overrides, tasks) => {
    const request = aRequest({ action: "SCALE_IN", ...overrides });
    expect(afterOf(planChange(request))).toEqual({ tasks, size: request.current.size });
  });

  test("every limit that bound at the same number is named, in edge units", () => {
    const policy = aPolicy({ tasksMax: 4, max: { ...MAX, memory: 4500 } });
    const plan = planOf(
      planChange(aRequest({ action: "SCALE_OUT", factor: 3, policy, current: tasksOf(2, 500, 1000) })),
    );
    expect(plan.limits).toEqual([
      { limit: "tasks-max", bound: 4, wanted: 6 },
      { limit: "component-max", resource: "memory", bound: 4.5, wanted: 6 },
    ]);
    // Two more of 0.5 vCPU x $0.04048 + 1 GiB x $0.004445.
    expect(plan.costDeltaPerHour).toBeCloseTo(2 * (0.02024 + 0.004445), 12);
  });
});

describe("SCALE_UP and SCALE_DOWN on EC2 are exact", () => {
  test.each<[string, Partial<PlanRequest>, number]>([
    ["1000 x 1.5", { factor: 1.5 }, 1500],
    ["333 x 1.1 = 366.3, up to 367", { current: tasksOf(2, 333, 500), factor: 1.1 }, 367],
    ["100 x 1.1 is 110", { current: tasksOf(1, 100, 500), factor: 1.1 }, 110],
    ["three tasks in 1000: 333 each", { current: tasksOf(3, 300, 500), policy: max({ cpu: 1000 }) }, 333],
    ["room 500 for two: 250 each", { room: { ...EVERYTHING, cpu: 500 } }, 1250],
  ])("up: %s", (_, overrides, cpu) => {
    const request = aRequest(overrides);
    expect(afterOf(planChange(request))).toEqual({ ...request.current, size: { ...request.current.size, cpu } });
  });

  test.each<[string, Partial<PlanRequest>, number]>([
    ["1000 x 0.7", { factor: 0.7 }, 700],
    ["333 x 0.9 = 299.7, up to 300", { current: tasksOf(2, 333, 500), factor: 0.9 }, 300],
    ["1000 for three: 334 each", { current: tasksOf(3, 400, 500), factor: 0.5, policy: min({ cpu: 1000 }) }, 334],
    ["use 1200 / 0.75 = 1600: 800 each", { factor: 0.5, used: { cpu: 1200 }, ceilings: { cpu: 0.75 } }, 800],
    ["use without a ceiling is the floor itself", { factor: 0.5, used: { cpu: 1200 } }, 600],
  ])("down: %s", (_, overrides, cpu) => {
    const request = aRequest({ action: "SCALE_DOWN", ...overrides });
    expect(afterOf(planChange(request))).toEqual({ ...request.current, size: { ...request.current.size, cpu } });
  });

  test("storage is multiplied with its free part: (20 + 10) x 1.5 - 20 = 25 GiB", () => {
    const grown = planChange(aRequest({ resource: "storage", current: tasksOf(1, 500, 500, 10_000) }));
    expect(afterOf(grown).size.storage).toBe(25_000);
    const shrunk = aRequest({
      action: "SCALE_DOWN",
      resource: "storage",
      factor: 0.8,
      current: tasksOf(1, 5, 5, 10_000),
    });
    // 30 x 0.8 - 20 = 4; use 22 without a ceiling asks for 2 above the free 20.
    expect(afterOf(planChange({ ...shrunk, used: { storage: 22_000 } })).size.storage).toBe(4000);
  });

  test("a tenth and two tenths reach three tenths, and not a thousandth more", () => {
    const policy = max({ cpu: 300 });
    const up = aRequest({ policy, current: tasksOf(1, 100, 500), factor: 3 });
    expect(planOf(planChange(up))).toMatchObject({ limits: [], steps: [{ after: { size: { cpu: 300 } } }] });
    expect(planChange({ ...up, current: tasksOf(1, 300, 500) })).toMatchObject({ hold: "at-component-limit" });
  });
});

test("without Container Insights, and no rule on the network, tasks can still be given up", () => {
  const request = aRequest({ action: "SCALE_IN", factor: 0.7, used: { cpu: 1, memory: 1 }, ceilings: { cpu: 0.6 } });
  expect(planChange(request)).toMatchObject({ kind: "plan", plan: { steps: [{ after: { tasks: 1 } }] } });
});

describe("no change possible", () => {
  const known = { cpu: 1500, memory: 100, network: 1, storage: 1 };
  test.each<[string, Partial<PlanRequest>, string, string[]]>([
    ["maximum", { policy: max({ cpu: 2000 }) }, "at-component-limit", ["component-max"]],
    ["fleet", { room: { ...EVERYTHING, cpu: 0 } }, "at-fleet-limit", ["fleet-max"]],
    ["fleet over its limit", { room: { ...EVERYTHING, cpu: -5 } }, "at-fleet-limit", ["fleet-max"]],
    [
      "both: the own limit",
      { policy: max({ cpu: 2000 }), room: { ...EVERYTHING, cpu: 0 } },
      "at-component-limit",
      ["component-max"],
    ],
    ["most tasks", { action: "SCALE_OUT", policy: aPolicy({ tasksMax: 2 }) }, "at-component-limit", ["tasks-max"]],
    ["fleet, out", { action: "SCALE_OUT", room: { ...EVERYTHING, memory: 1999 } }, "at-fleet-limit", ["fleet-max"]],
    [
      "minimum",
      { action: "SCALE_DOWN", factor: 0.7, policy: min({ cpu: 2000 }) },
      "at-component-limit",
      ["component-min"],
    ],
    [
      "guard",
      { action: "SCALE_DOWN", factor: 0.7, used: known, ceilings: { cpu: 0.75 } },
      "at-target-guard",
      ["target-guard"],
    ],
    [
      "guard, in",
      { action: "SCALE_IN", factor: 0.7, used: known, ceilings: { cpu: 0.7 } },
      "at-target-guard",
      ["target-guard"],
    ],
    [
      "a ceiling of nothing",
      { action: "SCALE_DOWN", factor: 0.7, used: known, ceilings: { cpu: 0 } },
      "at-target-guard",
      ["target-guard"],
    ],
    [
      "a ceiling that is no number",
      { action: "SCALE_DOWN", factor: 0.7, used: known, ceilings: { cpu: Number.NaN } },
      "at-target-guard",
      ["target-guard"],
    ],
    ["use unknown", { action: "SCALE_DOWN", factor: 0.7, used: { memory: 1 } }, "incomplete-data", []],
    ["use not a number", { action: "SCALE_DOWN", factor: 0.7, used: { cpu: Number.NaN } }, "incomplete-data", []],
    ["use below nothing", { action: "SCALE_DOWN", factor: 0.7, used: { cpu: -1 } }, "incomplete-data", []],
    [
      "use of memory unknown, in",
      { action: "SCALE_IN", factor: 0.7, used: { cpu: 1, network: 1 } },
      "incomplete-data",
      [],
    ],
    [
      "use of the network unknown, in, and a rule watches it",
      { action: "SCALE_IN", factor: 0.7, used: { cpu: 1, memory: 1 }, ceilings: { network: 0.6 } },
      "incomplete-data",
      [],
    ],
    [
      "a limit is known without the use",
      { action: "SCALE_IN", factor: 0.7, used: {}, policy: aPolicy({ tasksMin: 2 }) },
      "at-component-limit",
      ["tasks-min"],
    ],
    ["tasks that are not to be resized", { policy: aPolicy({ resize: false }) }, "at-component-limit", []],
    ["no tasks to resize", { current: tasksOf(0, 1000, 1000) }, "at-component-limit", ["tasks-min"]],
  ])("%s", (_, overrides, hold, limits) => {
    const result = planChange(aRequest(overrides));
    expect(result).toMatchObject({ kind: "none", hold });
    expect(result.kind === "none" && result.limits.map(({ limit }) => limit)).toEqual(limits);
  });

  test("a fleet over its limit leaves a component what it has", () => {
    const result = planChange(aRequest({ room: { ...EVERYTHING, cpu: -500 } }));
    expect(result).toMatchObject({ limits: [{ limit: "fleet-max", resource: "cpu", bound: 2, wanted: 3 }] });
  });

  test("what does not shrink does not stop a shrink", () => {
    const used = { cpu: 100, memory: 3999 };
    const request = aRequest({ action: "SCALE_DOWN", factor: 0.7, used, ceilings: { cpu: 0.8, memory: 0.8 } });
    expect(afterOf(planChange(request)).size.cpu).toBe(700);
  });

  test.each([
    { action: "SCALE_UP", factor: 1 },
    { action: "SCALE_OUT", factor: Number.NaN },
    { action: "SCALE_DOWN", factor: 1.1 },
    { action: "SCALE_IN", factor: -0.1 },
    { resource: "network" },
  ] as const)("a caller's bug is thrown: %o", (overrides) => {
    expect(() => planChange(aRequest(overrides))).toThrow(InvariantError);
  });
});

describe("back to the bounds", () => {
  const bounds = (overrides: Partial<Parameters<typeof aPolicy>[0]>) => aPolicy(overrides);

  test("a scheduled minimum of tasks is reached at once, not by factors", () => {
    expect(afterOf(planToBounds(bounds({ tasksMin: 9 }), tasksOf(2, 500, 500), EVERYTHING)).tasks).toBe(9);
  });
  test("as far as the room goes: 2 + floor(1700 / 500)", () => {
    const plan = planOf(planToBounds(bounds({ tasksMin: 9 }), tasksOf(2, 500, 500), { ...EVERYTHING, cpu: 1700 }));
    expect(plan.steps[0]?.after.tasks).toBe(5);
    expect(plan.limits).toEqual([{ limit: "fleet-max", resource: "cpu", bound: 2.7, wanted: 4.5 }]);
  });
  test("network follows the tasks: 350 Mbit/s are 4 of 100", () => {
    const policy = bounds({ min: { ...MIN, network: 350 } });
    expect(afterOf(planToBounds(policy, tasksOf(2, 500, 500), EVERYTHING)).tasks).toBe(4);
  });
  test("sizes of all that is short together: 2000 / 3 = 667, 1000 / 3 = 334", () => {
    const policy = bounds({ min: { cpu: 2000, memory: 1000, network: 0, storage: 0 } });
    const { size } = afterOf(planToBounds(policy, tasksOf(3, 500, 300), EVERYTHING));
    expect(size).toEqual({ cpu: 667, memory: 334, network: 100, storage: 0 });
  });
  test("Fargate: 3 vCPU and 5 GiB for one are 4 and 8", () => {
    const policy = bounds({ compute: "fargate", min: { cpu: 3000, memory: 5000, network: 0, storage: 0 } });
    expect(afterOf(planToBounds(policy, tasksOf(1, 1000, 2000), EVERYTHING)).size).toMatchObject({
      cpu: 4000,
      memory: 8000,
    });
  });
  test("Fargate storage in whole GiB: 10.5 for one are 11", () => {
    const policy = bounds({ compute: "fargate", min: { ...MIN, storage: 10_500 } });
    expect(afterOf(planToBounds(policy, tasksOf(1, 1000, 2000), EVERYTHING)).size.storage).toBe(11_000);
  });
  test("above a maximum: down by at most the factor, with known use only", () => {
    const policy = bounds({ max: { ...MAX, cpu: 500 } });
    const current = tasksOf(2, 1000, 1000);
    expect(planToBounds(policy, current, EVERYTHING)).toMatchObject({ kind: "none", hold: "incomplete-data" });
    const safe = planToBounds(policy, current, EVERYTHING, { used: { cpu: 10 }, ceilings: {} });
    expect(afterOf(safe).size.cpu).toBe(700);
    const busy = planToBounds(policy, current, EVERYTHING, { used: { cpu: 1900 }, ceilings: { cpu: 0.9 } });
    expect(busy).toMatchObject({ kind: "none", hold: "at-target-guard" });
  });
  test("what may not grow does not keep the rest from shrinking", () => {
    const policy = bounds({ tasksMin: 4, max: { ...MAX, cpu: 1000 } });
    const guard = { used: { cpu: 10 }, ceilings: {} };
    expect(afterOf(planToBounds(policy, tasksOf(2, 1000, 1000), EVERYTHING, guard))).toEqual(tasksOf(2, 700, 1000));
    expect(planToBounds(policy, tasksOf(2, 1000, 1000), EVERYTHING)).toMatchObject({ hold: "at-component-limit" });
  });
  test("by the number of tasks where they are not resized: 2 vCPU in tasks of 0.5, and fewer above the maximum", () => {
    const low = bounds({ resize: false, min: { cpu: 2000, memory: 1000, network: 0, storage: 0 } });
    expect(afterOf(planToBounds(low, tasksOf(3, 500, 300), EVERYTHING))).toEqual(tasksOf(4, 500, 300));
    const high = bounds({ resize: false, max: { ...MAX, cpu: 3000 } });
    const guard = { used: { cpu: 10, memory: 10 }, ceilings: {} };
    expect(afterOf(planToBounds(high, tasksOf(4, 1000, 1000), EVERYTHING, guard))).toEqual(tasksOf(3, 1000, 1000));
  });
  test("within: nothing", () => {
    expect(planToBounds(aPolicy(), tasksOf(2, 1000, 1000), EVERYTHING)).toMatchObject({
      kind: "none",
      hold: "on-target",
    });
  });
});
