import { bootstrap, type Estimate, geometricMean, mean } from "./bootstrap.ts";
import { type CurvePair, compareAtEqualService, costAtLevel, type ServiceComparison } from "./cost-at-equal-service.ts";
import type { ResultRow } from "./result-row.ts";

/** A scaler over all traces. Ratios are averaged geometrically: traces differ in scale. */
export interface Aggregate {
  readonly scaler: string;
  /** Traces on which it and the baseline were run with their defaults. */
  readonly traces: number;
  readonly baseline: string;
  /** With defaults, over the baseline's, mean over traces. */
  readonly taskHoursVsBaseline: Estimate | undefined;
  /** Likewise; a share below 0.01 % is taken as that on both sides. */
  readonly violatingShareVsBaseline: Estimate | undefined;
  readonly costVsOracle: Estimate | undefined;
  /** 1 is the best of the scalers run on a trace, ties share the mean; mean over traces. */
  readonly rank: { readonly taskHours: number; readonly violatingShare: number; readonly sigma: number };
  /**
   * Task-hours at a violating share of 0.5 %, from the sweep, over the oracle's with its defaults. Traces whose curve has no
   * such point are left out; `traces` counts the others.
   */
  readonly taskHoursVsOracleAtHalfPercent?: (Estimate & { readonly traces: number }) | undefined;
  /** Against each other scaler that was swept; for the controller only. */
  readonly atEqualService?: readonly ServiceComparison[] | undefined;
}

const SHARE_FLOOR = 1e-4;
const HALF_PERCENT = 0.005;

export interface AggregateOptions {
  readonly seed: number;
  /** What ratios are over, where it was run; else the first scaler of the results. */
  readonly baseline: string;
  readonly oracle: string;
  /** Whether a scaler is compared with the others at equal service. */
  readonly isOurs: (scaler: string) => boolean;
}

export function aggregate(results: readonly ResultRow[], options: AggregateOptions): readonly Aggregate[] {
  const scalers = unique(results.map(({ scaler }) => scaler));
  const baseline = scalers.includes(options.baseline) ? options.baseline : (scalers[0] ?? "");
  const context = { results, traces: unique(results.map(({ trace }) => trace)), scalers, options };
  return scalers.map((scaler) => ({
    ...defaultsOf(scaler, baseline, context),
    ...sweepOf(scaler, context),
  }));
}

interface Context {
  readonly results: readonly ResultRow[];
  readonly traces: readonly string[];
  readonly scalers: readonly string[];
  readonly options: AggregateOptions;
}

function defaultsOf(scaler: string, baseline: string, { results, traces, options: { seed } }: Context): Aggregate {
  const defaults = results.filter(({ run }) => run === "default");
  const pairs = traces.flatMap((trace) => {
    const all = defaults.filter((row) => row.trace === trace);
    const mine = all.find((row) => row.scaler === scaler);
    const base = all.find((row) => row.scaler === baseline);
    return mine === undefined || base === undefined ? [] : [{ mine, base, all }];
  });
  const ratio = (of: (row: ResultRow) => number): Estimate | undefined =>
    bootstrap(
      pairs.map(({ mine, base }) => of(mine) / of(base)),
      geometricMean,
      seed,
    );
  const rank = (of: (row: ResultRow) => number): number =>
    mean(pairs.map(({ mine, all }) => rankOf(of(mine), all.map(of))));
  return {
    scaler,
    traces: pairs.length,
    baseline,
    taskHoursVsBaseline: ratio(({ taskHours }) => taskHours),
    violatingShareVsBaseline: ratio(({ violatingShare }) => Math.max(SHARE_FLOOR, violatingShare)),
    costVsOracle: bootstrap(
      pairs.flatMap(({ mine: { costVsOracle } }) => (costVsOracle === null ? [] : [costVsOracle])),
      geometricMean,
      seed,
    ),
    rank: {
      taskHours: rank((row) => row.taskHours),
      violatingShare: rank((row) => row.violatingShare),
      sigma: rank((row) => row.sigma),
    },
  };
}

/** 1 plus those that are better, plus half of the others that are equal. */
function rankOf(value: number, all: readonly number[]): number {
  const better = all.filter((other) => other < value).length;
  const equal = all.filter((other) => other === value).length;
  return 1 + better + (equal - 1) / 2;
}

function sweepOf(
  scaler: string,
  { results, traces, scalers, options: { seed, oracle, isOurs } }: Context,
): Pick<Aggregate, "taskHoursVsOracleAtHalfPercent" | "atEqualService"> {
  const curve = (name: string, trace: string): readonly ResultRow[] => {
    const rows = results.filter((row) => row.scaler === name && row.trace === trace);
    return rows.some(({ run }) => run === "sweep") ? rows : [];
  };
  const swept = (name: string): boolean => traces.some((trace) => curve(name, trace).length > 0);
  if (!swept(scaler)) return {};
  const ratios = traces.flatMap((trace) => {
    const cost = costAtLevel(curve(scaler, trace), HALF_PERCENT);
    const yardstick = results.find((row) => row.scaler === oracle && row.trace === trace && row.run === "default");
    return yardstick === undefined || !("taskHours" in cost) ? [] : [cost.taskHours / yardstick.taskHours];
  });
  const estimate = bootstrap(ratios, geometricMean, seed);
  const pairsWith = (peer: string): readonly CurvePair[] =>
    traces
      .map((trace) => ({ trace, ours: curve(scaler, trace), theirs: curve(peer, trace) }))
      .filter(({ ours, theirs }) => ours.length > 0 && theirs.length > 0);
  return {
    taskHoursVsOracleAtHalfPercent: estimate && { ...estimate, traces: ratios.length },
    atEqualService: isOurs(scaler)
      ? scalers
          .filter((peer) => peer !== scaler && swept(peer))
          .map((peer) => compareAtEqualService(peer, pairsWith(peer), seed))
      : undefined,
  };
}

function unique(names: readonly string[]): readonly string[] {
  return [...new Set(names)];
}
