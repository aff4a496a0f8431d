import { expect, test } from "vitest";
import type { PublicationLag } from "../../../lib/domain/model/component-state.ts";
import { lagAfterAnswer, lagAfterSilence } from "../../../lib/domain/monitor/publication-lag.ts";

const KNOWN: PublicationLag = { ms: 90_000, isShortest: true, later: 0 };

test("the first answer, and each that comes a beat sooner, says how long it takes, but not that it takes no less", () => {
  expect(lagAfterAnswer(undefined, 90_000)).toEqual({ ms: 90_000, isShortest: false, later: 0 });
  expect(lagAfterAnswer(KNOWN, 60_000)).toEqual({ ms: 60_000, isShortest: false, later: 0 });
});

test("a beat that fires some seconds sooner or later than it should is the same beat", () => {
  expect(lagAfterAnswer({ ...KNOWN, later: 7 }, 96_000)).toEqual(KNOWN);
  expect(lagAfterAnswer(KNOWN, 86_000)).toEqual({ ...KNOWN, ms: 86_000 });
});

test("a request a beat sooner that was in vain says that it takes no less; others say nothing", () => {
  const known = { ...KNOWN, isShortest: false };
  const isShortestAfter = (askedMs: number) => lagAfterSilence(known, askedMs)?.isShortest;
  expect([30_000, 50_000, 60_000, 70_000, 90_000].map(isShortestAfter)).toEqual([false, true, true, true, false]);
  expect(lagAfterSilence(undefined, 60_000)).toBeUndefined();
});

test("of answers that vary it stays the soonest, however seldom within an hour", () => {
  let lag = KNOWN;
  for (let answer = 0; answer < 600; answer++) lag = lagAfterAnswer(lag, answer % 50 === 0 ? 90_000 : 150_000);
  expect(lag.ms).toBe(90_000);
});

test("what has taken longer for an hour takes longer", () => {
  let lag = KNOWN;
  for (let answer = 0; answer < 59; answer++) lag = lagAfterAnswer(lag, 150_000);
  expect(lag).toEqual({ ...KNOWN, later: 59 });
  expect(lagAfterAnswer(lag, 150_000)).toEqual({ ms: 150_000, isShortest: true, later: 0 });
});
