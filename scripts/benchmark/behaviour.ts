import { CONTROLLER } from "../../lib/backtest/controller-scalers.ts";
import type { ResultRow } from "../../lib/backtest/result-row.ts";
import { BASELINE } from "../../lib/backtest/scalers.ts";
import { defaultsOf } from "./default-settings.ts";
import { duration, fixed, listed, markdownTable, percent, ratio } from "./format.ts";
import { PLAIN_STRATEGIES } from "./job.ts";
import { SWEPT } from "./plan.ts";
import { median, type Results } from "./results.ts";

/** How often each acts, with its defaults. */
export function behaviour(results: Results): string {
  const rows = defaultsOf(results);
  const lines = SWEPT.filter((scaler) => rows.some((row) => row.scaler === scaler)).map((scaler) => {
    const own = rows.filter((row) => row.scaler === scaler);
    const daily = (of: (row: ResultRow) => number): string =>
      fixed(median(own.map((row) => of(row) / scoredDays(results, row.trace))), 1);
    return [
      scaler,
      daily((row) => row.scaleActions),
      daily((row) => row.reversals),
      daily((row) => row.taskStarts),
      duration(median(own.flatMap(({ recoverySeconds }) => recoverySeconds ?? []))),
      duration(median(own.map((row) => row.longestViolationSeconds))),
      fixed(median(own.map((row) => row.instability)), 2),
    ];
  });
  return `With default settings, medians over traces, for each scored day. A reversal takes back, within ten minutes, the change before it. Recovery is the
mean time from the beginning of a shortage until it is over for three minutes.

${markdownTable(["scaler", "actions", "reversals", "task starts", "recovery", "longest violation", "instability %"], lines)}

${churn(results)}`;
}

/** What following the load closely costs in changes. */
function churn(results: Results): string {
  const rows = defaultsOf(results);
  const ratios = (of: (row: ResultRow) => number): string =>
    ratio(
      median(
        rows.flatMap((row) => {
          const base = rows.find((each) => each.trace === row.trace && each.scaler === BASELINE);
          return row.scaler === CONTROLLER && base !== undefined && of(base) > 0 ? [of(row) / of(base)] : [];
        }),
      ),
    );
  return `In the median over traces the controller changes the number of tasks ${ratios((row) => row.scaleActions)} times as often as ${BASELINE}, takes back
${ratios((row) => row.reversals)} times as many changes, and starts ${ratios((row) => row.taskStarts)} times as many tasks. A started task is paid for at least a minute, which is in all
figures here; caches that are cold and connections that are cut are not. Who minds has \`cooldownSeconds\` and \`keepSeconds\`.`;
}

function scoredDays(results: Results, trace: string): number {
  return (results.traces.find((facts) => facts.trace === trace)?.scoredHours ?? Number.NaN) / 24;
}

/** The six, as they come with plain thresholds, beside the staffed controller. */
export function strategies(results: Results): string {
  const names = new Map<string, string>([
    [CONTROLLER, "PREDICTIVE, staffed (the `web` preset)"],
    ...PLAIN_STRATEGIES.map(({ scaler, strategy }): [string, string] => [scaler, strategy]),
  ]);
  const traces = results.traces.filter(({ trace }) =>
    results.defaults.some((row) => row.trace === trace && PLAIN_STRATEGIES.some(({ scaler }) => scaler === row.scaler)),
  );
  if (traces.length === 0) return "Not run.";
  const parts = traces.map(({ trace }) => {
    const lines = [...names].flatMap(([scaler, name]) => {
      const row = results.defaults.find((each) => each.scaler === scaler && each.trace === trace);
      if (row === undefined) return [];
      const days = scoredDays(results, trace);
      return [
        [
          name,
          percent(row.violatingShare),
          row.taskHours.toFixed(0),
          ratio(row.costVsOracle),
          row.p95Ms.toFixed(0),
          duration(row.longestViolationSeconds),
          ...[row.scaleActions, row.reversals, row.taskStarts].map((each) => fixed(each / days, 1)),
          duration(row.recoverySeconds),
        ],
      ];
    });
    return `### ${trace}\n\n${markdownTable(["strategy", "violating %", "task-hours", "over oracle", "p95 ms", "longest violation", "actions / day", "reversals / day", "starts / day", "recovery"], lines)}`;
  });
  return `On ${listed(traces.map(({ trace }) => trace))} only. Each strategy with its default parameters and the default thresholds of CPU (target 60 %, out above 70 %,
in below 45 %), without staffing; all else as in the \`web\` preset. They step up and down from threshold to threshold, and are meant for services whose
demand cannot be computed; beside them the staffed controller.

${parts.join("\n\n")}`;
}
