import { readFileSync } from "node:fs";
import { InvalidArgumentError } from "commander";
import { InputError } from "../domain/model/errors.ts";
import { formatDuration, parseDuration } from "../local/duration.ts";
import { formatClock } from "../local/progress/clock-text.ts";
import { FrameProgress } from "../local/progress/frame.ts";
import { LineProgress } from "../local/progress/lines.ts";
import { type Progress, SILENT } from "../local/progress/progress.ts";
import type { RunReport } from "../local/report.ts";
import { type LocalEdge, runLocal } from "../local/run.ts";
import { DEFAULT_FOLDER } from "../local/run-folder.ts";
import type { Session } from "../local/session.ts";
import { parseTraceRequest, type TraceRequest } from "../local/traces.ts";
import type { FaultPlan } from "../simulation/faults.ts";
import type { Register } from "./command.ts";
import { type Output, pairs, printJson, table, wantsColour } from "./output.ts";

interface LocalOptions {
  readonly headless?: boolean;
  readonly for?: number;
  readonly speed?: number;
  readonly seed?: number;
  readonly trace?: readonly TraceRequest[];
  readonly config?: string;
  readonly data: string;
  readonly fresh?: boolean;
  readonly fault?: string;
  readonly json?: boolean;
}

/** One simulated minute a second: slow enough to follow, fast enough to see a day go by in 24 minutes. */
const WATCHED_SPEED = 60;

/** `local`: the whole controller on this machine. */
export const registerLocal: Register = (program, output) => {
  program
    .command("local")
    .description("run the four loops on this machine: simulated services, embedded database, until stopped (Ctrl-C)")
    .option("--headless", "no live view, and as fast as it goes")
    .option(
      "--for <time>",
      "simulated time to run, such as 90s, 30m, 6h, 7d (default: until stopped)",
      durationArgument,
    )
    .option(
      "--speed <factor>",
      `simulated seconds a second, or max (default: ${WATCHED_SPEED}; max with --headless)`,
      speedArgument,
    )
    .option("--seed <number>", "seed of the simulated world (default: the folder's, or 1)", seedArgument)
    .option(
      "--trace <file[=component]>",
      "recorded load for a component, default price_feeds; repeatable",
      traceArgument,
    )
    .option("--config <file>", "configuration, .json or .ts (default: the folder's, or the seven preset components)")
    .option("--data <dir>", "folder of the database and the world", DEFAULT_FOLDER)
    .option("--fresh", "discard what the folder holds and begin anew")
    .option("--fault <file>", "plan of faults of the simulated world, .json")
    .option("--json", "print one JSON document at the end, and nothing else on standard output")
    .addHelpText(
      "after",
      `
The state is kept in the data folder and the next start continues it; kill the process at any time.
In the JSON document simulatedSeconds, loops and wallSeconds are of this run, all else of the whole state.`,
    )
    .action(async (options: LocalOptions) => runCommand(options, output));
};

async function runCommand(options: LocalOptions, output: Output): Promise<void> {
  const speed = options.speed ?? (options.headless === true ? Number.POSITIVE_INFINITY : WATCHED_SPEED);
  const report = await runLocal(
    {
      folder: options.data,
      fresh: options.fresh ?? false,
      forMs: options.for,
      speed,
      seed: options.seed,
      traces: options.trace,
      configFile: options.config,
      faults: options.fault === undefined ? undefined : readFaults(options.fault),
    },
    edgeOf(options, speed, output),
  );
  if (options.json === true) printJson(output, report);
  else output.out(renderReport(report));
}

function edgeOf(options: LocalOptions, speed: number, output: Output): LocalEdge {
  return {
    begin: (session) => {
      // With --json, progress is for a person at the terminal only.
      const say = options.json === true ? (process.stderr.isTTY ? output.err : () => undefined) : output.out;
      for (const line of introduction(session, options.data)) say(line);
      if (options.json === true)
        return process.stderr.isTTY
          ? lines(session, output.err)
          : { ...SILENT, problem: (message) => output.err(`error: ${message}`) };
      if (options.headless !== true && wantsColour(process.stdout)) return frame(session, options.data, speed);
      return lines(session, output.out);
    },
    onStop: (stop) => {
      let asked = false;
      const listen = (): void => {
        if (asked) process.exit(130); // asked twice: now, and the next start recovers
        asked = true;
        stop();
      };
      process.on("SIGINT", listen).on("SIGTERM", listen);
      return () => process.off("SIGINT", listen).off("SIGTERM", listen);
    },
  };
}

function introduction({ run, resumed, fromMs, fleets }: Session, folder: string): string[] {
  const components = fleets.reduce((sum, each) => sum + each.components.length, 0);
  const age = formatDuration(fromMs - run.startMs);
  return [
    resumed
      ? `Continuing the run in ${folder} at ${formatClock(fromMs)} UTC, ${age} after its start (seed ${run.seed}, ${components} components).`
      : `New run in ${folder}, seed ${run.seed}, ${components} components, from ${formatClock(fromMs)} UTC.`,
    ...run.traces.map(
      ({ file, component, scale, p99Tasks, heldValues }) =>
        `${component} has the load of ${file}, times ${Number(scale.toPrecision(4))} operations/s: its 99th percentile needs ${p99Tasks} tasks of the initial size at the CPU target.${heldValues === 0 ? "" : ` ${heldValues} missing ${heldValues === 1 ? "value is" : "values are"} held over from the one before.`}`,
    ),
  ];
}

function lines({ world, fleets }: Session, write: (line: string) => void): Progress {
  return new LineProgress({ world, fleets, write });
}

function frame({ world, fleets, run, resumed }: Session, folder: string, speed: number): Progress {
  const { stdout } = process;
  return new FrameProgress({
    world,
    fleets,
    startMs: run.startMs,
    wallMs: () => performance.now(),
    facts: `speed ${Number.isFinite(speed) ? `x${speed}` : "max"}   seed ${run.seed}   data ${folder}${resumed ? " (continued)" : ""}`,
    screen: {
      write: (text) => stdout.write(text),
      get columns() {
        return stdout.columns;
      },
      get rows() {
        return stdout.rows;
      },
    },
  });
}

function renderReport(report: RunReport): string {
  const { simulatedSeconds, wallSeconds, decisions, executions, alerts, limits, loops, components, database } = report;
  const counts = (of: Readonly<Record<string, number>>): string =>
    Object.entries(of)
      .sort(([, a], [, b]) => b - a)
      .map(([name, count]) => `${name} ${count}`)
      .join(", ");
  const rows = components.map(({ name, strategy, allocation, utilization, effectiveness }) => [
    name,
    strategy,
    `${allocation.tasks}`,
    `${allocation.cpu} vCPU ${allocation.memory} GiB`,
    show(utilization.cpu, "%"),
    show(utilization.memory, "%"),
    show(utilization.responseTimeMs, "ms"),
    show(effectiveness, ""),
  ]);
  return [
    "",
    table(["component", "strategy", "tasks", "a task has", "cpu", "memory", "response", "effect"], rows),
    "",
    pairs([
      ["simulated", `${formatDuration(simulatedSeconds * 1000)} in ${wallSeconds} s`],
      [
        "ticks",
        Object.entries(loops)
          .map(([name, { ticks, errors }]) => `${name} ${ticks}${errors > 0 ? ` (${errors} errors)` : ""}`)
          .join(", "),
      ],
      ["decisions", `${decisions.total}: ${counts(decisions.byAction)}`],
      ["because", counts(decisions.byReason)],
      [
        "executions",
        `${executions.succeeded} succeeded, ${executions.failed} failed, ${executions.rolledBack} rolled back`,
      ],
      [
        "booked",
        Object.entries(limits)
          .map(([name, { allocated, max }]) => `${name} ${allocated} of ${max}`)
          .join(", "),
      ],
      ["alerts", `${alerts.sent} sent, ${alerts.suppressed} suppressed`],
      ["database", `${database.engine}, ${database.items} items`],
    ]),
  ].join("\n");
}

function show(value: number | null, unit: string): string {
  return value === null ? "-" : `${value} ${unit}`.trim();
}

function readFaults(file: string): FaultPlan {
  let plan: unknown;
  try {
    plan = JSON.parse(readFileSync(file, "utf8"));
  } catch (error) {
    throw new InputError(
      `the faults ${file} cannot be read`,
      [error instanceof Error ? error.message : String(error)],
      { cause: error },
    );
  }
  if (typeof plan === "object" && plan !== null && "faults" in plan && Array.isArray(plan.faults))
    return plan as FaultPlan;
  throw new InputError(`the faults ${file} cannot be used`, ['expected { "faults": [...] }']);
}

function durationArgument(text: string): number {
  const ms = parseDuration(text);
  if (ms === undefined) throw new InvalidArgumentError("expected a time such as 90s, 30m, 6h or 7d");
  if (ms < 30_000) throw new InvalidArgumentError("the shortest run is one beat, 30s");
  return ms;
}

function speedArgument(text: string): number {
  const speed = text === "max" ? Number.POSITIVE_INFINITY : Number(text);
  if (!(speed > 0) || text.trim() === "") throw new InvalidArgumentError("expected a number above 0, or max");
  return speed;
}

function seedArgument(text: string): number {
  const seed = Number(text);
  if (!Number.isSafeInteger(seed) || seed < 0 || text.trim() === "")
    throw new InvalidArgumentError("expected a whole number from 0 on");
  return seed;
}

function traceArgument(text: string, before: readonly TraceRequest[] | undefined): readonly TraceRequest[] {
  const request = parseTraceRequest(text);
  if (request.file === "" || request.component === "")
    throw new InvalidArgumentError("expected FILE or FILE=component");
  if (before?.some(({ component }) => component === request.component))
    throw new InvalidArgumentError(`two traces for ${request.component}`);
  return [...(before ?? []), request];
}
