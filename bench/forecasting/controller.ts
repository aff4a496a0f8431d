import { forecast, type Series, train } from "../../lib/domain/forecasting/index.ts";
import { at } from "./candidate.ts";
import { cpuMs } from "./cpu-time.ts";
import { historyBefore, LEADS_MIN, originsOf } from "./origins.ts";
import { COARSE_MS, type Trace } from "./traces.ts";

const HOUR_MS = 3_600_000;

/** What the controller gets on one trace, through the public functions. Arrays run over LEADS_MIN. */
export interface Shipped {
  readonly trace: string;
  readonly origins: number;
  /** Share of origins at which the forecast was trusted. */
  readonly trusted: number;
  /** 1 - MAE / MAE of the last five-minute mean, both against the trace's own step; untrusted paths are in it. */
  readonly skill: readonly number[];
  /** Share of outcomes at or below the upper edge, at or above the lower one. Target of each: 0.95. */
  readonly belowUpper: readonly number[];
  readonly aboveLower: readonly number[];
  /** Mean upper edge / mean outcome - 1: what provisioning to the upper edge would cost. */
  readonly overProvision: readonly number[];
  /** CPU time of one call. */
  readonly trainMs: number;
  readonly forecastMs: number;
  /** Largest stored item, bytes. */
  readonly bytes: number;
}

/** Trains and forecasts at each origin as the optimization loop would: 14 days of five-minute means, an hour by the minute. */
export function runController(trace: Trace, count: number): Shipped {
  const origins = originsOf(trace, count);
  const sums = LEADS_MIN.map(() => ({ error: 0, naive: 0, below: 0, above: 0, upper: 0, outcome: 0 }));
  let [trusted, trainMs, forecastMs, bytes] = [0, 0, 0, 0];
  for (const origin of origins) {
    const { history, recent, nowMs } = inputsAt(trace, origin);
    const t0 = cpuMs();
    const model = train(history, recent, {}, nowMs);
    const t1 = cpuMs();
    const path = forecast(model, recent, nowMs);
    forecastMs += cpuMs() - t1;
    trainMs += t1 - t0;
    bytes = Math.max(bytes, JSON.stringify(model).length);
    if (path.trusted) trusted++;
    LEADS_MIN.forEach((lead, k) => {
      const sum = sums[k];
      if (sum === undefined) return;
      const outcome = at(trace.fine, Math.floor((nowMs + lead * 60_000 - trace.startMs) / trace.fineStepMs));
      sum.error += Math.abs(outcome - at(path.mean, lead));
      sum.naive += Math.abs(outcome - at(trace.coarse, origin - 1));
      // a hair of slack: a constant is stored and squared again, and must not miss by its last bit
      sum.below += outcome <= at(path.upper, lead) * (1 + 1e-9) ? 1 : 0;
      sum.above += outcome >= at(path.lower, lead) * (1 - 1e-9) ? 1 : 0;
      sum.upper += at(path.upper, lead);
      sum.outcome += outcome;
    });
  }
  const n = origins.length;
  return {
    trace: trace.name,
    origins: n,
    trusted: trusted / n,
    skill: sums.map(({ error, naive }) => (naive > 0 ? 1 - error / naive : 0)),
    belowUpper: sums.map(({ below }) => below / n),
    aboveLower: sums.map(({ above }) => above / n),
    overProvision: sums.map(({ upper, outcome }) => (outcome > 0 ? upper / outcome - 1 : 0)),
    trainMs: trainMs / n,
    forecastMs: forecastMs / n,
    bytes,
  };
}

function inputsAt(trace: Trace, origin: number): { history: Series; recent: Series; nowMs: number } {
  const nowMs = trace.startMs + origin * COARSE_MS;
  const past = historyBefore(trace, origin);
  const fineEnd = (origin * COARSE_MS) / trace.fineStepMs;
  const minutes = trace.fine.subarray(Math.max(0, fineEnd - HOUR_MS / trace.fineStepMs), fineEnd);
  return {
    history: { startMs: nowMs - past.length * COARSE_MS, stepMs: COARSE_MS, values: Array.from(past) },
    recent: {
      startMs: nowMs - minutes.length * trace.fineStepMs,
      stepMs: trace.fineStepMs,
      values: Array.from(minutes),
    },
    nowMs,
  };
}
