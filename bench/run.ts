/** Speed and size against their goals, as one JSON document: `npm run bench`. Each part runs in a process of its own. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { cpus, loadavg, tmpdir, totalmem } from "node:os";
import { join } from "node:path";
import { bundleModule } from "../lib/infrastructure/bundle.ts";
import { functionSize } from "../lib/infrastructure/function-size.ts";
import type { RunReport } from "../lib/local/report.ts";
import type { PassResult } from "./decision-pass.ts";

const ROOT = join(import.meta.dirname, "..");

/** A figure with what it should be. */
function judged(value: number, goal: number): { value: number; goal: string; met: boolean } {
  return { value, goal: `<= ${goal}`, met: value <= goal };
}

function runJson<T>(args: readonly string[]): T {
  const { stdout, status, error } = spawnSync(process.execPath, args, {
    cwd: ROOT,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "inherit"],
    maxBuffer: 1e8,
  });
  if (error !== undefined) throw error;
  if (status !== 0) throw new Error(`${args.join(" ")} ended with ${status}`);
  return JSON.parse(stdout) as T;
}

/** Runs of each size, in turn; the fastest counts, since what else the machine does only ever adds. */
const ROUNDS = 5;

/** Bundled and with the options of a function for 10,000 components, as it is deployed; both sizes in the same way. */
function decisionPass() {
  const folder = mkdtempSync(join(tmpdir(), "scaling-bench-"));
  try {
    bundleModule(join(ROOT, "bench", "decision-pass.ts"), folder);
    const options = functionSize("monitor", 10_000).nodeOptions;
    const pass = (components: number) =>
      runJson<PassResult>([...options.split(" "), join(folder, "index.mjs"), String(components)]);
    const rounds = Array.from({ length: ROUNDS }, () => ({ small: pass(100), large: pass(10_000) }));
    const small = fastest(rounds.map((round) => round.small));
    const large = fastest(rounds.map((round) => round.large));
    const ratio = Math.round((large.microsecondsPerComponent / small.microsecondsPerComponent) * 100) / 100;
    return {
      what: "monitor and decision pass, three default rules, median of warm passes, state in memory, one core",
      how: `bundled, NODE_OPTIONS=${options}, the fastest of ${ROUNDS} runs of each size in turn; memory: the most of them`,
      load: loadavg()[0],
      milliseconds10000: judged(large.millisecondsTotal, 300),
      ratioPerComponent10000To100: judged(ratio, 1.3),
      peakMemoryMB10000: judged(Math.max(...rounds.map((round) => round.large.peakMemoryMB)), 300),
      sizes: [small, large],
      millisecondsOfAll: rounds.map((round) => round.large.millisecondsTotal),
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function fastest(runs: readonly PassResult[]): PassResult {
  return runs.reduce((best, each) => (each.millisecondsTotal < best.millisecondsTotal ? each : best));
}

function localDay() {
  const data = mkdtempSync(join(tmpdir(), "scaling-bench-"));
  try {
    const startedMs = performance.now();
    const report = runJson<RunReport>([
      "bin/scaling-controller.js",
      "local",
      "--headless",
      "--for",
      "24h",
      "--speed",
      "max",
      "--json",
      "--data",
      data,
    ]);
    const seconds = Math.round((performance.now() - startedMs) / 100) / 10;
    return {
      what: "24 simulated hours, seven components, embedded database, start of the process included",
      wallSeconds: judged(seconds, 60),
      seed: report.seed,
      loops: report.loops,
      decisions: report.decisions.total,
      executions: report.executions,
      items: report.database.items,
    };
  } finally {
    rmSync(data, { recursive: true, force: true });
  }
}

const [cpu] = cpus();
const machine = {
  node: process.version,
  platform: `${process.platform} ${process.arch}`,
  cpu: cpu?.model ?? "unknown",
  cores: cpus().length,
  memoryGB: Math.round(totalmem() / 1e9),
};
const backtest = runJson<object>(["--import", "tsx", "bench/backtest.ts"]);
const parts = { decisionPass: decisionPass(), localDay: localDay(), backtest };
console.log(JSON.stringify({ schemaVersion: 1, machine, ...parts }, null, 2));
