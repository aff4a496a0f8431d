import { expect, test, vi } from "vitest";
import { averagedTrace } from "../../lib/backtest/averaged-trace.ts";
import { type BacktestProgress, backtest, type RecordedRun } from "../../lib/backtest/backtest.ts";
import { renderReport } from "../../lib/backtest/report/page.ts";
import { BASELINE, ORACLE, PEER_SCALERS, scalersNamed } from "../../lib/backtest/scalers.ts";
import { aggregateTable, resultTable } from "../../lib/backtest/table.ts";
import { InputError } from "../../lib/domain/model/errors.ts";
import type { Trace } from "../../lib/simulation/trace.ts";

/** Two hours and a half with a wave. */
function wave(steps = 150): Trace {
  const values = Array.from({ length: steps }, (_, at) => 100 + 50 * Math.sin(at / 20));
  return { startMs: 0, stepMs: 60_000, values, heldValues: 0 };
}

const twoPeers = scalersNamed(PEER_SCALERS, [BASELINE, "static-p99"]);
const request = {
  traces: [
    { name: "one", trace: wave() },
    { name: "two", trace: wave(200) },
  ],
  scalers: twoPeers,
  sweep: false,
  scenario: { seed: 3, peakTasks: 5 },
} as const;

const CONTRACT = [
  "trace",
  "scaler",
  "parameters",
  "requests",
  "violatingShare",
  "violationSeconds",
  "p95Ms",
  "taskHours",
  "costUsd",
  "costVsOracle",
  "thetaU",
  "thetaO",
  "tauU",
  "tauO",
  "instability",
  "sigma",
  "scaleActions",
  "reversals",
  "taskStarts",
];

test("the document has the fields of its contract in order, and the same seed gives the same bytes", async () => {
  const result = await backtest(request);
  expect(Object.keys(result).slice(0, 3)).toEqual(["seed", "results", "aggregate"]);
  expect(result.results).toHaveLength(4);
  for (const row of result.results) expect(Object.keys(row).slice(0, CONTRACT.length)).toEqual(CONTRACT);
  expect(JSON.stringify(await backtest(request))).toBe(JSON.stringify(result));
  const other = await backtest({ ...request, scenario: { ...request.scenario, seed: 4 } });
  expect(JSON.stringify(other.results)).not.toBe(JSON.stringify(result.results));
});

test("what is scored does not depend on who else is run, nor on being watched", async () => {
  const alone = await backtest({ ...request, scalers: scalersNamed(PEER_SCALERS, ["static-p99"]) });
  const recorded: RecordedRun[] = [];
  const both = await backtest({ ...request, record: (run) => recorded.push(run) });
  const mine = both.results.filter(({ scaler }) => scaler === "static-p99");
  expect(alone.results).toEqual(mine);
  expect(recorded.map(({ trace, scaler }) => `${trace} ${scaler}`)).toEqual([
    `one ${BASELINE}`,
    "one static-p99",
    `two ${BASELINE}`,
    "two static-p99",
  ]);
});

test("the oracle is the yardstick whether it is asked for or not", async () => {
  const without = await backtest(request);
  const withOracle = await backtest({ ...request, scalers: scalersNamed(PEER_SCALERS, [BASELINE, ORACLE]) });
  const cost = (rows: typeof without.results) => rows.find(({ scaler }) => scaler === BASELINE)?.costVsOracle;
  expect(cost(without.results)).toBe(cost(withOracle.results));
  expect(withOracle.results.filter(({ scaler }) => scaler === ORACLE).map(({ costVsOracle }) => costVsOracle)).toEqual([
    1, 1,
  ]);
});

test("a sweep runs the main knob over its values, and gives the cost at half a percent", async () => {
  const result = await backtest({ ...request, sweep: true, traces: [request.traces[0]] });
  for (const { name, sweep } of twoPeers) {
    const swept = result.results.filter(({ scaler, run }) => scaler === name && run === "sweep");
    expect(swept.map(({ knob }) => knob?.value)).toEqual(sweep.values);
    for (const { parameters, knob } of swept) expect(parameters[sweep.parameter]).toBe(knob?.value);
  }
  expect(result.aggregate.every(({ atEqualService }) => atEqualService === undefined)).toBe(true); // none of ours
  const [front] = result.fronts;
  expect(front?.trace).toBe("one");
  for (const { taskHours, violatingShare } of front?.points ?? [])
    for (const rival of result.results)
      expect(rival.taskHours < taskHours && rival.violatingShare < violatingShare).toBe(false);
  expect(front?.points[0]?.taskHours).toBe(Math.min(...result.results.map((row) => row.taskHours)));
  expect(resultTable("one", result.results).rows.length).toBeGreaterThanOrEqual(2);
});

test("a scaler of ours is compared with every swept peer at equal service", async () => {
  const [first, second] = twoPeers;
  if (first === undefined || second === undefined) throw new Error("two peers");
  const ours = { ...first, name: "mine", isOurs: true };
  const result = await backtest({ ...request, scalers: [ours, first, second], sweep: true });
  const mine = result.aggregate.find(({ scaler }) => scaler === "mine")?.atEqualService;
  expect(mine?.map(({ peer }) => peer)).toEqual([first.name, second.name]);
  const same = mine?.find(({ peer }) => peer === first.name);
  for (const { ratio } of same?.traces ?? []) expect(ratio === null || Math.abs(ratio - 1) < 1e-12).toBe(true);
  expect(aggregateTable(result).rows).toHaveLength(3);
});

test("all problems of all traces at once, before anything is run", async () => {
  const run = vi.fn<(typeof twoPeers)[number]["run"]>();
  const refused = backtest({
    ...request,
    traces: [
      { name: "short", trace: wave(10) },
      { name: "fine", trace: wave() },
      { name: "fine", trace: wave() },
      { name: "nothing", trace: { ...wave(), values: wave().values.map(() => 0) } },
    ],
    scalers: [{ name: "x", isOurs: false, sweep: { parameter: "x", values: [] }, run }],
  });
  const error: unknown = await refused.catch((caught: unknown) => caught);
  expect(error).toBeInstanceOf(InputError);
  expect((error as InputError).problems).toEqual([
    expect.stringMatching(/^short: the trace is 10 minutes long/),
    expect.stringMatching(/^nothing: its 99th percentile is 0/),
    "fine: named more than once",
  ]);
  expect(run).not.toHaveBeenCalled();
});

test("an SLO that no number of tasks can meet is refused with the least that can be", async () => {
  await expect(backtest({ ...request, scenario: { seed: 1, sloMs: 200 } })).rejects.toThrow(
    /one, two: 200 ms for 95 % cannot be met.*301 ms is the least/,
  );
  const least = await backtest({ ...request, traces: [request.traces[0]], scenario: { seed: 1, sloMs: 301 } });
  expect(least.results).toHaveLength(2);
});

test("a trace finer than the world's step is averaged, not sampled", () => {
  const trace: Trace = { startMs: 0, stepMs: 1000, values: [0, 0, 0, 0, 10, 1, 2, 3, 4, 5, 99], heldValues: 0 };
  expect(averagedTrace(trace, 5000)).toEqual({ ...trace, stepMs: 5000, values: [2, 3] });
  expect(averagedTrace(trace, 1000)).toBe(trace);
  expect(() => averagedTrace({ ...trace, stepMs: 3000 }, 5000)).toThrow(/3 s does not divide 5 s/);
});

test("a name that no scaler has is refused with those there are", () => {
  expect(() => scalersNamed(PEER_SCALERS, ["oracle", "hpa", "x"])).toThrow(
    /"hpa": there are all, .*kubernetes-hpa[^]*"x"/,
  );
  expect(scalersNamed(PEER_SCALERS, ["all"])).toBe(PEER_SCALERS);
  expect(scalersNamed(PEER_SCALERS, undefined).map(({ name }) => name)).toContain(ORACLE);
});

test("progress goes from the first run to the last", async () => {
  const told: string[] = [];
  const progress: BacktestProgress = {
    begin: (what, done, of) => told.push(`${done}/${of} ${what}`),
    advance: (part) => expect(part).toBeLessThan(1),
    end: () => told.push("end"),
  };
  await backtest({ ...request, progress });
  expect(told[0]).toBe("0/6 one: oracle");
  expect(told.at(-2)).toBe("5/6 two: static-p99");
  expect(told.at(-1)).toBe("end");
});

test("the report is one page that asks for nothing, with everything written by others escaped", async () => {
  const hostile = `</script><script>alert(1)</script>"'&`;
  const recorded: RecordedRun[] = [];
  const result = await backtest({
    ...request,
    traces: [{ name: hostile, trace: wave() }],
    sweep: true,
    record: (run) =>
      recorded.push({ ...run, decisions: [{ atMs: run.recording.fromMs, from: 1, to: 2, reason: hostile }] }),
  });
  const page = renderReport(result, recorded, { script: "/* charts */", style: ".u{}" });
  expect(page).not.toContain(hostile);
  expect(page).not.toContain("<script>alert");
  expect(page).not.toMatch(/(src|href|url)\s*[=(]/);
  expect(page.match(/<script/g)).toHaveLength(3);
  const data = /id="plot-data">(.*?)<\/script>/s.exec(page)?.[1] ?? "";
  expect(JSON.parse(data)).toMatchObject({
    traces: [
      { trace: hostile, runs: [{ scaler: BASELINE, decisions: [[0, 1, 2, hostile]] }, { scaler: "static-p99" }] },
    ],
  });
  expect(page.match(/<circle/g)).toHaveLength(result.results.length);
});
