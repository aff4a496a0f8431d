import type { Confidence, Direction } from "../model/decision.ts";
import type { DecisionPolicy } from "../model/policy.ts";
import { RESOURCE_NAMES, type Resources } from "../model/resources.ts";
import type { Signal } from "../model/signal.ts";

/*
 * The four factors, each 0..100 (requirements, section 8). The formulas are this project's own; docs/confidence.md shows
 * them with worked numbers.
 */

/**
 * Further away = surer. 60 exactly at the threshold, 100 from twice the distance target-threshold on:
 * 60 + 40 x (|value - target| / |threshold - target| - 1), clamped to 0..100.
 * `compared` may be a forecast or a projection instead of the present value.
 */
export function deviationFactor({
  compared,
  target,
  threshold,
}: {
  compared: number;
  target: number;
  threshold: number;
}): number {
  const distance = Math.abs(threshold - target);
  if (distance === 0) return 100;
  return clamp(60 + 40 * (Math.abs(compared - target) / distance - 1));
}

/**
 * Mean effectiveness of the last `window` decisions, filled up to five with the prior while there are fewer, and drawn
 * towards the prior with age (half after a day): a component whose last decisions did not help is not shut out for ever.
 */
export function effectivenessFactor(
  history: readonly { readonly atMs: number; readonly effectiveness: number }[],
  { effectivenessWindow, effectivenessPrior }: Pick<DecisionPolicy, "effectivenessWindow" | "effectivenessPrior">,
  nowMs: number,
): number {
  const from = Math.max(0, history.length - effectivenessWindow);
  const count = history.length - from;
  const missing = Math.max(0, ENOUGH - count);
  let sum = missing * effectivenessPrior;
  for (let i = from; i < history.length; i++) {
    const { atMs, effectiveness } = history[i] as (typeof history)[number];
    const weight = 0.5 ** (Math.max(0, nowMs - atMs) / DAY_MS);
    sum += weight * effectiveness + (1 - weight) * effectivenessPrior;
  }
  return clamp(sum / (count + missing));
}
const DAY_MS = 86_400_000;
const ENOUGH = 5;

/**
 * Calmer = surer. Half from the time since the component's last decision (full after three cooldowns, never decided =
 * full), half from the volatility of the signal: 1 / (1 + (residual / 0.2)^2) with residual = mean absolute difference of
 * neighbours over the mean, so that a ramp is calm and a saw is not.
 */
export function stabilityFactor(
  signal: Signal | undefined,
  sinceLastMs: number | undefined,
  cooldownMs: number,
): number {
  const calm = sinceLastMs === undefined || cooldownMs === 0 ? 1 : Math.min(1, sinceLastMs / (3 * cooldownMs));
  return clamp(50 * calm + 50 / (1 + (volatility(signal) / 0.2) ** 2));
}

/** Mean absolute second difference over mean absolute value; 0 for fewer than three points. */
export function volatility(signal: Signal | undefined): number {
  const values = signal?.points.values ?? [];
  if (values.length < 3) return 0;
  let change = 0;
  let level = 0;
  for (let i = 2; i < values.length; i++) {
    const a = values[i - 2] ?? 0;
    const b = values[i - 1] ?? 0;
    const c = values[i] ?? 0;
    change += Math.abs(c - 2 * b + a) / 2;
    level += Math.abs(c);
  }
  return level === 0 ? 0 : change / level;
}

/**
 * What is left below the component's and the fleet's limits AFTER the change: 100 when a quarter of the limit or more
 * remains, 40 when nothing does (the limits themselves stop what goes beyond). A shrink takes nothing: 100.
 */
export function headroomFactor({
  direction,
  after,
  max,
  room,
  change,
}: {
  direction: Direction;
  after: Resources;
  max: Resources;
  room: Resources;
  change: Resources;
}): number {
  if (direction === "shrink") return 100;
  let least = 1;
  for (const name of RESOURCE_NAMES) {
    if (change[name] <= 0 || max[name] <= 0) continue;
    least = Math.min(
      least,
      (max[name] - after[name]) / max[name] / 0.25,
      (room[name] - change[name]) / max[name] / 0.25,
    );
  }
  return clamp(40 + 60 * Math.max(0, least));
}

/** Weighted mean of the factors; all weights zero counts as equal. */
export function weighConfidence(factors: Omit<Confidence, "total">, weights: DecisionPolicy["weights"]): Confidence {
  const { deviation, effectiveness, stability, headroom } = weights;
  const sum = deviation + effectiveness + stability + headroom;
  const total =
    sum === 0
      ? (factors.deviation + factors.effectiveness + factors.stability + factors.headroom) / 4
      : (factors.deviation * deviation +
          factors.effectiveness * effectiveness +
          factors.stability * stability +
          factors.headroom * headroom) /
        sum;
  return { ...rounded(factors), total: Math.round(total * 10) / 10 };
}

function rounded({
  deviation,
  effectiveness,
  stability,
  headroom,
}: Omit<Confidence, "total">): Omit<Confidence, "total"> {
  const round = (value: number) => Math.round(value * 10) / 10;
  return {
    deviation: round(deviation),
    effectiveness: round(effectiveness),
    stability: round(stability),
    headroom: round(headroom),
  };
}

function clamp(value: number): number {
  return Math.min(100, Math.max(0, value));
}
