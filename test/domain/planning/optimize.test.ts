import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Resources } from "../../../lib/domain/model/resources.ts";
import { RESOURCE_NAMES, sameSize } from "../../../lib/domain/model/resources.ts";
import { bookedRoom } from "../../../lib/domain/planning/bounds.ts";
import { type OptimizeRequest, planOptimize } from "../../../lib/domain/planning/optimize.ts";
import { costPerHour } from "../../../lib/domain/planning/prices.ts";
import {
  anyRequest,
  aPolicy,
  capacity,
  counterexample,
  EVERYTHING,
  onGrid,
  partial,
  promised,
  SHAPES,
  tasksOf,
  total,
} from "./builders.ts";

function aRequest(overrides: Partial<OptimizeRequest> = {}): OptimizeRequest {
  return {
    policy: aPolicy(),
    current: tasksOf(2, 2000, 8000),
    peak: { cpu: 1000, memory: 4000, network: 0, storage: 0 },
    ceilings: {},
    headroom: 0.2,
    savingMin: 0.1,
    room: EVERYTHING,
    ...overrides,
  };
}
const onFargate = (overrides: Partial<OptimizeRequest> = {}) =>
  aRequest({ policy: aPolicy({ compute: "fargate" }), ...overrides });
const allocationOf = (request: OptimizeRequest) => planOptimize(request)?.allocation;

describe("prices", () => {
  test("one vCPU, one GiB, one GiB of storage, for an hour", () => {
    // 3 x (2 x 0.04048 + 4 x 0.004445 + 10 x 0.000111)
    expect(costPerHour(tasksOf(3, 2000, 4000, 10_000))).toBeCloseTo(3 * (0.08096 + 0.01778 + 0.00111), 12);
    expect(costPerHour(tasksOf(0, 2000, 4000))).toBe(0);
  });
});

test("room is what the limits leave, negative when over them", () => {
  const limits: Resources = { cpu: 4000, memory: 10_000, network: 1000, storage: 0 };
  const room = bookedRoom(limits, [tasksOf(2, 1000, 2000), tasksOf(3, 1000, 1000, 1)]);
  expect(room).toEqual({ cpu: -1000, memory: 3000, network: 500, storage: -3 });
});

describe("EC2 keeps the tasks and sizes them exactly", () => {
  test("peak x 1.2 over two: 0.6 vCPU, 2.4 GiB", () => {
    const found = planOptimize(aRequest());
    expect(found?.allocation).toEqual(tasksOf(2, 600, 2400));
    // (2 x 1.4 x 0.04048 + 2 x 5.6 x 0.004445) = 0.113344 + 0.049784
    expect(found?.savingPerHour).toBeCloseTo(0.163128, 9);
    expect(found?.share).toBeCloseTo(0.163128 / costPerHour(tasksOf(2, 2000, 8000)), 9);
  });
  test("a ceiling may ask for more than the headroom: 1000 / 0.5", () => {
    expect(allocationOf(aRequest({ ceilings: { cpu: 0.5 } }))).toEqual(tasksOf(2, 1000, 2400));
  });
  test("never below the minima", () => {
    const policy = aPolicy({ min: { cpu: 3000, memory: 5000, network: 0, storage: 0 } });
    expect(allocationOf(aRequest({ policy }))).toEqual(tasksOf(2, 1500, 2500));
  });
  test("what is not known stays", () => {
    expect(allocationOf(aRequest({ peak: { cpu: 1000 } }))).toEqual(tasksOf(2, 600, 8000));
  });
  test("storage, which cannot be set on EC2, stays", () => {
    const current = tasksOf(2, 2000, 8000, 100_000);
    const peak = { cpu: 1000, memory: 4000, network: 0, storage: 50_000 };
    expect(allocationOf(aRequest({ current, peak }))).toEqual(tasksOf(2, 600, 2400, 100_000));
  });
  test("tasks that are not resized stay as they are", () => {
    expect(planOptimize(aRequest({ policy: aPolicy({ resize: false }) }))).toBeUndefined();
  });
  test("what is short may grow, inside the maximum and the room", () => {
    const short = aRequest({
      current: tasksOf(2, 4000, 2000),
      peak: { cpu: 1000, memory: 3600, network: 0, storage: 0 },
    });
    expect(allocationOf(short)).toEqual(tasksOf(2, 600, 2160));
    expect(allocationOf({ ...short, room: { ...EVERYTHING, memory: 319 } })).toBeUndefined();
    const max = { cpu: 1e6, memory: 4319, network: 1e6, storage: 1e6 };
    expect(allocationOf({ ...short, policy: aPolicy({ max }) })).toBeUndefined();
  });
  test("a saving under the least is none, and no tasks save nothing", () => {
    expect(planOptimize(aRequest({ savingMin: 0.8 }))).toBeUndefined();
    expect(planOptimize(aRequest({ peak: { cpu: 3400, memory: 14_000, network: 0, storage: 0 } }))).toBeUndefined();
    expect(planOptimize(aRequest({ current: tasksOf(0, 1000, 1000) }))).toBeUndefined();
  });
});

describe("Fargate chooses number and shape", () => {
  test("1.2 vCPU, 4.8 GiB: three of 0.5 vCPU with 3 GiB", () => {
    // 3 x (0.5, 3) = 1.5 vCPU + 9 GiB = 0.1007; 2 x (1, 3) = 2 vCPU + 6 GiB = 0.1076; memory under 2.4 each does not count.
    expect(allocationOf(onFargate({ peak: { cpu: 1000, memory: 4000, network: 0, storage: 0 } }))).toEqual(
      tasksOf(3, 500, 3000),
    );
  });
  test("two stay two: redundancy is part of the service", () => {
    const idle = { cpu: 100, memory: 400, network: 0, storage: 0 };
    expect(allocationOf(onFargate({ peak: idle }))).toEqual(tasksOf(2, 250, 500));
    expect(allocationOf(onFargate({ peak: idle, current: tasksOf(1, 2000, 8000) }))?.tasks).toBe(1);
  });
  test("many tasks that are mostly idle become fewer", () => {
    const found = allocationOf(
      onFargate({ current: tasksOf(8, 250, 2000), peak: { cpu: 1500, memory: 4000, network: 0, storage: 0 } }),
    );
    // 1.8 vCPU and 4.8 GiB: 8 x (0.25, 1) = 2 vCPU + 8 GiB; 4 x (0.5, 2) the same; 2 x (1, 3) = 2 vCPU + 6 GiB.
    expect(found).toEqual(tasksOf(2, 1000, 3000));
  });
  test("memory does not spread: a task needs what it needs today", () => {
    // One of 4 vCPU, 8 GiB, 1.5 vCPU and 6 GiB needed: 2 x (1, 3) would be cheaper than 1 x (2, 6).
    const found = allocationOf(
      onFargate({ current: tasksOf(1, 4000, 8000), peak: { cpu: 1250, memory: 5000, network: 0, storage: 0 } }),
    );
    expect(found).toEqual(tasksOf(1, 2000, 6000));
  });
  test("storage counts the free part: 50 x 1.2 = 60 GiB, 40 of them free", () => {
    const current = tasksOf(2, 1000, 8000, 100_000);
    const peak = { cpu: 1500, memory: 13_000, network: 0, storage: 50_000 };
    expect(allocationOf(onFargate({ current, peak }))).toEqual(tasksOf(2, 1000, 8000, 10_000));
  });
  test("the number alone where tasks are not resized: 1.2 vCPU in tasks of 0.5, storage as it is", () => {
    const policy = aPolicy({ compute: "fargate", resize: false });
    const peak = { cpu: 1000, memory: 2000, network: 0, storage: 0 };
    const request = onFargate({ policy, peak, current: tasksOf(8, 500, 4000, 1000) });
    expect(allocationOf(request)).toEqual(tasksOf(3, 500, 4000, 1000));
    const kept = aPolicy({ ...policy, min: { cpu: 100, memory: 100, network: 0, storage: 5000 } });
    expect(allocationOf({ ...request, policy: kept })).toEqual(tasksOf(5, 500, 4000, 1000));
    expect(allocationOf({ ...request, current: tasksOf(2, 500, 4000) })).toBeUndefined();
  });
  test("unknown network keeps the number of tasks", () => {
    const found = allocationOf(
      onFargate({ current: tasksOf(8, 1000, 2000), peak: { cpu: 1000, memory: 1000, storage: 0 } }),
    );
    expect(found).toEqual(tasksOf(8, 250, 500));
  });
});

describe("whatever is asked", () => {
  const request = (compute: "ec2" | "fargate"): fc.Arbitrary<OptimizeRequest> =>
    fc
      .record({
        base: anyRequest(compute),
        peak: partial(fc.nat(30_000)),
        headroom: fc.double({ min: 0, max: 1, noNaN: true }),
        savingMin: fc.double({ min: 0, max: 0.5, noNaN: true }),
      })
      .map(({ base: { policy, current, ceilings, room }, ...rest }) => ({ policy, current, ceilings, room, ...rest }));

  test.each(["ec2", "fargate"] as const)("%s: it saves, serves the peak and stays inside the bounds", (compute) => {
    const property = fc.property(request(compute), (asked) => {
      const found = planOptimize(asked);
      if (found === undefined) return;
      const { allocation, share, savingPerHour } = found;
      const { policy, current, peak, headroom, ceilings, savingMin, room } = asked;
      promised(Math.abs(costPerHour(current) - costPerHour(allocation) - savingPerHour) < 1e-9, "the saving");
      promised(savingPerHour > 0 && share >= savingMin - 1e-9, "saves enough");
      promised(allocation.tasks >= Math.min(2, current.tasks), "redundancy");
      promised(compute === "ec2" || onGrid(allocation.size), "a Fargate size");
      promised(policy.resize || sameSize(allocation.size, current.size), "the size stays");
      for (const name of RESOURCE_NAMES) {
        const [then, now] = [total(allocation, name), total(current, name)];
        const most = Math.min(policy.max[name], now + Math.max(0, room[name]));
        promised(then <= now || then <= most, `${name} max and room`);
        promised(then >= now || then >= policy.min[name], `${name} min`);
        // Network follows the tasks, whose number EC2 keeps, as it does their storage.
        if (name === "network" && (then === now || current.size.network === 0)) continue;
        if (name === "storage" && compute === "ec2") {
          promised(then === now, "storage stays");
          continue;
        }
        const has = capacity(allocation, name);
        const use = peak[name];
        if (use === undefined) promised(has >= capacity(current, name), `${name} is not known`);
        else promised(has >= use * (1 + headroom) - 1e-3, `${name} headroom`);
        promised(use === undefined || use <= has * (ceilings[name] ?? 1) + 1e-3, `${name} ceiling`);
      }
    });
    expect(counterexample(property, 2000)).toBeUndefined();
  });

  test("Fargate: nothing cheaper among all shapes and numbers of tasks", () => {
    const policy = aPolicy({ compute: "fargate", tasksMax: 16, min: { cpu: 0, memory: 0, network: 0, storage: 0 } });
    const current = fc.record({ shape: fc.constantFrom(...SHAPES), tasks: fc.integer({ min: 1, max: 12 }) });
    const property = fc.property(current, fc.nat(20_000), fc.nat(60_000), ({ shape, tasks }, cpu, memory) => {
      const now = tasksOf(tasks, shape.cpu, shape.memory, 0, 0);
      const peak = { cpu, memory, network: 0, storage: 0 };
      const found = allocationOf(onFargate({ policy, current: now, peak, headroom: 0, savingMin: 0 })) ?? now;
      let lowest = costPerHour(now);
      for (const each of SHAPES) {
        if (each.memory < Math.min(memory / tasks, shape.memory)) continue;
        for (let count = Math.min(tasks, 2); count <= 16; count += 1) {
          const serves = count * each.cpu >= cpu && count * each.memory >= memory;
          if (serves) lowest = Math.min(lowest, costPerHour(tasksOf(count, each.cpu, each.memory, 0, 0)));
        }
      }
      promised(Math.abs(costPerHour(found) - lowest) < 1e-8, "the lowest price");
    });
    expect(counterexample(property, 500)).toBeUndefined();
  });
});
