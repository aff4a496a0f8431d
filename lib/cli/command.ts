import { type Command, InvalidArgumentError } from "commander";
import { ScalingController } from "../controller.ts";
import { InputError } from "../domain/model/errors.ts";
import { DEFAULT_FOLDER, hasRun } from "../local/run-folder.ts";
import { type LocalState, openState } from "../local/state.ts";
import type { Ports } from "../ports.ts";
import type { Output } from "./output.ts";

/** Adds one subcommand to the program. */
export type Register = (program: Command, output: Output) => void;

/** Options of every command that looks at a state. */
export interface StateOptions {
  readonly data?: string;
  readonly json?: boolean;
}

/** A command that reads or changes the state of a local run. */
export function stateCommand(program: Command, usage: string, description: string): Command {
  return program
    .command(usage)
    .description(description)
    .option("--data <dir>", `folder of the local run (default: ${DEFAULT_FOLDER})`)
    .option("--json", "print one JSON document");
}

/** The state, and a controller that looks at it; closed when `work` has ended. */
export async function withState<T>(
  options: StateOptions,
  work: (state: LocalState, controller: ScalingController) => Promise<T>,
  { forRestore = false }: { forRestore?: boolean } = {},
): Promise<T> {
  const state = await openState(folderOf(options), { forRestore });
  try {
    return await work(state, new ScalingController({ config: state.run.config, ports: portsOf(state) }));
  } finally {
    await state.close();
  }
}

function folderOf({ data }: StateOptions): string {
  if (data !== undefined) return data;
  if (hasRun(DEFAULT_FOLDER)) return DEFAULT_FOLDER;
  throw new InputError("there is nothing to look at", [
    `no local run in ./${DEFAULT_FOLDER}: start one with \`scaling-controller local\`, or name its folder with --data`,
    "access to a deployment in AWS is not part of this version yet",
  ]);
}

/** Commands read and write the state only: the world belongs to the run. */
function portsOf({ store, nowMs }: LocalState): Ports {
  const unreachable = (): never => {
    throw new InputError("the simulated services cannot be reached from here", [
      "they live in the process of the local run",
    ]);
  };
  return {
    store,
    metrics: { read: async () => unreachable() },
    orchestrator: {
      describe: async () => unreachable(),
      ensureRevision: async () => unreachable(),
      update: async () => unreachable(),
    },
    notifier: { publish: async () => unreachable() },
    clock: { nowMs: () => nowMs },
    log: () => undefined,
  };
}

/** A number on the command line. */
export function numberArgument(text: string): number {
  const value = Number(text);
  if (text.trim() === "" || !Number.isFinite(value)) throw new InvalidArgumentError("expected a number");
  return value;
}
