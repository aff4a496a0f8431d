import { expect, test } from "vitest";
import { type GeneratorLoad, makeLoad } from "../../lib/simulation/load.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const MONDAY = Date.UTC(2026, 0, 5);
const plain: GeneratorLoad = { kind: "generator", meanRate: 100, burstsPerDay: 0, noiseFraction: 0 };

function generated(spec: Partial<GeneratorLoad> = {}, seed = 1) {
  return makeLoad({ ...plain, ...spec }, { startMs: MONDAY, seed });
}

test("the day peaks at its hour and the night is flat", () => {
  const load = generated({ dailyFraction: 0.4, halfDayFraction: 0.1, peakHour: 14 });
  expect(load.rateAt(MONDAY + DAY + 14 * HOUR)).toBeCloseTo(150, 9);
  expect(load.rateAt(MONDAY + DAY + 2 * HOUR)).toBeCloseTo(70, 9);
});

test("the weekend is lower, from Friday night to Sunday night, without a jump", () => {
  const load = generated({ dailyFraction: 0, halfDayFraction: 0, weekendFraction: 0.6 });
  const at = (days: number) => load.rateAt(MONDAY + days * DAY);
  expect([at(1), at(4.5), at(5), at(5.5), at(6.5), at(7), at(7.5)].map((rate) => Math.round(rate))).toEqual([
    100, 100, 80, 60, 60, 80, 100,
  ]);
  for (let minute = 1; minute < 7 * 24 * 60; minute++) {
    const change = load.rateAt(MONDAY + minute * MINUTE) - load.rateAt(MONDAY + (minute - 1) * MINUTE);
    expect(Math.abs(change)).toBeLessThan(0.2);
  }
});

test("a trend grows from the start", () => {
  const load = generated({ dailyFraction: 0, halfDayFraction: 0, weekendFraction: 1, trendPerDay: 0.1 });
  expect(load.rateAt(MONDAY)).toBeCloseTo(100, 9);
  expect(load.rateAt(MONDAY + 3 * DAY)).toBeCloseTo(130, 9);
});

test("the noise has its size and its correlation", () => {
  const load = generated({ dailyFraction: 0, halfDayFraction: 0, noiseFraction: 0.05, noiseCorrelation: 0.8 });
  const noise = Array.from(
    { length: 5000 },
    (_, minute) => load.rateAt(MONDAY + (minute % 7200) * MINUTE) / 100 - 1,
  ).slice(0, 4 * 24 * 60);
  const mean = noise.reduce((sum, each) => sum + each, 0) / noise.length;
  const variance = noise.reduce((sum, each) => sum + (each - mean) ** 2, 0) / noise.length;
  const lagged =
    noise.slice(1).reduce((sum, each, at) => sum + (each - mean) * ((noise[at] ?? 0) - mean), 0) / noise.length;
  expect(Math.abs(mean)).toBeLessThan(0.01);
  expect(Math.abs(Math.sqrt(variance) / 0.05 - 1)).toBeLessThan(0.12);
  expect(Math.abs(lagged / variance - 0.8)).toBeLessThan(0.06);
});

test("about as many bursts as asked for, each rising in two minutes and decaying", () => {
  const load = generated({
    dailyFraction: 0,
    halfDayFraction: 0,
    weekendFraction: 1,
    burstsPerDay: 4,
    burstFraction: 0.5,
  });
  let starts = 0;
  for (let minute = 1; minute < 50 * 24 * 60; minute++) {
    const before = load.rateAt(MONDAY + (minute - 1) * MINUTE);
    const after = load.rateAt(MONDAY + minute * MINUTE);
    if (after > before + 0.5 && load.rateAt(MONDAY + (minute - 2) * MINUTE) >= before - 1e-9) starts++;
  }
  expect(starts).toBeGreaterThan(50 * 4 * 0.7);
  expect(starts).toBeLessThan(50 * 4 * 1.3);
});

test("any order of questions has the same answers, another seed others", () => {
  const times = Array.from({ length: 500 }, (_, at) => MONDAY + ((at * 7919) % 2000) * 17_000);
  const ask = (load: ReturnType<typeof generated>, order: readonly number[]) =>
    new Map(order.map((ms) => [ms, load.rateAt(ms)]));
  const spec = { burstsPerDay: 10, noiseFraction: 0.1 };
  const sorted = ask(
    generated(spec),
    [...times].sort((a, b) => a - b),
  );
  const mixed = ask(generated(spec), times);
  for (const ms of times) expect(mixed.get(ms)).toBe(sorted.get(ms));
  expect(generated(spec, 2).rateAt(MONDAY + HOUR)).not.toBe(generated(spec, 1).rateAt(MONDAY + HOUR));
});

test("a trace starts with the simulation, holds each value for its step, and repeats", () => {
  const load = makeLoad({ kind: "trace", stepMs: MINUTE, values: [1, 2, 3], factor: 10 }, { startMs: MONDAY, seed: 1 });
  expect([0, 59_999, MINUTE, 2 * MINUTE, 3 * MINUTE, 301 * MINUTE].map((ms) => load.rateAt(MONDAY + ms))).toEqual([
    10, 10, 20, 30, 10, 20,
  ]);
});

test("what cannot be a load is refused", () => {
  expect(() => generated({ noiseCorrelation: 1 })).toThrow(/noiseCorrelation/);
  expect(() => makeLoad({ kind: "trace", stepMs: MINUTE, values: [] }, { startMs: 0, seed: 1 })).toThrow(/values/);
});
