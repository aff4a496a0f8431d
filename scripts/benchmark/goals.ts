import { CONTROLLER } from "../../lib/backtest/controller-scalers.ts";
import { BASELINE } from "../../lib/backtest/scalers.ts";
import { comparisonWith, meanOverOracle } from "./comparison.ts";
import { estimate, listed, markdownTable, ratio } from "./format.ts";
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
  const lost = peers.map(({ peer, of }) => {
    const above = of.traces
      .filter((each) => (each.ratio ?? 0) > 1)
      .map(({ trace, ratio: mean }) => `${trace} (${ratio(mean)})`);
    return `Against ${peer} it is dearer on ${listed(above, "no trace")}; ${levels(of.onlyOursReaches)} only ours reaches, ${levels(of.onlyPeerReaches)} only the peer.`;
  });
  return `${markdownTable(["goal", "aim", "here", ""], rows)}\n\n${lost.join("\n")}`;
}

function levels(count: number): string {
  return count === 1 ? "1 level of a trace" : `${count} levels of traces`;
}
