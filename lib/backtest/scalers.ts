import { InputError } from "../domain/model/errors.ts";
import { PEERS } from "./peers/index.ts";
import { runPeer } from "./run-peer.ts";
import type { Parameters, ScalerFactory, Sweep } from "./scaler.ts";
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

/** The clairvoyant yardstick, and what ratios are over: the best that AWS offers as it comes. */
export const ORACLE = "oracle";
export const BASELINE = "aws-target-tracking-20s";

/** Run when none is named. */
const USUAL: readonly string[] = ["aws-target-tracking-60s", BASELINE, "kubernetes-hpa", "static-p99", ORACLE];

/** Every scaler that can be named, in the order in which results are shown. */
export const SCALERS: readonly BacktestScaler[] = PEERS.map(peerScaler);

function peerScaler(factory: ScalerFactory): BacktestScaler {
  return {
    name: factory.name,
    isOurs: false,
    sweep: factory.sweep,
    run: async (scenario, parameters, watch) => runPeer(factory, scenario, { parameters, watch }),
  };
}

/**
 * The scalers of a list of names, in the order of the registry; `all` is all of them, nothing the usual ones.
 * @throws InputError naming every unknown one.
 */
export function scalersNamed(names: readonly string[] | undefined): readonly BacktestScaler[] {
  if (names?.includes("all") === true) return SCALERS;
  const wanted = new Set(names ?? USUAL);
  const unknown = [...wanted].filter((name) => !SCALERS.some((scaler) => scaler.name === name));
  if (unknown.length > 0)
    throw new InputError(
      "no such scaler",
      unknown.map(
        (name) => `${JSON.stringify(name)}: there are all, ${SCALERS.map((scaler) => scaler.name).join(", ")}`,
      ),
    );
  return SCALERS.filter(
    ({ name, isOurs }) => wanted.has(name) || (names === undefined && isOurs && !name.includes(":")),
  );
}
