import { describe, expect, it } from "vitest";
import {
  type Behavior,
  beginHpa,
  DEFAULT_BEHAVIOR,
  limitRate,
  type RatePolicy,
  type ScaleEvents,
  stabilize,
} from "../../../lib/backtest/peers/hpa-behavior.ts";

const pods = (value: number, seconds = 60): RatePolicy => ({ kind: "pods", value, periodMs: seconds * 1000 });
const percent = (value: number, seconds = 60): RatePolicy => ({ kind: "percent", value, periodMs: seconds * 1000 });
const NOW = 10_000_000;
const events = (ups: number[], downs: number[]): ScaleEvents => {
  const at = (count: number, i: number) => ({ atMs: NOW - 1000 * (10 + i), count });
  return { ups: ups.map(at), downs: downs.map(at) };
};
function behaving(
  direction: "up" | "down",
  policies: readonly RatePolicy[],
  select: "max" | "min" | "disabled" = "max",
): Behavior {
  return { ...DEFAULT_BEHAVIOR, [direction]: { ...DEFAULT_BEHAVIOR[direction], policies, select } };
}

describe("rates, as kubernetes horizontal_test.go has them", () => {
  const none = events([], []);
  it.each<[string, Behavior, number, number, ScaleEvents, number]>([
    ["default up", DEFAULT_BEHAVIOR, 10, 50, none, 20],
    ["default up of a small one", DEFAULT_BEHAVIOR, 1, 50, none, 5],
    ["up Pods 100 + Percent 100", behaving("up", [pods(100), percent(100)]), 10, 500, none, 110],
    ["up Pods 2 + Percent 100", behaving("up", [pods(2), percent(100)]), 10, 50, none, 20],
    ["up Pods 30", behaving("up", [pods(30)]), 10, 50, none, 40],
    ["up Percent 200", behaving("up", [percent(200)]), 10, 50, none, 30],
    ["up Percent 700 (TestUpscaleCap)", behaving("up", [percent(700)]), 3, 40, none, 24],
    ["up, least change", behaving("up", [pods(2), percent(100)], "min"), 10, 50, none, 12],
    ["up disabled", behaving("up", [pods(2)], "disabled"), 10, 50, none, 10],
    ["up after ups, Pods 150", behaving("up", [pods(150, 120)]), 100, 500, events([1, 5, 9], []), 235],
    ["up after ups, Percent 200", behaving("up", [percent(200, 120)]), 100, 500, events([1, 5, 9], []), 255],
    ["up after ups, Pods 5", behaving("up", [pods(5, 120)]), 100, 500, events([1, 5, 9], []), 100],
    ["down Pods 20 + Percent 1", behaving("down", [pods(20), percent(1)]), 100, 2, none, 80],
    ["down Pods 2 + Percent 1", behaving("down", [pods(2), percent(1)]), 100, 2, none, 98],
    ["down, least change", behaving("down", [pods(20), percent(1)], "min"), 100, 2, none, 99],
    ["down disabled", behaving("down", [pods(20)], "disabled"), 100, 2, none, 100],
    ["down after downs, Pods 5", behaving("down", [pods(5, 120)]), 100, 2, events([], [1, 5, 9]), 100],
    ["down after downs, Percent 50", behaving("down", [percent(50, 120)]), 100, 0, events([], [2, 4, 6]), 56],
    ["down Pods 20 of 1000", behaving("down", [pods(20)]), 1000, 10, none, 980],
    ["both before, up Percent 300", behaving("up", [percent(300, 300)]), 6, 24, events([4], [2]), 16],
    ["both before, down Percent 50", behaving("down", [percent(50, 180)]), 10, 1, events([2], [4]), 6],
  ])("%s", (_, behavior, current, wanted, past, want) => {
    expect(limitRate(wanted, current, past, behavior, NOW)).toBe(want);
  });
});

describe("stabilization", () => {
  const MINUTE = 60_000;
  it.each<[string, [minutesAgo: number, replicas: number][], number]>([
    [
      "the highest of the window",
      [
        [2, 4],
        [1, 5],
      ],
      5,
    ],
    [
      "the present wish is in it",
      [
        [2, 1],
        [1, 2],
      ],
      3,
    ],
    [
      "older wishes are not",
      [
        [10, 10],
        [9, 9],
      ],
      3,
    ],
  ])("%s", (_, past, want) => {
    const log = past.map(([minutes, replicas]) => ({ atMs: NOW - minutes * MINUTE, replicas }));
    expect(stabilize(3, 10, log, DEFAULT_BEHAVIOR, NOW)).toBe(want);
  });

  it("scales out at once, to the lowest wish of the up window if there is one", () => {
    const log = [{ atMs: NOW - MINUTE, replicas: 12 }];
    expect(stabilize(20, 10, log, DEFAULT_BEHAVIOR, NOW)).toBe(20);
    const slow: Behavior = { ...DEFAULT_BEHAVIOR, up: { ...DEFAULT_BEHAVIOR.up, stabilizationMs: 120_000 } };
    expect(stabilize(20, 10, log, slow, NOW)).toBe(12);
  });
});

describe("an HPA over time", () => {
  it("doubles every 15 s, and holds the highest wish for 300 s before it shrinks", () => {
    const hpa = beginHpa(DEFAULT_BEHAVIOR, { min: 1, max: 50 });
    let current = 4;
    const step = (seconds: number, wanted: number | undefined) =>
      (current = hpa({ wanted, current, nowMs: seconds * 1000 }));
    expect([0, 15, 30, 45].map((seconds) => step(seconds, 40))).toEqual([8, 16, 32, 40]);
    expect(step(60, 10)).toBe(40);
    expect(step(330, 10)).toBe(40);
    // At 345 s the wish of 45 s is 300 s old.
    expect(step(345, 10)).toBe(10);
  });

  it("keeps its bounds without any metric, and does nothing else", () => {
    const hpa = beginHpa(DEFAULT_BEHAVIOR, { min: 3, max: 10 });
    expect(hpa({ wanted: undefined, current: 12, nowMs: 0 })).toBe(10);
    expect(hpa({ wanted: undefined, current: 2, nowMs: 15_000 })).toBe(3);
    expect(hpa({ wanted: undefined, current: 7, nowMs: 30_000 })).toBe(7);
  });

  it("is off at zero replicas", () => {
    expect(beginHpa(DEFAULT_BEHAVIOR, { min: 1, max: 10 })({ wanted: 5, current: 0, nowMs: 0 })).toBe(0);
  });
});
