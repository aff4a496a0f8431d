import { type Aggregate, aggregate } from "../../lib/backtest/aggregate.ts";
import type { ResultRow } from "../../lib/backtest/result-row.ts";
import { BASELINE, ORACLE } from "../../lib/backtest/scalers.ts";
import { count } from "../../lib/backtest/table.ts";
import { duration, estimate, fixed, markdownTable, percent, ratio } from "./format.ts";
import { SEED } from "./job.ts";
import { SWEPT } from "./plan.ts";
import type { Results } from "./results.ts";

/** All traces: ratios over the baseline, ranks. */
export function ranking(results: Results): string {
  const rows = defaultsOf(results).filter(({ scaler }) => scaler !== ORACLE);
  const all: readonly Aggregate[] = aggregate(rows, {
    seed: SEED,
    baseline: BASELINE,
    oracle: ORACLE,
    isOurs: () => false,
  });
  const lines = all.map((each) => [
    each.scaler,
    estimate(each.taskHoursVsBaseline),
    estimate(each.violatingShareVsBaseline),
    estimate(each.costVsOracle),
    ...[each.rank.taskHours, each.rank.violatingShare, each.rank.sigma].map((rank) => rank.toFixed(1)),
  ]);
  return `Geometric means over traces with 95 % intervals, over ${BASELINE} at its default target of 70 %; a violating share below 0.01 % counts as
that. Ranks are means over traces; 1 is the best of ${all.length} (without the oracle). Defaults buy different service, so a low cost here is not by
itself good: compare at equal service, above.

${markdownTable(["scaler", "task-hours", "violating share", "cost over the oracle's", "rank cost", "rank violations", "rank sigma"], lines)}`;
}

export function defaultsOf(results: Results): readonly ResultRow[] {
  return results.defaults.filter(({ scaler }) => SWEPT.includes(scaler));
}

const HEADS = [
  "scaler",
  "violating %",
  "late %",
  "violating for",
  "longest",
  "p50 ms",
  "p95 ms",
  "p99 ms",
  "task-hours",
  "USD",
  "over oracle",
  "thetaU",
  "thetaO",
  "tauU",
  "tauO",
  "instab.",
  "sigma",
  "actions",
  "reversals",
  "starts",
  "recovery",
];

function cells(row: ResultRow): readonly string[] {
  return [
    row.scaler,
    percent(row.violatingShare),
    percent(row.lateShare),
    duration(row.violationSeconds),
    duration(row.longestViolationSeconds),
    ...[row.p50Ms, row.p95Ms, row.p99Ms].map((ms) => ms.toFixed(0)),
    row.taskHours.toFixed(0),
    row.costUsd.toFixed(2),
    ratio(row.costVsOracle),
    ...[row.thetaU, row.thetaO, row.tauU, row.tauO].map((each) => fixed(each, 1)),
    fixed(row.instability, 1),
    fixed(row.sigma, 1),
    `${row.scaleActions}`,
    `${row.reversals}`,
    `${row.taskStarts}`,
    duration(row.recoverySeconds),
  ];
}

/** A table for each trace. */
export function defaultTables(results: Results): string {
  const rows = defaultsOf(results);
  const parts = results.traces.map(({ trace, scoredHours }) => {
    const own = rows.filter((row) => row.trace === trace).sort((a, b) => a.taskHours - b.taskHours);
    return `### ${trace}\n\n${count(own[0]?.requests ?? 0)} requests in ${(scoredHours / 24).toFixed(1)} scored days.\n\n${markdownTable(HEADS, own.map(cells))}`;
  });
  return `Columns: docs/backtest.md, "What is measured". Cheapest first.\n\n${parts.join("\n\n")}`;
}
