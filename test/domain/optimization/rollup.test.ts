import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { METRICS, type Sample } from "../../../lib/domain/model/sample.ts";
import {
  BUCKET_MS,
  hoursMissing,
  mergeHours,
  rollUpHours,
  rollUpSamples,
  seriesFromRollups,
} from "../../../lib/domain/optimization/rollup.ts";
import { aSample, DAY, HOUR, MINUTE, T0 } from "../../support/optimization-builders.ts";

const STEP = BUCKET_MS["5m"];
const twelve = (value: number): number[] => Array.from({ length: 12 }, () => value);
const hour = (of: (minute: number) => Sample["values"], startMs = T0): Sample[] =>
  Array.from({ length: 60 }, (_, minute) => aSample(startMs + (minute + 1) * MINUTE, of(minute)));

describe("roll-up", () => {
  it("makes twelve buckets of an hour; the sample that ends at the full hour belongs to the hour before", () => {
    const [block, ...rest] = rollUpSamples(
      "api",
      hour((minute) => ({ cpuUsed: minute })),
    );
    expect(rest).toEqual([]);
    expect(block).toMatchObject({ v: 1, component: "api", resolution: "5m", startMs: T0 });
    expect(block?.buckets).toHaveLength(12);
    expect(block?.buckets[11]).toMatchObject({ startMs: T0 + 55 * MINUTE, samples: 5 });
    expect(block?.buckets[11]?.mean.cpuUsed).toBe(57);
    expect(block?.buckets[11]?.max.cpuUsed).toBe(59);
  });

  it("keeps every metric, in five minutes and in hours", () => {
    const values = Object.fromEntries(METRICS.map((metric, i) => [metric, i + 1])) as Sample["values"];
    const blocks = rollUpSamples("api", [
      { endMs: T0 + MINUTE, periodMs: MINUTE, values, absent: {} },
      { endMs: T0 + 2 * MINUTE, periodMs: MINUTE, values, absent: {} },
    ]);
    for (const bucket of [blocks[0]?.buckets[0], rollUpHours(blocks)[0]])
      expect(bucket).toEqual({ startMs: T0, samples: 2, mean: values, max: values });
  });

  it("weights response time and errors with operations", () => {
    const samples = [
      aSample(T0 + MINUTE, { responseTime: 1000, errorRate: 1, throughput: 1 }),
      aSample(T0 + 2 * MINUTE, { responseTime: 100, errorRate: 0, throughput: 9 }),
    ];
    expect(rollUpSamples("api", samples)[0]?.buckets[0]?.mean).toMatchObject({ responseTime: 190, errorRate: 0.1 });
  });

  it("leaves gaps as gaps, and metrics that nobody saw absent", () => {
    const samples = [aSample(T0 + MINUTE), aSample(T0 + 31 * MINUTE), aSample(T0 + 3 * HOUR)];
    const blocks = rollUpSamples("api", samples);
    expect(blocks.map(({ startMs, buckets }) => [startMs - T0, buckets.length])).toEqual([
      [0, 2],
      [2 * HOUR, 1],
    ]);
    expect(blocks[0]?.buckets[0]?.mean).not.toHaveProperty("queueLength");
    expect(rollUpSamples("api", [])).toEqual([]);
  });

  it("takes late samples in, and makes nothing of repetition and order", () => {
    const samples = hour((minute) => ({ cpuUsed: minute * 7 }));
    const late = samples.filter((_, index) => index !== 3);
    expect(rollUpSamples("api", late)[0]?.buckets[0]?.samples).toBe(4);
    const shuffled = fc.shuffledSubarray([...samples, ...samples], { minLength: 120 });
    fc.assert(
      fc.property(shuffled, (any) => {
        expect(rollUpSamples("api", any)).toEqual(rollUpSamples("api", samples));
      }),
      { numRuns: 20 },
    );
  });

  it("property: hour means lie between the extremes, and equal the mean of all samples", () => {
    const values = fc.array(fc.integer({ min: 0, max: 100_000 }), { minLength: 1, maxLength: 60 });
    fc.assert(
      fc.property(values, (cpu) => {
        const samples = cpu.map((cpuUsed, index) => aSample(T0 + (index + 1) * MINUTE, { cpuUsed }));
        const [bucket] = rollUpHours(rollUpSamples("api", samples));
        expect(bucket?.samples).toBe(cpu.length);
        expect(bucket?.max.cpuUsed).toBe(Math.max(...cpu));
        expect(bucket?.mean.cpuUsed).toBeCloseTo(cpu.reduce((sum, each) => sum + each, 0) / cpu.length, 6);
      }),
    );
  });

  it("merges hours into day blocks and says only what changed", () => {
    const first = rollUpHours(
      rollUpSamples(
        "api",
        hour(() => ({ cpuUsed: 10 })),
      ),
    );
    const stored = mergeHours("api", [], first);
    expect(stored).toHaveLength(1);
    expect(stored[0]).toMatchObject({ resolution: "1h", startMs: T0 });
    expect(mergeHours("api", stored, first)).toEqual([]);
    const second = rollUpHours(
      rollUpSamples(
        "api",
        hour(() => ({ cpuUsed: 20 }), T0 + HOUR),
      ),
    );
    expect(mergeHours("api", stored, second)[0]?.buckets.map(({ mean }) => mean.cpuUsed)).toEqual([10, 20]);
    const fewer = rollUpHours(rollUpSamples("api", hour(() => ({ cpuUsed: 99 })).slice(0, 30)));
    expect(mergeHours("api", stored, fewer)).toEqual([]);
  });

  it("knows which hours are missing", () => {
    const stored = mergeHours(
      "api",
      [],
      rollUpHours(
        rollUpSamples(
          "api",
          hour(() => ({}), T0 + HOUR),
        ),
      ),
    );
    expect(hoursMissing(stored, T0, T0 + 3 * HOUR + 1)).toEqual([T0, T0 + 2 * HOUR]);
    expect(hoursMissing(stored, T0 + 1, T0 + 2 * HOUR)).toEqual([]);
  });
});

describe("series from roll-ups", () => {
  const fine = rollUpSamples("api", [
    ...hour(() => ({ cpuUsed: 10 })),
    ...hour(() => ({ cpuUsed: 40 }), T0 + 2 * HOUR),
  ]);

  it("is uniform, with NaN for what is not known", () => {
    const { startMs, stepMs, values } = seriesFromRollups(fine, "cpuUsed", T0 + 55 * MINUTE, T0 + 70 * MINUTE, STEP);
    expect({ startMs, stepMs, values }).toEqual({
      startMs: T0 + 55 * MINUTE,
      stepMs: STEP,
      values: [10, Number.NaN, Number.NaN],
    });
    expect(seriesFromRollups(fine, "queueLength", T0, T0 + HOUR, STEP).values).toEqual(twelve(Number.NaN));
    expect(seriesFromRollups([], "cpuUsed", T0, T0, STEP).values).toEqual([]);
  });

  it("rounds the start down to a step and averages several buckets in a longer step", () => {
    const { startMs, values } = seriesFromRollups(fine, "cpuUsed", T0 + 7 * MINUTE, T0 + 3 * HOUR, HOUR);
    expect(startMs).toBe(T0);
    expect(values).toEqual([10, Number.NaN, 40]);
  });

  it("prefers the finer resolution and fills with the coarser one", () => {
    const coarse = mergeHours(
      "api",
      [],
      [
        { startMs: T0, samples: 60, mean: { cpuUsed: 1 }, max: { cpuUsed: 1 } },
        { startMs: T0 + HOUR, samples: 60, mean: { cpuUsed: 2 }, max: { cpuUsed: 2 } },
      ],
    );
    const { values } = seriesFromRollups([...coarse, ...fine], "cpuUsed", T0, T0 + 2 * HOUR, STEP);
    expect(values).toEqual([...twelve(10), ...twelve(2)]);
    expect(seriesFromRollups(coarse, "cpuUsed", T0 - DAY, T0 - DAY + HOUR, HOUR).values).toEqual([Number.NaN]);
  });
});
