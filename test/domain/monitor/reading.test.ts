import { describe, expect, test } from "vitest";
import { shrinksPerHour } from "../../../lib/domain/decision/gate.ts";
import type { ComponentState } from "../../../lib/domain/model/component-state.ts";
import type { Ledger } from "../../../lib/domain/model/ledger.ts";
import type { FleetPolicy } from "../../../lib/domain/model/policy.ts";
import { SampleWindow } from "../../../lib/domain/model/sample-window.ts";
import { coarseMetrics, isReadingDue, mayLeaveAlone, restUntilMs } from "../../../lib/domain/monitor/reading.ts";
import { ALLOCATION, aFleet, aLedger, aState, aWindow, NOW_MS, type Values } from "../../support/fleet-builders.ts";

const PERIOD_MS = 60_000;
const END_MS = NOW_MS - 30_000;

/** Read `lagSeconds` after the newest period's end; every value between `down` and `up` unless said otherwise. */
function seen(lagSeconds = 30, values: Values = {}, newest: Values = {}): ComponentState {
  return {
    ...aState("service-a", aWindow(values, newest)),
    readThroughMs: END_MS,
    lag: { ms: lagSeconds * 1000, sooner: 10, later: 0 },
  };
}

/**
 * Beats of 30 s after the newest period's end at which the metrics are asked for, as long as no answer comes. What it was
 * left alone for was seen when that period was read, by the ledger `then`.
 */
function askedAt(
  fleet: FleetPolicy,
  seenState: ComponentState,
  ledger = aLedger(fleet),
  then = aLedger(fleet),
): number[] {
  const [policy] = fleet.components;
  if (policy === undefined) throw new Error("no component");
  const state = {
    ...seenState,
    restUntilMs: restUntilMs(seenState, policy, fleet, then, END_MS + (seenState.lag?.ms ?? 0)),
  };
  return Array.from({ length: 13 }, (_, beat) => beat * 30).filter((seconds) =>
    isReadingDue(state, policy, fleet, ledger, END_MS + seconds * 1000),
  );
}

const reactive = aFleet({}, { strategy: "REACTIVE" });
const conservative = aFleet({}, { strategy: "CONSERVATIVE" });
const from = (seconds: number) => Array.from({ length: 13 }, (_, i) => i * 30).filter((each) => each >= seconds);

describe("what one sample may decide is asked for in every period, once", () => {
  test.each([
    ["published after 20 s", 30, 90],
    ["published after 50 s", 60, 120],
    ["published after 110 s", 120, 180],
  ])("%s", (_, lag, first) => expect(askedAt(reactive, seen(lag))).toEqual(from(first)));

  test("never before it can have been published", () => expect(askedAt(reactive, seen(0))[0]).toBe(90));

  test("a beat early once in three hours: publication may have become quicker", () => {
    const [policy] = reactive.components;
    const state = seen(120);
    const dueOf = (shiftMs: number) => {
      const samples = state.window.samples().map((sample) => ({ ...sample, endMs: sample.endMs - shiftMs }));
      const shifted = { ...state, readThroughMs: END_MS - shiftMs, window: SampleWindow.of(samples) };
      return [120, 150, 180].map(
        (seconds) =>
          policy !== undefined && isReadingDue(shifted, policy, reactive, undefined, END_MS - shiftMs + seconds * 1000),
      );
    };
    const dues = Array.from({ length: 6 * 60 }, (_, minutes) => dueOf(minutes * PERIOD_MS));
    expect(new Set(dues.map(String))).toEqual(new Set(["false,true,true", "false,false,true"]));
    expect(dues.filter(([, early]) => early)).toHaveLength(2);
  });

  test("a beat early as long as nobody asked sooner in vain", () => {
    const state = seen(120);
    expect(askedAt(reactive, { ...state, lag: { ms: 120_000, sooner: 9, later: 0 } })).toEqual(from(150));
  });

  test.each<[string, ComponentState]>([
    ["the lag is not known", { ...seen(120), lag: undefined }],
    ["the newest sample is not what was read last", { ...seen(120), window: SampleWindow.EMPTY }],
  ])("every beat asks while %s", (_, state) => expect(askedAt(reactive, state)).toEqual(from(90)));

  const calm = withService({});
  const blank = { endMs: END_MS, periodMs: PERIOD_MS, values: {}, absent: {} };
  test.each<[string, ComponentState]>([
    ["a value lies above its up threshold", seen(60, {}, { cpuUsed: 1500 })],
    ["a value is missing", { ...seen(60), window: SampleWindow.of([blank]) }],
    ["tasks start", { ...seen(60), ...withService({ pending: 1, running: 1 }) }],
    ["a deployment runs", { ...seen(60), ...withService({ deploying: true }) }],
    ["the service could not be described", { ...seen(60), ...calm, serviceProblem: "denied" }],
  ])("nobody is left alone while %s", (_, state) => expect(askedAt(conservative, state)).toEqual(from(120)));

  test("switched off: every beat asks", () =>
    expect(askedAt(aFleet({ monitor: { calmReading: false } }, {}), seen(120))).toEqual(from(90)));

  test("nothing is known yet: asks at once", () => {
    const [policy] = reactive.components;
    expect(policy !== undefined && isReadingDue(undefined, policy, reactive, undefined, NOW_MS)).toBe(true);
  });
});

describe("what needs several samples is left alone for as many, for five minutes at most", () => {
  const fresh = (seconds: number, strategy: "CONSERVATIVE" | "REACTIVE" = "CONSERVATIVE", breachSeconds = 60) =>
    aFleet(
      { monitor: { freshSeconds: seconds, windowSamples: 15 } },
      {
        strategy,
        rules: Object.fromEntries(["cpu", "memory", "response-time"].map((name) => [name, { breachSeconds }])),
      },
    );

  test.each([
    ["CONSERVATIVE, five samples, however short data is fresh: five periods", fresh(210), 330],
    ["a breach of ten minutes: five minutes all the same", fresh(900, "REACTIVE", 600), 330],
    ["REACTIVE with a breach of three minutes: three", fresh(900, "REACTIVE", 180), 210],
    ["REACTIVE with a breach of one minute: one", fresh(900, "REACTIVE"), 90],
  ])("%s", (_, fleet, first) => expect(askedAt(fleet, seen())).toEqual(from(first)));

  test("a relief that is about to last: read when its last sample is due, then every period", () => {
    const low = { cpuUsed: 600 };
    const lasted = (samples: number) => {
      const state = seen();
      const lasting = state.window
        .samples()
        .map((sample, i) => (i >= 15 - samples ? { ...sample, values: { ...sample.values, ...low } } : sample));
      return askedAt(fresh(900), { ...state, window: SampleWindow.of(lasting) })[0];
    };
    expect([1, 12, 13, 14, 15].map(lasted)).toEqual([330, 210, 150, 90, 90]);
  });

  test("a relief that could take away nothing does not count", () => {
    const one = { desired: { ...ALLOCATION, tasks: 1 }, running: 1 };
    const quick: Values = { cpuUsed: 600, memoryUsed: 700, responseTime: 10 };
    expect(askedAt(fresh(900), { ...seen(30, quick), ...withService(one) })[0]).toBe(330);
    expect(askedAt(fresh(900), { ...seen(30, { responseTime: 10 }) })[0]).toBe(90);
  });

  test("nor where the component is as small as it may be, in every way", () => {
    const small: Values = { cpuUsed: 10, memoryUsed: 10, responseTime: 10 };
    const sized = (milli: number) => {
      const size = { cpu: milli, memory: 100, network: 100, storage: 0 };
      const service = withService({ desired: { tasks: 1, size }, running: 1 });
      return askedAt(fresh(900), { ...seen(30, small), ...service })[0];
    };
    const [policy] = fresh(900).components;
    expect([policy?.min.cpu, policy?.min.memory, policy?.tasksMin]).toEqual([100, 100, 1]);
    expect([100, 101].map(sized)).toEqual([330, 90]);
  });

  test("nor while the hour's shrinks are used up, for as long as they will be at the next read", () => {
    const fleet = fresh(900);
    const low = seen(30, { cpuUsed: 600 });
    const shrunk = (minutesAgo: number, component: string, count: number) => {
      const recent = Array.from({ length: count }, (_, i) => ({
        decision: `d${i}`,
        component,
        direction: "shrink" as const,
        atMs: END_MS + 30_000 - minutesAgo * 60_000,
        removedCpu: 0,
      }));
      const ledger = aLedger(fleet, { recent });
      return askedAt(fleet, low, ledger, ledger)[0];
    };
    const [policy] = fleet.components;
    const own = policy?.downPerHour ?? 0;
    const all = shrinksPerHour(fleet.decision);
    expect(own).toBeGreaterThan(0);
    expect([0, own - 1, own].map((count) => shrunk(40, "service-a", count))).toEqual([90, 90, 330]);
    expect([52, 56].map((minutes) => shrunk(minutes, "service-a", own))).toEqual([330, 90]);
    expect([all - 1, all].map((count) => shrunk(40, "service-b", count))).toEqual([90, 330]);
  });

  test("changes that have been judged keep nobody awake", () => {
    const change = {
      decision: "d",
      component: "service-a",
      direction: "grow",
      atMs: NOW_MS - 600_000,
      removedCpu: 0,
    } as const;
    const ledger = aLedger(conservative, { recent: [change] });
    const over = (...ids: string[]) => ({ ...ledger, over: new Set(ids) });
    expect(askedAt(conservative, seen(), over("d"))[0]).toBe(330);
    expect(askedAt(conservative, seen(), over("another"))[0]).toBe(90);
  });

  test("what was left alone for nothing known is asked for in its next period", () => {
    const [policy] = conservative.components;
    const state = seen();
    expect(policy && isReadingDue(state, policy, conservative, aLedger(conservative), END_MS + 90_000)).toBe(true);
  });

  test.each<[string, Parameters<typeof aLedger>[1]]>([
    ["an execution is open", { open: [anOpen("service-a")] }],
    [
      "it was changed lately",
      { recent: [{ decision: "d", component: "service-a", direction: "grow", atMs: NOW_MS - 600_000, removedCpu: 0 }] },
    ],
    ["it backs off", { quietUntil: { "service-a": { untilMs: NOW_MS, why: "backing-off", failures: 1 } } }],
  ])("not while %s", (_, changes) =>
    expect(askedAt(conservative, seen(), aLedger(conservative, changes))).toEqual(from(90)),
  );

  test("what lies above `up` now, or a ledger that is not there, is no time to look away", () => {
    expect(askedAt(conservative, seen(30, {}, { cpuUsed: 1700 }))[0]).toBe(90);
    const [policy] = conservative.components;
    expect(policy !== undefined && isReadingDue(seen(), policy, conservative, undefined, END_MS + 90_000)).toBe(true);
  });

  test("not where the fleet's components could not all double: one might have to give what another needs", () => {
    const fleet = fresh(210);
    const booked = (share: number) => {
      const { desired } = aState("service-a").service ?? { desired: ALLOCATION };
      const tasks = Math.round((share * fleet.limits.cpu) / desired.size.cpu);
      const ledger = aLedger(fleet, { booked: { "service-a": { ...desired, tasks } } });
      return askedAt(fleet, seen(), ledger)[0];
    };
    expect([0.4, 0.6].map(booked)).toEqual([330, 90]);
  });

  test("until when nothing newer is to be expected: the next read, and a beat", () => {
    const until = (fleet: FleetPolicy, state: ComponentState, ledger: Ledger | undefined = aLedger(fleet)) => {
      const [policy] = fleet.components;
      return policy && restUntilMs(state, policy, fleet, ledger, NOW_MS);
    };
    expect(until(conservative, seen(60))).toBe(END_MS + 5 * PERIOD_MS + 60_000 + 30_000);
    expect(until(reactive, seen(60))).toBeUndefined();
    expect(until(conservative, { ...seen(60), lag: undefined })).toBeUndefined();
    expect(until(aFleet({ monitor: { calmReading: false } }, { strategy: "CONSERVATIVE" }), seen(60))).toBeUndefined();
  });

  test("only where every rule needs several: a forecast may move without a sample", () => {
    const leftAlone = (...components: Parameters<typeof aFleet>[1][]) =>
      aFleet({}, ...components).components.map((each) => mayLeaveAlone(each, PERIOD_MS));
    expect(
      leftAlone(
        { strategy: "CONSERVATIVE" },
        { strategy: "CONSERVATIVE", rules: { ahead: { trigger: "PREDICTIVE" } } },
        { strategy: "AGGRESSIVE" },
        { strategy: "PROACTIVE" },
        { strategy: "PREDICTIVE" },
        { strategy: "ADAPTIVE" },
      ),
    ).toEqual([true, false, false, false, false, false]);
  });
});

describe("errors over five minutes", () => {
  const coarse = (
    fleet: FleetPolicy,
    state: ComponentState | undefined,
    ledger: Ledger | undefined = aLedger(fleet),
  ) => {
    const [policy] = fleet.components;
    return policy === undefined ? [] : coarseMetrics(state, policy, fleet, ledger, NOW_MS);
  };

  test("while all is calm, nothing was changed lately, and there are next to none", () => {
    expect(coarse(reactive, seen())).toEqual(["errorRate"]);
    expect(coarse(reactive, seen(30, { errorRate: 0.01 }))).toEqual(["errorRate"]);
  });

  test.each<[string, ComponentState | undefined]>([
    ["nothing is known", undefined],
    ["more than one of a hundred failed", seen(30, {}, { errorRate: 0.011 })],
    ["how many failed is not known", seen(30, {}, { errorRate: undefined })],
    ["a value lies above its up threshold", seen(30, {}, { cpuUsed: 1700 })],
    ["tasks start", { ...seen(), ...withService({ pending: 1, running: 1 }) }],
  ])("not while %s", (_, state) => expect(coarse(reactive, state)).toEqual([]));

  test.each<[string, Parameters<typeof aLedger>[1]]>([
    ["an execution is open", { open: [anOpen("service-a")] }],
    [
      "a change may still have to be taken back",
      { recent: [{ decision: "d", component: "service-a", direction: "grow", atMs: NOW_MS - 600_000, removedCpu: 0 }] },
    ],
  ])("not while %s", (_, changes) => expect(coarse(reactive, seen(), aLedger(reactive, changes))).toEqual([]));

  test("not where a rule reads them, calm reading is off, or there is no ledger", () => {
    const watched = aFleet({}, { strategy: "REACTIVE", rules: { errors: { trigger: "ERROR_RATE" } } });
    expect(coarse(watched, seen())).toEqual([]);
    expect(coarse(aFleet({ monitor: { calmReading: false } }, {}), seen())).toEqual([]);
    const [policy] = reactive.components;
    expect(policy && coarseMetrics(seen(), policy, reactive, undefined, NOW_MS)).toEqual([]);
  });
});

function withService(changes: Partial<NonNullable<ComponentState["service"]>>): Pick<ComponentState, "service"> {
  const { service } = aState("service-a", [], changes);
  return { service };
}

function anOpen(component: string): ReturnType<typeof aLedger>["open"][number] {
  return {
    decision: "d",
    decidedAtMs: NOW_MS,
    component,
    direction: "grow",
    step: 0,
    steps: [{ component, before: ALLOCATION, after: ALLOCATION }],
    claimedAtMs: NOW_MS,
    attempts: 1,
    rollingBack: false,
    epoch: 1,
  };
}
