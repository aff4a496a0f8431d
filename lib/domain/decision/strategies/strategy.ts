import type * as z from "zod";
import type { Direction, Verdict } from "../../model/decision.ts";
import type { RulePolicy } from "../../model/policy.ts";
import type { Signal } from "../../model/signal.ts";
import type { StrategyName } from "../../model/trigger.ts";

/** What a strategy judges: one rule's signal, and the step that the policy allows. */
export interface Judgement {
  readonly signal: Signal;
  readonly rule: RulePolicy;
  /** Step of one decision: > 1 and < 1. */
  readonly factorUp: number;
  readonly factorDown: number;
  /** Learned within bounds; only ADAPTIVE looks at it. */
  readonly overlay?: { readonly upShift: number; readonly downShift: number; readonly stepScale: number } | undefined;
}

export type Because =
  | "above-threshold"
  | "forecast-above-threshold"
  | "trend-crosses-threshold"
  | "smoothed-above-threshold"
  | "sustained-above-threshold"
  | "below-threshold"
  | "forecast-stays-below"
  | "trend-stays-below"
  | "smoothed-below-threshold"
  | "sustained-below-threshold"
  | "within-thresholds"
  | "not-sustained"
  | "forecast-does-not-allow"
  | "demand-ahead"
  | "demand-fell"
  | "demand-met"
  | "no-data"
  | "no-trusted-forecast"
  | "incomplete-data";

export type Opinion = Pick<Verdict, "judgedAs" | "compared" | "threshold" | "factor" | "tasks"> & {
  readonly want: Direction | "hold";
  readonly because: Because;
};

/** How rules are judged. docs/strategies.md says for each what it reads, when it acts, how far, and what it refuses. */
export interface Strategy {
  readonly name: StrategyName;
  readonly sentence: string;
  /** Numbers a component may set under `parameters`; every one with default, bounds and a sentence. */
  readonly parameters: z.ZodType<Record<string, number>>;
  /**
   * How long every sample must lie beyond its threshold, at the least, before growth or a shrink is wanted. Absent: one
   * sample, or none, may be enough. What the monitor reads less often while all is calm follows from it.
   */
  evidenceMs?(
    rule: RulePolicy,
    parameters: Readonly<Record<string, number>>,
  ): { readonly grow: number; readonly shrink: number };
  judge(judgement: Judgement, parameters: Readonly<Record<string, number>>): Opinion;
  /**
   * Demand that the signal of a rule is to carry: how far ahead and how sure. Absent, or undefined: none is needed, and the
   * decision waits for its beat; with it, every new sample wakes the decision.
   */
  staffing?(rule: RulePolicy, parameters: Readonly<Record<string, number>>): StaffingNeed | undefined;
}

/** How demand is to be carried ahead; see forecasting/growth. */
export interface StaffingNeed {
  readonly leadMinutes: number;
  /** 0..1. */
  readonly quantile: number;
  readonly keepMs: number;
}

/** How many points a duration covers: at least the newest one, which already stands for a whole period. */
export function pointsIn(durationMs: number, periodMs: number): number {
  return Math.max(1, Math.ceil(durationMs / periodMs));
}

/**
 * Whether the newest points that cover `durationMs` all lie above the threshold, with none missing between them: a gap
 * inside the stretch is no evidence.
 */
export function stayedAbove(signal: Signal, durationMs: number, threshold: number): boolean {
  const { values } = signal.points;
  const from = stretch(signal, durationMs);
  for (let i = from; i < values.length; i++) if (!((values[i] as number) > threshold)) return false;
  return from < values.length;
}

/** The same below the threshold. */
export function stayedBelow(signal: Signal, durationMs: number, threshold: number): boolean {
  const { values } = signal.points;
  const from = stretch(signal, durationMs);
  for (let i = from; i < values.length; i++) if (!((values[i] as number) < threshold)) return false;
  return from < values.length;
}

/** Index of the first of the newest points that cover `durationMs`; behind the last where one of them is missing. */
function stretch({ points, periodMs }: Signal, durationMs: number): number {
  const { atMs, values } = points;
  const needed = pointsIn(durationMs, periodMs);
  const from = values.length - needed;
  if (from < 0) return values.length;
  const first = atMs[from] ?? 0;
  const last = atMs[values.length - 1] ?? 0;
  return last - first > (needed - 1) * periodMs ? values.length : from;
}

/** Holding between the thresholds, or because a breach did not last. */
export function holdOpinion(name: StrategyName, { value, up, down }: Signal): Opinion {
  const outside = value !== undefined && (value > up || value < down);
  return { want: "hold", because: outside ? "not-sustained" : "within-thresholds", judgedAs: name, compared: value };
}
