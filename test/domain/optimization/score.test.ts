import { describe, expect, it } from "vitest";
import { SampleWindow } from "../../../lib/domain/model/sample-window.ts";
import { fleetScores } from "../../../lib/domain/optimization/score.ts";
import { aComponent, aFleet, aSample, aState, HOUR, T0 } from "../../support/optimization-builders.ts";

const fleet = aFleet({ components: [aComponent(), aComponent({ name: "b" })] });

describe("fleet scores", () => {
  it("weights efficiency by price", () => {
    // Allocated 1 vCPU and 2 GiB; used 0.5 vCPU and all of the memory.
    const scores = fleetScores(
      fleet,
      [aState(T0, { window: SampleWindow.of([aSample(T0, { cpuUsed: 500, memoryUsed: 2000 })]) })],
      T0,
    );
    const expected = (0.5 * 0.04048 + 2 * 0.004445) / (0.04048 + 2 * 0.004445);
    expect(scores?.efficiency).toBeCloseTo(expected, 9);
    expect(scores?.components).toEqual({ api: { efficiency: expect.closeTo(expected, 9), score: 100 } });
  });

  it("averages response time and success over operations, over all components", () => {
    const busy = aState(T0, {
      window: SampleWindow.of([aSample(T0, { throughput: 90, responseTime: 100, errorRate: 0 })]),
    });
    const slow = aState(T0, {
      component: "b",
      window: SampleWindow.of([aSample(T0, { throughput: 10, responseTime: 2100, errorRate: 0.5 })]),
    });
    const scores = fleetScores(fleet, [busy, slow], T0);
    expect(scores?.responseTimeMs).toBeCloseTo(300, 9);
    expect(scores?.successRate).toBeCloseTo(0.95, 9);
    // Efficiency 0.5 of a target of 0.85; the two others reach their targets.
    expect(scores?.score).toBeCloseTo((100 * (0.5 / 0.85 + 1 + 1)) / 3, 6);
  });

  it("says nothing of what it does not know", () => {
    const idle = aState(T0, {
      window: SampleWindow.of([aSample(T0, {}, { values: { cpuUsed: 500, memoryUsed: 1000 } })]),
      performanceBaseline: 88,
    });
    const scores = fleetScores(fleet, [idle], T0);
    expect(scores?.responseTimeMs).toBeUndefined();
    expect(scores?.successRate).toBeUndefined();
    expect(scores?.components["api"]?.score).toBe(88);
    expect(fleetScores(fleet, [], T0)).toBeUndefined();
    expect(fleetScores(fleet, [aState(T0)], T0 + HOUR)).toBeUndefined();
    expect(fleetScores(fleet, [aState(T0, { component: "gone" })], T0)).toBeUndefined();
  });
});
