import { expect, test } from "vitest";
import { ResponseTimes } from "../../lib/backtest/response-times.ts";
import { responseTail, type Station } from "../../lib/simulation/queueing.ts";

/** How far a value is from what it should be, as a part of that. */
const off = (actual: number, wanted: number) => Math.abs(actual / wanted - 1);

test("without waiting, responses are the exponential service", () => {
  const times = new ResponseTimes(400);
  times.add(100, Math.exp(-4), 1000);
  expect(off(times.quantile(0.5), 100 * Math.log(2))).toBeLessThan(0.03);
  expect(off(times.quantile(0.95), 100 * Math.log(20))).toBeLessThan(0.03);
  expect(off(times.quantile(0.99), 100 * Math.log(100))).toBeLessThan(0.03);
});

test("in a backlog all wait alike", () => {
  const times = new ResponseTimes(400);
  times.add(5000, 1, 10);
  expect(off(times.quantile(0.01), 5000)).toBeLessThan(0.03);
  expect(off(times.quantile(0.99), 5000)).toBeLessThan(0.03);
});

test("a moment counts by its requests", () => {
  const times = new ResponseTimes(400);
  times.add(100, Math.exp(-4), 900);
  times.add(9000, 1, 100);
  expect(off(times.quantile(0.5), 100 * Math.log(9 / 4))).toBeLessThan(0.03); // 400 of the 900 are longer
  expect(off(times.quantile(0.95), 9000)).toBeLessThan(0.03);
  expect(new ResponseTimes(400).quantile(0.95)).toBe(0);
  times.add(100, 0.1, 0);
  expect(off(times.quantile(0.95), 9000)).toBeLessThan(0.03);
});

test.each([
  [1, 0.5],
  [4, 0.6],
  [4, 0.8],
  [16, 0.9],
  [64, 0.97],
])("M/M/%d at a load of %f: the 95th percentile is that of the closed form", (servers, load) => {
  const station: Station = { servers, serviceRate: 10, arrivalRate: 10 * servers * load };
  const tail = (ms: number) => responseTail(station, ms / 1000);
  let exact = 0;
  while (tail(exact) > 0.05) exact++;
  let mean = 0;
  for (let ms = 0; ms < 60_000; ms++) mean += tail(ms + 0.5);
  const times = new ResponseTimes(400);
  times.add(mean, tail(400), 1);
  expect(off(times.quantile(0.95), exact)).toBeLessThan(0.06);
  // Exactly on the promise the percentile is the promise.
  expect(times.quantile(1 - tail(400))).toBeGreaterThan(400 * 0.97);
  expect(times.quantile(1 - tail(400))).toBeLessThan(400 * 1.03);
});

test("chance in the mean of a moment does no harm", () => {
  const times = new ResponseTimes(400);
  for (let at = 0; at < 1000; at++) times.add(100 * (1 + 0.2 * Math.sin(at)), Math.exp(-4), 10);
  expect(off(times.quantile(0.95), 300)).toBeLessThan(0.06);
});
