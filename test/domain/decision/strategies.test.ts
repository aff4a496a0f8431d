import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { STRATEGIES_BY_NAME } from "../../../lib/domain/decision/strategies/index.ts";
import { trendOf } from "../../../lib/domain/decision/strategies/trend.ts";
import { STRATEGIES } from "../../../lib/domain/model/trigger.ts";
import { RULE, SERIES, sequenceOf, signalAt } from "../../support/series.ts";

const documented = new Map(
  readFileSync(new URL("../../../docs/strategies.md", import.meta.url), "utf8")
    .split("\n")
    .map((line) => line.split("|").map((cell) => cell.trim()))
    .filter((cells) => cells.length === 5 && cells[1] !== undefined && cells[1] in SERIES)
    .map((cells) => [`${cells[1]} ${cells[2]}`, cells[3]]),
);

describe("the six strategies on the same series", () => {
  for (const series of Object.keys(SERIES)) {
    test(`${series}: six different sequences, each as documented`, () => {
      const values = SERIES[series] ?? [];
      const sequences = STRATEGIES.map((name) => sequenceOf(name, values));
      expect(new Set(sequences).size, sequences.join("\n")).toBe(6);
      for (const [i, name] of STRATEGIES.entries())
        expect(sequences[i], name).toBe(documented.get(`${series} ${name}`));
    });
  }

  test("the table has all thirty rows", () => expect(documented.size).toBe(30));
});

test.each([
  ["reactive", "REACTIVE"],
  ["predictive", "PREDICTIVE"],
  ["proactive", "PROACTIVE"],
  ["adaptive", "ADAPTIVE"],
  ["conservative", "CONSERVATIVE"],
  ["aggressive", "AGGRESSIVE"],
] as const)("%s refuses parameters it does not know", (_, name) => {
  const { parameters } = STRATEGIES_BY_NAME[name];
  expect(parameters.safeParse({}).success).toBe(true);
  expect(parameters.safeParse({ nonsense: 1 }).success).toBe(false);
});

describe("what a strategy refuses", () => {
  const judge = (name: (typeof STRATEGIES)[number], signal: ReturnType<typeof signalAt>, parameters = {}) =>
    STRATEGIES_BY_NAME[name].judge({ signal, rule: RULE, factorUp: 1.3, factorDown: 0.8 }, parameters);
  const flat = (value: number) => Array<number>(15).fill(value);

  test("PREDICTIVE without a trusted forecast judges as REACTIVE and says so", () => {
    const seen = signalAt([...flat(0.5), 0.5, 0.5, 0.5, 0.5, 0.99], 14, 1);
    expect(judge("PREDICTIVE", seen)).toMatchObject({ want: "grow", judgedAs: "PREDICTIVE" });
    const forecast =
      seen.forecast === undefined ? undefined : { ...seen.forecast, trusted: false, reason: "not-enough-history" };
    expect(judge("PREDICTIVE", { ...seen, forecast })).toMatchObject({ want: "hold", judgedAs: "REACTIVE" });
  });

  test("PREDICTIVE does not shrink into a forecast rise", () => {
    expect(judge("PREDICTIVE", signalAt([...flat(0.4), ...flat(0.4), 0.8], 20, 1))).toMatchObject({
      want: "hold",
      because: "forecast-does-not-allow",
    });
    expect(judge("PREDICTIVE", signalAt(flat(0.4), 14, 1))).toMatchObject({ want: "shrink", judgedAs: "PREDICTIVE" });
  });

  test("PROACTIVE keeps headroom and sees a clear trend; CONSERVATIVE waits five minutes for the same breach", () => {
    const ramp = Array.from({ length: 15 }, (_, i) => 0.5 + i * 0.01); // 64 % now, 69 % in five minutes; the line is 65 %
    expect(judge("PROACTIVE", signalAt(ramp, 14, 1))).toMatchObject({
      want: "grow",
      because: "trend-crosses-threshold",
    });
    expect(judge("PROACTIVE", signalAt(ramp, 14, 1), { headroomPercent: 0, leadSeconds: 60 }).want).toBe("hold");
    const breach = [...flat(0.6), 0.8, 0.8, 0.8, 0.8, 0.8];
    expect(judge("CONSERVATIVE", signalAt(breach, 18, 1))).toMatchObject({ want: "hold", because: "not-sustained" });
    expect(judge("CONSERVATIVE", signalAt(breach, 19, 1))).toMatchObject({
      want: "grow",
      because: "sustained-above-threshold",
    });
  });

  test("a gap inside the stretch is no evidence", () => {
    const signal = signalAt(flat(0.3), 14, 1);
    expect(judge("REACTIVE", signal).want).toBe("shrink");
    const gap = {
      ...signal,
      points: { atMs: signal.points.atMs.toSpliced(12, 1), values: signal.points.values.toSpliced(12, 1) },
    };
    expect(judge("REACTIVE", gap)).toMatchObject({ want: "hold", because: "not-sustained" });
  });

  test("ADAPTIVE follows what was learned, and never moves a threshold onto its target", () => {
    const signal = signalAt(flat(0.68), 14, 1);
    const learned = (upShift: number) =>
      STRATEGIES_BY_NAME.ADAPTIVE.judge(
        { signal, rule: RULE, factorUp: 1.3, factorDown: 0.8, overlay: { upShift, downShift: 0, stepScale: 2 } },
        {},
      );
    expect(learned(0).want).toBe("hold");
    expect(learned(-0.05)).toMatchObject({ want: "grow", threshold: expect.closeTo(0.65, 9) });
    expect(learned(-0.2)).toMatchObject({ threshold: expect.closeTo(0.625, 9) });
  });

  test("the step of AGGRESSIVE is the factor as often as needed, at most three times", () => {
    expect(judge("AGGRESSIVE", signalAt(flat(0.75), 14, 1)).factor).toBeCloseTo(1.3, 9); // 0.75/0.6 = 1.25
    expect(judge("AGGRESSIVE", signalAt(flat(0.9), 14, 1)).factor).toBeCloseTo(1.69, 9); // 1.5
    expect(judge("AGGRESSIVE", signalAt(flat(3), 14, 1)).factor).toBeCloseTo(1.3 ** 3, 9); // 5
  });
});

describe("trendOf", () => {
  const at = (values: number[]) => ({ atMs: values.map((_, i) => i * 60_000), values });
  test("is exact on a line, and a spike does not move it", () => {
    const line = [1, 2, 3, 4, 5, 6, 7, 8];
    expect(trendOf(at(line), 10)).toMatchObject({ level: 8, slope: 1 / 60_000, noise: 0, clear: true });
    expect(trendOf(at([1, 2, 3, 99, 5, 6, 7, 8]), 10)?.slope).toBeCloseTo(1 / 60_000, 12);
  });
  test("noise without a trend is not clear; fewer than four points have none", () => {
    expect(trendOf(at([1, -1, 1, -1, 1, -1, 1, -1]), 10)?.clear).toBe(false);
    expect(trendOf(at([1, 2, 3]), 10)).toBeUndefined();
  });
});
