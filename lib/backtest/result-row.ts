import type { Parameters } from "./scaler.ts";
import type { Score } from "./score.ts";

/** One run of one scaler over one trace. The fields up to `taskStarts` are a contract; docs/backtest.md explains all. */
export interface ResultRow extends Score {
  /** How the user knows the trace. */
  readonly trace: string;
  readonly scaler: string;
  /** All parameters, those not set with their initial values. */
  readonly parameters: Parameters;
  /** Cost over that of the clairvoyant oracle on the same trace; null where the oracle has none. */
  readonly costVsOracle: number | null;
  /** As it comes, or with the main knob at a value of the sweep. */
  readonly run: "default" | "sweep";
  /** The main knob's value in a sweep. */
  readonly knob?: { readonly parameter: string; readonly value: number } | undefined;
}
