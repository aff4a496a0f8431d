import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { webFleet } from "../../../lib/config/presets/web.ts";
import { decideFleet } from "../../../lib/domain/decision/decide-fleet.ts";
import { explainDecision } from "../../../lib/domain/decision/explain.ts";
import { replayDecision } from "../../../lib/domain/decision/replay.ts";
import { marginOf, staffed, tasksFor } from "../../../lib/domain/decision/strategies/staffing.ts";
import type { Decision } from "../../../lib/domain/model/decision.ts";
import type { Allocation } from "../../../lib/domain/model/resources.ts";
import type { Sample } from "../../../lib/domain/model/sample.ts";
import { aFleet, aLedger, aState, NOW_MS, theRecords } from "../../support/fleet-builders.ts";

const demand = (tasks: number, ahead: number, keep = ahead) =>
  ({ tasks, now: ahead, ahead, keep, growth: 0, from: "model" }) as const;

describe("square-root staffing", () => {
  test.each([
    [0, 0.4, 1],
    [0.5, 0.4, 2],
    [1, 0.4, 2],
    [4, 0.4, 6],
    [16, 0.4, 18],
    [100, 0.4, 105],
    [100, 1, 111],
  ])("a demand of %d tasks with a margin of %d needs %d", (ahead, staffing, tasks) => {
    expect(tasksFor(ahead, staffing)).toBe(tasks);
  });

  test("grows to what is needed, holds while it is enough, shrinks no further than what is to be kept for", () => {
    expect(staffed(demand(10, 16), { staffing: 0.4 })).toMatchObject({
      want: "grow",
      tasks: 18,
      because: "demand-ahead",
    });
    expect(staffed(demand(18, 16), { staffing: 0.4 })).toMatchObject({ want: "hold", because: "demand-met" });
    expect(staffed(demand(30, 4, 16), { staffing: 0.4 })).toMatchObject({
      want: "shrink",
      tasks: 18,
      because: "demand-fell",
    });
    expect(staffed(demand(18, 4, 16), { staffing: 0.4 })).toMatchObject({ want: "hold" });
  });

  test.each([
    [19, 18, "shrink"],
    [20, 19, "hold"],
    [20, 18, "shrink"],
    [60, 57, "hold"],
    [60, 56, "shrink"],
    [57, 58, "grow"],
  ])("with %d tasks and %d needed: %s", (tasks, needed, want) => {
    expect(staffed(demand(tasks, needed - 1), { staffing: 0.05 })).toMatchObject({ want });
    expect(tasksFor(needed - 1, 0.05)).toBe(needed);
  });

  test.each([
    [50, 0.4],
    [95, 0.4],
    [99, 0.566],
    [99.9, 0.751],
  ])("to be sure of %d %% of the growths the margin is %d", (growthPercent, margin) => {
    expect(marginOf({ staffing: 0.4, growthPercent })).toBeCloseTo(margin, 2);
  });

  test("what it asks for it would not change again, and the number of tasks does not change what it asks for", () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 500, noNaN: true }), fc.integer({ min: 1, max: 600 }), (ahead, tasks) => {
        const opinion = staffed(demand(tasks, ahead), { staffing: 0.4 });
        const asked = opinion.tasks ?? tasks;
        const needed = tasksFor(ahead, 0.4);
        // A shrink by one task in twenty is not worth an action; more than that is never held back, growth not at all.
        const isTrifle = needed < tasks && tasks - needed <= tasks / 20;
        expect(asked).toBe(isTrifle ? tasks : needed);
        expect(staffed(demand(asked, ahead), { staffing: 0.4 }).want).toBe("hold");
        // What is compared lies on the side of its threshold that explains what is wanted.
        const above = (opinion.compared ?? 0) - (opinion.threshold ?? 0);
        expect(opinion.want === "hold" || (opinion.want === "grow" ? above > 0 : above <= 1e-9)).toBe(true);
      }),
    );
  });
});

describe("staffing in a fleet", () => {
  const web = webFleet({ name: "service-a", parameters: { staffing: 0.4, leadSeconds: 240 } });
  const fleet = aFleet(
    { ...web, mode: "auto" },
    {
      ...web.components[0],
      compute: "fargate",
    },
  );
  const component = fleet.components[0];
  const allocation = (tasks: number): Allocation => ({
    tasks,
    size: { cpu: 1000, memory: 2000, network: 100, storage: 0 },
  });

  function decide(tasks: number, use: readonly number[], over: { pending?: number; gap?: boolean } = {}): Decision {
    const window = use.map(
      (cpuUsed, i): Sample => ({
        endMs: NOW_MS - 30_000 - (use.length - 1 - i) * 20_000,
        periodMs: 20_000,
        values: over.gap === true && i > use.length - 20 ? {} : { cpuUsed, memoryUsed: tasks * 200, responseTime: 150 },
        absent: {},
      }),
    );
    const desired = allocation(tasks);
    const state = aState("service-a", window, {
      desired,
      running: tasks - (over.pending ?? 0),
      pending: over.pending ?? 0,
    });
    const ledger = aLedger(fleet, { booked: { "service-a": desired } });
    const [decision] = decideFleet(fleet, theRecords(fleet, { states: [state], ledger }), NOW_MS);
    if (decision === undefined || component === undefined) throw new Error("nothing was decided");
    return decision;
  }
  const flat = (value: number): number[] => Array.from({ length: 60 }, () => value);

  test("a rise is answered with an exact number, explained in tasks, and replays", () => {
    const decision = decide(10, [...flat(6000).slice(3), 12_000, 12_000, 12_000]);
    expect(decision).toMatchObject({ action: "SCALE_OUT", status: "PENDING" });
    expect(decision.plan?.steps[0]?.after.tasks).toBe(tasksFor(24 * (4 / 3), 0.4));
    expect(explainDecision(decision)).toMatch(
      /demand of 24 tasks, 32 with \+33 % within the lead time .* needs 35 tasks, there are 10/,
    );
    expect(replayDecision(decision, fleet).same).toBe(true);
  });

  test("tasks that do not run yet do not stop a growth whose number follows from demand", () => {
    expect(decide(10, flat(9500), { pending: 3 }).action).toBe("SCALE_OUT");
  });

  test("what was asked for stays until it runs: the tasks that run cannot show what is wanted", () => {
    expect(decide(30, flat(6000), { pending: 3 })).toMatchObject({ action: "NO_ACTION", hold: "tasks-pending" });
  });

  test("a fall is answered at once, with what is left of the past five minutes", () => {
    expect(decide(30, flat(6000)).plan?.steps[0]?.after.tasks).toBe(tasksFor(6 * (4 / 3), 0.4));
    const fell = [...flat(16_000).slice(10), ...flat(6000).slice(50)];
    expect(decide(30, fell).plan?.steps[0]?.after.tasks).toBe(tasksFor(16 * (4 / 3), 0.4));
  });

  test("doubt never shrinks: missing samples hold", () => {
    const decision = decide(30, flat(6000), { gap: true });
    expect(decision.action).toBe("NO_ACTION");
  });
});
