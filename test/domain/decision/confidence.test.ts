import { expect, test } from "vitest";
import {
  deviationFactor,
  effectivenessFactor,
  headroomFactor,
  stabilityFactor,
  weighConfidence,
} from "../../../lib/domain/decision/confidence.ts";
import { signalAt } from "../../support/series.ts";

test.each([
  [0.7, 60, "at the threshold"],
  [0.75, 80, "1.5 times the distance"],
  [0.8, 100, "twice the distance"],
  [0.95, 100, "never more than 100"],
  [0.65, 40, "inside, as a projection may be"],
])("deviation of %d against target 0.6, threshold 0.7 is %d (%s)", (compared, expected) => {
  expect(deviationFactor({ compared, target: 0.6, threshold: 0.7 })).toBeCloseTo(expected, 9);
});

const policy = { effectivenessWindow: 10, effectivenessPrior: 75 };
const DAY = 86_400_000;
test.each([
  [[], 75, "the prior"],
  [[100, 100], 85, "(2 x 100 + 3 x 75) / 5"],
  [[0, 0, 0, 0, 0], 0, "five bad ones, no prior left"],
  [[0, 0, 0, 0, 0, 100, 100, 100, 100, 100, 100, 100, 100, 100, 100], 100, "only the last ten count"],
])("effectiveness of %j is %d (%s)", (values, expected) => {
  expect(
    effectivenessFactor(
      values.map((effectiveness) => ({ atMs: 0, effectiveness })),
      policy,
      0,
    ),
  ).toBeCloseTo(expected, 9);
});
test("a bad memory fades: half after a day", () => {
  const history = Array(5).fill({ atMs: 0, effectiveness: 0 });
  expect(effectivenessFactor(history, policy, DAY)).toBeCloseTo(37.5, 9);
  expect(effectivenessFactor(history, policy, 10 * DAY)).toBeGreaterThan(74.9);
});

test("stability: calm in time and calm in value", () => {
  const line = signalAt(
    Array.from({ length: 15 }, (_, i) => 0.5 + i * 0.01),
    14,
    1,
  );
  const saw = signalAt(
    Array.from({ length: 15 }, (_, i) => (i % 2 === 0 ? 0.2 : 0.8)),
    14,
    1,
  );
  expect(stabilityFactor(line, undefined, 300_000)).toBeCloseTo(100, 6);
  expect(stabilityFactor(line, 300_000, 300_000)).toBeCloseTo(50 / 3 + 50, 6);
  expect(stabilityFactor(saw, undefined, 300_000)).toBeLessThan(60);
});

test("headroom: full with a quarter of the limit left, 40 with nothing, 100 for a shrink", () => {
  const vector = (cpu: number) => ({ cpu, memory: 0, network: 0, storage: 0 });
  const growth = (after: number, room = 10_000) =>
    headroomFactor({
      direction: "grow",
      after: vector(after),
      max: vector(1000),
      room: vector(room),
      change: vector(100),
    });
  expect(growth(500)).toBe(100);
  expect(growth(750)).toBe(100);
  expect(growth(875)).toBeCloseTo(70, 9); // half of the quarter is left
  expect(growth(1000)).toBe(40);
  expect(growth(500, 100)).toBe(40); // nothing left of the fleet
  expect(
    headroomFactor({ direction: "shrink", after: vector(999), max: vector(1000), room: vector(0), change: vector(-1) }),
  ).toBe(100);
});

test("the total is the weighted mean; the documented examples hold", () => {
  const weights = { deviation: 1, effectiveness: 1, stability: 1, headroom: 1 };
  expect(weighConfidence({ deviation: 60, effectiveness: 75, stability: 100, headroom: 100 }, weights).total).toBe(
    83.8,
  );
  expect(weighConfidence({ deviation: 60, effectiveness: 20, stability: 66.7, headroom: 50 }, weights).total).toBe(
    49.2,
  );
  expect(
    weighConfidence({ deviation: 100, effectiveness: 0, stability: 0, headroom: 0 }, { ...weights, deviation: 3 })
      .total,
  ).toBe(50);
  const zero = { deviation: 0, effectiveness: 0, stability: 0, headroom: 0 };
  expect(weighConfidence({ deviation: 100, effectiveness: 0, stability: 0, headroom: 0 }, zero).total).toBe(25);
});
