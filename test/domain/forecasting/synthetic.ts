import type { Series } from "../../../lib/domain/forecasting/index.ts";

export const MINUTE_MS = 60_000;
export const STEP_MS = 300_000;
export const HOUR_MS = 3_600_000;
export const DAY_MS = 86_400_000;
/** A Wednesday, 00:00 UTC. */
export const NOW_MS = Date.UTC(2026, 6, 1);

/** Mulberry32 by Tommy Ettinger (public domain): a 32-bit generator, uniform in [0, 1). */
export function prng(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Roughly normal, mean 0, standard deviation 1: the sum of twelve uniforms less 6. */
export function gaussian(random: () => number): number {
  let sum = -6;
  for (let i = 0; i < 12; i++) sum += random();
  return sum;
}

/** A demand as the controller would hold it at `nowMs`: days of five-minute means, and the last hour by the minute. */
export function observed(
  demandAt: (atMs: number) => number,
  days: number,
  nowMs = NOW_MS,
): { history: Series; recent: Series } {
  const historyMs = Math.round((days * DAY_MS) / STEP_MS) * STEP_MS;
  return {
    history: sampled(demandAt, nowMs - historyMs, STEP_MS, historyMs / STEP_MS),
    recent: sampled(demandAt, nowMs - HOUR_MS, MINUTE_MS, 60),
  };
}

function sampled(demandAt: (atMs: number) => number, startMs: number, stepMs: number, count: number): Series {
  return { startMs, stepMs, values: Array.from({ length: count }, (_, i) => demandAt(startMs + (i + 0.5) * stepMs)) };
}

/** 100 on average, 40 at 00:00, 160 at 12:00 UTC. */
export function daily(atMs: number): number {
  return 100 - 60 * Math.cos((2 * Math.PI * atMs) / DAY_MS);
}

/** A random walk in five-minute steps from 1000, never below 1. */
export function walk(seed: number): (atMs: number) => number {
  const random = prng(seed);
  const steps: number[] = [1000];
  return (atMs) => {
    const step = Math.max(0, Math.floor((atMs - (NOW_MS - 15 * DAY_MS)) / STEP_MS));
    while (steps.length <= step) steps.push(Math.max(1, (steps.at(-1) ?? 1) + 10 * gaussian(random)));
    return steps[step] ?? 1;
  };
}
