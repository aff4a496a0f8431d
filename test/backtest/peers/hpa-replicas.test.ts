import { describe, expect, it } from "vitest";
import { type Pod, replicasForAverage, replicasForUtilization } from "../../../lib/backtest/peers/hpa-replicas.ts";

const TOLERANCE = { up: 0.1, down: 0.1 };
const used = (...usages: number[]): Pod[] => usages.map((usage) => ({ usage, request: 1000 }));
const unready = (count: number): Pod[] => Array.from({ length: count }, () => ({ unready: true, request: 1000 }));
const missing = (count: number): Pod[] => Array.from({ length: count }, () => ({ request: 1000 }));
const requesting = (requests: number[], usages: number[]): Pod[] =>
  requests.map((request, i) => ({ request, usage: usages[i] }));

describe("replicas for a utilization, as kubernetes replica_calculator_test.go has them", () => {
  it.each<[string, number, Pod[], number, number]>([
    ["two ready, two being deleted (left out)", 2, used(500, 700), 30, 4],
    ["plain scale-in", 5, used(100, 300, 500, 250, 250), 50, 3],
    ["two unready", 5, [...used(100, 300, 500), ...unready(2)], 50, 2],
    ["four pending", 5, [...used(100), ...unready(4)], 50, 1],
    ["a surge pod without sample", 2, [...used(100, 100), ...missing(1)], 50, 2],
    ["two missing", 4, [...used(400, 95), ...missing(2)], 100, 3],
    ["at the target, one missing", 2, [...used(1000), ...missing(1)], 100, 2],
    ["above, one missing", 2, [...used(1900), ...missing(1)], 100, 2],
    ["below, one missing", 2, [...used(600), ...missing(1)], 100, 2],
    ["unready and missing, at the edge of tolerance", 3, [...unready(1), ...used(450), ...missing(1)], 50, 3],
    ["unready and missing, scale-out", 3, [...unready(1), ...used(2000), ...missing(1)], 50, 4],
    ["unready and missing, scale-in", 4, [...unready(1), ...used(100, 100), ...missing(1)], 50, 3],
    [
      "unready and missing, other requests, target over 100 %",
      4,
      [
        { unready: true, request: 1000 },
        { usage: 100, request: 1000 },
        { usage: 100, request: 2000 },
        { request: 2000 },
      ],
      300,
      2,
    ],
    ["samples of four known pods", 4, used(4000, 9500, 3000, 7000), 100, 24],
    ["one report of four (TestMissingReports)", 4, requesting([200], [200]), 50, 2],
    ["surge of five against a spec of four (TestMoreReplicasThanSpecNoScale)", 4, used(500, 500, 500, 500, 500), 50, 4],
  ])("%s", (_, current, pods, target, want) => {
    expect(replicasForUtilization(current, pods, target, TOLERANCE)).toBe(want);
  });

  it.each([
    ["up 0.08 is passed", [1100, 1080, 1090], { up: 0.08, down: 2 }, 4],
    ["up 0.1 is not", [1100, 1080, 1090], { up: 0.1, down: 2 }, 3],
    ["down 0.36 is not passed", [660, 640, 650], { up: 0.1, down: 0.36 }, 3],
    ["down 0.34 is", [660, 640, 650], { up: 0.1, down: 0.34 }, 2],
  ])("tolerance: %s", (_, usages, tolerance, want) => {
    expect(replicasForUtilization(3, requesting([900, 1000, 1100], usages), 100, tolerance)).toBe(want);
  });

  it("asks for nothing without a sample", () => {
    expect(replicasForUtilization(3, [...unready(2), ...missing(1)], 50, TOLERANCE)).toBeUndefined();
  });
});

describe("replicas for an average value", () => {
  it.each([
    ["above", 3, 500, 100, 5],
    ["within tolerance", 3, 320, 100, 3],
    ["below", 5, 210, 100, 3],
    ["at zero there is no tolerance", 0, 1, 100, 1],
    ["nothing", 0, 0, 100, 0],
  ])("%s", (_, current, total, target, want) => {
    expect(replicasForAverage(current, total, target, TOLERANCE)).toBe(want);
  });
});
