import type { Aggregate } from "./aggregate.ts";
import type { Estimate } from "./bootstrap.ts";
import type { ServiceComparison } from "./cost-at-equal-service.ts";
import type { BacktestResult } from "./result.ts";
import type { ResultRow } from "./result-row.ts";

/** A table as text cells, for the terminal and the report alike. */
export interface Table {
  readonly title: string;
  readonly heads: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** The violating share that the best setting of a sweep may have. */
const GOOD_SHARE = 0.005;

const RESULT_HEADS = [
  "scaler",
  "setting",
  "requests",
  "violating %",
  "violation",
  "p95 ms",
  "task-hours",
  "USD",
  "vs oracle",
  "actions",
  "reversals",
] as const;

/**
 * A trace's runs with defaults, cheapest first; after a sweep each scaler's best setting with them: the cheapest with at most
 * 0.5 % of the requests violating.
 */
export function resultTable(trace: string, results: readonly ResultRow[]): Table {
  const all = results.filter((row) => row.trace === trace);
  const shown = [...all.filter(({ run }) => run === "default"), ...bestOfSweeps(all)];
  shown.sort((a, b) => a.costUsd - b.costUsd);
  return { title: trace, heads: RESULT_HEADS, rows: shown.map(cellsOf) };
}

function bestOfSweeps(rows: readonly ResultRow[]): readonly ResultRow[] {
  const swept = new Set(rows.filter(({ run }) => run === "sweep").map(({ scaler }) => scaler));
  return [...swept].flatMap((scaler) => {
    const good = rows.filter((row) => row.scaler === scaler && row.violatingShare <= GOOD_SHARE);
    const best = good.reduce<ResultRow | undefined>(
      (least, row) => (least === undefined || row.costUsd < least.costUsd ? row : least),
      undefined,
    );
    return best === undefined || best.run === "default" ? [] : [best];
  });
}

function cellsOf(row: ResultRow): readonly string[] {
  return [
    row.scaler,
    row.knob === undefined ? "default" : `${row.knob.parameter} ${row.knob.value}`,
    count(row.requests),
    percent(row.violatingShare),
    duration(row.violationSeconds),
    row.p95Ms.toFixed(0),
    row.taskHours.toFixed(0),
    row.costUsd.toFixed(2),
    row.costVsOracle === null ? "-" : row.costVsOracle.toFixed(2),
    `${row.scaleActions}`,
    `${row.reversals}`,
  ];
}

/** Scalers over all traces, with their defaults; cheapest first. */
export function aggregateTable({ aggregate, traces }: BacktestResult): Table {
  const baseline = aggregate[0]?.baseline ?? "";
  const sorted = [...aggregate].sort(
    (a, b) => (a.taskHoursVsBaseline?.value ?? Infinity) - (b.taskHoursVsBaseline?.value ?? Infinity),
  );
  const isSwept = aggregate.some(({ taskHoursVsOracleAtHalfPercent: each }) => each !== undefined);
  return {
    title: `All ${traces.length} traces; ratios are geometric means over ${baseline}, with 95 % intervals over traces`,
    heads: [
      "scaler",
      "task-hours",
      "violating share",
      "cost vs oracle",
      "rank cost",
      "rank violations",
      ...(isSwept ? ["vs oracle at 0.5 %"] : []),
    ],
    rows: sorted.map((each) => [
      each.scaler,
      estimate(each.taskHoursVsBaseline),
      estimate(each.violatingShareVsBaseline),
      estimate(each.costVsOracle),
      each.rank.taskHours.toFixed(1),
      each.rank.violatingShare.toFixed(1),
      ...(isSwept ? [atHalfPercent(each, traces.length)] : []),
    ]),
  };
}

function atHalfPercent({ taskHoursVsOracleAtHalfPercent: each }: Aggregate, traces: number): string {
  if (each === undefined) return "-";
  return each.traces === traces ? estimate(each) : `${estimate(each)} on ${each.traces} of ${traces}`;
}

/** Cost at equal service, ours over each peer's; a table for each scaler of ours that was swept beside peers. */
export function equalServiceTables({ aggregate }: BacktestResult): readonly Table[] {
  return aggregate.flatMap(({ scaler, atEqualService: peers }) => {
    if (peers === undefined || peers.length === 0) return [];
    const traces = peers[0]?.traces.map(({ trace }) => trace) ?? [];
    const row = (head: string, of: (peer: ServiceComparison) => string): readonly string[] => [head, ...peers.map(of)];
    return [
      {
        title: `${scaler}: its task-hours over the peer's at equal service (violating shares of 0.1, 0.3 and 1 %)`,
        heads: ["", ...peers.map(({ peer }) => peer)],
        rows: [
          row("all traces", ({ ratio }) => estimate(ratio)),
          row("worst trace", ({ worst }) => worst?.toFixed(2) ?? "-"),
          ...traces.map((trace, at) => row(trace, (peer) => peer.traces[at]?.ratio?.toFixed(2) ?? "-")),
          row("levels compared", ({ compared }) => `${compared}`),
          row("only it reaches", ({ onlyOursReaches }) => `${onlyOursReaches}`),
          row("only the peer reaches", ({ onlyPeerReaches }) => `${onlyPeerReaches}`),
          row("neither reaches", ({ neitherReaches }) => `${neitherReaches}`),
          row("beyond a sweep", ({ beyondSweep }) => `${beyondSweep}`),
        ],
      },
    ];
  });
}

function estimate(value: Estimate | undefined): string {
  if (value === undefined || !Number.isFinite(value.value)) return "-";
  const { value: middle, low, high } = value;
  return low === undefined || high === undefined
    ? middle.toFixed(2)
    : `${middle.toFixed(2)} (${low.toFixed(2)}-${high.toFixed(2)})`;
}

function percent(share: number): string {
  return share === 0 ? "0" : (100 * share).toFixed(share < 0.001 ? 3 : 2);
}

/** 950, 12.3k, 83.2M, 1.35G. */
export function count(value: number): string {
  for (const [unit, size] of [
    ["G", 1e9],
    ["M", 1e6],
    ["k", 1e4],
  ] as const)
    if (value >= size) return `${Number((value / (unit === "k" ? 1e3 : size)).toPrecision(3))}${unit}`;
  return `${value}`;
}

/** 45 s, 12 min, 3.4 h. */
function duration(seconds: number): string {
  if (seconds < 120) return `${Math.round(seconds)} s`;
  return seconds < 7200 ? `${Math.round(seconds / 60)} min` : `${(seconds / 3600).toFixed(1)} h`;
}
