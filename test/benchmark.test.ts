import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { scenarioOf } from "../lib/backtest/scenario.ts";
import { webFleet } from "../lib/config/presets/web.ts";
import { levelCells } from "../scripts/benchmark/comparison.ts";
import { keyOf } from "../scripts/benchmark/job.ts";
import { JobRunner } from "../scripts/benchmark/job-run.ts";
import { benchmarkPage } from "../scripts/benchmark/page.ts";
import { plannedJobs, SWEPT, TRACES } from "../scripts/benchmark/plan.ts";
import { plotFiles } from "../scripts/benchmark/plots.ts";
import { type Results, resultsFrom, resultsText } from "../scripts/benchmark/results.ts";
import { sighted } from "../scripts/benchmark/sighted.ts";

const DOCS = join(import.meta.dirname, "../docs");
const STORED = join(DOCS, "benchmark/results.json");
const ABOUT = {
  commit: "0",
  day: "2026-01-05",
  cpu: "cpu",
  cores: 2,
  node: "v20",
  missing: 0,
  workers: 2,
  ownPeakMemoryKib: 1024,
};

test("docs/benchmark.md and its plots are those of the stored results", () => {
  const text = readFileSync(STORED, "utf8");
  const results = JSON.parse(text) as Results;
  expect(resultsText(results)).toBe(text);
  expect(text.length).toBeLessThan(300_000);
  expect(readFileSync(join(DOCS, "benchmark.md"), "utf8")).toBe(benchmarkPage(results));
  const plots = plotFiles(results);
  for (const [path, content] of Object.entries(plots)) expect(readFileSync(join(DOCS, path), "utf8")).toBe(content);
  expect(readdirSync(join(DOCS, "benchmark")).map((name) => `benchmark/${name}`)).toEqual(
    ["benchmark/results.json", ...Object.keys(plots)].sort(),
  );
});

test("the page's links lead somewhere", () => {
  const page = readFileSync(join(DOCS, "benchmark.md"), "utf8");
  const targets = [...page.matchAll(/\]\(([^)#]+)\)/g)].map(([, target]) => target ?? "");
  expect(targets.length).toBeGreaterThan(10);
  for (const target of targets) expect(existsSync(join(DOCS, target)), target).toBe(true);
});

test("each scaler is run on each trace as it comes and with settings; nothing twice; the headline before the rest", () => {
  const jobs = plannedJobs({});
  expect(new Set(jobs.map(keyOf)).size).toBe(jobs.length);
  for (const { name } of TRACES)
    for (const scaler of SWEPT) {
      const own = jobs.filter((job) => job.trace === name && job.scaler === scaler && job.variant === "base");
      expect(own.filter(({ setting }) => setting === undefined)).toHaveLength(1);
      expect(own.length, `${name} ${scaler}`).toBeGreaterThanOrEqual(4);
    }
  const last = (scaler: string): number =>
    jobs.findLastIndex((job) => job.scaler === scaler && job.variant === "base" && job.setting !== undefined);
  expect(last("kubernetes-hpa")).toBeLessThan(last("keda"));
  const some = plannedJobs({ traces: ["crane_12"], scalers: ["keda"], quick: true });
  expect(new Set(some.map(({ trace }) => trace))).toEqual(new Set(["crane_12"]));
  expect(new Set(some.map(({ scaler }) => scaler))).toEqual(new Set(["keda", "oracle"]));
});

test("a level without a ratio says who has a setting that is good enough", () => {
  const point = (setting: string, taskHours: number, share: number): [string, number, number] => [
    setting,
    taskHours,
    share,
  ];
  const of = (scaler: string, points: Results["curves"][number]["points"]) =>
    ({ trace: "t", scaler, variant: "base", points }) as const;
  const cells = (ours: Results["curves"][number]["points"], theirs: Results["curves"][number]["points"]) =>
    levelCells({ curves: [of("scaling-controller", ours), of("peer", theirs)] } as unknown as Results, "peer", "t");
  const wide = [point("a", 100, 0.1), point("b", 200, 0.00001)];
  const poor = [point("a", 80, 0.1), point("b", 160, 0.002)];
  const good = [point("a", 90, 0.0005), point("b", 180, 0.00002)];
  expect(cells(wide, wide)).toEqual(["1.00", "1.00", "1.00"]);
  expect(cells(poor, wide)[0]).toBe("**only the peer**");
  expect(cells(wide, poor)[0]).toBe("only ours");
  expect(cells(poor, poor)[0]).toBe("neither");
  expect(cells(good, wide)).toEqual(["ours better", "ours better", "ours better"]);
  expect(cells(wide, good)[1]).toBe("peer better");
  expect(cells(good, good)[1]).toBe("both better");
  const dear = wide.map(([setting, hours, share]) => point(setting, 1.2 * hours, share));
  expect(cells(dear, wide)[1]).toBe("**1.20**");
});

test("jobs run on a trace file, in the world as it is and in variants; their results are rounded rows", async () => {
  const folder = mkdtempSync(join(tmpdir(), "benchmark-"));
  try {
    const rows = Array.from({ length: 150 }, (_, minute) => {
      return `${new Date(Date.UTC(2026, 0, 5) + minute * 60_000).toISOString()},${minute % 60 < 30 ? 100 : 160}`;
    });
    writeFileSync(join(folder, "crane_00.csv"), ["timestamp,value", ...rows].join("\n"));
    const runner = new JobRunner(folder);
    const jobs = [
      { scaler: "oracle", variant: "base" },
      { scaler: "scaling-controller", variant: "base" },
      { scaler: "scaling-controller", setting: { growthPercent: 50 }, variant: "base" },
      { scaler: "scaling-controller:REACTIVE", variant: "base" },
      { scaler: "kubernetes-hpa", setting: { target: 0.5 }, variant: "start-120" },
    ] as const;
    const ran = [];
    for (const part of jobs) {
      const job = { trace: "crane_00", ...part };
      ran.push({ job, outcome: await runner.run(job) });
    }
    const [, staffed, bold, reactive, hpa] = ran.map(({ outcome }) => outcome);
    expect(staffed?.parameters["growthPercent"]).toBe(
      webFleet({ name: "service" }).components[0]?.parameters?.["growthPercent"],
    );
    expect(bold?.parameters["growthPercent"]).toBe(50);
    expect(reactive?.parameters).toEqual({ target: 0.6 });
    expect(hpa?.parameters["target"]).toBe(0.5);
    const results = resultsFrom(ran, ABOUT);
    expect(results.defaults.map(({ scaler }) => scaler)).toEqual([
      "oracle",
      "scaling-controller",
      "scaling-controller:REACTIVE",
    ]);
    expect(results.defaults[0]?.costVsOracle).toBe(1);
    expect(results.curves.map(({ scaler, variant, points }) => [scaler, variant, points.length])).toEqual([
      ["oracle", "base", 1],
      ["scaling-controller", "base", 2],
      ["kubernetes-hpa", "start-120", 1],
    ]);
    expect(JSON.parse(resultsText(results))).toEqual(JSON.parse(JSON.stringify(results)));
    expect(benchmarkPage(results)).toContain("## Sensitivity");
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("sighted asks for a growth when it is there and not before, and stops what is not needed any more", async () => {
  const minutes = 240;
  const grownAt = 150;
  const values = Array.from({ length: minutes }, (_, at) => (at >= grownAt && at < grownAt + 30 ? 200 : 100));
  const scenario = scenarioOf(
    "step",
    { startMs: 0, stepMs: 60_000, values, heldValues: 0 },
    { seed: 1, peakTasks: 20 },
  );
  const desired: { minute: number; tasks: number }[] = [];
  const run = await sighted.run(scenario, { headroom: 0 }, ({ startMs, desired: tasks }) => {
    desired.push({ minute: (startMs - scenario.startMs) / 60_000, tasks });
  });
  const most = (from: number, to: number): number =>
    Math.max(...desired.filter(({ minute }) => minute >= from && minute < to).map(({ tasks }) => tasks));
  const [before, during, after] = [most(100, grownAt), most(grownAt + 1, grownAt + 25), most(grownAt + 35, minutes)];
  expect(during).toBeGreaterThan(1.5 * before);
  expect(after).toBe(before);
  const withRoom = await sighted.run(scenario, { headroom: 1 });
  expect(withRoom.score.violatingShare).toBeLessThan(run.score.violatingShare);
  expect(withRoom.score.taskHours).toBeGreaterThan(1.5 * run.score.taskHours);
});
