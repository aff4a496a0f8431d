import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readTraceFile } from "../../lib/backtest/trace-file.ts";
import { InputError } from "../../lib/domain/model/errors.ts";
import { parseTrace } from "../../lib/simulation/trace.ts";

const START_MS = Date.UTC(2026, 0, 5);
let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "traces-"));
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

function written(text: string): string {
  const file = join(folder, "trace");
  writeFileSync(file, text);
  return file;
}

async function problemsOf(text: string, gaps: "error" | "hold" = "error"): Promise<readonly string[]> {
  const error: unknown = await readTraceFile(written(text), { gaps }).catch((caught: unknown) => caught);
  if (error instanceof InputError) return error.problems;
  throw new Error("was read without a problem");
}

const iso = (minute: number): string => new Date(START_MS + minute * 60_000).toISOString();

describe("a CSV file", () => {
  it.each(["\n", "\r\n", "\r"])("read as a stream is what it is as a text: lines ending in %j", async (end) => {
    const lines = Array.from({ length: 30_000 }, (_, at) => `${iso(at)},${at % 977}`);
    const text = `\uFEFFtimestamp,value${end}${lines.join(end)}${end}`;
    expect(text.length).toBeGreaterThan(3 * (1 << 18)); // several chunks
    expect(await readTraceFile(written(text))).toEqual(parseTrace(text, "t"));
  });

  it("has its gaps named or held, also far behind the start", async () => {
    const lines = Array.from({ length: 5000 }, (_, at) => `${iso(at < 4000 ? at : at + 3)},${at}`);
    expect(await problemsOf(lines.join("\n"))).toEqual([
      `line 4001: gap: 3 rows missing between ${iso(3999)} (line 4000) and ${iso(4003)}`,
    ]);
    const trace = await readTraceFile(written(lines.join("\n")), { gaps: "hold" });
    expect(trace).toMatchObject({ stepMs: 60_000, heldValues: 3 });
    expect(trace.values.slice(3998, 4005)).toEqual([3998, 3999, 3999, 3999, 3999, 4000, 4001]);
  });

  it("whose step changes is refused, and says how often", async () => {
    const times = Array.from({ length: 5000 }, (_, at) => (at < 2000 ? at : 2000 + (at - 2000) * 2));
    const problems = await problemsOf(times.map((minute) => `${iso(minute)},1`).join("\n"));
    expect(problems).toEqual(["2000 rows are 60 s after the one before, where the step is 120 s"]);
  });

  it("without any common step is given up", async () => {
    let at = 0;
    const lines = Array.from({ length: 110_000 }, (_, row) => `${1_700_000_000 + (at += row + 1)},1`);
    expect((await problemsOf(lines.join("\n"))).at(-1)).toMatch(/no common step/);
  });

  it.each([
    ["", /the file has no rows/],
    [`${iso(0)},1`, /one row only/],
    [`${iso(0)},12 %\n${iso(1)},3`, /line 1: not a number: "12 %"/],
    ["1767571200000000,1\n1767571260000000,2", /line 1: not a timestamp: "1767571200000000"/],
    [`${iso(0)},1\n${iso(0)},2\n${iso(1)},3`, /line 2: the same time as line 1/],
    [`${iso(5)},1\n${iso(4)},2\n${iso(6)},3`, /line 2: out of order/],
  ])("with %j is refused", async (text, problem) => {
    expect((await problemsOf(text))[0]).toMatch(problem);
  });

  it("that is not there is named", async () => {
    await expect(readTraceFile(join(folder, "none"))).rejects.toThrow(/none cannot be read\n.*ENOENT/);
  });
});

describe("the JSON of get-metric-data", () => {
  const result = (minutes: readonly number[], more: object = {}) => ({
    Id: "load",
    Label: "RequestCount",
    Timestamps: minutes.map((minute) => iso(minute).replace(".000Z", "+00:00")),
    Values: minutes,
    StatusCode: "Complete",
    ...more,
  });
  const json = (...results: readonly object[]): string => JSON.stringify({ MetricDataResults: results, Messages: [] });

  it("is read in either order, pages joined", async () => {
    const expected = { startMs: START_MS, stepMs: 60_000, values: [0, 1, 2, 3], heldValues: 0 };
    expect(await readTraceFile(written(json(result([0, 1, 2, 3]))))).toEqual(expected);
    const pages = json(result([3, 2], { StatusCode: "PartialData" }), result([1, 0]));
    expect(await readTraceFile(written(`\n ${pages}`))).toEqual(expected);
  });

  it("has gaps where CloudWatch has no datapoints", async () => {
    expect(await problemsOf(json(result([0, 1, 2, 5])))).toEqual([
      expect.stringMatching(/^datapoint 4: gap: 2 rows missing/),
    ]);
    expect(await readTraceFile(written(json(result([0, 1, 2, 5]))), { gaps: "hold" })).toMatchObject({ heldValues: 2 });
  });

  it.each([
    ["{", /not JSON/],
    ["[]", /not the answer of/],
    [json(result([0, 1]), result([0, 1], { Id: "cpu" })), /2 metrics \(load, cpu\)/],
    [json(result([0, 1], { StatusCode: "PartialData" })), /PartialData/],
    [json(result([0, 1], { Values: [1] })), /2 timestamps for 1 values/],
    [json(result([0, 1], { Values: [1, -2] })), /datapoint 2: negative: -2/],
    [JSON.stringify({ MetricDataResults: [result([0, 1])], NextToken: "x" }), /NextToken/],
  ])("that cannot be used is refused: %s", async (text, problem) => {
    expect((await problemsOf(text))[0]).toMatch(problem);
  });
});
