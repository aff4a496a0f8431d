import { InputError } from "../domain/model/errors.ts";
import { PEERS } from "./peers/index.ts";
import { runPeer } from "./run-peer.ts";
import type { ScalerFactory } from "./scaler.ts";
import type { BacktestScaler } from "./scaler-run.ts";

/** The clairvoyant yardstick, and what ratios are over: the best that AWS offers as it comes. */
export const ORACLE = "oracle";
export const BASELINE = "aws-target-tracking-20s";

/** Run when none is named. */
const USUAL: readonly string[] = [
  "scaling-controller",
  "aws-target-tracking-60s",
  BASELINE,
  "kubernetes-hpa",
  "static-p99",
  ORACLE,
];

/** All that the controller is compared with, in the order in which results are shown. */
export const PEER_SCALERS: readonly BacktestScaler[] = PEERS.map(peerScaler);

function peerScaler(factory: ScalerFactory): BacktestScaler {
  return {
    name: factory.name,
    isOurs: false,
    sweep: factory.sweep,
    run: async (scenario, parameters, watch) => runPeer(factory, scenario, { parameters, watch }),
  };
}

/**
 * Those of `all` with these names, in its order; `all` is all of them, nothing the usual ones: the controller as it is set, and
 * what most people would use otherwise.
 * @throws InputError naming every unknown one.
 */
export function scalersNamed(
  all: readonly BacktestScaler[],
  names: readonly string[] | undefined,
): readonly BacktestScaler[] {
  if (names?.includes("all") === true) return all;
  const wanted = new Set(names ?? USUAL);
  const unknown = names === undefined ? [] : [...wanted].filter((name) => !all.some((scaler) => scaler.name === name));
  if (unknown.length > 0)
    throw new InputError(
      "no such scaler",
      unknown.map((name) => `${JSON.stringify(name)}: there are all, ${all.map((scaler) => scaler.name).join(", ")}`),
    );
  return all.filter(({ name }) => wanted.has(name));
}
