import type { Parameters, Sweep } from "./scaler.ts";
import type { Scenario } from "./scenario.ts";
import type { Score } from "./score.ts";
import type { Step } from "./stage.ts";

/** A change that a scaler explains. */
export interface ExplainedDecision {
  readonly atMs: number;
  readonly from: number;
  readonly to: number;
  readonly reason: string;
}

export interface ScalerRun {
  /** All of them, those not set with their initial values. */
  readonly parameters: Parameters;
  readonly score: Score;
  /** For those that say why. */
  readonly decisions?: readonly ExplainedDecision[] | undefined;
}

/** Anything that can be run over a scenario: the controller, or a peer. */
export interface BacktestScaler {
  readonly name: string;
  readonly isOurs: boolean;
  readonly sweep: Sweep;
  /** `watch` sees every step. */
  run(scenario: Scenario, parameters: Parameters, watch?: (step: Step) => void): Promise<ScalerRun>;
}
