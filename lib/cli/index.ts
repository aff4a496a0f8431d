import { Command, CommanderError } from "commander";
import { ControllerError, InvariantError } from "../domain/model/errors.ts";
import { VERSION } from "../version.ts";
import { registerApprove } from "./approve.ts";
import { registerBacktest } from "./backtest.ts";
import type { Register } from "./command.ts";
import { registerConfigCommand } from "./config.ts";
import { registerDashboard } from "./dashboard.ts";
import { registerDecide } from "./decide.ts";
import { registerDecisions } from "./decisions.ts";
import { registerExplain } from "./explain.ts";
import { registerExport } from "./export.ts";
import { registerLocal } from "./local.ts";
import { registerMetrics } from "./metrics.ts";
import { registerMode } from "./mode.ts";
import { type Output, PROCESS_STREAMS } from "./output.ts";
import { registerPause } from "./pause.ts";
import { registerRestore } from "./restore.ts";
import { registerResume } from "./resume.ts";
import { registerStatus } from "./status.ts";

/** Every subcommand, in the order of the help. A new one: its module, and its line here. */
const COMMANDS: readonly Register[] = [
  registerLocal,
  registerBacktest,
  registerConfigCommand,
  registerStatus,
  registerDecisions,
  registerExplain,
  registerDecide,
  registerPause,
  registerResume,
  registerMode,
  registerApprove,
  registerMetrics,
  registerDashboard,
  registerExport,
  registerRestore,
];

/** 0: done. 1: it failed. 2: the command line cannot be understood. */
export type ExitCode = 0 | 1 | 2;

/** Runs one command line (without node and script) and says how the process should end. Never throws. */
export async function main(
  args: readonly string[],
  streams: Omit<Output, "exit"> = PROCESS_STREAMS,
): Promise<ExitCode> {
  let code: ExitCode = 0;
  const output: Output = {
    ...streams,
    exit: (wanted) => {
      code = wanted;
    },
  };
  try {
    await buildProgram(output).parseAsync([...args], { from: "user" });
    return code;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    output.err(messageOf(error));
    return 1;
  }
}

function buildProgram(output: Output): Command {
  const program = new Command("scaling-controller")
    .description("An explainable, replayable autoscaler for Amazon ECS")
    .version(VERSION, "-V, --version")
    .showHelpAfterError("(add --help for all options)")
    .configureOutput({ writeOut: (text) => output.out(text.trimEnd()), writeErr: (text) => output.err(text.trimEnd()) })
    .exitOverride();
  for (const register of COMMANDS) register(program, output);
  return program;
}

/** Errors made on purpose speak for themselves; anything else is a bug and shows where it came from. */
function messageOf(error: unknown): string {
  if (error instanceof ControllerError && !(error instanceof InvariantError)) return `error: ${error.message}`;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
