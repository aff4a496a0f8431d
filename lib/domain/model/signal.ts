import type { Absence } from "./sample.ts";
import type { TriggerName, Unit } from "./trigger.ts";

/** One rule's reading of the world: the trigger's value judged against the rule's thresholds. */
export interface Signal {
  readonly rule: string;
  readonly trigger: TriggerName;
  readonly unit: Unit;
  /** Newest value; undefined when absent, with the reason beside it. */
  readonly value?: number | undefined;
  readonly absent?: Absence | undefined;
  readonly target: number;
  readonly up: number;
  readonly down: number;
  /** Recent values, ascending in time, at most 30: what strategies look at. */
  readonly points: SignalPoints;
  /** Distance of two points when none is missing, ms. */
  readonly periodMs: number;
  /** Age of the newest value at evaluation, ms. */
  readonly ageMs: number;
  /** Present share of the expected samples of the window, 0..1. */
  readonly completeness: number;
  /** Values are use over capacity, so a forecast or a shrink can be judged by scaling the capacity. */
  readonly scalesWithCapacity: boolean;
  /** Forecast of the value at now + lead, where a forecast exists. */
  readonly forecast?: SignalForecast | undefined;
  /** Demand in tasks, now and within the lead time, where the strategy staffs by it. */
  readonly demand?: SignalDemand | undefined;
}
/** In tasks of the present size; see forecasting/growth. */
export interface SignalDemand {
  /** Tasks that the component has. */
  readonly tasks: number;
  readonly now: number;
  /** What to be ready for. */
  readonly ahead: number;
  /** What a shrink must leave room for. */
  readonly keep: number;
  /** Natural logarithm of the growth that is allowed for. */
  readonly growth: number;
  readonly from: "model" | "default";
}
/**
 * Times and values side by side, of equal length. Two arrays of numbers, not one of objects: a pass over 10,000 components
 * makes half a million points, and numbers in an array cost an eighth of the memory.
 */
export interface SignalPoints {
  readonly atMs: readonly number[];
  readonly values: readonly number[];
}
export interface SignalForecast {
  readonly atMs: number;
  readonly mean: number;
  readonly lower: number;
  readonly upper: number;
  /** Highest mean and highest upper bound from now to the horizon: a shrink must hold until then. */
  readonly peakUpper: number;
  readonly trusted: boolean;
  readonly model: string;
  /** Why it is (not) trusted. */
  readonly reason: string;
}
