import { describe, expect, test } from "vitest";
import { effectiveness } from "../../../lib/domain/execution/effectiveness.ts";

/** The worked table of docs/effectiveness.md: target 75 %, up 85 %, down 60 %. */
describe("effectiveness", () => {
  test.each<["grow" | "shrink" | "same", number | undefined, number | undefined, boolean, number | undefined, string]>([
    ["grow", 0.93, 0.76, false, 100, "back inside"],
    ["grow", 0.93, 0.85, false, 100, "exactly at the threshold"],
    ["grow", 0.93, 0.89, false, 50, "half of the way"],
    ["grow", 0.93, 0.95, false, 0, "worse than before"],
    ["grow", 0.93, 0.45, false, 90, "a quarter below down"],
    ["grow", 0.93, 0, false, 60, "the most an overshoot costs"],
    ["grow", 0.8, 0.84, false, 100, "acted ahead, the breach did not come"],
    ["grow", 0.8, 0.88, false, 0, "acted ahead, the breach came"],
    ["grow", 0.93, 0.76, true, 0, "harm"],
    ["grow", 0.93, undefined, false, undefined, "nothing observed"],
    ["grow", undefined, 0.9, false, undefined, "nothing to compare with"],
    ["shrink", 0.4, 0.57, false, 100, "nothing asks for it back"],
    ["shrink", 0.4, 0.86, false, 0, "took too much"],
    ["shrink", 0.4, 0.5, true, 0, "harm"],
    ["shrink", 0.4, undefined, false, undefined, "nothing observed"],
    ["same", 0.93, 0.76, false, 100, "rebalance, as a growth"],
    ["same", 0.93, 0.89, false, 50, "rebalance, half of the way"],
  ])("%s from %s to %s, harmed %s: %s (%s)", (direction, before, after, harmed, expected) => {
    expect(effectiveness({ direction, before, after, up: 0.85, down: 0.6, harmed, costDeltaPerHour: 0 })).toBe(
      expected,
    );
  });

  test("a change of shape without a rule is worth its saving", () => {
    expect(effectiveness({ direction: "same", harmed: false, costDeltaPerHour: -0.02 })).toBe(100);
    expect(effectiveness({ direction: "same", harmed: false, costDeltaPerHour: 0 })).toBe(50);
    expect(effectiveness({ direction: "same", harmed: true, costDeltaPerHour: -0.02 })).toBe(0);
  });
});
