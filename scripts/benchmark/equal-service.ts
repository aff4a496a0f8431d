import { geometricMean } from "../../lib/backtest/bootstrap.ts";
import { CONTROLLER } from "../../lib/backtest/controller-scalers.ts";
import { SERVICE_LEVELS } from "../../lib/backtest/cost-at-equal-service.ts";
import { BASELINE, ORACLE } from "../../lib/backtest/scalers.ts";
import { comparisonWith, levelCells, meanOverOracle, ORACLE_LEVEL, overOracle } from "./comparison.ts";
import { estimate, listed, markdownTable, percent, ratio } from "./format.ts";
import { HPA, SWEPT, TRACES } from "./plan.ts";
import { curveOf, hasSweep, type Results } from "./results.ts";
import { SIGHTED } from "./sighted.ts";

const PEERS: readonly string[] = SWEPT.filter((name) => name !== CONTROLLER && name !== ORACLE);

function peersSwept(results: Results): readonly string[] {
  return PEERS.filter((name) => results.traces.some(({ trace }) => hasSweep(results, name, trace)));
}

/** The mean against each peer, and each trace against the two of the goals. */
export function headline(results: Results): string {
  const rows = peersSwept(results).map((peer) => {
    const of = comparisonWith(results, peer);
    const worst = of.traces.find((each) => each.ratio === of.worst)?.trace;
    return [
      peer,
      `**${estimate(of.ratio)}**`,
      worst === undefined ? "-" : `${ratio(of.worst)} ${worst}`,
      ...[of.compared, of.onlyOursReaches, of.onlyPeerReaches, of.neitherReaches, of.beyondSweep].map(String),
    ];
  });
  const tuned = TRACES.filter(({ isTuned }) => isTuned).map(({ name }) => name);
  const others = TRACES.filter(({ isTuned }) => !isTuned).map(({ name }) => name);
  const split = [BASELINE, HPA].map((peer) => [
    peer,
    ...[tuned, others].map((traces) => {
      const run = traces.filter((trace) => results.traces.some((each) => each.trace === trace));
      const { ratio: mean, compared } = comparisonWith(results, peer, { traces: run });
      return `${estimate(mean)}, ${compared} pairs`;
    }),
  ]);
  return `The controller's task-hours over the peer's where both have the same violating share: 0.1, 0.3 and 1 %, read off between two settings,
linear in the logarithm of the share, never extrapolated. Geometric mean over all levels of all traces that both have; in brackets the
95 % interval of ${2000} bootstrap samples over traces. Below 1 the controller is cheaper.

${markdownTable(["peer", "task-hours, ours over theirs", "worst trace", "pairs of trace and level", "only ours reaches", "only the peer", "neither", "beyond a sweep"], rows)}

*Beyond a sweep*: every setting of one of the two violates less than the level. *Only the peer* is a loss that the ratio does not show,
*only ours* a gain that it does not show.

![task-hours at equal service, each trace](benchmark/equal-service.svg)

${[BASELINE, HPA].map((peer) => `### Against ${peer}\n\n${traceTable(results, peer)}`).join("\n\n")}

### On traces that the constants were chosen on, and on the others

${markdownTable(["peer", `chosen on (${tuned.length} traces)`, `others (${others.length} traces)`], split)}

### The fronts

Violating share (up) against task-hours over the oracle's (right); the large dot is the default, lower left is better. What costs more than
the axis is not shown.

![all traces](benchmark/pareto.svg)

Each by itself, with all scalers: ${listed(results.traces.map(({ trace }) => `[${trace}](benchmark/pareto-${trace}.svg)`))}.`;
}

function traceTable(results: Results, peer: string): string {
  const comparison = comparisonWith(results, peer);
  const rows = results.traces.map(({ trace }) => [
    trace,
    ...levelCells(results, peer, trace),
    ratio(comparison.traces.find((each) => each.trace === trace)?.ratio),
  ]);
  return markdownTable(["trace", ...SERVICE_LEVELS.map((level) => `at ${percent(level)} %`), "mean"], rows);
}

/** The other peers' tables. */
export function pairs(results: Results): string {
  return `Cells as above: a ratio, or who has a setting good enough (*only ours*, *only the peer*, *neither*), or whose every setting is better than
the level (*ours better*, *peer better*, *both better*).

${peersSwept(results)
  .filter((peer) => peer !== BASELINE && peer !== HPA)
  .map((peer) => `### ${peer}\n\n${traceTable(results, peer)}`)
  .join("\n\n")}`;
}

export function versusOracle(results: Results): string {
  const shown = [CONTROLLER, ...peersSwept(results)];
  const means = shown.map((scaler) => {
    const { mean, reached } = meanOverOracle(results, scaler);
    return [scaler, estimate(mean), `${reached}`];
  });
  const both = results.traces.filter(({ trace }) =>
    [CONTROLLER, SIGHTED].every((scaler) => overOracle(results, scaler, trace) !== null),
  );
  const of = (scaler: string): number =>
    geometricMean(both.map(({ trace }) => overOracle(results, scaler, trace) ?? 0));
  const columns = [CONTROLLER, BASELINE, HPA, "keda", SIGHTED];
  const rows = results.traces.map(({ trace }) => [
    trace,
    ...columns.map((scaler) => ratio(overOracle(results, scaler, trace))),
    percent(results.defaults.find((row) => row.trace === trace && row.scaler === ORACLE)?.violatingShare ?? Number.NaN),
  ]);
  return `Task-hours at ${percent(ORACLE_LEVEL)} % violating over the oracle's with its defaults: it knows the load, has the same start-up time, and cannot know how
long a single task takes. A trace whose sweep has no such point is left out, so means of different traces are not to be compared with
each other.

The goal was set before anything was measured. How near anybody can come who does not know the future, *sighted* tells: it sees the load of every
moment, exactly and at once, where all others wait for metrics, and is even told what comes before it stops a task; only of a growth it learns when it
is there, and keeps headroom for the time in which tasks start. It needs ${ratio(of(SIGHTED))} of the oracle's task-hours, and the controller
${ratio(of(CONTROLLER))}, on the ${both.length} traces where both reach the level.

${markdownTable(["scaler", "over the oracle, mean", `of ${results.traces.length} traces`], means)}

${markdownTable(["trace", ...columns, "violating % of the oracle"], rows)}`;
}

/** Traces with a level that no setting of the controller reaches. */
export function outOfReach(results: Results): string {
  const least = (scaler: string, trace: string): number =>
    Math.min(...curveOf(results, scaler, trace).map(({ violatingShare }) => violatingShare));
  const rows = results.traces.flatMap(({ trace }) => {
    const ours = least(CONTROLLER, trace);
    if (ours <= Math.min(...SERVICE_LEVELS)) return [];
    const swept = PEERS.filter((peer) => hasSweep(results, peer, trace) && peer !== "static-p99");
    const best = swept.reduce((a, b) => (least(b, trace) < least(a, trace) ? b : a), swept[0] ?? "");
    const oracle = results.defaults.find((row) => row.trace === trace && row.scaler === ORACLE);
    return [
      [
        trace,
        percent(ours),
        best === "" ? "-" : `${percent(least(best, trace))} (${best})`,
        percent(least("static-p99", trace)),
        percent(oracle?.violatingShare ?? Number.NaN),
      ],
    ];
  });
  return `The least violating share, in percent, of all settings that were run, on the traces where the controller does not reach 0.1 % with any. *Static* is
provisioned once, for what the unscored beginning needed:

${rows.length === 0 ? "none." : markdownTable(["trace", "ours", "best autoscaler beside it", "static", "oracle, default"], rows)}

nab_tweets_ups and nab_ec2_cpu are near zero most of the time, and most of their requests come in square bursts of ten to forty times
the load within one step of five minutes. Nothing in their past announces one. A task takes some 40 s to start, the load is seen half a
minute after it came: whoever does not know the future serves the beginning of a burst late, or pays for its peak all day.`;
}
