import { describe, expect, test } from "vitest";
import { encode } from "../../../lib/adapters/records.ts";
import { decideFleet, type FleetRecords } from "../../../lib/domain/decision/decide-fleet.ts";
import { explainDecision } from "../../../lib/domain/decision/explain.ts";
import { replayDecision } from "../../../lib/domain/decision/replay.ts";
import type { Decision } from "../../../lib/domain/model/decision.ts";
import type { FleetPolicy } from "../../../lib/domain/model/policy.ts";
import {
  ALLOCATION,
  aFleet,
  aLedger,
  aState,
  aWindow,
  NOW_MS,
  theRecords,
  type Values,
} from "../../support/fleet-builders.ts";

const HOT: Values = { cpuUsed: 1800 }; // 90 % of 2 x 1 vCPU; up above 70 %
const IDLE: Values = { cpuUsed: 400, memoryUsed: 600, responseTime: 100 };
const only = (decisions: readonly Decision[]): Decision => decisions[0] as Decision;
const decideWith = (fleet: FleetPolicy, records: Partial<FleetRecords>) =>
  decideFleet(fleet, theRecords(fleet, records), NOW_MS);
const one = (values: Values, newest: Values = {}) => [aState("service-a", aWindow(values, newest))];

describe("one component", () => {
  const fleet = aFleet();

  test("on target it holds, and says so", () => {
    const decision = only(decideWith(fleet, {}));
    expect(decision).toMatchObject({
      action: "NO_ACTION",
      hold: "on-target",
      status: "HELD",
      id: `service-a@${NOW_MS}`,
    });
    expect(explainDecision(decision)).toBe("service-a holds: all rules are within their thresholds.");
  });

  test("a metric without a source leaves nothing behind in the record", () => {
    const window = aWindow().map(
      ({ values: { networkUsed: _network, storageUsed: _storage, ...values }, ...sample }) => ({
        ...sample,
        values,
      }),
    );
    const decision = only(decideWith(fleet, { states: [aState("service-a", window)] }));
    expect(Object.keys(decision.facts.used)).toEqual(["cpu", "memory"]);
    expect(() => encode("hold", fleet.name, decision)).not.toThrow();
  });

  test("a CPU breach grows the size of the tasks by the factor", () => {
    const decision = only(decideWith(fleet, { states: one(HOT) }));
    expect(decision).toMatchObject({
      action: "SCALE_UP",
      direction: "grow",
      resource: "CPU",
      rule: "cpu",
      status: "PENDING",
    });
    expect(decision.plan?.steps).toEqual([
      { component: "service-a", before: ALLOCATION, after: { tasks: 2, size: { ...ALLOCATION.size, cpu: 1300 } } },
    ]);
    expect(decision.expected?.value).toBeCloseTo(0.9 / 1.3, 3);
    expect(explainDecision(decision)).toBe(
      "service-a SCALE_UP: cpu utilization 90 % is above 70 %; 1 -> 1.3 vCPU a task, confidence 93.8 %.",
    );
  });

  test("a slow response grows the number of tasks", () => {
    expect(only(decideWith(fleet, { states: one({ responseTime: 1200 }) }))).toMatchObject({
      action: "SCALE_OUT",
      resource: "INSTANCES",
      rule: "response-time",
    });
  });

  test("growth wins over shrinkage", () => {
    const decision = only(decideWith(fleet, { states: one({ ...IDLE, responseTime: 1200 }) }));
    expect(decision.verdicts.map(({ want }) => want)).toEqual(["shrink", "shrink", "grow"]);
    expect(decision.action).toBe("SCALE_OUT");
  });

  test("an idle component shrinks, but never past the target of a rule", () => {
    const decision = only(decideWith(fleet, { states: one(IDLE) }));
    expect(decision.direction).toBe("shrink");
    const after = decision.plan?.steps[0]?.after;
    expect(600 / ((after?.tasks ?? 0) * (after?.size.memory ?? 0))).toBeLessThanOrEqual(0.7);
    expect(400 / ((after?.tasks ?? 0) * (after?.size.cpu ?? 0))).toBeLessThanOrEqual(0.6);
  });

  test("observe records and leaves it at that; recommend waits for a person", () => {
    expect(only(decideWith(aFleet({ mode: "observe" }), { states: one(HOT) })).status).toBe("OBSERVED");
    expect(only(decideWith(aFleet({ mode: "recommend" }), { states: one(HOT) }))).toMatchObject({
      status: "AWAITING_APPROVAL",
      expiresAtMs: NOW_MS + 900_000,
    });
  });

  test("under the confidence bar it is recorded with its plan and factors, not executed", () => {
    const strict = aFleet({ decision: { minimumConfidence: 99 } });
    const decision = only(decideWith(strict, { states: one(HOT) }));
    expect(decision).toMatchObject({ action: "NO_ACTION", hold: "below-confidence" });
    expect(decision.plan).toBeDefined();
    expect(decision.confidence).toEqual({
      deviation: 100,
      effectiveness: 75,
      stability: 100,
      headroom: 100,
      total: 93.8,
    });
  });
});

describe("doubt never shrinks", () => {
  const fleet = aFleet();
  const idle = aWindow(IDLE);
  test.each<[string, ReturnType<typeof aWindow>]>([
    [
      "one sample of another rule's metric is missing at the end",
      idle.map((sample, i) => (i < 14 ? sample : without(sample, "memoryUsed"))),
    ],
    ["four of fifteen samples are missing", idle.filter((_, i) => i > 3)],
    ["everything is five minutes old", idle.map((sample) => ({ ...sample, endMs: sample.endMs - 300_000 }))],
    ["nothing was ever seen", []],
  ])("%s", (_, window) => {
    const decision = only(decideWith(fleet, { states: [aState("service-a", window)] }));
    expect(["incomplete-data", "no-data", "on-target", "not-sustained"]).toContain(decision.hold);
    expect(decision.action).toBe("NO_ACTION");
  });
  test("complete data of the same kind does shrink", () => {
    expect(only(decideWith(fleet, { states: [aState("service-a", idle)] })).direction).toBe("shrink");
  });
  test("silence for want of traffic is knowledge, not doubt", () => {
    const quiet = idle.map((sample) => ({
      ...without(sample, "responseTime"),
      absent: { responseTime: "no-traffic" as const },
    }));
    expect(only(decideWith(fleet, { states: [aState("service-a", quiet)] })).direction).toBe("shrink");
  });
  test("missing data still lets another rule grow", () => {
    const blind = aWindow({ ...IDLE, responseTime: 1200 }).map((sample) => without(sample, "cpuUsed"));
    expect(only(decideWith(fleet, { states: [aState("service-a", blind)] })).action).toBe("SCALE_OUT");
  });
});

describe("each gate by itself", () => {
  const fleet = aFleet();
  const recent = (
    minutesAgo: number,
    direction: "grow" | "shrink",
    component = "service-a",
    decision = `d${minutesAgo}`,
  ) => ({ decision, component, direction, atMs: NOW_MS - minutesAgo * 60_000, removedCpu: 0 });
  const hot = one(HOT);
  test.each<[string, Partial<FleetRecords>, string]>([
    ["paused", { ledger: aLedger(fleet, { paused: true }) }, "paused"],
    ["four minutes after a decision", { ledger: aLedger(fleet, { recent: [recent(4, "grow")] }) }, "cooldown"],
    [
      "four ups this hour",
      { ledger: aLedger(fleet, { recent: [50, 40, 30, 20].map((each) => recent(each, "grow")) }) },
      "rate-limit-component",
    ],
    [
      "ten decisions of the fleet this hour",
      {
        ledger: aLedger(fleet, {
          recent: Array.from({ length: 10 }, (_, i) => recent(50 - i, "grow", "other", `o${i}`)),
        }),
      },
      "rate-limit-fleet",
    ],
    [
      "somebody else changed it",
      { states: [aState("service-a", aWindow(HOT), { desired: { ...ALLOCATION, tasks: 3 } })] },
      "foreign-change",
    ],
    [
      "quiet after a foreign change",
      {
        ledger: aLedger(fleet, {
          quietUntil: { "service-a": { untilMs: NOW_MS + 1, why: "foreign-change", failures: 0 } },
        }),
      },
      "foreign-change",
    ],
    [
      "backing off",
      {
        ledger: aLedger(fleet, {
          quietUntil: { "service-a": { untilMs: NOW_MS + 1, why: "backing-off", failures: 1 } },
        }),
      },
      "backing-off",
    ],
    [
      "deployment in progress and a resize wanted",
      { states: [aState("service-a", aWindow(HOT), { deploying: true })] },
      "deployment-in-progress",
    ],
    ["tasks pending", { states: [aState("service-a", aWindow(HOT), { pending: 1 })] }, "tasks-pending"],
    [
      "service refuses writes",
      { states: [aState("service-a", aWindow(HOT), { refusal: "CODE_DEPLOY" })] },
      "service-unavailable",
    ],
    [
      "service cannot be described",
      { states: [{ ...aState("service-a", aWindow(HOT)), serviceProblem: "denied" }] },
      "service-unavailable",
    ],
  ])("%s: holds", (_, records, hold) => {
    expect(only(decideWith(fleet, { states: hot, ...records }))).toMatchObject({ action: "NO_ACTION", hold });
  });
  test.each<[string, Partial<FleetRecords>]>([
    ["nothing closed", {}],
    ["five minutes after a decision", { ledger: aLedger(fleet, { recent: [recent(5, "grow")] }) }],
    [
      "three ups this hour, and one before",
      { ledger: aLedger(fleet, { recent: [61, 40, 30, 20].map((each) => recent(each, "grow")) }) },
    ],
    [
      "nine decisions of the fleet this hour",
      {
        ledger: aLedger(fleet, {
          recent: Array.from({ length: 9 }, (_, i) => recent(50 - i, "grow", "other", `o${i}`)),
        }),
      },
    ],
    [
      "quiet time over",
      { ledger: aLedger(fleet, { quietUntil: { "service-a": { untilMs: NOW_MS, why: "backing-off", failures: 1 } } }) },
    ],
  ])("%s: acts", (_, records) => {
    expect(only(decideWith(fleet, { states: hot, ...records })).action).toBe("SCALE_UP");
  });
  test("the last three of the fleet's ten decisions an hour are kept for growth", () => {
    const seven = Array.from({ length: 7 }, (_, i) => recent(50 - i, "grow", "other", `o${i}`));
    const shrink = (count: number) =>
      only(decideWith(fleet, { states: one(IDLE), ledger: aLedger(fleet, { recent: seven.slice(0, count) }) }));
    expect(shrink(6).direction).toBe("shrink");
    expect(shrink(6).hold).toBeUndefined();
    expect(shrink(7).hold).toBe("rate-limit-fleet");
    expect(only(decideWith(fleet, { states: hot, ledger: aLedger(fleet, { recent: seven }) })).action).toBe("SCALE_UP");
  });

  test("a deployment does not stop more tasks", () => {
    const states = [aState("service-a", aWindow({ responseTime: 1200 }), { deploying: true })];
    expect(only(decideWith(fleet, { states })).action).toBe("SCALE_OUT");
  });
});

describe("the fleet", () => {
  test("what the limit leaves goes to the surest first; the next is given by a donor, or holds", () => {
    const fleet = aFleet({ limits: { cpu: 6.6, memory: 100, network: 10, storage: 100 } }, {}, {}, {});
    const hotter = aState("service-b", aWindow({ cpuUsed: 2000 }));
    const states = [
      aState("service-a", aWindow({ cpuUsed: 1560 })),
      hotter,
      aState("service-c", aWindow({ cpuUsed: 1000, memoryUsed: 1300 })),
    ];
    const [a, b, c] = decideWith(fleet, { states });
    expect(b).toMatchObject({ action: "SCALE_UP" }); // 6.0 + 0.6 of 6.6
    expect(a?.plan?.steps.map((step) => step.component)).toEqual(["service-c", "service-a"]);
    expect(a?.action).toBe("REBALANCE");
    expect(c).toMatchObject({ action: "NO_ACTION" });
    const after = [a, b]
      .flatMap((each) => each?.plan?.steps ?? [])
      .reduce((sum, step) => sum + step.after.tasks * step.after.size.cpu, 0);
    expect(after).toBeLessThanOrEqual(6600);
  });

  test("without a donor it holds at the fleet's limit", () => {
    const fleet = aFleet({ limits: { cpu: 4, memory: 100, network: 10, storage: 100 } }, {}, {});
    const states = [
      aState("service-a", aWindow(HOT)),
      aState("service-b", aWindow({ cpuUsed: 1200, memoryUsed: 1400 })),
    ];
    expect(decideWith(fleet, { states })[0]).toMatchObject({ action: "NO_ACTION", hold: "at-fleet-limit" });
  });

  test("what a limit leaves of a growth must be worth a deployment", () => {
    const left = (cpu: number) => aFleet({ limits: { cpu, memory: 100, network: 10, storage: 100 } });
    const grown = (cpu: number) => only(decideWith(left(cpu), { states: one(HOT) }));
    expect(grown(2.2)).toMatchObject({ action: "SCALE_UP" }); // 10 % of 2.0
    expect(grown(2.06)).toMatchObject({ action: "NO_ACTION", hold: "at-fleet-limit" }); // 3 %
    const own = aFleet({}, { cpu: { min: 0.1, max: 2.06 } });
    expect(only(decideWith(own, { states: one(HOT) })).hold).toBe("at-component-limit");
  });

  test("when nearly all want to shrink at once, all hold", () => {
    const fleet = aFleet({}, {}, {}, {}, {}, {});
    const states = fleet.components.map(({ name }) => aState(name, aWindow(IDLE)));
    expect(decideWith(fleet, { states }).map(({ hold }) => hold)).toEqual(Array(5).fill("velocity-limit"));
  });

  test("a recommendation is taken up only when no rule wants anything", () => {
    const fleet = aFleet();
    const recommendation = {
      v: 1 as const,
      component: "service-a",
      madeAtMs: NOW_MS,
      kind: "OPTIMIZE" as const,
      allocation: { tasks: 2, size: { ...ALLOCATION.size, memory: 900 } },
      savingPerHour: 0.01,
      because: "",
    };
    expect(only(decideWith(fleet, { recommendations: [recommendation] }))).toMatchObject({
      action: "OPTIMIZE",
      direction: "shrink",
    });
    expect(only(decideWith(fleet, { states: one(HOT), recommendations: [recommendation] })).action).toBe("SCALE_UP");
    expect(
      only(decideWith(fleet, { recommendations: [{ ...recommendation, madeAtMs: NOW_MS - 7_200_000 }] })).hold,
    ).toBe("on-target");
  });

  test("a component below its minimum is brought up to it whatever its rules say", () => {
    const fleet = aFleet({}, { tasks: { min: 4, max: 20 } });
    expect(only(decideWith(fleet, {}))).toMatchObject({
      action: "SCALE_OUT",
      plan: { steps: [{ after: { tasks: 4 } }] },
    });
  });
});

describe("replay", () => {
  const fleet = aFleet({ limits: { cpu: 6.6, memory: 100, network: 10, storage: 100 } }, {}, {}, {});
  const states = [
    aState("service-a", aWindow({ cpuUsed: 1560 })),
    aState("service-b", aWindow({ cpuUsed: 2000 })),
    aState("service-c", aWindow({ cpuUsed: 1000, memoryUsed: 1300 })),
  ];
  test("every stored decision replays to the same result, also after a trip through JSON", () => {
    for (const decision of decideWith(fleet, { states })) {
      const stored = JSON.parse(JSON.stringify(decision)) as Decision;
      expect(replayDecision(stored, fleet), decision.id).toMatchObject({
        same: true,
        policyChanged: false,
        differences: [],
      });
    }
  });
  test("another policy is told, and a forged record differs", () => {
    const stored = decideWith(fleet, { states })[1] as Decision;
    const other = aFleet(
      { limits: { cpu: 6.6, memory: 100, network: 10, storage: 100 } },
      {},
      { factor: { up: 2, down: 0.5 } },
      {},
    );
    expect(replayDecision(stored, other)).toMatchObject({ same: false, policyChanged: true });
    expect(replayDecision({ ...stored, action: "SCALE_IN" }, fleet).differences).toEqual(["action"]);
  });
});

function without(sample: ReturnType<typeof aWindow>[number], metric: "cpuUsed" | "memoryUsed" | "responseTime") {
  const { [metric]: _, ...values } = sample.values;
  return { ...sample, values };
}
