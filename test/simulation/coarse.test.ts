import { expect, test } from "vitest";
import type { Sample } from "../../lib/domain/model/sample.ts";
import { coarseSamples } from "../../lib/simulation/coarse.ts";

const MINUTE_MS = 60_000;
const sample = (minute: number, errorRate: number | undefined): Sample => ({
  endMs: minute * MINUTE_MS,
  periodMs: MINUTE_MS,
  values: { cpuUsed: minute, ...(errorRate !== undefined && { errorRate }) },
  absent: errorRate === undefined ? { errorRate: "no-traffic" } : {},
});

test("the mean of the last whole five minutes, carried until the next are over; other metrics as they are", () => {
  const published = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11].map((minute) => sample(minute, minute === 7 ? 0.5 : 0));
  const told = coarseSamples(published, 8 * MINUTE_MS, ["errorRate"]);
  expect(told.map(({ values }) => values)).toEqual([
    { cpuUsed: 9, errorRate: 0 },
    { cpuUsed: 10, errorRate: 0.1 },
    { cpuUsed: 11, errorRate: 0.1 },
  ]);
  expect(coarseSamples(published, 8 * MINUTE_MS, [])).toEqual(published.slice(8));
});

test("five minutes without traffic have no error rate; those with a little have that of the little", () => {
  const published = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10].map((minute) => sample(minute, minute === 7 ? 0.5 : undefined));
  const [first, second] = [
    coarseSamples(published, 5 * MINUTE_MS, ["errorRate"]).at(0),
    coarseSamples(published, 9 * MINUTE_MS, ["errorRate"]).at(0),
  ];
  expect(first).toMatchObject({ values: { cpuUsed: 6 }, absent: { errorRate: "no-traffic" } });
  expect(second).toMatchObject({ values: { errorRate: 0.5 }, absent: {} });
});
