import { STRATEGIES_BY_NAME } from "../../lib/domain/decision/strategies/index.ts";
import type { RulePolicy } from "../../lib/domain/model/policy.ts";
import type { Signal } from "../../lib/domain/model/signal.ts";
import type { StrategyName } from "../../lib/domain/model/trigger.ts";

const MINUTE_MS = 60_000;

/** The five series of docs/strategies.md: use over the allocation at the start, one value a minute. */
export const SERIES: Readonly<Record<string, readonly number[]>> = {
  step: [...Array<number>(10).fill(0.6), ...Array<number>(30).fill(0.9)],
  ramp: Array.from({ length: 40 }, (_, i) => 0.4 + i * 0.02),
  daily: Array.from({ length: 1440 }, (_, i) => 0.6 - 0.35 * Math.cos((2 * Math.PI * i) / 1440)),
  noise: Array.from({ length: 60 }, (_, i) => 0.6 + 0.15 * Math.sin(i * 12.9898)),
  spike: Array.from({ length: 40 }, (_, i) => (i === 15 ? 0.99 : 0.55)),
};

export const RULE: RulePolicy = {
  name: "cpu",
  trigger: "CPU_UTILIZATION",
  target: 0.6,
  up: 0.7,
  down: 0.45,
  upAction: "SCALE_UP",
  downAction: "SCALE_DOWN",
  priority: 8,
  breachMs: MINUTE_MS,
  reliefMs: 5 * MINUTE_MS,
};

/** A signal as the monitor would have built it at minute `i` of the series, read against `allocation` (1 = at the start). */
export function signalAt(values: readonly number[], i: number, allocation: number): Signal {
  const from = Math.max(0, i - 14);
  const seen = values.slice(from, i + 1);
  const points = {
    atMs: seen.map((_, j) => (from + j) * MINUTE_MS),
    values: seen.map((value) => value / allocation),
  };
  const ahead = values[Math.min(i + 5, values.length - 1)] ?? 0;
  const peak = Math.max(...values.slice(i, i + 60));
  return {
    rule: RULE.name,
    trigger: RULE.trigger,
    unit: "ratio",
    value: (values[i] ?? 0) / allocation,
    target: RULE.target,
    up: RULE.up,
    down: RULE.down,
    points,
    periodMs: MINUTE_MS,
    ageMs: 0,
    completeness: 1,
    scalesWithCapacity: true,
    forecast: {
      atMs: (i + 5) * MINUTE_MS,
      mean: ahead / allocation,
      lower: (ahead * 0.95) / allocation,
      upper: (ahead * 1.05) / allocation,
      peakUpper: (peak * 1.05) / allocation,
      trusted: true,
      model: "clairvoyant",
      reason: "beats-naive",
    },
  };
}

/** What a strategy does minute by minute, with the default cooldown of 5 minutes: `minute:+factor` or `minute:-factor`. */
export function sequenceOf(name: StrategyName, values: readonly number[]): string {
  let allocation = 1;
  let last = Number.NEGATIVE_INFINITY;
  const done: string[] = [];
  values.forEach((_, i) => {
    const opinion = STRATEGIES_BY_NAME[name].judge(
      { signal: signalAt(values, i, allocation), rule: RULE, factorUp: 1.3, factorDown: 0.8 },
      {},
    );
    if (opinion.want === "hold" || i - last < 5 || opinion.factor === undefined) return;
    done.push(`${i}:${opinion.want === "grow" ? "+" : "-"}${opinion.factor.toFixed(2)}`);
    allocation *= opinion.factor;
    last = i;
  });
  return done.length === 0 ? "nothing" : done.join(" ");
}
