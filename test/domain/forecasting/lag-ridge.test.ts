import { describe, expect, test } from "vitest";
import { lagCurves } from "../../../lib/domain/forecasting/lag-curves.ts";
import { features, fitLagRidge, lagRows, predictLagRidge, WIDTH } from "../../../lib/domain/forecasting/lag-ridge.ts";

const gap = Number.NaN;

describe("lag curves, season of 2 steps", () => {
  test("profile is the mean of earlier seasons; the season before; the week falls back to the profile", () => {
    const { profile, season, week } = lagCurves(Float64Array.from([1, 10, 3, 20, 8, 30]), 2);
    expect(Array.from(profile)).toEqual([gap, gap, 1, 10, 2, 15, 4, 20]);
    expect(Array.from(season)).toEqual([gap, gap, 1, 10, 3, 20, 8, 30]);
    expect(week).toEqual(profile);
  });
  test("gaps are left out of the mean, and the profile stands in for them", () => {
    const { profile, season } = lagCurves(Float64Array.from([1, 10, gap, 20, 8, 30]), 2);
    expect(profile[4]).toBe(1);
    expect(season[4]).toBe(1);
  });
  test("with twice seven seasons the week is seven seasons before", () => {
    const grid = Float64Array.from({ length: 28 }, (_, i) => i);
    const { week } = lagCurves(grid, 2);
    expect(week[28]).toBe(14);
    expect(week[29]).toBe(15);
  });
});

describe("features", () => {
  test("are differences from the present", () => {
    const grid = Float64Array.from([1, 1, 1, 1, 1, 1, 1, 1, 1, 3, 3, 6, gap, gap]); // origin 12: last 6, hour 21/12, quarter 4
    const curve = (now: number, ahead: number) =>
      Float64Array.from({ length: 14 }, (_, i) => (i === 11 ? now : i === 13 ? ahead : gap));
    const row = new Float64Array(WIDTH);
    features(
      { grid, curves: { profile: curve(5, 9), season: curve(4, 3), week: curve(7, gap) }, origin: 12 },
      1,
      row,
      0,
    );
    expect(Array.from(row)).toEqual([4, -1, 0, -1, -2, 1, 21 / 12 - 6, -2]);
  });
});

describe("the fit", () => {
  const season = 24;
  const shape = (i: number) => 1 + Math.sin((2 * Math.PI * i) / season) / 2;
  const grid = Float64Array.from({ length: 24 * 30 }, (_, i) => shape(i));
  const view = { grid, curves: lagCurves(grid, season), origin: grid.length };

  test("follows a season that repeats, also between the fitted steps", () => {
    const model = fitLagRidge(lagRows(view, season, [0, 6]), view.origin);
    for (const step of [0, 3, 6]) expect(predictLagRidge(model, view, step)).toBeCloseTo(shape(grid.length + step), 1);
  });
  test("with fewer than 16 rows is the naive forecast", () => {
    const model = fitLagRidge(lagRows(view, season, [0, 6]), season + 12 + 6);
    expect(model.weights.flat().every((weight) => weight === 0)).toBe(true);
    expect(predictLagRidge(model, view, 4)).toBe(grid.at(-1));
  });
  test("never sees what lies behind its origin", () => {
    const origin = 500;
    const spoilt = grid.map((value, i) => (i < origin ? value : 999));
    const before = fitLagRidge(lagRows(view, season, [3]), origin);
    const after = fitLagRidge(lagRows({ grid: spoilt, curves: lagCurves(spoilt, season) }, season, [3]), origin);
    expect(after).toEqual(before);
  });
});
