/** Speed and size against their goals, as one JSON document: `npm run bench`. Each part runs in a process of its own. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { cpus, tmpdir, totalmem } from "node:os";
import { join } from "node:path";
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

/** What the stack sets for more than 200 components (lib/infrastructure/function-size.ts): less is copied. */
const YOUNG = "--max-semi-space-size=64";

function decisionPass() {
  const pass = (components: number, ...flags: string[]) =>
    runJson<PassResult>([...flags, "--import", "tsx", "bench/decision-pass.ts", String(components)]);
  const [small, large] = [pass(100), pass(10_000, YOUNG)];
  const plain = pass(10_000);
  // A heap that may grow takes what the machine has; what is needed shows when it may not.
  const narrow = pass(10_000, "--max-old-space-size=200");
  const ratioOf = (many: PassResult, few: PassResult) =>
    Math.round((many.microsecondsPerComponent / few.microsecondsPerComponent) * 100) / 100;
  return {
    what: "monitor and decision pass, three default rules, median of warm passes, state in memory, one core",
    milliseconds10000: judged(large.millisecondsTotal, 300),
    ratioPerComponent10000To100: judged(ratioOf(large, small), 1.3),
    how: `as deployed: 100 with Node's defaults, 10,000 with ${YOUNG}`,
    withNodeDefaults: {
      milliseconds10000: judged(plain.millisecondsTotal, 300),
      ratioPerComponent10000To100: judged(ratioOf(plain, small), 1.3),
    },
    peakMemoryMB10000: judged(narrow.peakMemoryMB, 300),
    peakMemoryHow: `with the heap bounded to 200 MB; that run took ${narrow.millisecondsTotal} ms a pass`,
    sizes: [small, large],
  };
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
console.log(JSON.stringify({ schemaVersion: 1, machine, decisionPass: decisionPass(), localDay: localDay() }, null, 2));
