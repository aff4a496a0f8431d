import { InvalidArgumentError } from "commander";
import { scalingMetrics } from "../report/index.ts";
import type { FleetMetrics } from "../report/metrics.ts";
import { type Register, type StateOptions, stateCommand, withState } from "./command.ts";
import { bold, pairs, printJson, table } from "./output.ts";

interface MetricsOptions extends StateOptions {
  readonly hours: number;
}

/** `metrics`: what the controller did, and what came of it. */
export const registerMetrics: Register = (program, output) => {
  stateCommand(program, "metrics", "activity, impact, effectiveness, success and failure (getScalingMetrics)")
    .option("--hours <count>", "counted over so many hours (of simulated time in a local run)", hoursArgument, 24)
    .action(async (options: MetricsOptions) => {
      const metrics = await withState(options, async (state, { fleets }) =>
        scalingMetrics(state, fleets, state.nowMs, { hours: options.hours }),
      );
      if (options.json) printJson(output, { schemaVersion: 1, ...metrics });
      else output.out(metrics.fleets.map((fleet) => render(fleet, options.hours)).join("\n\n"));
    });
};

function render(
  { fleet, activity, outcomes, impact, scores, components, alerts }: FleetMetrics,
  hours: number,
): string {
  const counts = (of: Readonly<Record<string, number>>): string =>
    Object.entries(of)
      .sort(([, a], [, b]) => b - a)
      .map(([name, count]) => `${name} ${count}`)
      .join(", ") || "none";
  const entries: [string, string][] = [
    ["decisions", `${activity.decisions}: ${counts(activity.byAction)}`],
    ["because", counts(activity.byReason)],
    ["changes", `${activity.changesPerHour} an hour`],
    [
      "outcomes",
      `${outcomes.succeeded} succeeded, ${outcomes.failed} failed, ${outcomes.rolledBack} rolled back; effectiveness ${outcomes.effectiveness ?? "-"}`,
    ],
    ["alerts", `${alerts.sent} sent, ${alerts.suppressed} suppressed, ${alerts.undelivered} undelivered`],
  ];
  if (scores !== undefined) {
    entries.push([
      "scores",
      `${scores.score} of 100; efficiency ${scores.efficiency} % (target ${scores.efficiencyTarget}), response ${scores.responseTimeMs ?? "-"} ms (target ${scores.responseTimeTargetMs}), success ${scores.successRate ?? "-"} % (target ${scores.successRateTarget})`,
    ]);
  }
  const rows = components.map((each) => [
    each.component,
    `${each.activity.decisions}`,
    `${each.activity.changesPerHour}`,
    `${each.outcomes.succeeded}`,
    `${each.outcomes.failed}`,
    `${each.outcomes.rolledBack}`,
    `${each.outcomes.effectiveness ?? "-"}`,
    `${each.performanceScore ?? "-"}`,
  ]);
  const impacts = impact.map((each) => [
    each.trigger,
    `${each.measured}`,
    `${each.before}`,
    `${each.after}`,
    each.unit,
    `${each.effectiveness}`,
  ]);
  return [
    bold(`fleet ${fleet}, last ${hours} h`),
    pairs(entries),
    "",
    table(["component", "decisions", "changes/h", "succeeded", "failed", "rolled back", "effect", "score"], rows),
    ...(impacts.length === 0 ? [] : ["", table(["trigger", "measured", "before", "after", "unit", "effect"], impacts)]),
  ].join("\n");
}

function hoursArgument(text: string): number {
  const hours = Number(text);
  if (!(hours > 0 && hours <= 24 * 90))
    throw new InvalidArgumentError("expected a number of hours above 0, at most 2160");
  return hours;
}
