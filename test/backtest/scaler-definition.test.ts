import { describe, expect, it } from "vitest";
import type { Observation, ScalerContext } from "../../lib/backtest/scaler.ts";
import { metricScaler } from "../../lib/backtest/scaler-definition.ts";
import { InputError, InvariantError } from "../../lib/domain/model/errors.ts";

const CONTEXT: ScalerContext = {
  tasksMin: 2,
  tasksMax: 9,
  startMs: 0,
  scoredFromMs: 0,
  taskRequestsPerSecond: 10,
  taskWorkers: 1,
};
const OBSERVATION: Observation = { nowMs: 1000, metrics: [], tasks: { desired: 3, running: 3, pending: 0 } };

/** Asks for the product of its parameters. */
const product = metricScaler({
  name: "product",
  parameters: {
    factor: { initial: 2, min: 0.5, max: 10, meaning: "A factor." },
    count: { initial: 3, min: -10, max: 10, whole: true, meaning: "A whole factor." },
  },
  sweep: { parameter: "factor", values: [1, 2] },
  begin: ({ factor, count }) => ({
    everyMs: 1000,
    metrics: { periodMs: 60_000 },
    decide: ({ nowMs }) => (nowMs === 0 ? undefined : factor * count),
  }),
});

describe("a scaler of a definition", () => {
  it("has initial values where none are given", () => {
    expect(product.create({}, CONTEXT).parameters).toEqual({ factor: 2, count: 3 });
    expect(product.create({ factor: 1 }, CONTEXT).parameters).toEqual({ factor: 1, count: 3 });
  });

  it("names everything that is wrong with its parameters", () => {
    const attempt = () => product.create({ factor: 11, count: 1.5, speed: 1 }, CONTEXT);
    expect(attempt).toThrow(InputError);
    expect(attempt).toThrow(
      [
        "parameters of the scaler product",
        "  speed: unknown; there are factor, count",
        "  factor: 11 is not a number from 0.5 to 10",
        "  count: 1.5 is not a whole number from -10 to 10",
      ].join("\n"),
    );
    expect(() => product.create({ factor: Number.NaN }, CONTEXT)).toThrow("NaN is not a number");
  });

  it.each([
    [3, 6],
    [10, 9],
    [-1, 2],
  ])("keeps the bounds: count %d gives %d", (count, want) => {
    expect(product.create({ count }, CONTEXT).decide(OBSERVATION)).toBe(want);
  });

  it("may want no change", () => {
    expect(product.create({}, CONTEXT).decide({ ...OBSERVATION, nowMs: 0 })).toBeUndefined();
  });

  it("takes half a task, and a point of the future, for bugs", () => {
    expect(() => product.create({ factor: 0.5 }, CONTEXT).decide(OBSERVATION)).toThrow(InvariantError);
    const metrics = [{ endMs: 0, periodMs: 60_000, publishedMs: 1001 }];
    expect(() => product.create({}, CONTEXT).decide({ ...OBSERVATION, metrics })).toThrow(InvariantError);
  });
});
