import { expect, test } from "vitest";
import type { Sample } from "../../lib/domain/model/sample.ts";
import { coarseSamples } from "../../lib/simulation/coarse.ts";

const MINUTE_MS = 60_000;
const minutes = (count: number) => Array.from({ length: count }, (_, i) => i + 1);
const sample = (minute: number, errorRate: number | undefined): Sample => ({
  endMs: minute * MINUTE_MS,
  periodMs: MINUTE_MS,
  values: { cpuUsed: minute, ...(errorRate !== undefined && { errorRate }) },
  absent: errorRate === undefined ? { errorRate: "no-traffic" } : {},
});

test("the mean of the last whole ten minutes, carried until the next are over; other metrics as they are", () => {
  const published = minutes(21).map((minute) => sample(minute, minute === 17 ? 0.5 : 0));
  const told = coarseSamples(published, 18 * MINUTE_MS, ["errorRate"]);
  expect(told.map(({ values }) => values)).toEqual([
    { cpuUsed: 19, errorRate: 0 },
    { cpuUsed: 20, errorRate: 0.05 },
    { cpuUsed: 21, errorRate: 0.05 },
  ]);
  expect(coarseSamples(published, 18 * MINUTE_MS, [])).toEqual(published.slice(18));
});

test("ten minutes without traffic have no error rate; those with a little have that of the little", () => {
  const published = minutes(20).map((minute) => sample(minute, minute === 17 ? 0.5 : undefined));
  const [first, second] = [
    coarseSamples(published, 10 * MINUTE_MS, ["errorRate"]).at(0),
    coarseSamples(published, 19 * MINUTE_MS, ["errorRate"]).at(0),
  ];
  expect(first).toMatchObject({ values: { cpuUsed: 11 }, absent: { errorRate: "no-traffic" } });
  expect(second).toMatchObject({ values: { errorRate: 0.5 }, absent: {} });
});
