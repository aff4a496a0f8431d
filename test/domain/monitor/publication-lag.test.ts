import { expect, test } from "vitest";
import type { PublicationLag } from "../../../lib/domain/model/component-state.ts";
import {
  lagAfterAnswer as afterAnswer,
  isShortest,
  lagAfterSilence,
} from "../../../lib/domain/monitor/publication-lag.ts";

const KNOWN: PublicationLag = { ms: 90_000, sooner: 10, later: 0 };
const lagAfterAnswer = (known: PublicationLag | undefined, seenMs: number, isNext = true) =>
  afterAnswer(known, { seenMs, isNext, periodMs: 60_000 });

test("the first answer, and each that comes a beat sooner, says how long it takes, but not that it takes no less", () => {
  expect(lagAfterAnswer(undefined, 90_000)).toEqual({ ms: 90_000, sooner: 0, later: 0 });
  expect(lagAfterAnswer(KNOWN, 60_000)).toEqual({ ms: 60_000, sooner: 0, later: 0 });
});

test("a beat that fires some seconds sooner or later than it should is the same beat", () => {
  expect(lagAfterAnswer({ ...KNOWN, later: 7 }, 96_000)).toEqual(KNOWN);
  expect(lagAfterAnswer(KNOWN, 86_000)).toEqual({ ...KNOWN, ms: 86_000 });
});

test("ten requests in a row that were in vain a beat sooner say that it takes no less; others say nothing", () => {
  const known = { ...KNOWN, sooner: 0 };
  const soonerAfter = (askedMs: number) => lagAfterSilence(known, askedMs).sooner;
  expect([30_000, 50_000, 60_000, 70_000, 90_000].map(soonerAfter)).toEqual([0, 1, 1, 1, 0]);
  expect([8, 9, 10].map((sooner) => isShortest(lagAfterSilence({ ...KNOWN, sooner }, 60_000)))).toEqual([
    false,
    true,
    true,
  ]);
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
  expect(lagAfterAnswer(lag, 150_000)).toEqual({ ms: 150_000, sooner: 10, later: 0 });
});

test("an answer of several periods tells of the next one, which was asked for in vain, but not that any took longer", () => {
  const known = { ...KNOWN, sooner: 0 };
  // 60 s after the end of the next period: a beat sooner than it is known to be there.
  expect(lagAfterAnswer(known, 120_000, false)).toEqual({ ...KNOWN, sooner: 1 });
  expect(lagAfterAnswer(known, 150_000, false)).toEqual(known);
  expect(lagAfterAnswer(known, 60_000, false)).toEqual({ ms: 60_000, sooner: 0, later: 0 });
});
