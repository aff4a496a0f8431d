import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { RESOURCE_NAMES } from "../../../lib/domain/model/resources.ts";
import { DONORS_TRIED_MAX, type Donor, planRebalance } from "../../../lib/domain/planning/rebalance.ts";
import {
  anyRequest,
  aPolicy,
  aRequest,
  capacity,
  counterexample,
  EVERYTHING,
  planOf,
  promised,
  tasksOf,
  total,
} from "./builders.ts";

const FULL = { ...EVERYTHING, cpu: 0 };

function aDonor(name: string, overrides: Partial<Donor> = {}): Donor {
  return {
    policy: aPolicy({ name, factorDown: 0.5 }),
    current: tasksOf(2, 2000, 2000),
    used: { cpu: 400, memory: 400, network: 0, storage: 0 },
    ceilings: { cpu: 0.8, memory: 0.8 },
    idle: 0,
    ...overrides,
  };
}

describe("a donor makes room", () => {
  // The recipient has 2 x 1 vCPU and wants 2 x 1.5: 1 vCPU is missing.
  const want = aRequest({ room: FULL });

  test("exactly what is missing is taken, the donor goes first", () => {
    const plan = planOf(planRebalance({ want, donors: [aDonor("a")] }));
    expect(plan.steps.map(({ component }) => component)).toEqual(["a", "api"]);
    expect(plan.steps[0]?.after).toEqual(tasksOf(2, 1500, 2000));
    expect(plan.steps[1]?.after).toEqual(tasksOf(2, 1500, 2000));
    expect(plan.costDeltaPerHour).toBeCloseTo(0, 12);
  });
  test("a fleet over its limit is brought back first: 0.3 vCPU too many", () => {
    const plan = planOf(planRebalance({ want: { ...want, room: { ...FULL, cpu: -300 } }, donors: [aDonor("a")] }));
    // 1000 + 300 from two tasks: 650 each.
    expect(plan.steps[0]?.after.size.cpu).toBe(1350);
    expect(plan.steps[1]?.after.size.cpu).toBe(1500);
  });
  test("the least used gives; among equals the idler one, then the first by name", () => {
    const used = (cpu: number) => ({ cpu, memory: 0, network: 0, storage: 0 });
    const giver = (donors: Donor[]) => planOf(planRebalance({ want, donors })).steps[0]?.component;
    expect(giver([aDonor("a"), aDonor("b", { used: used(300) }), aDonor("c", { used: used(500) })])).toBe("b");
    expect(giver([aDonor("b"), aDonor("a"), aDonor("c", { idle: 1 })])).toBe("c");
    expect(giver([aDonor("b"), aDonor("a")])).toBe("a");
  });
  test("one that can give enough is preferred to a less used one that cannot", () => {
    const small = aDonor("small", {
      current: tasksOf(1, 400, 400),
      used: { cpu: 0, memory: 0, network: 0, storage: 0 },
    });
    expect(planOf(planRebalance({ want, donors: [small, aDonor("a")] })).steps[0]?.component).toBe("a");
    // Alone it gives 200, its whole step: 100 for each task of the recipient.
    const plan = planOf(planRebalance({ want, donors: [small] }));
    expect(plan.steps.map(({ after }) => after.size.cpu)).toEqual([200, 1100]);
  });
  test("at most the donor's own step, its minimum, its ceiling", () => {
    const steps = (overrides: Partial<Donor>) =>
      planOf(planRebalance({ want, donors: [aDonor("a", overrides)] })).steps;
    expect(steps({ policy: aPolicy({ name: "a", factorDown: 0.9 }) })[0]?.after.size.cpu).toBe(1800);
    const min = { cpu: 3500, memory: 0, network: 0, storage: 0 };
    expect(steps({ policy: aPolicy({ name: "a", min, factorDown: 0.5 }) })[0]?.after.size.cpu).toBe(1750);
    // 2560 / 0.8 = 3200: 1600 each.
    expect(steps({ used: { cpu: 2560 } })[0]?.after.size.cpu).toBe(1600);
  });
  test("growth in tasks is made room for in everything they take", () => {
    const out = { ...want, action: "SCALE_OUT" as const, room: { cpu: 0, memory: 0, network: 0, storage: 0 } };
    const donor = aDonor("a", { current: tasksOf(4, 1000, 2000) });
    const plan = planOf(planRebalance({ want: out, donors: [donor] }));
    expect(plan.steps.map(({ after }) => after.tasks)).toEqual([3, 3]);
  });
  test("nobody can: the recipient's own hold", () => {
    const stuck: Donor[] = [
      aDonor("busy", { used: { cpu: 3900 } }),
      aDonor("unknown", { used: {} }),
      aDonor("least", { policy: aPolicy({ name: "least", min: { cpu: 4000, memory: 0, network: 0, storage: 0 } }) }),
      aDonor("api"),
    ];
    expect(planRebalance({ want, donors: stuck })).toMatchObject({ kind: "none", hold: "at-fleet-limit" });
    expect(planRebalance({ want, donors: [] })).toMatchObject({ kind: "none", hold: "at-fleet-limit" });
  });
  test("what the recipient's own limit stops, no donor helps", () => {
    const policy = aPolicy({ max: { cpu: 2000, memory: 1e6, network: 1e6, storage: 1e6 } });
    expect(planRebalance({ want: { ...want, policy }, donors: [aDonor("a")] })).toMatchObject({
      hold: "at-component-limit",
    });
  });
  test("no scarcity: the recipient alone", () => {
    expect(planOf(planRebalance({ want: { ...want, room: EVERYTHING }, donors: [aDonor("a")] })).steps).toHaveLength(1);
  });
  test("only so many donors are looked at", () => {
    const stuck = Array.from({ length: DONORS_TRIED_MAX }, (_, index) =>
      aDonor(`stuck${index}`, { used: { cpu: 0 }, ceilings: { cpu: 0 } }),
    );
    expect(planRebalance({ want, donors: [...stuck, aDonor("late")] })).toMatchObject({ kind: "none" });
    expect(planRebalance({ want, donors: [...stuck.slice(1), aDonor("in time")] })).toMatchObject({ kind: "plan" });
  });
});

test("whatever is asked: the recipient takes at most the room and what was given, and the donor keeps its guard", () => {
  const growing = fc.oneof(anyRequest("ec2"), anyRequest("fargate")).filter(({ factor }) => factor > 1);
  const donor = fc.oneof(anyRequest("ec2"), anyRequest("fargate")).map(
    ({ policy, current, used, ceilings }): Donor => ({
      policy: { ...policy, name: "donor" },
      current,
      used,
      ceilings,
      idle: 0,
    }),
  );
  const property = fc.property(growing, fc.array(donor, { maxLength: 4 }), (want, donors) => {
    const result = planRebalance({ want, donors });
    if (result.kind === "none") return;
    const { steps } = result.plan;
    const last = steps.at(-1);
    const giver = steps.length === 2 ? steps[0] : undefined;
    promised(steps.length <= 2 && last?.component === "api", "the recipient comes last");
    const origin = donors.find(({ current }) => current === giver?.before);
    for (const name of RESOURCE_NAMES) {
      const given = giver === undefined ? 0 : total(giver.before, name) - total(giver.after, name);
      const taken = last === undefined ? 0 : total(last.after, name) - total(last.before, name);
      promised(given >= 0, `${name} is given`);
      promised(taken <= 0 || taken <= want.room[name] + given, `${name} room`);
      const ceiling = origin?.ceilings[name];
      if (giver === undefined || ceiling === undefined || given === 0) continue;
      const use = origin?.used[name] ?? Number.POSITIVE_INFINITY;
      promised(use <= capacity(giver.after, name) * ceiling + 1e-3, `${name} guard of the donor`);
    }
  });
  expect(counterexample(property, 2000)).toBeUndefined();
});
