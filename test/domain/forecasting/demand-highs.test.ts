import { describe, expect, it } from "vitest";
import type { DemandSeries } from "../../../lib/domain/forecasting/growth/demand-series.ts";
import {
  FEATURES,
  growthFeatures,
  ListedHighs,
  logOf,
  SoughtHighs,
  seasonalAt,
} from "../../../lib/domain/forecasting/growth/growth-features.ts";
import { Prng } from "../../../lib/simulation/prng.ts";

/** Nine days of minutes, a tenth of them unknown, some without demand, and an hour that is missing. */
function seriesOf(seed: number): DemandSeries {
  const prng = new Prng(seed);
  const mean = Float64Array.from({ length: 9 * 1440 }, (_, at) => {
    const chance = prng.uniform();
    if (chance < 0.1 || (at > 3000 && at < 3060)) return Number.NaN;
    return chance < 0.15 ? 0 : Math.round(100 * (10 + 5 * Math.sin(at / 229) + 3 * prng.uniform())) / 100;
  });
  return { startMs: 0, mean, first: mean };
}

describe("highest demands, looked up or listed", () => {
  it.each([1, 2, 3])("are the same numbers (seed %i)", (seed) => {
    const series = seriesOf(seed);
    for (const leadMinutes of [1, 4, 15]) {
      const sought = new SoughtHighs([series], leadMinutes);
      const listed = new ListedHighs(series, leadMinutes);
      for (let at = 0; at < series.mean.length; at += 7)
        expect(seasonalAt(listed, at), `minute ${at}`).toEqual(seasonalAt(sought, at));
    }
  });

  it("sees a rise of the next minutes, a gap as unknown, and nothing before the first minute", () => {
    const series = {
      startMs: 0,
      mean: Float64Array.of(2, 2, 2, 4, 3, Number.NaN, 3, 3, 3),
      first: new Float64Array(9),
    };
    const highs = new ListedHighs(series, 2);
    expect([...highs.ahead]).toEqual([2, 4, 4, 3, 3, 3, 3, 3, 0]);
    expect(highs.growth(2)).toBeCloseTo(Math.log(2), 12);
    expect(highs.growth(5)).toBeNaN();
    expect(highs.around(0)).toBe(4);
    expect(highs.lastHour(1)).toBe(2);
  });

  it("give a row one number for each feature, known whatever former days are", () => {
    const series = seriesOf(4);
    const at = 40;
    const recent = { logs: new Float64Array(at + 1).fill(logOf(12)), at, now: 15 };
    const row = growthFeatures(recent, seasonalAt(new ListedHighs(series, 4), at));
    expect(row).toHaveLength(FEATURES.length);
    expect(row.every(Number.isFinite)).toBe(true);
    expect(row[FEATURES.indexOf("rise2")]).toBeCloseTo(Math.log(15 / 12), 12);
    expect(row[FEATURES.indexOf("yesterday")]).toBe(0);
  });
});
