import fc from "fast-check";
import { expect, test } from "vitest";
import { type ForecastPath, forecast, type Series, train } from "../../../lib/domain/forecasting/index.ts";
import { daily, gaussian, HOUR_MS, MINUTE_MS, NOW_MS, observed, prng, STEP_MS, walk } from "./synthetic.ts";

/** Anything a metric source could send, and some it could not. */
const sample = fc.oneof(
  { weight: 8, arbitrary: fc.double({ min: 0, max: 1e6, noNaN: true }) },
  fc.constantFrom(0, 1e-300, 1e15, 1e308, -1, -0, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY),
);
const minutes: fc.Arbitrary<Series> = fc.record({
  startMs: fc.integer({ min: -90, max: 10 }).map((minute) => NOW_MS + minute * MINUTE_MS),
  stepMs: fc.constantFrom(MINUTE_MS, STEP_MS, 10_000, 0, Number.NaN),
  values: fc.array(sample, { maxLength: 70 }),
});
/** Up to four days made of a few repeated pieces: constant stretches, steps, spikes, gaps. */
const days: fc.Arbitrary<Series> = fc
  .array(fc.tuple(fc.array(sample, { minLength: 1, maxLength: 12 }), fc.integer({ min: 1, max: 60 })), { maxLength: 8 })
  .map((pieces) => pieces.flatMap(([piece, times]) => Array.from({ length: times }, () => piece).flat()))
  .map((values) => ({ startMs: NOW_MS - values.length * STEP_MS, stepMs: STEP_MS, values: values.slice(-1152) }));

function isSound(path: ForecastPath): boolean {
  return (
    path.mean.length === 61 &&
    path.mean.every((mean, i) => {
      const lower = path.lower[i] ?? Number.NaN;
      const upper = path.upper[i] ?? Number.NaN;
      return lower >= 0 && lower <= mean && mean <= upper && upper < Number.POSITIVE_INFINITY;
    })
  );
}

test("whatever comes in, 0 <= lower <= mean <= upper < ∞, the model survives JSON, and the same input gives the same path", () => {
  fc.assert(
    fc.property(days, minutes, fc.integer({ min: 0, max: 30 }), (history, recent, age) => {
      const model = train(history, recent, {}, NOW_MS);
      const path = forecast(model, recent, NOW_MS + age * MINUTE_MS);
      expect(isSound(path)).toBe(true);
      expect(JSON.parse(JSON.stringify(model))).toEqual(model);
      expect(train(history, recent, {}, NOW_MS)).toEqual(model);
      expect(forecast(model, recent, NOW_MS + age * MINUTE_MS)).toEqual(path);
    }),
    { numRuns: 150, seed: 20260701 },
  );
});

test("options out of range are moved into it", () => {
  const { history, recent } = observed(daily, 3);
  const options = fc.record(
    { seasonMs: fc.double(), horizonMs: fc.double({ max: 4 * HOUR_MS }), leadMs: fc.double(), coverage: fc.double() },
    { requiredKeys: [] },
  );
  fc.assert(
    fc.property(options, (some) => {
      const path = forecast(train(history, recent, some, NOW_MS), recent, NOW_MS);
      expect(
        path.mean.every((mean, i) => (path.lower[i] ?? Number.NaN) <= mean && mean <= (path.upper[i] ?? Number.NaN)),
      ).toBe(true);
    }),
    { numRuns: 30, seed: 20260702 },
  );
});

const demands = [
  ["daily", daily],
  ["walk", walk(3)],
  ["daily with spikes", (atMs: number) => daily(atMs) * (Math.floor(atMs / STEP_MS) % 97 === 0 ? 8 : 1)],
  ["a step up two days ago", (atMs: number) => (atMs < NOW_MS - 48 * HOUR_MS ? 10 : 200)],
] as const;

test.each(demands)("%s, k times as large, has a path k times as large", (_, demandAt) => {
  fc.assert(
    fc.property(fc.double({ min: 1e-3, max: 1e6, noNaN: true }), (k) => {
      const times = (factor: number) => {
        const { history, recent } = observed((atMs) => factor * demandAt(atMs), 3);
        return forecast(train(history, recent, {}, NOW_MS), recent, NOW_MS);
      };
      const one = times(1);
      const many = times(k);
      expect(many.trusted).toBe(one.trusted);
      // 1e-4: model values are stored to 1e-5 of the scale, and a rounding may tip over
      for (const side of ["mean", "lower", "upper"] as const) {
        many[side].forEach((value, i) =>
          expect(Math.abs(value / k - (one[side][i] ?? 0))).toBeLessThan(1e-4 * (1 + (one[side][i] ?? 0))),
        );
      }
    }),
    { numRuns: 8, seed: 20260703 },
  );
});

test("the upper edge holds at least 92 % of outcomes, target 95 %, on three weeks of a noisy day", () => {
  const random = prng(42);
  const noise = new Map<number, number>();
  const demandAt = (atMs: number) => {
    const minute = Math.floor(atMs / MINUTE_MS);
    if (!noise.has(minute)) noise.set(minute, gaussian(random));
    return Math.max(0, daily(atMs) + 2 * Math.sqrt(daily(atMs)) * (noise.get(minute) ?? 0));
  };
  let held = 0;
  let count = 0;
  for (let hour = 0; hour < 24 * 21; hour += 7) {
    const nowMs = NOW_MS + hour * HOUR_MS;
    const { history, recent } = observed(demandAt, 6, nowMs);
    const path = forecast(train(history, recent, {}, nowMs), recent, nowMs);
    for (const minute of [5, 15, 30, 60]) {
      count++;
      if (demandAt(nowMs + (minute + 0.5) * MINUTE_MS) <= (path.upper[minute] ?? 0)) held++;
    }
  }
  expect(held / count).toBeGreaterThanOrEqual(0.92);
  expect(held / count).toBeLessThan(1);
});

test("an item of 14 days is below 30 kB", () => {
  const { history, recent } = observed(walk(5), 14);
  expect(JSON.stringify(train(history, recent, {}, NOW_MS)).length).toBeLessThan(30_000);
});
