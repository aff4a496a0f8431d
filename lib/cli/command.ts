import { type Command, InvalidArgumentError, Option } from "commander";
import type { Config } from "../config/index.ts";
import { ScalingController } from "../controller.ts";
import { InputError } from "../domain/model/errors.ts";
import { DEFAULT_FOLDER, hasRun, type RunRecord } from "../local/run-folder.ts";
import { openState } from "../local/state.ts";
import type { Ports, StateStore } from "../ports.ts";
import { type DeployedOptions, explainDeployed, openDeployedState } from "./deployed-state.ts";
import type { Output } from "./output.ts";

/** Adds one subcommand to the program. */
export type Register = (program: Command, output: Output) => void;

/** Options of every command that looks at a state: of a local run (the default), or of a deployment. */
export interface StateOptions {
  readonly data?: string;
  readonly table?: string;
  readonly region?: string;
  readonly config?: string;
  readonly json?: boolean;
}

/** The state that a command works on, wherever it lies. */
export interface OperatedState {
  readonly config: Config;
  readonly store: StateStore;
  /** Simulated time of the last beat of a local run; the wall clock for a deployment. */
  readonly nowMs: number;
  readonly origin:
    | { readonly kind: "local"; readonly run: RunRecord; readonly pid: number | undefined }
    | {
        readonly kind: "deployed";
        readonly table: string;
        readonly region: string;
        readonly monitoredAtMs: number | undefined;
      };
  close(): Promise<void>;
}

/** A command that reads or changes the state of a local run or of a deployment. */
export function stateCommand(program: Command, usage: string, description: string): Command {
  return program
    .command(usage)
    .description(description)
    .addOption(
      new Option("--data <dir>", `folder of the local run (default: ${DEFAULT_FOLDER})`).conflicts([
        "table",
        "region",
        "config",
      ]),
    )
    .option("--table <name>", "DynamoDB table of a deployment in AWS, in place of a local run")
    .option("--region <name>", "its region (default: AWS_REGION, or the profile's)")
    .option("--config <file>", "the configuration that was deployed (default: the preset)")
    .option("--json", "print one JSON document");
}

/** The state, and a controller that looks at it; closed when `work` has ended. */
export async function withState<T>(
  options: StateOptions,
  work: (state: OperatedState, controller: ScalingController) => Promise<T>,
  { forRestore = false }: { forRestore?: boolean } = {},
): Promise<T> {
  const { table, region, config } = options;
  if (table !== undefined) {
    const deployed = { table, region, config };
    try {
      return await worked(await openDeployed(deployed, { forRestore }), work);
    } catch (error) {
      throw explainDeployed(error, deployed);
    }
  }
  if (region !== undefined || config !== undefined)
    throw new InputError("--region and --config are of a deployment", [
      "name its table with --table; a local run keeps its own configuration",
    ]);
  return worked(await openLocal(folderOf(options), { forRestore }), work);
}

async function worked<T>(
  state: OperatedState,
  work: (state: OperatedState, controller: ScalingController) => Promise<T>,
): Promise<T> {
  try {
    return await work(state, new ScalingController({ config: state.config, ports: portsOf(state) }));
  } finally {
    await state.close();
  }
}

async function openLocal(folder: string, options: { forRestore: boolean }): Promise<OperatedState> {
  const local = await openState(folder, options);
  const { run, store, nowMs, pid } = local;
  return { config: run.config, store, nowMs, origin: { kind: "local", run, pid }, close: async () => local.close() };
}

async function openDeployed(where: DeployedOptions, options: { forRestore: boolean }): Promise<OperatedState> {
  const deployed = await openDeployedState(where, options);
  const { config, store, nowMs, table, region, monitoredAtMs } = deployed;
  const origin = { kind: "deployed", table, region, monitoredAtMs } as const;
  return { config, store, nowMs, origin, close: async () => deployed.close() };
}

function folderOf({ data }: StateOptions): string {
  if (data !== undefined) return data;
  if (hasRun(DEFAULT_FOLDER)) return DEFAULT_FOLDER;
  throw new InputError("there is nothing to look at", [
    `no local run in ./${DEFAULT_FOLDER}: start one with \`scaling-controller local\`, or name its folder with --data`,
    "for a deployment in AWS, name its table with --table",
  ]);
}

/** Commands read and write the state only: services belong to whoever runs the loops. */
function portsOf({ store, nowMs, origin }: OperatedState): Ports {
  const unreachable = (): never => {
    throw origin.kind === "local"
      ? new InputError("the simulated services cannot be reached from here", [
          "they live in the process of the local run",
        ])
      : new InputError("a command does not reach into ECS or CloudWatch", ["the deployed functions do"]);
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
