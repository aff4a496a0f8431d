import { bootstrap, type Estimate, geometricMean } from "../../lib/backtest/bootstrap.ts";
import { CONTROLLER } from "../../lib/backtest/controller-scalers.ts";
import {
  compareAtEqualService,
  costAtLevel,
  SERVICE_LEVELS,
  type ServiceComparison,
} from "../../lib/backtest/cost-at-equal-service.ts";
import type { Tradeoff } from "../../lib/backtest/pareto.ts";
import { ORACLE } from "../../lib/backtest/scalers.ts";
import { ratio } from "./format.ts";
import { SEED, type VariantName } from "./job.ts";
import { curveOf, type Results } from "./results.ts";

/** The controller against a peer at equal service, over those of the traces on which both were swept. */
export function comparisonWith(
  results: Results,
  peer: string,
  { traces, variant = "base" }: { traces?: readonly string[] | undefined; variant?: VariantName } = {},
): ServiceComparison {
  const pairs = (traces ?? results.traces.map(({ trace }) => trace))
    .map((trace) => ({
      trace,
      ours: curveOf(results, CONTROLLER, trace, variant),
      theirs: curveOf(results, peer, trace, variant),
    }))
    .filter(({ ours, theirs }) => ours.length > 1 && theirs.length > 1);
  return compareAtEqualService(peer, pairs, SEED);
}

/** The cell of a level that no setting of ours is good enough for, and one of the peer is. */
export const ONLY_PEER = "**only the peer**";

/** A cell for each of the levels: the ratio, or why there is none. */
export function levelCells(results: Results, peer: string, trace: string): readonly string[] {
  const ours = curveOf(results, CONTROLLER, trace);
  const theirs = curveOf(results, peer, trace);
  if (ours.length < 2 || theirs.length < 2) return SERVICE_LEVELS.map(() => "not run");
  return SERVICE_LEVELS.map((level) => cellOf(ours, theirs, level));
}

function cellOf(ours: readonly Tradeoff[], theirs: readonly Tradeoff[], level: number): string {
  const our = costAtLevel(ours, level);
  const their = costAtLevel(theirs, level);
  if ("taskHours" in our && "taskHours" in their) {
    const value = our.taskHours / their.taskHours;
    return value > 1 ? `**${ratio(value)}**` : ratio(value);
  }
  const weMiss = "outOfReach" in our;
  const theyMiss = "outOfReach" in their;
  if (weMiss && theyMiss) return "neither";
  if (weMiss) return ONLY_PEER;
  if (theyMiss) return "only ours";
  return "always" in our ? ("always" in their ? "both better" : "ours better") : "peer better";
}

/** The violating share at which task-hours are compared with the oracle's. */
export const ORACLE_LEVEL = 0.005;

/** Task-hours over the oracle's with its defaults, at a violating share of 0.5 %: null where the sweep has no such point. */
export function overOracle(results: Results, scaler: string, trace: string): number | null {
  const cost = costAtLevel(curveOf(results, scaler, trace), ORACLE_LEVEL);
  const oracle = results.defaults.find((row) => row.scaler === ORACLE && row.trace === trace);
  return oracle === undefined || !("taskHours" in cost) ? null : cost.taskHours / oracle.taskHours;
}

export interface OverOracle {
  readonly mean: Estimate | undefined;
  readonly reached: number;
}

export function meanOverOracle(results: Results, scaler: string): OverOracle {
  const ratios = results.traces.flatMap(({ trace }) => overOracle(results, scaler, trace) ?? []);
  return { mean: bootstrap(ratios, geometricMean, SEED), reached: ratios.length };
}
