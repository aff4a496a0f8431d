import { accessSync, constants, existsSync, statSync, writeFileSync } from "node:fs";
import { basename, dirname, extname } from "node:path";
import { InvalidArgumentError, Option } from "commander";
import { backtest, type NamedTrace, type RecordedRun } from "../backtest/backtest.ts";
import { controllerScalers } from "../backtest/controller-scalers.ts";
import { ProgressLine } from "../backtest/progress.ts";
import { renderReport } from "../backtest/report/page.ts";
import { uplotAssets } from "../backtest/report/uplot.ts";
import type { BacktestResult } from "../backtest/result.ts";
import { PEER_SCALERS, scalersNamed } from "../backtest/scalers.ts";
import { aggregateTable, equalServiceTables, resultTable, type Table } from "../backtest/table.ts";
import { readTraceFile } from "../backtest/trace-file.ts";
import { InputError } from "../domain/model/errors.ts";
import type { FleetPolicy } from "../domain/model/policy.ts";
import { readBacktestFleet } from "./backtest-fleet.ts";
import { readCloudWatchTrace } from "./cloudwatch-trace.ts";
import type { Register } from "./command.ts";
import { bold, type Output, printJson, table } from "./output.ts";

interface BacktestOptions {
  readonly trace?: readonly string[];
  readonly cloudwatch?: string;
  readonly days: number;
  readonly region?: string;
  readonly gaps: "error" | "hold";
  readonly config?: string;
  readonly component?: string;
  readonly scalers?: readonly string[];
  readonly sweep?: boolean;
  readonly sloMs?: number;
  readonly peakTasks: number;
  readonly seed: number;
  readonly json?: string;
  readonly report?: string;
}

/** `backtest`: the controller and its peers over a recorded load. */
export const registerBacktest: Register = (program, output) => {
  program
    .command("backtest")
    .description("replay recorded load through the controller and other autoscalers, and compare cost and service")
    .option("--trace <file>", "load: CSV of timestamp,value, or JSON of get-metric-data; repeatable", collect)
    .option("--cloudwatch <component>", "load: the throughput of a deployed component")
    .option("--days <number>", "how far back with --cloudwatch, 1 to 14", days, 14)
    .option("--region <name>", "AWS region with --cloudwatch (default: AWS_REGION, or the profile's)")
    .addOption(
      new Option("--gaps <how>", "missing rows: an error, or up to 15 of them hold the value before")
        .choices(["error", "hold"])
        .default("error"),
    )
    .option("--config <file>", "configuration of the controller (default: its defaults)")
    .option("--component <name>", "whose policy in it (default: the only one, or that of --cloudwatch)")
    .option("--scalers <names>", "which, separated by commas, or all (default: the usual ones)", names)
    .option("--sweep", "run each at several values of its main setting, too")
    .option(
      "--slo-ms <number>",
      "promised response time for 95 of 100 requests (default: four service times)",
      positive,
    )
    .option("--peak-tasks <number>", "tasks that the 99th percentile of the load keeps busy, 1 to 1000", peakTasks, 30)
    .option("--seed <number>", "seed of all draws", seed, 1)
    .option("--json <file>", "write one JSON document; - is standard output, in place of the tables")
    .option("--report <file>", "write a page with plots, .html")
    .action(async (options: BacktestOptions) => runBacktest(options, output));
};

async function runBacktest(options: BacktestOptions, output: Output): Promise<void> {
  checkPlaces([options.json === "-" ? undefined : options.json, options.report]);
  const scalers = scalersNamed([...controllerScalers(await policyOf(options)), ...PEER_SCALERS], options.scalers);
  const traces = await readTraces(options);
  const recorded: RecordedRun[] = [];
  const result = await backtest({
    traces,
    scalers,
    sweep: options.sweep ?? false,
    scenario: { seed: options.seed, peakTasks: options.peakTasks, sloMs: options.sloMs },
    progress: new ProgressLine({
      isTerminal: process.stderr.isTTY,
      columns: process.stderr.columns ?? 80,
      write: (text) => (process.stderr.isTTY ? process.stderr.write(text) : output.err(text.trimEnd())),
      nowMs: () => performance.now(),
    }),
    record: options.report === undefined ? undefined : (run) => recorded.push(run),
  });
  if (options.report !== undefined) write(options.report, renderReport(result, recorded, uplotAssets()));
  if (options.json === "-") return printJson(output, result);
  if (options.json !== undefined) write(options.json, `${JSON.stringify(result, null, 2)}\n`);
  output.out(tablesOf(result).map(renderTable).join("\n\n"));
}

/** What the controller is run with: a component's policy where one is named, else the defaults for a web service. */
async function policyOf({ config, component, cloudwatch }: BacktestOptions): Promise<FleetPolicy | undefined> {
  const name = component ?? cloudwatch;
  return config === undefined && name === undefined ? undefined : readBacktestFleet(config, name);
}

function tablesOf(result: BacktestResult): readonly Table[] {
  return [
    ...result.traces.map((facts) => {
      const { title, ...rest } = resultTable(facts.trace, result.results);
      const held = facts.heldValues === 0 ? "" : `, ${facts.heldValues} missing values held`;
      const scored = `${facts.days.toFixed(1)} days at ${facts.stepSeconds} s, scored after ${facts.warmUpDays.toFixed(1)}`;
      return { title: `${title}: ${scored}, times ${Number(facts.factor.toPrecision(4))} requests/s${held}`, ...rest };
    }),
    ...(result.traces.length > 1 ? [aggregateTable(result)] : []),
    ...equalServiceTables(result),
  ];
}

function renderTable({ title, heads, rows }: Table): string {
  return `${bold(title)}\n${table(heads, rows)}`;
}

/** All traces, or the problems of all of them at once. */
async function readTraces({
  trace: files = [],
  cloudwatch,
  ...options
}: BacktestOptions): Promise<readonly NamedTrace[]> {
  if (files.length === 0 && cloudwatch === undefined)
    throw new InputError("there is no load to replay", ["name a file with --trace, or a component with --cloudwatch"]);
  const { gaps, days, region, config } = options;
  const traces: NamedTrace[] = [];
  const failures: InputError[] = [];
  const shortNames = files.map((file) => basename(file, extname(file)));
  const isClear = new Set(shortNames).size === files.length;
  for (const [at, file] of files.entries()) {
    try {
      traces.push({ name: (isClear ? shortNames[at] : undefined) ?? file, trace: await readTraceFile(file, { gaps }) });
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      failures.push(error);
    }
  }
  const [only] = failures;
  if (only !== undefined && failures.length === 1) throw only;
  if (failures.length > 0)
    throw new InputError(
      `${failures.length} of ${files.length} traces cannot be used`,
      failures.map(({ message }) => message.replaceAll("\n", "\n  ")),
    );
  if (cloudwatch !== undefined)
    traces.push({
      name: cloudwatch,
      trace: await readCloudWatchTrace({ component: cloudwatch, days, region, config, gaps }),
    });
  return traces;
}

/** Where results will be written is looked at before minutes are spent on them. */
function checkPlaces(files: readonly (string | undefined)[]): void {
  const problems = files.flatMap((file) => {
    if (file === undefined) return [];
    try {
      if (statSync(file, { throwIfNoEntry: false })?.isDirectory() === true) return [`${file}: is a folder`];
      accessSync(existsSync(file) ? file : dirname(file), constants.W_OK);
      return [];
    } catch (error) {
      return [`${file}: ${error instanceof Error ? error.message : String(error)}`];
    }
  });
  if (problems.length > 0) throw new InputError("the result cannot be written", problems);
}

function write(file: string, text: string): void {
  try {
    writeFileSync(file, text);
  } catch (error) {
    throw new InputError(`${file} cannot be written`, [error instanceof Error ? error.message : String(error)], {
      cause: error,
    });
  }
}

function collect(file: string, before: readonly string[] | undefined): readonly string[] {
  if (before?.includes(file) === true) throw new InvalidArgumentError(`${file} is named twice`);
  return [...(before ?? []), file];
}

function names(text: string): readonly string[] {
  const all = text.split(",").map((name) => name.trim());
  if (all.some((name) => name === "")) throw new InvalidArgumentError("expected names separated by commas, or all");
  return all;
}

function positive(text: string): number {
  const value = Number(text);
  if (!(value > 0 && Number.isFinite(value))) throw new InvalidArgumentError("expected a number above 0");
  return value;
}

function peakTasks(text: string): number {
  const value = Number(text);
  if (!(Number.isInteger(value) && value >= 1 && value <= 1000))
    throw new InvalidArgumentError("expected a whole number from 1 to 1000");
  return value;
}

function days(text: string): number {
  const value = Number(text);
  if (!(value >= 1 && value <= 14))
    throw new InvalidArgumentError("expected 1 to 14: CloudWatch keeps minutes for 15 days");
  return value;
}

function seed(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 0 || text.trim() === "")
    throw new InvalidArgumentError("expected a whole number from 0 on");
  return value;
}
