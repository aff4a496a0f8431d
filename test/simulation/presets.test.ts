import { beforeAll, describe, expect, test } from "vitest";
import type { Sample } from "../../lib/domain/model/sample.ts";
import { type PresetName, presetServices, SERVICE_PRESETS } from "../../lib/simulation/presets.ts";
import { opsPerTask } from "../../lib/simulation/profile.ts";
import { World } from "../../lib/simulation/world.ts";

const MONDAY = Date.UTC(2026, 0, 5);
const HOUR = 3_600_000;

// Requirements section 6: CPU and memory target in percent, response ms, operations/s, most vCPU and GiB in thousandths.
const POLICIES: readonly (readonly [PresetName, number, number, number, number, number, number])[] = [
  ["arbitrage_engine", 75, 70, 200, 25, 6000, 4000],
  ["bridge_monitor", 60, 65, 800, 15, 2000, 2000],
  ["cross_chain_mev", 70, 70, 400, 12, 3000, 3000],
  ["price_feeds", 65, 80, 100, 50, 4000, 6000],
  ["wallet_manager", 50, 60, 1500, 5, 1000, 1000],
  ["memory_system", 55, 85, 200, 30, 2000, 8000],
  ["health_monitor", 30, 40, 2000, 8, 500, 500],
];

const days = new Map<string, readonly Sample[]>();
beforeAll(async () => {
  for (const seed of [1, 2, 3]) {
    const world = new World({ seed, startMs: MONDAY, services: presetServices(), samplesKeptMs: 25 * HOUR });
    world.advanceTo(MONDAY + 24 * HOUR);
    for (const component of world.components) {
      const [answer] = await world.metrics.read([{ component, sinceMs: 0 }], world.nowMs + HOUR);
      if (answer === undefined || answer instanceof Error) throw answer ?? new Error("no answer");
      days.set(`${component} ${seed}`, answer);
    }
  }
});

test("the presets are the seven components of the policies", () => {
  expect(Object.keys(SERVICE_PRESETS)).toEqual(POLICIES.map(([name]) => name));
});

describe.each(POLICIES)("%s", (name, cpuTarget, memoryTarget, responseMs, opsPerSecond, cpuMax, memoryMax) => {
  const { initial, profile, load } = SERVICE_PRESETS[name];
  const totals = { cpuUsed: initial.tasks * initial.size.cpu, memoryUsed: initial.tasks * initial.size.memory };
  const hourOf = ({ endMs }: Sample) => (endMs - 1 - MONDAY) / HOUR;
  /** Minutes of each of the three days that `holds` is true for. */
  const minutes = (holds: (sample: Sample) => boolean) =>
    [1, 2, 3].map((seed) => (days.get(`${name} ${seed}`) ?? []).filter(holds).length);
  const percent = (sample: Sample, metric: keyof typeof totals) =>
    (100 * (sample.values[metric] ?? Number.NaN)) / totals[metric];

  test("the daily peak is above both targets + 10 points for a good while, the night below both - 15", () => {
    for (const [metric, target] of [
      ["cpuUsed", cpuTarget],
      ["memoryUsed", memoryTarget],
    ] as const) {
      for (const count of minutes((sample) => percent(sample, metric) > target + 10))
        expect(count, `${metric} above`).toBeGreaterThan(20);
      for (const count of minutes((sample) => percent(sample, metric) < target - 15))
        expect(count, `${metric} below`).toBeGreaterThan(120);
    }
  });

  test("in between there are hours inside the band", () => {
    for (const [metric, target] of [
      ["cpuUsed", cpuTarget],
      ["memoryUsed", memoryTarget],
    ] as const) {
      for (const count of minutes((sample) => Math.abs(percent(sample, metric) - target + 2.5) <= 12.5))
        expect(count, `${metric} inside`).toBeGreaterThan(120);
    }
  });

  test("about as many operations at mid-day as the policy names", () => {
    for (const seed of [1, 2, 3]) {
      const noon = (days.get(`${name} ${seed}`) ?? []).filter((sample) => Math.abs(hourOf(sample) - 12) < 0.5);
      const mean = noon.reduce((sum, { values }) => sum + (values.throughput ?? Number.NaN), 0) / noon.length;
      expect(Math.abs(mean / opsPerSecond - 1)).toBeLessThan(0.15);
    }
  });

  test("calm responses take 40-60 % of the policy's target", () => {
    for (const seed of [1, 2, 3]) {
      const calm = (days.get(`${name} ${seed}`) ?? []).filter((sample) => hourOf(sample) > 6 && hourOf(sample) < 9);
      const sorted = calm.map(({ values }) => values.responseTime ?? Number.NaN).sort((a, b) => a - b);
      const median = (sorted[Math.floor(sorted.length / 2)] ?? Number.NaN) / responseMs;
      expect(median).toBeGreaterThan(0.4);
      expect(median).toBeLessThan(0.6);
    }
  });

  test("the most that the policy allows suffices for 99.5 % of the minutes, at target + 10 points", () => {
    const work = ({ values }: Sample) => (values.throughput ?? 0) * profile.cpuMsPerOp;
    for (const count of minutes((sample) => work(sample) > (cpuMax * (cpuTarget + 10)) / 100))
      expect(count).toBeLessThanOrEqual(7);
    for (const count of minutes((sample) => (sample.values.memoryUsed ?? 0) > (memoryMax * (memoryTarget + 10)) / 100))
      expect(count).toBeLessThanOrEqual(7);
    expect(initial.tasks * opsPerTask(profile, initial.size)).toBeGreaterThan(load.meanRate);
  });

  test("storage and network stay far from their sizes", () => {
    expect(minutes(({ values }) => (values.storageUsed ?? 0) > initial.tasks * 20_000 * 0.7)).toEqual([0, 0, 0]);
    expect(minutes(({ values }) => (values.networkUsed ?? 0) > initial.tasks * initial.size.network * 0.75)).toEqual([
      0, 0, 0,
    ]);
  });
});
