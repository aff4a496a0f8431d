import type { Aggregate } from "./aggregate.ts";
import type { ResultRow } from "./result-row.ts";

/** How a trace was laid on the simulated service. */
export interface TraceFacts {
  readonly trace: string;
  readonly days: number;
  readonly stepSeconds: number;
  /** Values filled in over gaps, because that was asked for. */
  readonly heldValues: number;
  /** Operations per second for one unit of the trace. */
  readonly factor: number;
  /** Unscored beginning. */
  readonly warmUpDays: number;
  /** Length of the rest. */
  readonly scoredHours: number;
}

/** The settings of all scalers but the oracle that no other beats in both cost and violations on a trace, cheapest first. */
export interface TraceFront {
  readonly trace: string;
  readonly points: readonly Pick<ResultRow, "scaler" | "knob" | "taskHours" | "violatingShare">[];
}

/** The document of `--json`. Without wall time: the same seed and input give the same bytes. */
export interface BacktestResult {
  readonly seed: number;
  readonly results: readonly ResultRow[];
  readonly aggregate: readonly Aggregate[];
  readonly traces: readonly TraceFacts[];
  readonly fronts: readonly TraceFront[];
}
