import { describe, expect, test } from "vitest";
import { forecast, pathAt, type Series, train } from "../../../lib/domain/forecasting/index.ts";
import { DAY_MS, daily, gaussian, HOUR_MS, MINUTE_MS, NOW_MS, observed, prng, STEP_MS, walk } from "./synthetic.ts";

const NOTHING: Series = { startMs: NOW_MS, stepMs: MINUTE_MS, values: [] };

function outcome(demandAt: (atMs: number) => number, days: number) {
  const { history, recent } = observed(demandAt, days);
  const model = train(history, recent, {}, NOW_MS);
  return { model, recent, path: forecast(model, recent, NOW_MS) };
}

describe("trust", () => {
  test.each([2, 3, 7, 14])("a clean daily cycle of %d days is trusted, and the path knows the hour ahead", (days) => {
    const { model, path } = outcome(daily, days);
    expect(model.verdict).toMatchObject({ trusted: true, reason: "beats-naive" });
    expect(model.verdict.skill).toBeGreaterThan(0.3);
    expect(path).toMatchObject({ trusted: true, reason: "beats-naive", model: "lag-ridge" });
    for (const minute of [0, 5, 30, 60]) {
      const truth = daily(NOW_MS + (minute + 0.5) * MINUTE_MS);
      expect(Math.abs((path.mean[minute] ?? 0) - truth)).toBeLessThan(0.02 * truth);
    }
  });
  test("a noisy daily cycle is trusted after three days", () => {
    const random = prng(7);
    expect(outcome((atMs) => daily(atMs) * (1 + 0.03 * gaussian(random)), 3).model.verdict.trusted).toBe(true);
  });
  test("of 40 random walks at most one is", () => {
    const trusted = Array.from({ length: 40 }, (_, seed) => outcome(walk(seed), 4).model.verdict.trusted);
    expect(trusted.filter(Boolean).length).toBeLessThanOrEqual(1);
  });
  test.each<[number, (atMs: number) => number, string, string]>([
    [1, daily, "not-enough-history", "one day cannot be tested"],
    [1.8, daily, "not-enough-history", "nor can less than two"],
    [7, () => 5, "no-better-than-naive", "a constant"],
    [7, () => 0, "no-better-than-naive", "no demand at all"],
  ])("%d days of %s: %s (%s)", (days, demandAt, reason) => {
    const { path, model } = outcome(demandAt, days);
    expect(model.verdict).toMatchObject({ trusted: false, reason });
    expect(path).toMatchObject({ trusted: false, reason, model: "naive" });
    expect(path.mean[30]).toBeCloseTo(path.mean[0] ?? Number.NaN, 9);
  });
  test("no history, and nothing recent: zero, untrusted", () => {
    const path = forecast(train(NOTHING, NOTHING, {}, NOW_MS), NOTHING, NOW_MS);
    expect(path).toMatchObject({ trusted: false, reason: "not-enough-history", model: "naive" });
    expect(path.mean.every((value) => value === 0)).toBe(true);
  });
});

describe("a trusted model that cannot be applied", () => {
  const { history, recent } = observed(daily, 7);
  const model = train(history, recent, {}, NOW_MS);
  test("nothing recent: the last level known, and says so", () => {
    const path = forecast(model, NOTHING, NOW_MS);
    expect(path).toMatchObject({ trusted: false, reason: "recent-missing", model: "naive" });
    expect(path.mean[0]).toBeCloseTo(history.values.at(-1) ?? 0, 6);
  });
  test("samples up to 15 minutes old still do, and the path begins now; older ones do not", () => {
    const late = forecast(model, recent, NOW_MS + 15 * MINUTE_MS);
    expect(late.trusted).toBe(true);
    expect(late.startMs).toBe(NOW_MS + 15 * MINUTE_MS);
    expect(late.mean[60]).toBeCloseTo(daily(NOW_MS + 75 * MINUTE_MS), 0);
    expect(forecast(model, recent, NOW_MS + 16 * MINUTE_MS).reason).toBe("recent-missing");
  });
  test("trained 22 hours ago still does; a day later its seasons are used up", () => {
    const at = (nowMs: number) => forecast(model, observed(daily, 1, nowMs).recent, nowMs);
    expect(at(NOW_MS + 22 * HOUR_MS)).toMatchObject({ trusted: true });
    expect(at(NOW_MS + DAY_MS)).toMatchObject({ trusted: false, reason: "model-stale" });
  });
});

describe("gaps", () => {
  test("of 15 minutes every day, and an outage of six hours, do not cost the trust", () => {
    const { history, recent } = observed(daily, 7);
    const values = history.values.map((value, i) => (i % 288 < 3 || (i > 1300 && i < 1372) ? Number.NaN : value));
    const model = train({ ...history, values }, recent, {}, NOW_MS);
    expect(model.verdict.trusted).toBe(true);
    expect(model.verdict.origins).toBeLessThan(train(history, recent, {}, NOW_MS).verdict.origins);
  });
  test("a history that ends an hour ago is completed by the recent minutes", () => {
    const { history, recent } = observed(daily, 7);
    const model = train({ ...history, values: history.values.slice(0, -12) }, recent, {}, NOW_MS);
    expect(model.level).toBeCloseTo(daily(NOW_MS - STEP_MS / 2), 1);
    expect(model.verdict.trusted).toBe(true);
  });
});

describe("reading a path", () => {
  const path = {
    startMs: 1000,
    stepMs: 60_000,
    mean: [1, 3],
    lower: [0, 2],
    upper: [2, 8],
    coverage: 0.9,
    model: "naive",
    trusted: false,
    reason: "not-enough-history",
  } as const;
  test.each([
    [1000, { mean: 1, lower: 0, upper: 2 }],
    [31_000, { mean: 2, lower: 1, upper: 5 }],
    [61_000, { mean: 3, lower: 2, upper: 8 }],
    [999, undefined],
    [61_001, undefined],
    [Number.NaN, undefined],
  ])("at %d: %j", (atMs, point) => expect(pathAt(path, atMs)).toEqual(point));
});
