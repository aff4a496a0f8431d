import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Learning } from "../../../lib/domain/model/learning.ts";
import { noOverlay, tune } from "../../../lib/domain/optimization/tune.ts";
import { aComponent, aDecision, aLearning, aRule, MINUTE, T0 } from "../../support/optimization-builders.ts";

const policy = aComponent({ strategy: "ADAPTIVE" });
const bounds = { shiftMax: 0.05, stepScaleMin: 0.5, stepScaleMax: 2, decisionsMin: 3 };
type Entry = [direction: "grow" | "shrink" | "same", effectiveness: number];
const learned = (...entries: Entry[]): Learning =>
  aLearning({
    history: entries.map(([direction, effectiveness], index) => ({
      decision: `api@${index + 1}`,
      atMs: T0 + index * MINUTE,
      direction,
      effectiveness,
    })),
  });
const numbers = (...args: Parameters<typeof tune>) => {
  const { upShift, downShift, stepScale } = tune(...args);
  return { upShift, downShift, stepScale };
};

describe("tuning", () => {
  it("waits for enough decisions", () => {
    const overlay = tune(undefined, learned(["grow", 0], ["grow", 0]), policy, bounds, T0);
    expect(overlay).toEqual(noOverlay("api", T0));
  });

  it.each<[string, Entry[], { upShift: number; downShift: number; stepScale: number }]>([
    [
      "good growth",
      [
        ["grow", 90],
        ["grow", 80],
        ["grow", 75],
      ],
      { upShift: 0, downShift: 0, stepScale: 1 },
    ],
    [
      "growth that helps too little",
      [
        ["grow", 90],
        ["grow", 20],
        ["grow", 30],
      ],
      { upShift: -0.02, downShift: 0, stepScale: 1.21 },
    ],
    [
      "a shrink that harmed",
      [
        ["grow", 90],
        ["same", 0],
        ["shrink", 10],
      ],
      { upShift: 0, downShift: -0.01, stepScale: 0.909 },
    ],
    [
      "good shrinks",
      [
        ["shrink", 90],
        ["shrink", 90],
        ["shrink", 90],
      ],
      { upShift: 0, downShift: 0, stepScale: 1 },
    ],
  ])("%s", (_, entries, expected) => {
    expect(numbers(undefined, learned(...entries), policy, bounds, T0)).toEqual(expected);
  });

  it("returns to the configured down threshold after three good shrinks in a row", () => {
    const careful = { ...noOverlay("api", T0), downShift: -0.02 };
    const entries: Entry[] = [
      ["shrink", 90],
      ["shrink", 90],
      ["shrink", 90],
      ["shrink", 90],
    ];
    expect(numbers(careful, learned(...entries.slice(0, 3)), policy, bounds, T0).downShift).toBe(-0.01);
    expect(numbers(careful, learned(...entries), policy, bounds, T0).downShift).toBe(0);
    expect(
      numbers(careful, learned(["shrink", 90], ["shrink", 50], ["shrink", 90]), policy, bounds, T0).downShift,
    ).toBe(-0.02);
  });

  it("takes smaller and later steps when growth lands under the down threshold", () => {
    const early = { ...noOverlay("api", T0), upShift: -0.03 };
    const decisions = [1, 2, 3].map((n) =>
      aDecision(n, { id: `api@${n}`, rule: "cpu", result: { finishedAtMs: n, valueAfter: n === 3 ? 0.4 : 0.6 } }),
    );
    const history = learned(["grow", 80], ["grow", 80], ["grow", 30]);
    expect(numbers(early, history, policy, bounds, T0, decisions)).toEqual({
      upShift: -0.02,
      downShift: 0,
      stepScale: 0.909,
    });
  });

  it("counts a shrink that was rolled back as harm, however it was measured", () => {
    const rolledBack = aDecision(3, { id: "api@3", status: "ROLLED_BACK" });
    const history = learned(["grow", 80], ["grow", 80], ["shrink", 80]);
    expect(numbers(undefined, history, policy, bounds, T0, [rolledBack]).downShift).toBe(-0.01);
  });

  it("learns from each decision once, and says what it learned", () => {
    const history = learned(["grow", 90], ["grow", 20], ["grow", 90]);
    const first = tune(undefined, history, policy, bounds, T0);
    expect(first.learnedFrom).toEqual(["api@1", "api@2", "api@3"]);
    expect(first.because).toBe(
      "Learned from 3 decisions: api@2 helped too little (20 of 100); now thresholds -1.0 points (up) and 0.0 points (down), steps x 1.1.",
    );
    expect(tune(first, history, policy, bounds, T0 + MINUTE)).toBe(first);
  });

  it("keeps half of the way to the target, and brings an overlay within narrower bounds", () => {
    const tight = aComponent({ rules: [aRule({ target: 0.6, up: 0.63 })] });
    const wide = { ...bounds, shiftMax: 0.2 };
    const poor = learned(["grow", 0], ["grow", 0], ["grow", 0], ["grow", 0]);
    expect(tune(undefined, poor, tight, wide, T0).upShift).toBeCloseTo(-0.015, 9);
    const before = { ...noOverlay("api", T0), upShift: -0.2, stepScale: 3 };
    expect(numbers(before, learned(), policy, bounds, T0)).toEqual({ upShift: -0.05, downShift: 0, stepScale: 2 });
  });

  it("property: always within bounds, deterministic, idempotent", () => {
    const entry = fc.tuple(fc.constantFrom<Entry[0]>("grow", "shrink", "same"), fc.integer({ min: 0, max: 100 }));
    const someBounds = fc.record({
      shiftMax: fc.double({ min: 0, max: 0.2, noNaN: true }),
      stepScaleMin: fc.double({ min: 0.1, max: 1, noNaN: true }),
      stepScaleMax: fc.double({ min: 1, max: 4, noNaN: true }),
      decisionsMin: fc.integer({ min: 1, max: 5 }),
    });
    const start = fc.record({
      upShift: fc.double({ min: -1, max: 1, noNaN: true }),
      downShift: fc.double({ min: -1, max: 1, noNaN: true }),
      stepScale: fc.double({ min: 0, max: 10, noNaN: true }),
    });
    fc.assert(
      fc.property(fc.array(entry, { maxLength: 10 }), someBounds, start, (entries, limits, from) => {
        const history = learned(...entries);
        const before = { ...noOverlay("api", T0), ...from };
        const next = tune(before, history, policy, limits, T0 + 1);
        for (const shift of [next.upShift, next.downShift]) {
          expect(shift).toBeLessThanOrEqual(0);
          expect(shift).toBeGreaterThanOrEqual(-limits.shiftMax);
        }
        expect(next.stepScale).toBeGreaterThanOrEqual(limits.stepScaleMin);
        expect(next.stepScale).toBeLessThanOrEqual(limits.stepScaleMax);
        expect(tune(before, history, policy, limits, T0 + 1)).toEqual(next);
        expect(tune(next, history, policy, limits, T0 + 2)).toBe(next);
      }),
    );
  });
});
