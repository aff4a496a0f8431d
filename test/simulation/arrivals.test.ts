import { describe, expect, test } from "vitest";
import { InvariantError } from "../../lib/domain/model/errors.ts";
import { DrawMemory, drawArrivals } from "../../lib/simulation/arrivals.ts";

const START_MS = Date.UTC(2026, 0, 5);
const STEP_MS = 5000;
const OF = { seed: 7, dispersion: 2, stepMs: STEP_MS };

describe("arrivals", () => {
  test("their mean is the rate's, their variance that times the dispersion", () => {
    const drawn = Array.from({ length: 4000 }, (_, step) => {
      return drawArrivals(30, { ...OF, nowMs: START_MS + step * STEP_MS }).arrivals;
    });
    const mean = drawn.reduce((sum, each) => sum + each, 0) / drawn.length;
    const variance = drawn.reduce((sum, each) => sum + (each - mean) ** 2, 0) / drawn.length;
    expect(mean).toBeCloseTo(150, -0.5);
    expect(variance / mean).toBeGreaterThan(1.8);
    expect(variance / mean).toBeLessThan(2.2);
  });

  test("without dispersion exactly those of the rate come", () => {
    expect(drawArrivals(30, { ...OF, dispersion: 0, nowMs: START_MS })).toEqual({ arrivals: 150, noise: 0 });
  });
});

describe("DrawMemory", () => {
  let count = 0;
  const draw = (nowMs: number, rate: number) => {
    count++;
    return drawArrivals(rate, { ...OF, nowMs });
  };

  test("draws each step once, and answers what would be drawn; again at another rate, and outside of its time", () => {
    const memory = new DrawMemory({ startMs: START_MS, stepMs: STEP_MS, steps: 10 });
    memory.claim(OF);
    for (const [step, rate, drawn] of [
      [3, 20, 1],
      [3, 20, 1],
      [4, 20, 2],
      [3, 25, 3],
      [10, 20, 4],
      [10, 20, 5],
      [-1, 20, 6],
    ] as const) {
      const nowMs = START_MS + step * STEP_MS;
      expect(memory.at(nowMs, rate, draw)).toEqual(drawArrivals(rate, { ...OF, nowMs }));
      expect(count).toBe(drawn);
    }
  });

  test("forgets, and draws anew once it is claimed again", () => {
    const memory = new DrawMemory({ startMs: START_MS, stepMs: STEP_MS, steps: 10 });
    const before = count;
    memory.claim(OF);
    memory.at(START_MS, 20, draw);
    memory.forget();
    memory.claim(OF);
    memory.at(START_MS, 20, draw);
    memory.at(START_MS, 20, draw);
    expect(count - before).toBe(2);
  });

  test("is of one service and seed only", () => {
    const memory = new DrawMemory({ startMs: START_MS, stepMs: STEP_MS, steps: 10 });
    memory.claim(OF);
    memory.claim(OF);
    expect(() => memory.claim({ ...OF, seed: 8 })).toThrow(InvariantError);
    expect(() => memory.claim({ ...OF, dispersion: 1 })).toThrow(InvariantError);
  });
});
