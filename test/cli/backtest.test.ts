import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { main } from "../../lib/cli/index.ts";

let folder = "";
let trace = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "backtest-"));
  trace = written(
    "wave.csv",
    Array.from({ length: 150 }, (_, at) => `${1_767_571_200 + at * 60},${100 + 50 * Math.sin(at / 20)}`),
  );
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

function written(name: string, lines: readonly string[]): string {
  const file = join(folder, name);
  writeFileSync(file, lines.join("\n"));
  return file;
}

async function run(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  const out: string[] = [];
  const err: string[] = [];
  const code = await main(["backtest", ...args], { out: (text) => out.push(text), err: (text) => err.push(text) });
  return { code, out: out.join("\n"), err: err.join("\n") };
}

const quick = ["--scalers", "static-p99,aws-target-tracking-20s", "--peak-tasks", "4"] as const;

describe("backtest", () => {
  it("prints a table of each trace, cheapest first", async () => {
    const { code, out } = await run("--trace", trace, ...quick);
    expect(code).toBe(0);
    expect(out).toMatch(/^wave: 0\.1 days at 60 s/);
    expect(out).toMatch(/scaler +setting +requests +violating % +violation +p95 ms +task-hours +USD +vs oracle/);
    expect(out.split("\n")).toHaveLength(4);
    const dollars = out
      .split("\n")
      .slice(2)
      .map((line) => Number(/(\d+\.\d\d) +\d+\.\d\d +\d+ +\d+$/.exec(line)?.[1]));
    expect(dollars).toEqual([...dollars].sort((a, b) => a - b));
  });

  it("says where it cannot write before it runs anything, all places at once", async () => {
    const page = join(folder, "nowhere", "report.html");
    const { code, err } = await run("--trace", trace, ...quick, "--json", folder, "--report", page);
    expect(code).toBe(1);
    expect(err).toContain("the result cannot be written");
    expect(err).toContain(`${folder}: is a folder`);
    expect(err).toContain(`${page}: ENOENT`);
    expect(err).not.toContain("run 1 of");
  });

  it("writes JSON to a file or in place of the table, and the page", async () => {
    const json = join(folder, "result.json");
    const page = join(folder, "report.html");
    const { code } = await run("--trace", trace, ...quick, "--json", json, "--report", page, "--seed", "7");
    expect(code).toBe(0);
    const document: unknown = JSON.parse(readFileSync(json, "utf8"));
    expect(document).toMatchObject({ seed: 7, results: [{ trace: "wave" }, { trace: "wave" }] });
    const html = readFileSync(page, "utf8");
    expect(html).toMatch(/^<!doctype html>/);
    expect(html).toContain("uPlot");
    expect(html.length).toBeLessThan(500_000);
    const { out } = await run("--trace", trace, ...quick, "--json", "-", "--seed", "7");
    expect(JSON.parse(out)).toEqual(document);
  });

  it.each([
    [[], /there is no load to replay/],
    [["--trace", "/nonexistent.csv"], /\/nonexistent.csv cannot be read/],
    [["--scalers", "hpa"], /no such scaler\n.*"hpa": there are all, /],
    [["--component", "nobody"], /preset of seven\) cannot be backtested\n.*no component nobody\n.*price_feeds/],
    [["--slo-ms", "150"], /150 ms for 95 % cannot be met/],
  ])("%j fails with 1 and says why", async (args, message) => {
    const { code, out, err } = await run(...args, ...(args.includes("--slo-ms") ? ["--trace", trace] : []));
    expect({ code, out }).toEqual({ code: 1, out: "" });
    expect(err).toMatch(message);
  });

  it.each([
    [["--seed", "1.5"], /whole number/],
    [["--slo-ms", "0"], /above 0/],
    [["--peak-tasks", "-3"], /1 to 1000/],
    [["--peak-tasks", "2.5"], /1 to 1000/],
    [["--days", "20"], /1 to 14/],
    [["--gaps", "interpolate"], /Allowed choices are error, hold/],
    [["--scalers", "a,,b"], /separated by commas/],
    [["--trace", "a", "--trace", "a"], /named twice/],
  ])("%j cannot be understood", async (args, message) => {
    const { code, err } = await run(...args);
    expect(code).toBe(2);
    expect(err).toMatch(message);
  });

  it("tells the problems of all traces at once", async () => {
    const gap = written("gap.csv", ["1767571200,1", "1767571260,1", "1767571320,1", "1767571500,1"]);
    const one = written("one.csv", ["1767571200,1"]);
    const { code, err } = await run("--trace", gap, "--trace", trace, "--trace", one);
    expect(code).toBe(1);
    expect(err).toMatch(/2 of 3 traces cannot be used[^]*gap\.csv[^]*2 rows missing[^]*one\.csv[^]*one row only/);
  });
});
