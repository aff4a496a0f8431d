import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { demandAhead, minutesKnown, outlookOf } from "../../../lib/domain/forecasting/growth/demand-outlook.ts";
import { demandSeries, highest } from "../../../lib/domain/forecasting/growth/demand-series.ts";
import {
  growthFeatures,
  isRecentKnown,
  ListedHighs,
  logOf,
  seasonalAt,
} from "../../../lib/domain/forecasting/growth/growth-features.ts";
import { trainGrowth } from "../../../lib/domain/forecasting/growth/growth-model.ts";
import { dot, fitQuantile } from "../../../lib/domain/forecasting/growth/quantile-regression.ts";
import type { Sample } from "../../../lib/domain/model/sample.ts";
import { SampleWindow } from "../../../lib/domain/model/sample-window.ts";
import { Prng } from "../../../lib/simulation/prng.ts";

const MINUTE = 60_000;
const DAY = 1440 * MINUTE;
const START = Date.UTC(2026, 0, 5);

/** Samples of 20 s of a demand in tasks of 1 vCPU. */
function samplesOf(demandAt: (ms: number) => number, fromMs: number, toMs: number): Sample[] {
  const samples: Sample[] = [];
  for (let endMs = fromMs + 20_000; endMs <= toMs; endMs += 20_000)
    samples.push({ endMs, periodMs: 20_000, values: { cpuUsed: 1000 * demandAt(endMs - 10_000) }, absent: {} });
  return samples;
}
/** 2 tasks at all times, and eight from 06:00 to 06:20. */
const dailyJob = (ms: number): number => (ms % DAY >= 6 * 60 * MINUTE && ms % DAY < 380 * MINUTE ? 8 : 2);
const lead = { quantile: 0.95, leadMinutes: 4 };

describe("quantile regression", () => {
  test.each([0.1, 0.5, 0.9, 0.99])("without a feature the line is the quantile %d of the values", (quantile) => {
    const prng = new Prng(1, 2, 3);
    const values = Float64Array.from({ length: 4000 }, () => prng.uniform());
    const features = [values.map(() => 1)];
    const [line = Number.NaN] = fitQuantile(
      { features, values, quantile, columns: [0], ridge: 0 },
      0,
      values.length,
      30,
    );
    expect(Math.abs(line - quantile)).toBeLessThan(0.03);
  });

  test("a spread that grows with a feature is found, and columns that are left out have no weight", () => {
    const prng = new Prng(4, 5, 6);
    const rows = Array.from({ length: 4000 }, (_, i) => Float64Array.of(1, i / 4000, prng.uniform()));
    const values = Float64Array.from(rows, (row) => (row[1] as number) * prng.uniform());
    const features = [0, 1, 2].map((column) => Float64Array.from(rows, (row) => row[column] as number));
    const weights = fitQuantile({ features, values, quantile: 0.9, columns: [0, 1], ridge: 0.01 }, 0, rows.length, 20);
    expect(weights[1]).toBeGreaterThan(0.8);
    expect(weights[1]).toBeLessThan(1);
    expect(weights[2]).toBe(0);
  });
});

describe("demand by the minute", () => {
  test("means of what was seen, nothing where nothing was seen", () => {
    const samples = samplesOf((ms) => (ms < START + MINUTE ? 3 : 5), START, START + 4 * MINUTE).filter(
      ({ endMs }) => endMs <= START + MINUTE || endMs > START + 2 * MINUTE,
    );
    const { mean, first } = demandSeries(samples, { fromMs: START, toMs: START + 4 * MINUTE, taskCpu: 500 });
    expect([...mean]).toEqual([6, Number.NaN, 10, 10]);
    expect([...first]).toEqual([6, Number.NaN, 10, 10]);
    expect(highest({ mean }, 0, 1)).toBe(6);
    expect(highest({ mean }, 1, 1)).toBe(0);
  });

  test("nothing is said where the last quarter of an hour has a gap, or is not yet over", () => {
    const logs = new Float64Array(16).fill(1);
    expect(isRecentKnown({ logs, at: 15, now: 4 })).toBe(true);
    expect(isRecentKnown({ logs, at: 14, now: 4 })).toBe(false);
    expect(isRecentKnown({ logs, at: 15, now: Number.NaN })).toBe(false);
    logs[9] = Number.NaN;
    expect(isRecentKnown({ logs, at: 15, now: 4 })).toBe(false);
  });

  test("no feature of a minute knows what comes after it", () => {
    const upTo = START + 2 * DAY;
    const before = samplesOf(dailyJob, START, upTo);
    const after = samplesOf(() => 50, upTo, upTo + 60 * MINUTE);
    const at = 2 * 1440 - 1;
    const known = demandSeries(before, { fromMs: START, toMs: upTo, taskCpu: 1000 });
    const more = demandSeries([...before, ...after], { fromMs: START, toMs: upTo + 60 * MINUTE, taskCpu: 1000 });
    expect(seasonalAt(new ListedHighs(more, 4), at)).toEqual(seasonalAt(new ListedHighs(known, 4), at));
  });
});

describe("growth learned from the past", () => {
  const nowMs = START + 5 * DAY;
  const series = demandSeries(samplesOf(dailyJob, START, nowMs), { fromMs: START, toMs: nowMs, taskCpu: 1000 });

  test("too little is no model", () => {
    const short = demandSeries(samplesOf(dailyJob, START, START + DAY / 4), {
      fromMs: START,
      toMs: START + DAY / 4,
      taskCpu: 1000,
    });
    expect(trainGrowth(short, { ...lead, nowMs })).toBeUndefined();
  });

  test("a job that comes every day is expected just before its time, and not in the afternoon", () => {
    const model = trainGrowth(series, { ...lead, nowMs });
    expect(model).toBeDefined();
    const ahead = (minuteOfDay: number): number => {
      const atMs = START + 4 * DAY + minuteOfDay * MINUTE;
      const samples = samplesOf(dailyJob, START, atMs);
      const seen = demandSeries(samples, { fromMs: START, toMs: atMs, taskCpu: 1000 });
      const outlook = outlookOf([seen], model, { taskCpu: 1000, leadMinutes: 4, nowMs: atMs });
      const window = SampleWindow.of(samples.slice(-60));
      return demandAhead(outlook, { window, taskCpu: 1000, serving: 20, keepMs: 300_000 })?.ahead ?? Number.NaN;
    };
    expect(ahead(6 * 60 - 1)).toBeGreaterThan(5);
    expect(ahead(15 * 60)).toBeLessThan(2.6);
  });

  test("the share of growths that it covers is about what was asked for", () => {
    const prng = new Prng(7, 8, 9);
    const noise = new Map<number, number>();
    const noisy = (ms: number): number => {
      const minute = Math.floor(ms / MINUTE);
      if (!noise.has(minute)) noise.set(minute, 6 * Math.exp(0.2 * prng.normal()));
      return noise.get(minute) ?? 0;
    };
    const samples = samplesOf(noisy, START, nowMs);
    const all = demandSeries(samples, { fromMs: START, toMs: nowMs, taskCpu: 1000 });
    const cut = START + 3 * DAY;
    const learned = demandSeries(
      samples.filter(({ endMs }) => endMs <= cut),
      { fromMs: START, toMs: cut, taskCpu: 1000 },
    );
    const model = trainGrowth(learned, { ...lead, nowMs: cut });
    const logs = all.mean.map(logOf);
    const highs = new ListedHighs(all, 4);
    let covered = 0;
    let count = 0;
    for (let at = 3 * 1440 + 20; at < 5 * 1440 - 5; at += 5) {
      const now = all.first[at + 1] as number;
      if (model === undefined || !isRecentKnown({ logs, at, now })) continue;
      const row = growthFeatures({ logs, at, now }, seasonalAt(highs, at));
      count++;
      if (now * Math.exp(dot(model.weights, row)) >= highest(all, at + 1, at + 4)) covered++;
    }
    expect(count).toBeGreaterThan(500);
    expect(covered / count).toBeGreaterThan(0.9);
    expect(covered / count).toBeLessThan(0.99);
  });
});

describe("what is rarer than a line can be fitted for", () => {
  /** Growth of e^x with x exponential, mean 0.2, once in ten minutes; nothing to see of it before. */
  function spikes(): (ms: number) => number {
    const prng = new Prng(7, 7, 7);
    const heights = Array.from({ length: 7 * 1440 }, () =>
      prng.uniform() < 0.1 ? 4 * Math.exp(-0.2 * Math.log(1 - prng.uniform())) : 4,
    );
    return (ms) => heights[Math.floor((ms - START) / MINUTE)] ?? 4;
  }
  const samples = samplesOf(spikes(), START, START + 7 * DAY);
  const series = demandSeries(samples, { fromMs: START, toMs: START + 7 * DAY, taskCpu: 1000 });
  const growthAt = (quantile: number): number => {
    const model = trainGrowth(series, { quantile, leadMinutes: 4, nowMs: START + 7 * DAY });
    const outlook = outlookOf([series], model, { taskCpu: 1000, leadMinutes: 4, nowMs: START + 7 * DAY });
    const calm = samplesOf(() => 4, START + 7 * DAY - 20 * MINUTE, START + 7 * DAY);
    return (
      demandAhead(outlook, { window: SampleWindow.of(calm), taskCpu: 1000, serving: 50, keepMs: 300_000 })?.growth ??
      Number.NaN
    );
  };

  test("each tenfold sureness beyond costs the same: the mean excess, ln 10 times", () => {
    const [a, b, c] = [growthAt(0.995), growthAt(0.9995), growthAt(0.9999)];
    expect(b - a).toBeGreaterThan(0.2 * Math.log(10) * 0.6);
    expect(b - a).toBeLessThan(0.2 * Math.log(10) * 1.6);
    expect((c - a) / (b - a)).toBeCloseTo(Math.log(50) / Math.log(10), 3);
  });

  test("the highest demand that was learned from is remembered", () => {
    const model = trainGrowth(series, { quantile: 0.95, leadMinutes: 4, nowMs: START + 7 * DAY });
    expect(model?.highest).toBeCloseTo(Math.max(...series.mean), 5);
  });
});

describe("an outlook made shortly after another", () => {
  const prng = new Prng(3, 5, 7);
  const loads = Array.from({ length: 9 * 1440 }, () => 4 + 3 * prng.uniform());
  const samples = samplesOf((ms) => loads[Math.floor((ms - START) / MINUTE)] ?? 4, START, START + 9 * DAY);
  const seenAt = (nowMs: number) =>
    demandSeries(
      samples.filter(({ endMs }) => endMs <= nowMs),
      { fromMs: START, toMs: nowMs, taskCpu: 1000 },
    );
  const first = { taskCpu: 1000, leadMinutes: 4, nowMs: START + 8 * DAY };
  const before = outlookOf([seenAt(first.nowMs)], undefined, first);

  test.each([5, 7, 16, 30])("%i minutes: takes over what former days said, and comes out the same", (minutes) => {
    const need = { ...first, nowMs: first.nowMs + minutes * MINUTE };
    const known = minutesKnown(before, need);
    expect(known).toHaveLength(Math.max(0, 21 - minutes));
    const history = [seenAt(need.nowMs)];
    expect(outlookOf(history, undefined, need, known)).toEqual(outlookOf(history, undefined, need));
  });

  test("takes over nothing of other tasks, of another lead time, or of a later one", () => {
    expect(minutesKnown(before, { ...first, taskCpu: 500 })).toEqual([]);
    expect(minutesKnown(before, { ...first, leadMinutes: 5 })).toEqual([]);
    expect(minutesKnown(before, { ...first, nowMs: first.nowMs - MINUTE })).toEqual([]);
    expect(minutesKnown(undefined, first)).toEqual([]);
  });
});

describe("demand ahead", () => {
  const window = samplesOf(() => 4, START, START + 20 * MINUTE);
  const at = { window: SampleWindow.of(window), taskCpu: 1000, serving: 10, keepMs: 300_000 };

  test("without an outlook a third more is allowed for, and said to be assumed", () => {
    expect(demandAhead(undefined, at)).toEqual({
      now: 4,
      ahead: 5.3333,
      keep: 5.3333,
      growth: 0.2877,
      from: "default",
    });
  });

  test.each([
    ["within what was seen, all of it", 0.9, 20, 9.8384],
    ["beyond, half more than the highest", 2, 10, 15],
    ["above all that was seen, still a good deal", 2, 3, 7.2885],
  ])("growth %s", (_, weight, highestSeen, ahead) => {
    const series = demandSeries(window, { fromMs: START, toMs: START + 20 * MINUTE, taskCpu: 1000 });
    const weights = [weight];
    const model = { trainedAtMs: START, quantile: 0.95, leadMinutes: 4, weights, rows: 500, highest: highestSeen };
    const outlook = outlookOf([series], model, { taskCpu: 1000, leadMinutes: 4, nowMs: START + 20 * MINUTE });
    const seen = demandAhead(outlook, at);
    expect(seen?.ahead).toBeCloseTo(ahead, 3);
    expect(seen?.keep).toBeCloseTo(ahead, 3);
  });

  test("tasks that are busy all the time hide what is wanted: twice as much is taken", () => {
    expect(demandAhead(undefined, { ...at, serving: 4 })?.now).toBe(8);
    expect(demandAhead(undefined, { ...at, serving: 5 })?.now).toBe(4);
  });

  test("a response that takes many times the usual is a sign of it, unless the tasks have room", () => {
    const slow = window.map((each, i) => ({
      ...each,
      values: { ...each.values, responseTime: i === window.length - 1 ? 900 : 100 },
    }));
    expect(demandAhead(undefined, { ...at, window: SampleWindow.of(slow), serving: 4.6 })?.now).toBe(8);
    expect(demandAhead(undefined, { ...at, window: SampleWindow.of(slow), serving: 5 })?.now).toBe(4);
  });

  test("a shrink leaves room for the highest of the recent past", () => {
    const fell = samplesOf((ms) => (ms < START + 17 * MINUTE ? 9 : 3), START, START + 20 * MINUTE);
    const ahead = demandAhead(undefined, { ...at, window: SampleWindow.of(fell) });
    expect(ahead?.ahead).toBeCloseTo(4, 1);
    expect(ahead?.keep).toBeGreaterThan(9);
    expect(demandAhead(undefined, { ...at, window: SampleWindow.of(fell), keepMs: 60_000 })?.keep).toBeCloseTo(4, 1);
  });

  test("no newest value, no demand", () => {
    const blind = [...window, { endMs: START + 21 * MINUTE, periodMs: 20_000, values: {}, absent: {} }];
    expect(demandAhead(undefined, { ...at, window: SampleWindow.of(blind) })).toBeUndefined();
    expect(demandAhead(undefined, { ...at, window: SampleWindow.EMPTY })).toBeUndefined();
    expect(demandAhead(undefined, { ...at, taskCpu: 0 })).toBeUndefined();
  });

  test("an outlook of other tasks, or one that has run out, is not used", () => {
    fc.assert(
      fc.property(fc.constantFrom("size", "age"), (what) => {
        const series = demandSeries(window, { fromMs: START, toMs: START + 20 * MINUTE, taskCpu: 1000 });
        const model = { trainedAtMs: START, quantile: 0.95, leadMinutes: 4, weights: [0.05], rows: 500, highest: 10 };
        const outlook = outlookOf([series], model, { taskCpu: 1000, leadMinutes: 4, nowMs: START + 20 * MINUTE });
        expect(demandAhead(outlook, at)?.from).toBe("model");
        const late = samplesOf(() => 4, START + 40 * MINUTE, START + 60 * MINUTE);
        const other = what === "size" ? { ...at, taskCpu: 500 } : { ...at, window: SampleWindow.of(late) };
        expect(demandAhead(outlook, other)?.from).toBe("default");
      }),
    );
  });
});
