import { formatDuration } from "../local/duration.ts";
import { formatClock } from "../local/progress/clock-text.ts";
import { scalingMetrics } from "../report/index.ts";
import type { FleetMetrics, ScalingMetrics } from "../report/metrics.ts";
import { type OperatedState, type Register, type StateOptions, stateCommand, withState } from "./command.ts";
import { bold, pairs, printJson, table } from "./output.ts";

interface Status {
  readonly schemaVersion: 1;
  readonly now: string;
  /** Of a local run: null for a deployment. */
  readonly sinceStartSeconds: number | null;
  /** Process of the live run; null when nobody runs, and for a deployment. */
  readonly pid: number | null;
  /** Of a local run: null for a deployment. */
  readonly seed: number | null;
  /** Of a deployment: null for a local run. */
  readonly table: string | null;
  readonly region: string | null;
  /** Of a deployment: age of the newest state that its monitor wrote; null before the first, and for a local run. */
  readonly monitorAgeSeconds: number | null;
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

function statusOf({ origin, nowMs }: OperatedState, { fleets }: ScalingMetrics): Status {
  const head = { schemaVersion: 1, now: new Date(nowMs).toISOString() } as const;
  const nothing = {
    sinceStartSeconds: null,
    pid: null,
    seed: null,
    table: null,
    region: null,
    monitorAgeSeconds: null,
  };
  if (origin.kind === "local") {
    const { run, pid } = origin;
    const sinceStartSeconds = (nowMs - run.startMs) / 1000;
    return { ...head, ...nothing, sinceStartSeconds, pid: pid ?? null, seed: run.seed, fleets };
  }
  const { table: name, region, monitoredAtMs } = origin;
  const monitorAgeSeconds = monitoredAtMs === undefined ? null : Math.max(0, (nowMs - monitoredAtMs) / 1000);
  return { ...head, ...nothing, table: name, region, monitorAgeSeconds, fleets };
}

function render(status: Status): string {
  const head = `${formatClock(Date.parse(status.now))} UTC, ${status.table === null ? localText(status) : deployedText(status)}`;
  return [head, ...status.fleets.map(renderFleet)].join("\n\n");
}

function localText({ sinceStartSeconds, pid }: Status): string {
  const runs = pid === null ? "not running" : `running as process ${pid}`;
  return `${formatDuration((sinceStartSeconds ?? 0) * 1000)} after the start, ${runs}`;
}

function deployedText({ table: name, region, monitorAgeSeconds }: Status): string {
  const seen =
    monitorAgeSeconds === null
      ? "the monitor has not written anything yet"
      : `the monitor last wrote ${formatDuration(monitorAgeSeconds * 1000)} ago`;
  return `table ${name} in ${region}, ${seen}`;
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
