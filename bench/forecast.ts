/**
 * Compares forecasting methods on recorded loads: npm run bench:forecast -- [--traces DIR] [--json FILE] [--write-docs]
 * [--origins N]. Deterministic but for the times. Which methods: bench/forecasting/candidates.
 */
import { writeFileSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { augursMstl } from "./forecasting/candidates/augurs-mstl.ts";
import { CANDIDATES } from "./forecasting/candidates/index.ts";
import { compare, compareOn, type Score } from "./forecasting/compare.ts";
import { runController } from "./forecasting/controller.ts";
import { documentOf } from "./forecasting/document.ts";
import { originsOf } from "./forecasting/origins.ts";
import { type Results, tuningHalf } from "./forecasting/results.ts";
import { syntheticTraces } from "./forecasting/synthetic.ts";
import { controllerTable, referenceTable, skillTable, traceTable } from "./forecasting/tables.ts";
import { readTraces, type Trace } from "./forecasting/traces.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const SEED = 1;
/** The library needs about ten times as long as all the others: it gets every fourth origin. */
const REFERENCE_EVERY = 4;

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      traces: { type: "string", default: join(ROOT, "../shared/traces") },
      json: { type: "string" },
      origins: { type: "string", default: "120" },
      "write-docs": { type: "boolean", default: false },
    },
  });
  const { traces, source } = tracesIn(resolve(values.traces));
  console.log(source);
  const results = await measure(traces, source, Number(values.origins));
  print(results);
  if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(results, null, 2)}\n`);
  if (values["write-docs"]) writeFileSync(join(ROOT, "docs/forecasting.md"), documentOf(results));
}

function tracesIn(directory: string): { traces: readonly Trace[]; source: string } {
  const traces = readTraces(directory);
  if (traces !== undefined)
    return { traces, source: `${traces.length} recorded loads from ${relative(ROOT, directory)}` };
  const source = `No traces in ${directory}: a synthetic set, seed ${SEED}, stands in. It says nothing about real loads`;
  return { traces: syntheticTraces(SEED), source };
}

async function measure(traces: readonly Trace[], source: string, origins: number): Promise<Results> {
  const scores = compare(traces, CANDIDATES, origins);
  const shipped = traces.map((trace) => runController(trace, origins));
  const reference = await referenceScores(traces, origins);
  const tuned = tuningHalf(traces.map(({ name }) => name));
  return { source, node: `Node ${process.version}`, tuned, scores, shipped, reference };
}

async function referenceScores(traces: readonly Trace[], origins: number): Promise<readonly Score[] | string> {
  const library = await augursMstl();
  if (typeof library === "string") return library;
  const beside = CANDIDATES.filter(({ name }) => ["naive", "median of 5", "lag ridge"].includes(name));
  return traces.flatMap((trace) => {
    const thinned = originsOf(trace, origins).filter((_, i) => i % REFERENCE_EVERY === 0);
    return compareOn(trace, [...beside, library], thinned);
  });
}

function print(results: Results): void {
  const names = [...new Set(results.scores.map(({ trace }) => trace))];
  const confirmed = names.filter((name) => !results.tuned.includes(name));
  console.log(
    `\nSkill against the last value, %, tuning half (${results.tuned.join(", ")})\n${skillTable(results, results.tuned)}`,
  );
  console.log(`\nConfirming half (${confirmed.join(", ")})\n${skillTable(results, confirmed)}`);
  console.log(`\nlag ridge, trace by trace\n${traceTable(results, "lag ridge")}`);
  console.log(`\nWhat the controller gets, %\n${controllerTable(results)}`);
  const { reference } = results;
  console.log(
    `\nLibrary reference\n${typeof reference === "string" ? `not available: ${reference}` : referenceTable(reference)}`,
  );
}

await main();
