import { CONTROLLER } from "../../lib/backtest/controller-scalers.ts";
import { SERVICE_LEVELS, type ServiceComparison } from "../../lib/backtest/cost-at-equal-service.ts";
import { BASELINE } from "../../lib/backtest/scalers.ts";
import { comparisonWith, levelCells, meanOverOracle, ONLY_PEER } from "./comparison.ts";
import { estimate, listed, markdownTable, percent, ratio } from "./format.ts";
import { HPA } from "./plan.ts";
import type { Results } from "./results.ts";

/** Of the project, before anything was measured. */
const GOALS = { [BASELINE]: 0.8, [HPA]: 0.85, worst: 1, oracle: 1.25 } as const;

export function goals(results: Results): string {
  const peers = ([BASELINE, HPA] as const).map((peer) => ({ peer, of: comparisonWith(results, peer) }));
  const oracle = meanOverOracle(results, CONTROLLER);
  const reached = (value: number | undefined, limit: number): string =>
    value === undefined ? "unknown" : value <= limit ? "reached" : "**not reached**";
  const rows = [
    ...peers.map(({ peer, of: { ratio: mean } }) => [
      `task-hours over those of ${peer} at equal service, mean`,
      `<= ${GOALS[peer].toFixed(2)}`,
      estimate(mean),
      reached(mean?.value, GOALS[peer]),
    ]),
    ...peers.map(({ peer, of }) => [
      `the same on the worst trace (${of.traces.find((each) => each.ratio === of.worst)?.trace ?? "-"})`,
      `<= ${GOALS.worst.toFixed(2)}`,
      ratio(of.worst),
      `${reached(of.worst, GOALS.worst)}, ${peer}`,
    ]),
    [
      `task-hours over the oracle's at 0.5 % violating, mean over the ${oracle.reached} of ${results.traces.length} traces where that is reached`,
      `<= ${GOALS.oracle.toFixed(2)}`,
      estimate(oracle.mean),
      reached(oracle.mean?.value, GOALS.oracle),
    ],
  ];
  return `${markdownTable(["goal", "aim", "here", ""], rows)}\n\n${peers.map(({ peer, of }) => losses(results, peer, of)).join("\n\n")}`;
}

/** What a mean hides: where the peer is cheaper, and where only it is good enough. */
function losses(results: Results, peer: string, { traces, onlyOursReaches }: ServiceComparison): string {
  const dearer = traces.flatMap(({ trace, ratio: mean }) => ((mean ?? 0) > 1 ? [`${trace} (${ratio(mean)})`] : []));
  const single = traces.flatMap(({ trace, levels }) =>
    levels.flatMap((each) =>
      "ratio" in each && each.ratio > 1 ? [`${trace} at ${percent(each.level)} % (${ratio(each.ratio)})`] : [],
    ),
  );
  const missed = traces.flatMap(({ trace }) =>
    levelCells(results, peer, trace).flatMap((cell, at) =>
      cell === ONLY_PEER ? [`${trace} at ${percent(SERVICE_LEVELS[at] ?? Number.NaN)} %`] : [],
    ),
  );
  const unreached =
    missed.length === 0
      ? ""
      : ` **Only\n${peer} reaches ${listed(missed)}**: the controller's most careful setting violates more there, whatever the peer pays for it.`;
  return `Against ${peer} the controller is dearer in the mean of a trace on ${listed(dearer, "none")}, at a single level on ${listed(single, "none")}.${unreached}
Levels that only the controller reaches: ${onlyOursReaches}.`;
}
