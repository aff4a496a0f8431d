import { CONTROLLER, controllerScalers } from "../../lib/backtest/controller-scalers.ts";
import type { Parameters } from "../../lib/backtest/scaler.ts";
import { BASELINE, ORACLE, PEER_SCALERS } from "../../lib/backtest/scalers.ts";
import { webFleet } from "../../lib/config/presets/web.ts";
import { type Job, PLAIN_STRATEGIES, VARIANTS, type VariantName } from "./job.ts";
import { SIGHTED, sighted } from "./sighted.ts";

export interface TracePlan {
  readonly name: string;
  /** Constants of the controller were chosen while looking at this one. */
  readonly isTuned?: true;
  /** So long that sweeps are thinner. */
  readonly isLong?: true;
  /** The six strategies are run on it. */
  readonly hasStrategies?: true;
  /** It is run in the variants of the world. */
  readonly hasVariants?: true;
}

export const TRACES: readonly TracePlan[] = [
  { name: "crane_00", isTuned: true, hasStrategies: true, hasVariants: true },
  { name: "crane_01", isTuned: true, hasStrategies: true },
  { name: "crane_08" },
  { name: "crane_09", isTuned: true },
  { name: "crane_12", hasVariants: true },
  { name: "ms_ingress_3", isTuned: true },
  { name: "ms_mongo_machine", isTuned: true },
  { name: "ms_mongo_rps_1", isTuned: true, hasVariants: true },
  { name: "ms_mongo_rps_4", isTuned: true, hasStrategies: true, hasVariants: true },
  { name: "nab_ec2_cpu_fe7f93" },
  { name: "nab_tweets_amzn", isLong: true },
  { name: "nab_tweets_ups", isLong: true },
  { name: "nasa_jul95", isLong: true },
  { name: "wc98_d0_58", isLong: true },
];

export const HPA = "kubernetes-hpa";
/** The two that the goals name. */
const RIVALS: readonly string[] = [BASELINE, HPA];

/** Of the strategy in the preset. */
const WEB_PARAMETERS: Parameters = webFleet({ name: "service" }).components[0]?.parameters ?? {};

interface VariantSweep {
  readonly ours: readonly Parameters[];
  readonly targets: readonly number[];
}
const VARIANT_SWEEP: VariantSweep = {
  ours: [40, 90, 99.7].map((growthPercent) => ({ growthPercent })),
  targets: [0.3, 0.5, 0.6, 0.8],
};
const SHARING_SWEEP: VariantSweep = {
  ours: [1, 2, 3].map((staffing) => ({ staffing })),
  targets: [0.3, 0.4, 0.5, 0.6],
};

/** What is swept, in the order of the page. */
export const SWEPT: readonly string[] = [CONTROLLER, ...PEER_SCALERS.map(({ name }) => name)];

export interface PlanOptions {
  readonly traces?: readonly string[] | undefined;
  readonly scalers?: readonly string[] | undefined;
  /** Every third setting, no strategies, no variants: to see that it works. */
  readonly quick?: boolean | undefined;
}

/**
 * All runs, what matters most first, so that one that is broken off has something to show: defaults, the sweeps of the
 * headline, the strategies, the other sweeps, the variants; long traces after the others.
 */
export function plannedJobs({ traces: only, scalers, quick = false }: PlanOptions): readonly Job[] {
  const of = TRACES.filter(({ name }) => only === undefined || only.includes(name));
  const wanted = (scaler: string): boolean => scaler === ORACLE || scalers === undefined || scalers.includes(scaler);
  const swept = SWEPT.filter(wanted);
  const first = swept.filter((scaler) => isOfHeadline(scaler));
  const rest = swept.filter((scaler) => !isOfHeadline(scaler));
  const [long, short] = [of.filter(({ isLong }) => isLong), of.filter(({ isLong }) => !isLong)];
  const sweeps = (traces: readonly TracePlan[], names: readonly string[]): readonly Job[] =>
    traces.flatMap((trace) => names.flatMap((scaler) => sweepOf(trace, scaler, quick)));
  const defaults = of.flatMap(({ name }) => swept.map((scaler): Job => ({ trace: name, scaler, variant: "base" })));
  if (quick) return [...defaults, ...sweeps(of, swept)];
  const strategies = of
    .filter(({ hasStrategies }) => hasStrategies)
    .flatMap(({ name }) =>
      PLAIN_STRATEGIES.filter(() => wanted(CONTROLLER)).map(
        ({ scaler }): Job => ({ trace: name, scaler, variant: "base" }),
      ),
    );
  const variants = of
    .filter(({ hasVariants }) => hasVariants)
    .flatMap(({ name }) =>
      (Object.keys(VARIANTS) as VariantName[])
        .filter((variant) => variant !== "base")
        .flatMap((variant) => first.flatMap((scaler) => variantJobs(name, scaler, variant))),
    );
  const headline = [...sweeps(short, first), ...strategies, ...sweeps(long, first)];
  const yardsticks = wanted(SIGHTED) ? of.flatMap(({ name }) => sightedJobs(name)) : [];
  return [...defaults, ...headline, ...sweeps(short, rest), ...variants, ...sweeps(long, rest), ...yardsticks];
}

function sightedJobs(trace: string): readonly Job[] {
  const { parameter, values } = sighted.sweep;
  return values.map((value): Job => ({ trace, scaler: SIGHTED, setting: { [parameter]: value }, variant: "base" }));
}

function isOfHeadline(scaler: string): boolean {
  return scaler === CONTROLLER || RIVALS.includes(scaler);
}

/** Without the defaults. */
function sweepOf({ name: trace, isLong }: TracePlan, scaler: string, quick: boolean): readonly Job[] {
  const settings = settingsOf(scaler);
  const every = quick || scaler === ORACLE ? 3 : isLong ? (RIVALS.includes(scaler) ? 2 : 3) : 1;
  return settings
    .filter((_, at) => (settings.length - 1 - at) % every === 0)
    .map((setting): Job => ({ trace, scaler, setting, variant: "base" }));
}

/** The values of a sweep; of the controller without its default, which takes ten times as long as a peer. */
function settingsOf(scaler: string): readonly Parameters[] {
  const found = [...controllerScalers(), ...PEER_SCALERS].find(({ name }) => name === scaler);
  const { parameter, values } = found?.sweep ?? { parameter: "", values: [] };
  const usual = scaler === CONTROLLER ? WEB_PARAMETERS[parameter] : undefined;
  return values.filter((value) => value !== usual).map((value) => ({ [parameter]: value }));
}

function variantJobs(trace: string, scaler: string, variant: VariantName): readonly Job[] {
  const { ours, targets } = variant === "sharing" ? SHARING_SWEEP : VARIANT_SWEEP;
  const settings = scaler === CONTROLLER ? ours : targets.map((target) => ({ target }));
  return [undefined, ...settings].map((setting): Job => ({ trace, scaler, setting, variant }));
}
