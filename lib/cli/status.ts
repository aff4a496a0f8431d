import { formatDuration } from "../local/duration.ts";
import { formatClock } from "../local/progress/clock-text.ts";
import type { LocalState } from "../local/state.ts";
import { scalingMetrics } from "../metrics-report.ts";
import type { FleetMetrics, ScalingMetrics } from "../report/metrics.ts";
import { type Register, type StateOptions, stateCommand, withState } from "./command.ts";
import { bold, pairs, printJson, table } from "./output.ts";

interface Status {
  readonly schemaVersion: 1;
  readonly now: string;
  readonly sinceStartSeconds: number;
  /** Process of the live run; null when nobody runs. */
  readonly pid: number | null;
  readonly seed: number;
  readonly fleets: ScalingMetrics["fleets"];
}

/** `status`: what every component has, does and needs, in one screen. */
export const registerStatus: Register = (program, output) => {
  stateCommand(
    program,
    "status",
    "allocations, utilization, modes and limits, and what happened in the last hour",
  ).action(async (options: StateOptions) => {
    const status = await withState(options, async (state, controller) =>
      statusOf(state, await scalingMetrics(state, controller.fleets, state.nowMs, { hours: 1 })),
    );
    if (options.json) printJson(output, status);
    else output.out(render(status));
  });
};

function statusOf({ run, nowMs, pid }: LocalState, { fleets }: ScalingMetrics): Status {
  return {
    schemaVersion: 1,
    now: new Date(nowMs).toISOString(),
    sinceStartSeconds: (nowMs - run.startMs) / 1000,
    pid: pid ?? null,
    seed: run.seed,
    fleets,
  };
}

function render({ now, sinceStartSeconds, pid, fleets }: Status): string {
  const age = formatDuration(sinceStartSeconds * 1000);
  const runs = pid === null ? "not running" : `running as process ${pid}`;
  return [`${formatClock(Date.parse(now))} UTC, ${age} after the start, ${runs}`, ...fleets.map(renderFleet)].join(
    "\n\n",
  );
}

function renderFleet({ fleet, mode, paused, limits, outcomes, activity, components, alerts }: FleetMetrics): string {
  const rows = components.map((each) => [
    each.component,
    each.strategy,
    each.mode,
    `${each.allocation?.tasks ?? "-"}`,
    each.allocation === undefined ? "-" : `${each.allocation.perTask.cpu} vCPU ${each.allocation.perTask.memory} GiB`,
    percent(each.utilization.cpu),
    percent(each.utilization.memory),
    each.lastDecision?.sentence ?? "",
  ]);
  return [
    `${bold(`fleet ${fleet}`)}: mode ${mode}${paused ? ", PAUSED" : ""}`,
    table(["component", "strategy", "mode", "tasks", "a task has", "cpu", "memory", "last decision"], rows),
    "",
    pairs([
      [
        "limits",
        Object.entries(limits)
          .map(([name, { booked, max }]) => `${name} ${booked} of ${max}`)
          .join(", "),
      ],
      [
        "last hour",
        `${activity.decisions} decisions, ${activity.decisions - (activity.byAction["NO_ACTION"] ?? 0)} with a change`,
      ],
      ["executions", `${outcomes.succeeded} succeeded, ${outcomes.failed} failed, ${outcomes.rolledBack} rolled back`],
      ["alerts", `${alerts.sent} sent, ${alerts.suppressed} suppressed`],
    ]),
  ].join("\n");
}

function percent(value: number | undefined): string {
  return value === undefined ? "-" : `${Math.round(value)} %`;
}
