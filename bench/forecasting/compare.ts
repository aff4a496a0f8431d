import { at, type Candidate } from "./candidate.ts";
import { cpuMs } from "./cpu-time.ts";
import { DAY_STEPS, historyBefore, LEADS_MIN, originsOf, seasonalNaiveError, stepOf } from "./origins.ts";
import type { Trace } from "./traces.ts";

/** One method on one trace. Arrays run over LEADS_MIN. */
export interface Score {
  readonly candidate: string;
  readonly trace: string;
  readonly origins: number;
  /** Mean absolute error of the five-minute mean, the trace's unit. */
  readonly mae: readonly number[];
  /** mae / in-sample error of the seasonal naive forecast. */
  readonly mase: readonly number[];
  /** Fit and forecast together, CPU ms. */
  readonly ms: number;
}

/** Rolling origins: at each one every candidate is fitted anew on the history before it and forecasts the hour after it. */
export function compareOn(
  trace: Trace,
  candidates: readonly Candidate[],
  origins: readonly number[],
): readonly Score[] {
  const scale = seasonalNaiveError(trace) || 1;
  return candidates.map((candidate) => {
    const error = LEADS_MIN.map(() => 0);
    const startMs = cpuMs();
    for (const origin of origins) {
      const history = historyBefore(trace, origin);
      const ahead = candidate.fit(history, DAY_STEPS)(history);
      LEADS_MIN.forEach((lead, k) => {
        const miss = Math.abs(at(ahead, stepOf(lead)) - at(trace.coarse, origin + stepOf(lead)));
        error[k] = at(error, k) + miss / origins.length;
      });
    }
    const ms = (cpuMs() - startMs) / origins.length;
    const mase = error.map((mae) => mae / scale);
    return { candidate: candidate.name, trace: trace.name, origins: origins.length, mae: error, mase, ms };
  });
}

export function compare(traces: readonly Trace[], candidates: readonly Candidate[], count: number): readonly Score[] {
  return traces.flatMap((trace) => compareOn(trace, candidates, originsOf(trace, count)));
}

/** 1 - MAE / MAE of the naive forecast on the same trace, at each lead; 0 where the naive one does not err. */
export function skillOf(score: Score, scores: readonly Score[]): readonly number[] {
  const naive = scores.find(({ candidate, trace }) => candidate === "naive" && trace === score.trace);
  return score.mae.map((mae, k) => (at(naive?.mae ?? [], k) > 0 ? 1 - mae / at(naive?.mae ?? [], k) : 0));
}
