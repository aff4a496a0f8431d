import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { nextBaseline, performanceScore } from "../../../lib/domain/monitor/performance.ts";
import { aSample, DAY, HOUR, T0 } from "../../support/optimization-builders.ts";

const targets = { responseTimeMs: 200, throughputPerSecond: 20 };
const score = (values: Parameters<typeof aSample>[1]) =>
  performanceScore({ ...aSample(T0), values: values ?? {} }, targets);

describe("performance score", () => {
  it.each([
    ["everything well", { responseTime: 100, errorRate: 0, throughput: 10, queueLength: 0 }, 100],
    ["at the target", { responseTime: 200, errorRate: 0 }, 100],
    ["twice the target: half of the response part", { responseTime: 400 }, 50],
    ["twice the target among other parts", { responseTime: 400, errorRate: 0 }, (0.5 * 50 + 0.3 * 100) / 0.8],
    ["5 % failed", { errorRate: 0.05 }, 50],
    ["all failed is not less than nothing", { errorRate: 1 }, 0],
    ["little load is not poor service", { responseTime: 100, throughput: 1, queueLength: 0 }, 100],
    // Asked for 10/s + 600 waiting / 60 s = 20/s, served 10/s.
    ["half served", { responseTime: 100, throughput: 10, queueLength: 600 }, (0.5 * 100 + 0.2 * 50) / 0.7],
    ["a queue beside the full target throughput", { responseTime: 100, throughput: 20, queueLength: 6000 }, 100],
  ])("%s", (_, values, expected) => {
    expect(score(values)).toBeCloseTo(expected, 9);
  });

  it("is unknown without response time and errors", () => {
    expect(score({ cpuUsed: 1, throughput: 3 })).toBeUndefined();
    expect(score({})).toBeUndefined();
  });

  it("stays within 0..100", () => {
    const positive = fc.double({ min: 0, max: 1e9, noNaN: true });
    fc.assert(
      fc.property(positive, fc.double({ min: 0, max: 1, noNaN: true }), positive, positive, (rt, err, tp, queue) => {
        const value = score({ responseTime: rt, errorRate: err, throughput: tp, queueLength: queue }) ?? Number.NaN;
        expect(value).toBeGreaterThanOrEqual(0);
        expect(value).toBeLessThanOrEqual(100.000001);
      }),
    );
  });
});

describe("baseline", () => {
  it("starts at the first score, moves slowly, and ignores silence", () => {
    expect(nextBaseline(undefined, 80, HOUR)).toBe(80);
    expect(nextBaseline(90, undefined, HOUR)).toBe(90);
    expect(nextBaseline(100, 50, HOUR)).toBeCloseTo(97.96, 1);
    expect(nextBaseline(100, 0, DAY)).toBeCloseTo(100 / Math.E, 9);
    expect(nextBaseline(100, 0, -HOUR)).toBe(100);
  });

  it("does not depend on how time is cut into steps", () => {
    let stepped: number | undefined = 100;
    for (let step = 0; step < 120; step += 1) stepped = nextBaseline(stepped, 40, HOUR / 120);
    expect(stepped).toBeCloseTo(nextBaseline(100, 40, HOUR) ?? 0, 9);
  });
});
