import type { Command } from "commander";
import { type ConfigFileReport, inspectConfigFile, readConfigFile } from "../config/file.ts";
import { type Config, effectiveConfig, type Finding, sourceProblems } from "../config/index.ts";
import { configJsonSchema } from "../config/json-schema.ts";
import { renderProblem } from "../config/problems.ts";
import { InputError } from "../domain/model/errors.ts";
import { type Output, printJson, table } from "./output.ts";

/** The effective configuration of a file, or of no file: the preset. */
export async function shownConfig(file?: string): Promise<Config> {
  return effectiveConfig(file === undefined ? {} : await readConfigFile(file));
}

/** A configuration in short, for people. */
export function renderConfig(config: Config): string {
  return config.fleets
    .map((fleet) => {
      const { cpu, memory, network, storage } = fleet.limits;
      const limits = `${cpu} vCPU, ${memory} GiB, ${network} Gbit/s, ${storage} GiB storage`;
      return [`fleet ${fleet.name} (${fleet.mode}), at most ${limits}`, componentTable(fleet)].join("\n");
    })
    .join("\n\n");
}

function componentTable(fleet: Config["fleets"][number]): string {
  const heads = ["component", "strategy", "compute", "mode", "vCPU", "GiB", "tasks", "rules", "schedules"];
  const rows = fleet.components.map((each) => [
    each.name,
    each.strategy,
    each.compute,
    each.mode ?? fleet.mode,
    `${each.cpu.min}-${each.cpu.max}`,
    `${each.memory.min}-${each.memory.max}`,
    `${each.tasks.min}-${each.tasks.max}`,
    String(Object.values(each.rules).filter(({ enabled }) => enabled).length),
    String(each.schedules.length),
  ]);
  return table(heads, rows);
}

/** What `config validate` found, for people. */
export function renderReport({ file, problems, warnings, config }: ConfigFileReport): string {
  const told = warnings.map(({ path, message }) => `  ${path}: ${message}`);
  const unreachable = told.length > 0 ? [`${count(told.length, "part")} of the ranges cannot be had:`, ...told] : [];
  if (config)
    return [
      `${file} is valid`,
      ...unreachable,
      ...renderSources(sourceProblems(config)),
      "",
      renderConfig(config),
    ].join("\n");
  const listed = problems.map((problem) => `  ${renderProblem(problem)}`);
  return [`${file} has ${count(problems.length, "problem")}:`, ...listed, ...unreachable].join("\n");
}

function renderSources(findings: readonly Finding[]): string[] {
  if (findings.length === 0) return [];
  return [
    `on AWS (local mode has all metrics), ${count(findings.length, "value")} of rules would be missing:`,
    ...findings.map(({ path, message }) => `  ${path}: ${message}`),
  ];
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}

/** `config show | validate | schema`. */
export function registerConfigCommand(program: Command, output: Output): void {
  const config = program.command("config").description("look at and check configurations");
  config
    .command("show")
    .description("print the effective configuration: every default filled in")
    .argument("[file]", "configuration file (.json, .ts, .js); the preset without one")
    .option("--json", "the whole of it as JSON")
    .action(async (file: string | undefined, { json }: { json?: boolean }) => {
      await telling(output, async () => {
        const shown = await shownConfig(file);
        if (json) printJson(output, shown);
        else output.out(renderConfig(shown));
      });
    });
  config
    .command("validate")
    .description(
      "list all problems of a configuration, what its ranges cannot reach, and which rules have no metric on AWS",
    )
    .argument("<file>", "configuration file (.json, .ts, .js)")
    .option("--json", "as JSON: { file, valid, problems, warnings, sources }")
    .action(async (file: string, { json }: { json?: boolean }) => {
      const { config: valid, ...report } = await inspectConfigFile(file);
      const isValid = valid !== undefined;
      const { problems, warnings } = report;
      if (json)
        printJson(output, { file, valid: isValid, problems, warnings, sources: valid ? sourceProblems(valid) : [] });
      else if (isValid) output.out(renderReport({ ...report, config: valid }));
      else output.err(renderReport(report));
      output.exit(isValid ? 0 : 1);
    });
  config
    .command("schema")
    .description("print the JSON Schema of configurations, for editors")
    .action(() => printJson(output, configJsonSchema()));
}

/** Problems of the input are told without a stack; everything else is a bug and goes on its way. */
async function telling(output: Output, action: () => Promise<void>): Promise<void> {
  try {
    await action();
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    output.err(error.message);
    output.exit(1);
  }
}
