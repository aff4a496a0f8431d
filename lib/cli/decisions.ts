import { InvalidArgumentError, Option } from "commander";
import { explainDecision } from "../domain/decision/explain.ts";
import type { Decision } from "../domain/model/decision.ts";
import type { FleetPolicy } from "../domain/model/policy.ts";
import { ACTIONS, type ActionName } from "../domain/model/trigger.ts";
import { parseDuration } from "../local/duration.ts";
import { type OperatedState, type Register, type StateOptions, stateCommand, withState } from "./command.ts";
import { printJson, table } from "./output.ts";

interface DecisionsOptions extends StateOptions {
  readonly component?: string;
  readonly action?: ActionName;
  readonly status?: string;
  readonly reason?: string;
  readonly since: number;
  readonly holds?: boolean;
  readonly limit: number;
}

/** `decisions`: what was decided, newest last. */
export const registerDecisions: Register = (program, output) => {
  stateCommand(program, "decisions", "what was decided, oldest first")
    .option("--component <name>", "of this component only")
    .option("--action <name>", "with this action only", actionArgument)
    .option("--status <name>", "with this status only, such as PENDING, MEASURED, FAILED")
    .option("--reason <name>", "held or refused for this reason only")
    .addOption(
      new Option("--since <time>", "decided in the last 30m, 6h, 2d (of simulated time in a local run)")
        .argParser(sinceArgument)
        .default(86_400_000, "24h"),
    )
    .option("--holds", "also where nothing was changed (NO_ACTION)")
    .option("--limit <count>", "at most so many, the newest", limitArgument, 50)
    .action(async (options: DecisionsOptions) => {
      const found = await withState(options, async (state, { fleets }) => find(state, fleets, options));
      if (options.json) printJson(output, { schemaVersion: 1, decisions: found });
      else output.out(found.length === 0 ? "no such decision" : render(found));
    });
};

async function find(
  { store, nowMs }: OperatedState,
  fleets: readonly FleetPolicy[],
  options: DecisionsOptions,
): Promise<Decision[]> {
  const fromMs = nowMs - options.since;
  const withHolds =
    options.holds === true ||
    options.action === "NO_ACTION" ||
    options.status === "HELD" ||
    options.reason !== undefined;
  const lists = await Promise.all(
    fleets.flatMap((fleet) => [
      store.readActions(fleet.name, fromMs, nowMs + 1),
      ...(withHolds ? fleet.components : [])
        .filter(({ name }) => options.component === undefined || name === options.component)
        .map(async ({ name }) => store.readHolds(fleet.name, name, fromMs, nowMs + 1)),
    ]),
  );
  const wanted = lists
    .flat()
    .filter(
      (each) =>
        (options.component === undefined || each.component === options.component) &&
        (options.action === undefined || each.action === options.action) &&
        (options.status === undefined || each.status === options.status.toUpperCase()) &&
        (options.reason === undefined || each.hold === options.reason || each.result?.reason === options.reason),
    );
  return wanted.sort((a, b) => a.decidedAtMs - b.decidedAtMs || (a.id < b.id ? -1 : 1)).slice(-options.limit);
}

function render(decisions: readonly Decision[]): string {
  return table(
    ["id", "status", "effect", "what and why"],
    decisions.map((each) => [
      each.id,
      each.status,
      each.result?.effectiveness === undefined ? "-" : `${Math.round(each.result.effectiveness)}`,
      explainDecision(each),
    ]),
  );
}

function actionArgument(text: string): ActionName {
  const name = ACTIONS.find((each) => each === text.toUpperCase());
  if (name === undefined) throw new InvalidArgumentError(`expected one of ${ACTIONS.join(", ")}`);
  return name;
}

function sinceArgument(text: string): number {
  const ms = parseDuration(text);
  if (ms === undefined) throw new InvalidArgumentError("expected a time such as 30m, 6h or 2d");
  return ms;
}

function limitArgument(text: string): number {
  const count = Number(text);
  if (!Number.isSafeInteger(count) || count < 1) throw new InvalidArgumentError("expected a whole number from 1 on");
  return count;
}
