import { CONTROLLER } from "../../lib/backtest/controller-scalers.ts";
import { BASELINE } from "../../lib/backtest/scalers.ts";
import { comparisonWith } from "./comparison.ts";
import { estimate, listed, markdownTable, percent, ratio } from "./format.ts";
import { VARIANTS, type VariantName } from "./job.ts";
import { HPA } from "./plan.ts";
import type { Results } from "./results.ts";

/** Other worlds: does the order of the scalers depend on what we assumed? */
export function sensitivity(results: Results): string {
  const traces = [...new Set(results.curves.filter(({ variant }) => variant !== "base").map(({ trace }) => trace))];
  if (traces.length === 0) return "Not run.";
  const rows = (Object.keys(VARIANTS) as VariantName[]).map((variant) => [
    VARIANTS[variant].title,
    ...[BASELINE, HPA].flatMap((peer) => {
      const of = comparisonWith(results, peer, { traces, variant });
      return [estimate(of.ratio), ratio(of.worst), `${of.compared}, ${of.onlyOursReaches}, ${of.onlyPeerReaches}`];
    }),
  ]);
  const shares = (Object.keys(VARIANTS) as VariantName[]).map((variant) => [
    VARIANTS[variant].title,
    ...[CONTROLLER, BASELINE, HPA].map((scaler) =>
      listed(traces.map((trace) => defaultShare(results, { trace, scaler, variant }))),
    ),
  ]);
  return `On ${listed(traces)}; fewer settings of each scaler than above but in the first row, so more pairs have no figure. The defaults stay as they are:
nothing was tuned to a variant.

${markdownTable(
  [
    "world",
    ...["AWS 20 s", "HPA"].flatMap((peer) => [`ratio to ${peer}`, "worst trace", "compared, only ours, only the peer"]),
  ],
  rows,
)}

Violating percent with default settings, trace by trace in the order above:

${markdownTable(["world", CONTROLLER, BASELINE, HPA], shares)}

With its processor shared, a task's response time depends on its own use alone: nothing is gained by having many, and square-root staffing, which
counts on that, is wrong. There the controller was swept over a staffing of 1, 2 and 3 instead; whoever balances at random should raise it.`;
}

function defaultShare(
  results: Results,
  { trace, scaler, variant }: { readonly trace: string; readonly scaler: string; readonly variant: VariantName },
): string {
  const curve = results.curves.find(
    (each) => each.trace === trace && each.scaler === scaler && each.variant === variant,
  );
  const point = curve?.points.find(([setting]) => setting === "default");
  return point === undefined ? "-" : percent(point[2]);
}
