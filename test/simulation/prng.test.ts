import { expect, test } from "vitest";
import { hash32, hashText, lognormalSigma, Prng, uniformAt } from "../../lib/simulation/prng.ts";

const DRAWS = 20_000;

function draw(of: (prng: Prng) => number): { mean: number; variance: number; sorted: readonly number[] } {
  const prng = new Prng(42, 1);
  const values = Array.from({ length: DRAWS }, () => of(prng));
  const mean = values.reduce((sum, value) => sum + value, 0) / DRAWS;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (DRAWS - 1);
  return { mean, variance, sorted: values.sort((a, b) => a - b) };
}

test("the same seed and key give the same sequence, another key another one", () => {
  const five = (prng: Prng) => Array.from({ length: 5 }, () => prng.uniform());
  expect(five(new Prng(7, 3, 9))).toEqual(five(new Prng(7, 3, 9)));
  expect(five(new Prng(7, 3, 9))).not.toEqual(five(new Prng(7, 9, 3)));
  expect(five(new Prng(7, 3, 9))).not.toEqual(five(new Prng(8, 3, 9)));
});

test("a saved state continues the sequence, also through JSON", () => {
  const prng = new Prng(5);
  for (let i = 0; i < 100; i++) prng.normal();
  const copy = Prng.fromState(JSON.parse(JSON.stringify(prng.state())));
  expect(Array.from({ length: 10 }, () => copy.uniform())).toEqual(Array.from({ length: 10 }, () => prng.uniform()));
});

// Tolerances are four standard errors of 20,000 draws, or more.
test.each([
  ["uniform", (prng: Prng) => prng.uniform(), 0.5, 1 / 12],
  ["normal", (prng: Prng) => prng.normal(), 0, 1],
  ["poisson 0.4", (prng: Prng) => prng.poisson(0.4), 0.4, 0.4],
  ["poisson 12", (prng: Prng) => prng.poisson(12), 12, 12],
  ["poisson 250", (prng: Prng) => prng.poisson(250), 250, 250],
])("%s has the mean and the variance of its distribution", (_, of, mean, variance) => {
  const seen = draw(of);
  expect(Math.abs(seen.mean - mean)).toBeLessThan(4 * Math.sqrt(variance / DRAWS));
  expect(Math.abs(seen.variance / variance - 1)).toBeLessThan(0.06);
});

test("a log-normal of median 35 and p95 75 has them", () => {
  const sigma = lognormalSigma(35, 75);
  const { sorted } = draw((prng) => prng.lognormal(35, sigma));
  expect(Math.abs((sorted[DRAWS / 2] ?? 0) - 35)).toBeLessThan(0.8);
  expect(Math.abs((sorted[DRAWS * 0.95] ?? 0) - 75)).toBeLessThan(2.5);
});

test("no mean, no operations", () => {
  expect([new Prng(1).poisson(0), new Prng(1).poisson(-1), new Prng(1).poisson(Number.NaN)]).toEqual([0, 0, 0]);
});

test("random access is uniform and keys beyond 32 bits differ", () => {
  let sum = 0;
  for (let index = 0; index < DRAWS; index++) sum += uniformAt(99, index);
  expect(Math.abs(sum / DRAWS - 0.5)).toBeLessThan(4 * Math.sqrt(1 / 12 / DRAWS));
  expect(hash32(1, 2 ** 32 + 5)).not.toBe(hash32(1, 5));
  expect(hashText("price_feeds")).not.toBe(hashText("price_feedt"));
});
