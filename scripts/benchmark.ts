/**
 * The published comparison: `npm run benchmark`. Runs the traces of a folder (`--traces DIR`, default ../shared/traces) under the
 * controller and all peers, and writes docs/benchmark.md, its plots and docs/benchmark/results.json, from which page and plots
 * can be written again without any run: `--render`. `--only a,b` and `--scalers a,b` choose; `--quick` runs few settings;
 * those need `--out DIR`, since their page is not the published one. What has been run is kept in .benchmark/: `--cached-only` makes
 * the page of it and runs nothing.
 */
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { availableParallelism, cpus } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { InputError } from "../lib/domain/model/errors.ts";
import { OutcomeCache } from "./benchmark/cache.ts";
import { keyOf } from "./benchmark/job.ts";
import { benchmarkPage } from "./benchmark/page.ts";
import { type PlanOptions, plannedJobs, SWEPT, TRACES } from "./benchmark/plan.ts";
import { plotFiles } from "./benchmark/plots.ts";
import { runJobs } from "./benchmark/pool.ts";
import { type Ran, type Results, resultsFrom, resultsText } from "./benchmark/results.ts";
import { SIGHTED } from "./benchmark/sighted.ts";

const ROOT = join(import.meta.dirname, "..");
const OPTIONS = {
  traces: { type: "string" },
  only: { type: "string" },
  scalers: { type: "string" },
  quick: { type: "boolean" },
  render: { type: "boolean" },
  "cached-only": { type: "boolean" },
  out: { type: "string" },
} as const;

interface Wanted extends PlanOptions {
  /** Of the traces. */
  readonly folder: string;
  /** Nothing is run: the page is of what has been. */
  readonly cachedOnly: boolean;
}

async function run({ folder, cachedOnly, ...options }: Wanted): Promise<Results | undefined> {
  const jobs = plannedJobs(options).filter(({ trace }) => existsSync(join(folder, `${trace}.csv`)));
  const absent = TRACES.filter(({ name }) => !existsSync(join(folder, `${name}.csv`)));
  if (absent.length > 0) console.error(`skipped, not in ${folder}: ${absent.map(({ name }) => name).join(", ")}`);
  if (jobs.length === 0) return undefined;
  const cache = new OutcomeCache(ROOT);
  const left = cachedOnly ? [] : jobs.filter((job) => cache.find(job) === undefined);
  const workers = Math.max(1, Math.min(2, availableParallelism()));
  console.error(`${jobs.length} runs, ${jobs.length - left.length} of them known; ${workers} at a time`);
  const startedMs = performance.now();
  let done = 0;
  const program = join(ROOT, ".benchmark", "worker.mjs");
  const workersKib = await runJobs(left, { folder, workers, program }, (job, answer) => {
    done++;
    const minutes = ((performance.now() - startedMs) / 60_000).toFixed(1);
    const at = `${done}/${left.length} ${minutes} min: ${keyOf(job)}`;
    if ("error" in answer) {
      process.exitCode = 1;
      console.error(`${at} FAILED: ${answer.error}`);
      return;
    }
    const { score, cpuSeconds } = answer.outcome;
    cache.add(job, answer.outcome);
    console.error(
      `${at}: ${(100 * score.violatingShare).toFixed(3)} % violating, ${score.taskHours.toFixed(0)} h, ${cpuSeconds.toFixed(1)} s`,
    );
  });
  const ownKib = process.resourceUsage().maxRSS;
  console.error(
    `peak memory of all processes: ${Math.round((ownKib + workersKib) / 1024)} MB, ${Math.round(workersKib / 1024)} of them the workers'`,
  );
  const ran = jobs.flatMap((job): readonly Ran[] => {
    const outcome = cache.find(job);
    return outcome === undefined ? [] : [{ job, outcome }];
  });
  return resultsFrom(ran, {
    commit: execFileSync("git", ["rev-parse", "--short", "HEAD"], { cwd: ROOT, encoding: "utf8" }).trim(),
    day: new Date().toISOString().slice(0, 10),
    cpu: cpus()[0]?.model ?? "unknown",
    cores: cpus().length,
    node: process.version,
    missing: jobs.length - ran.length,
    ownPeakMemoryKib: ownKib,
    workers,
  });
}

function write(results: Results, docs: string): void {
  mkdirSync(join(docs, "benchmark"), { recursive: true });
  const files = { "benchmark.md": benchmarkPage(results), ...plotFiles(results) };
  for (const [path, text] of Object.entries(files)) writeFileSync(join(docs, path), text);
  console.error(`${Object.keys(files).length} files in ${docs}`);
}

function names(text: string | undefined, what: string, all: readonly string[]): readonly string[] | undefined {
  const wanted = text?.split(",").map((name) => name.trim());
  const unknown = wanted?.filter((name) => !all.includes(name)) ?? [];
  if (unknown.length > 0)
    throw new InputError(`no such ${what}`, [`${unknown.join(", ")}: there are ${all.join(", ")}`]);
  return wanted;
}

try {
  const { values } = parseArgs({ options: OPTIONS });
  const isTrial = values.only !== undefined || values.scalers !== undefined || values.quick === true;
  if (isTrial && values.out === undefined)
    throw new InputError("a part is not the published result", ["--only, --scalers and --quick need --out DIR"]);
  const docs = values.out ?? join(ROOT, "docs");
  const stored = join(docs, "benchmark", "results.json");
  if (values.render === true) write(JSON.parse(readFileSync(stored, "utf8")) as Results, docs);
  else {
    const results = await run({
      folder: values.traces ?? join(ROOT, "../shared/traces"),
      traces: names(
        values.only,
        "trace",
        TRACES.map(({ name }) => name),
      ),
      scalers: names(values.scalers, "scaler", [...SWEPT, SIGHTED]),
      quick: values.quick,
      cachedOnly: values["cached-only"] === true,
    });
    if (results === undefined) console.error("there is no trace to run: nothing is written");
    else {
      mkdirSync(join(docs, "benchmark"), { recursive: true });
      writeFileSync(stored, resultsText(results));
      // As a later --render reads it.
      write(JSON.parse(readFileSync(stored, "utf8")) as Results, docs);
    }
  }
} catch (error) {
  if (!(error instanceof InputError) && !(error instanceof TypeError && "code" in error)) throw error;
  console.error(error.message);
  process.exitCode = 2;
}
