import { mostTasksNeeded } from "../../lib/backtest/peers/oracle.ts";
import { runPeer } from "../../lib/backtest/run-peer.ts";
import { clairvoyantScaler } from "../../lib/backtest/scaler-definition.ts";
import type { BacktestScaler } from "../../lib/backtest/scaler-run.ts";

export const SIGHTED = "sighted";

/** Milliseconds between two looks. */
const EVERY_MS = 10_000;

const factory = clairvoyantScaler({
  name: SIGHTED,
  parameters: {
    headroom: { initial: 0, min: 0, max: 100, meaning: "Tasks it keeps beyond those needed now, as a share of them." },
  },
  sweep: { parameter: "headroom", values: [0, 0.03, 0.06, 0.1, 0.15, 0.2, 0.3, 0.45, 0.7, 1, 1.5, 2.5, 4, 7, 12] },
  begin: ({ headroom }, context) => {
    const { startUpMs, drainMs } = context.clairvoyance;
    return {
      everyMs: EVERY_MS,
      metrics: { periodMs: 60_000 },
      decide: ({ nowMs, tasks: { desired } }) => {
        const needed = mostTasksNeeded(context, nowMs, nowMs);
        if (needed === undefined) return undefined;
        const wanted = Math.ceil(needed * (1 + headroom) - 1e-9);
        const untilMs = nowMs + startUpMs + EVERY_MS + drainMs;
        const later = Math.max(wanted, mostTasksNeeded(context, nowMs, untilMs) ?? 0);
        return desired < wanted ? wanted : Math.min(desired, later);
      },
    };
  },
});

/**
 * How well anybody could do who does not know the future, as far as one rule can tell: it sees the load of the moment, exactly and
 * at once, where all others read metrics that come late; it is even told what comes before it stops a task; but of a
 * growth it learns when it is there, and keeps a share of what is needed as headroom for the time that tasks take to start. No
 * competitor, since nobody sees like that: what it needs beyond the oracle is the price of not knowing what comes.
 */
export const sighted: BacktestScaler = {
  name: SIGHTED,
  isOurs: false,
  sweep: factory.sweep,
  run: async (scenario, parameters, watch) => runPeer(factory, scenario, { parameters, watch }),
};
