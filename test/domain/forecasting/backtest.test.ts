import { describe, expect, test } from "vitest";
import { judge, ORIGINS_MIN } from "../../../lib/domain/forecasting/backtest.ts";
import { conformalMargins, conformalQuantile } from "../../../lib/domain/forecasting/conformal.ts";

describe("conformal quantile of 1..19", () => {
  const ascending = Array.from({ length: 19 }, (_, i) => i + 1);
  test.each<[number, number | undefined, string]>([
    [0.95, 19, "20 · 0.95 = 19th"],
    [0.9, 18, "20 · 0.90 = 18th"],
    [0.5, 10, "the median"],
    [0.96, undefined, "20 · 0.96 = 19.2: the 20th does not exist"],
  ])("p = %d → %s (%s)", (p, quantile) => {
    expect(conformalQuantile(ascending, p)).toBe(quantile);
  });
});

test.each([
  [[-4, -1, 0, 2, 3], 0.5, 4, 3, "p = 0.75: ⌈6 · 0.75⌉ = 5th of each side"],
  [[1, 2, 3], 0.5, 0, 3, "outcomes always above: no margin below"],
  [[7], 0.9, 0, 7, "too few: the largest stands in"],
  [[], 0.9, 0, 0, "none"],
])("margins of %j at coverage %d: %d below, %d above (%s)", (residuals, coverage, below, above) => {
  expect(conformalMargins(Float64Array.from(residuals), coverage)).toEqual({ below, above });
});

describe("the verdict", () => {
  const repeated = (...losses: number[]) => Array.from({ length: 100 }, (_, i) => losses[i % losses.length] ?? 0);
  test.each([
    [repeated(10), repeated(9), true, "beats-naive", 0.1, "a steady tenth better"],
    [repeated(100), repeated(99), false, "no-better-than-naive", 0.01, "steady, but below 2 %"],
    [
      repeated(10, 10),
      repeated(0, 19),
      false,
      "no-better-than-naive",
      0.05,
      "5 % better, gains ±9.5: 0.5 is 0.53 standard errors",
    ],
    [repeated(10), repeated(12), false, "no-better-than-naive", -0.2, "worse"],
    [repeated(0), repeated(0), false, "no-better-than-naive", 0, "a constant leaves nothing to gain"],
    [repeated(10).slice(0, ORIGINS_MIN - 1), repeated(0), false, "not-enough-history", 0, "35 origins"],
  ])("%#: naive and model losses → %s, %s", (naive, model, trusted, reason, skill) => {
    const verdict = judge(naive, model.slice(0, naive.length));
    expect(verdict).toMatchObject({ trusted, reason, origins: naive.length });
    expect(verdict.skill).toBeCloseTo(skill, 9);
  });
});
