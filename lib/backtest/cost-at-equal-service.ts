import { bootstrap, type Estimate, geometricMean } from "./bootstrap.ts";
import { paretoFront, type Tradeoff } from "./pareto.ts";

/** Violating shares at which costs are compared: 0.1, 0.3 and 1 %. */
export const SERVICE_LEVELS: readonly number[] = [0.001, 0.003, 0.01];
/** A share of less than this is taken as this: its logarithm is needed, and a trace cannot tell it from none. */
const SHARE_MIN = 1e-5;

/** Task-hours at a level, or why a curve has none there. It is never extrapolated. */
export type CostAtLevel =
  | { readonly taskHours: number }
  /** Each setting of the sweep violates more: the level is out of reach. */
  | { readonly outOfReach: true }
  /** Each setting violates less: the sweep does not go so far. */
  | { readonly always: true };

/**
 * Task-hours at which a scaler has this violating share: its sweep's Pareto part, linear in the logarithm of the share
 * between the two settings around it.
 */
export function costAtLevel(curve: readonly Tradeoff[], level: number): CostAtLevel {
  const front = paretoFront(
    curve.map((point) => ({ ...point, violatingShare: Math.max(SHARE_MIN, point.violatingShare) })),
  );
  const above = front.findLast(({ violatingShare }) => violatingShare >= level);
  const below = front.find(({ violatingShare }) => violatingShare <= level);
  if (below === undefined) return { outOfReach: true };
  if (above === undefined) return { always: true };
  if (above.violatingShare === below.violatingShare) return { taskHours: below.taskHours };
  const part = Math.log(above.violatingShare / level) / Math.log(above.violatingShare / below.violatingShare);
  return { taskHours: above.taskHours + part * (below.taskHours - above.taskHours) };
}

/** Our task-hours over the peer's at one level on one trace, or who of the two has no figure there. */
export type LevelComparison = { readonly level: number } & (
  | { readonly ratio: number }
  | { readonly unavailable: string }
);

export interface TraceComparison {
  readonly trace: string;
  /** Geometric mean over the levels that both curves have; null without any. */
  readonly ratio: number | null;
  readonly levels: readonly LevelComparison[];
}

/** One scaler against another over all traces, each with its sweep. */
export interface ServiceComparison {
  readonly peer: string;
  /** Geometric mean over all levels of all traces that both curves have; the interval is over traces. */
  readonly ratio: Estimate | undefined;
  /** The largest ratio of a trace. */
  readonly worst: number | undefined;
  /** (trace, level) pairs compared, and those that only one of the two, or none, has a setting good enough for. */
  readonly compared: number;
  readonly onlyOursReaches: number;
  readonly onlyPeerReaches: number;
  readonly neitherReaches: number;
  /** Pairs where the sweep of one of them is better than the level throughout. */
  readonly beyondSweep: number;
  readonly traces: readonly TraceComparison[];
}

export interface CurvePair {
  readonly trace: string;
  readonly ours: readonly Tradeoff[];
  readonly theirs: readonly Tradeoff[];
}

export function compareAtEqualService(peer: string, pairs: readonly CurvePair[], seed: number): ServiceComparison {
  const counts = { compared: 0, onlyOursReaches: 0, onlyPeerReaches: 0, neitherReaches: 0, beyondSweep: 0 };
  const traces = pairs.map(({ trace, ours, theirs }): TraceComparison => {
    const levels = SERVICE_LEVELS.map((level): LevelComparison => {
      const our = costAtLevel(ours, level);
      const their = costAtLevel(theirs, level);
      if ("taskHours" in our && "taskHours" in their) {
        counts.compared++;
        return { level, ratio: our.taskHours / their.taskHours };
      }
      counts[kindOf(our, their)]++;
      return { level, unavailable: [reasonOf("ours", our), reasonOf(peer, their)].filter(Boolean).join("; ") };
    });
    const ratios = ratiosOf(levels);
    return { trace, ratio: ratios.length === 0 ? null : geometricMean(ratios), levels };
  });
  const usable = traces.filter(({ ratio }) => ratio !== null);
  const ratio = bootstrap(usable, (sample) => geometricMean(sample.flatMap(({ levels }) => ratiosOf(levels))), seed);
  const worst = usable.length === 0 ? undefined : Math.max(...usable.map((each) => each.ratio ?? 0));
  return { peer, ratio, worst, ...counts, traces };
}

function ratiosOf(levels: readonly LevelComparison[]): readonly number[] {
  return levels.flatMap((level) => ("ratio" in level ? [level.ratio] : []));
}

function kindOf(
  our: CostAtLevel,
  their: CostAtLevel,
): "onlyOursReaches" | "onlyPeerReaches" | "neitherReaches" | "beyondSweep" {
  const weMiss = "outOfReach" in our;
  const theyMiss = "outOfReach" in their;
  if (weMiss && theyMiss) return "neitherReaches";
  if (weMiss) return "onlyPeerReaches";
  return theyMiss ? "onlyOursReaches" : "beyondSweep";
}

function reasonOf(who: string, cost: CostAtLevel): string {
  if ("outOfReach" in cost) return `${who}: every setting violates more`;
  return "always" in cost ? `${who}: every setting violates less` : "";
}
