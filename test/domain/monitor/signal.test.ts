import { describe, expect, test } from "vitest";
import type { ForecastPath } from "../../../lib/domain/forecasting/index.ts";
import { signalsFor } from "../../../lib/domain/monitor/signal.ts";
import { ALLOCATION, aFleet, aState, aWindow, NOW_MS } from "../../support/fleet-builders.ts";

const fleet = aFleet();
const [policy] = fleet.components;
const none: ReadonlyMap<string, ForecastPath> = new Map();
function signals(overrides: Partial<Parameters<typeof signalsFor>[0]> = {}) {
  if (policy === undefined) throw new Error("no component");
  const request = {
    policy,
    monitor: fleet.monitor,
    state: aState("service-a"),
    allocation: ALLOCATION,
    forecasts: none,
    nowMs: NOW_MS,
  };
  const [cpu, memory, response] = signalsFor({ ...request, ...overrides });
  if (cpu === undefined || memory === undefined || response === undefined)
    throw new Error("three rules give three signals");
  return { cpu, memory, response };
}

describe("one signal for each rule", () => {
  test("value, thresholds in the trigger's unit, age and completeness", () => {
    const { cpu, memory, response } = signals();
    expect(cpu).toMatchObject({
      rule: "cpu",
      unit: "ratio",
      value: 0.6,
      up: 0.7,
      down: 0.45,
      ageMs: 30_000,
      completeness: 1,
    });
    expect(memory).toMatchObject({ rule: "memory", value: 0.7 });
    expect(response).toMatchObject({ rule: "response-time", unit: "milliseconds", value: 500, up: 750, down: 350 });
    expect(cpu.points.values).toHaveLength(15);
  });

  test("use is read against what the component has now: after a resize old samples do not lie", () => {
    const doubled = { ...ALLOCATION, size: { ...ALLOCATION.size, cpu: 2000 } };
    expect(signals({ allocation: doubled }).cpu.points.values).toEqual(Array(15).fill(0.3));
  });

  test("a response time from before the last change says nothing about after it", () => {
    const { cpu, response } = signals({ changedAtMs: NOW_MS - 5 * 60_000 });
    expect(cpu.points.values).toHaveLength(15);
    expect(response.points.values).toHaveLength(4);
  });
});

describe("absent is not zero", () => {
  test("stale, missing and future data have a reason and no value", () => {
    expect(signals({ nowMs: NOW_MS + 300_000 }).cpu).toMatchObject({ value: undefined, absent: "stale" });
    expect(signals({ state: aState("service-a", []) }).cpu).toMatchObject({
      value: undefined,
      absent: "missing",
      completeness: 0,
    });
    const future = aWindow().map((sample) => ({ ...sample, endMs: sample.endMs + 7_200_000 }));
    expect(signals({ state: aState("service-a", future) }).cpu.value).toBeUndefined();
  });
  test("the source's own reason is passed on", () => {
    const throttled = aWindow().map(({ values: { cpuUsed: _used, ...values }, ...sample }) => ({
      ...sample,
      values,
      absent: { cpuUsed: "throttled" as const },
    }));
    expect(signals({ state: aState("service-a", throttled) }).cpu).toMatchObject({
      value: undefined,
      absent: "throttled",
    });
    expect(signals({ state: aState("service-a", throttled) }).memory.value).toBe(0.7);
  });
});

describe("forecasts", () => {
  const path = (trusted: boolean): ForecastPath => ({
    startMs: NOW_MS,
    stepMs: 60_000,
    mean: Array.from({ length: 60 }, (_, i) => 1200 + 10 * i),
    lower: Array.from({ length: 60 }, () => 1000),
    upper: Array.from({ length: 60 }, (_, i) => 1400 + 10 * i),
    coverage: 0.9,
    model: "lag-ridge",
    trusted,
    reason: trusted ? "beats-naive" : "not-enough-history",
  });
  test("demand at now + lead, read against the allocation, and the peak up to the horizon", () => {
    const { cpu, response } = signals({ forecasts: new Map([["cpuUsed", path(true)]]) });
    expect(cpu.forecast).toMatchObject({
      atMs: NOW_MS + 300_000,
      mean: 0.625,
      lower: 0.5,
      upper: 0.725,
      peakUpper: 0.995,
      trusted: true,
    });
    expect(response.forecast).toBeUndefined();
  });
  test("a rule on PREDICTIVE has a value only while the forecast is trusted", () => {
    const predictive = aFleet({}, { rules: { ahead: { trigger: "PREDICTIVE" } } });
    const [component] = predictive.components;
    if (component === undefined) throw new Error("no component");
    const request = {
      policy: component,
      monitor: predictive.monitor,
      state: aState("service-a"),
      allocation: ALLOCATION,
      nowMs: NOW_MS,
    };
    const ahead = (trusted: boolean) =>
      signalsFor({ ...request, forecasts: new Map([["cpuUsed", path(trusted)]]) }).find(({ rule }) => rule === "ahead");
    expect(ahead(true)?.value).toBe(0.725);
    expect(ahead(false)).toMatchObject({ value: undefined, absent: "no-source" });
  });
});
