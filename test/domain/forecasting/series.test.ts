import { describe, expect, test } from "vitest";
import { bridgeGaps, gridMeans, lastEndMs, STEP_MS } from "../../../lib/domain/forecasting/series.ts";

const MINUTE_MS = 60_000;
const gap = Number.NaN;

describe("five-minute means", () => {
  test("of ten minutes, one of them a gap, one negative", () => {
    const minutes = { startMs: 0, stepMs: MINUTE_MS, values: [1, 2, 3, gap, 6, 10, -5, 20, 30, 40] };
    expect(Array.from(gridMeans(minutes, 0, 2, 10 * MINUTE_MS))).toEqual([3, 25]);
  });
  test("on a grid that is not the clock's", () => {
    const minutes = { startMs: 0, stepMs: MINUTE_MS, values: [1, 2, 3, 4, 5, 6, 7, 8, 9] };
    expect(Array.from(gridMeans(minutes, 4 * MINUTE_MS - STEP_MS, 2, 9 * MINUTE_MS))).toEqual([2.5, 7]);
  });
  test("a sample that ends after the cut-off is ignored", () => {
    const fives = { startMs: 0, stepMs: STEP_MS, values: [1, 2, 3] };
    expect(Array.from(gridMeans(fives, 0, 3, 2 * STEP_MS))).toEqual([1, 2, gap]);
  });
  test("an hourly sample fills every step it covers", () => {
    const hours = { startMs: 0, stepMs: 12 * STEP_MS, values: [7, 9] };
    expect(Array.from(gridMeans(hours, 10 * STEP_MS, 4, 24 * STEP_MS))).toEqual([7, 7, 9, 9]);
  });
});

test.each([
  [[1, gap, gap, gap, 5], [1, 1, 1, 1, 5], "15 minutes are bridged by the last value"],
  [[1, gap, gap, gap, gap, 5], [1, 1, 1, 1, gap, 5], "of longer gaps only the first 15 minutes, as would be live"],
  [[gap, 2], [gap, 2], "before the first value nothing is known"],
])("%j → %j (%s)", (grid, bridged) => {
  expect(Array.from(bridgeGaps(Float64Array.from(grid)))).toEqual(bridged);
});

test.each<[number[], number, number | undefined, string]>([
  [[1, 2, 3], 180_000, 180_000, "the last minute"],
  [[1, 2, gap], 180_000, 120_000, "a gap does not count"],
  [[1, 2, 3], 150_000, 120_000, "nor does a minute that has not ended"],
  [[gap, -1, 1e300], 180_000, undefined, "gap, negative, implausible"],
])("%j at %d ends at %s (%s)", (values, nowMs, endMs) => {
  expect(lastEndMs({ startMs: 0, stepMs: MINUTE_MS, values }, nowMs)).toBe(endMs);
});
