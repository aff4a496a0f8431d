import { describe, expect, it } from "vitest";
import { awsStepScaling, stepChange } from "../../../lib/backtest/peers/aws-step-scaling.ts";

const STEPS = [
  { from: 0, percent: 10 },
  { from: 0.1, percent: 30 },
];

describe("a step", () => {
  it.each([
    ["the first step", 0.05, 20, 2],
    ["the second, from its lower bound on", 0.1, 20, 6],
    ["above 1 it is rounded down", 0.05, 25, 2],
    ["between 0 and 1 it is 1", 0.05, 3, 1],
    ["below the first step there is none", -0.01, 20, 0],
  ])("%s", (_, breach, capacity, want) => {
    expect(stepChange(STEPS, breach, capacity)).toBe(want);
  });

  it.each([
    ["-6.67 is -6", 20, -33.35, -6],
    ["-0.5 is -1", 5, -10, -1],
  ])("scaling in: %s", (_, capacity, percent, want) => {
    expect(stepChange([{ from: 0, percent }], 0, capacity)).toBe(want);
  });
});

describe("step scaling over time", () => {
  const MINUTE = 60_000;
  const context = { tasksMin: 2, tasksMax: 40, startMs: 0, scoredFromMs: 0, taskRequestsPerSecond: 10, taskWorkers: 1 };

  function tell(start: number, cpus: readonly number[]): number[] {
    const scaler = awsStepScaling.create({ evaluationDelaySeconds: 0 }, context);
    let desired = start;
    return cpus.map((cpu, i) => {
      const nowMs = (i + 1) * MINUTE;
      const metrics = [{ endMs: nowMs, periodMs: MINUTE, publishedMs: nowMs, cpu, tasks: desired }];
      desired = scaler.decide({ nowMs, metrics, tasks: { desired, running: desired, pending: 0 } }) ?? desired;
      return desired;
    });
  }

  it("scales out at the first datapoint, by the size of the breach", () => {
    expect(tell(20, [0.75])).toEqual([23]);
    expect(tell(20, [0.85])).toEqual([27]);
    expect(tell(20, [0.95])).toEqual([32]);
  });

  it("adds only the difference of a larger step during the cooldown, and nothing for the same one", () => {
    // 15 % of 20 is 3; then 60 % of 20 is 12, of which 3 are there.
    expect(tell(20, [0.75, 0.75, 0.95, 0.95])).toEqual([23, 23, 32, 32]);
    expect(tell(20, [0.75, 0.75, 0.75, 0.75, 0.75, 0.75]).at(-1)).toBe(26);
  });

  it("scales in by a tenth after fifteen datapoints, once in a cooldown, down to the minimum", () => {
    const sequence = tell(
      20,
      Array.from({ length: 120 }, () => 0.2),
    );
    expect(sequence.slice(13, 20)).toEqual([20, 18, 18, 18, 18, 18, 17]);
    expect(sequence.at(-1)).toBe(2);
  });

  it("lets a scale-out end the cooldown of a scale-in", () => {
    expect(tell(20, [...Array.from({ length: 15 }, () => 0.2), 0.95]).slice(14)).toEqual([18, 28]);
  });
});
