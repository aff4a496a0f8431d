import * as z from "zod";
import type { Signal } from "../../model/signal.ts";
import { holdOpinion, type Judgement, type Opinion, type Strategy, stayedAbove, stayedBelow } from "./strategy.ts";

/**
 * Judges an exponentially smoothed value (s = a x newest + (1 - a) x s) against thresholds that the optimization loop
 * moves within bounds from the measured effect of the component's own past decisions; the step grows with the distance
 * from target (between half and the whole of the policy's factor) and is scaled by what was learned.
 */
function judge(judgement: Judgement, parameters: Readonly<Record<string, number>>): Opinion {
  const { signal, rule, factorUp, factorDown, overlay } = judgement;
  const up = shifted(signal, signal.up, overlay?.upShift ?? 0);
  const down = Math.min(shifted(signal, signal.down, overlay?.downShift ?? 0), signal.target);
  const smooth = smoothed(signal, parameters["smoothing"] ?? 0.5);
  const scale = overlay?.stepScale ?? 1;
  if (smooth === undefined) return holdOpinion("ADAPTIVE", signal);
  const values = { ...signal, points: { atMs: signal.points.atMs, values: smooth } };
  const newest = smooth[smooth.length - 1] ?? 0;
  if (stayedAbove(values, rule.breachMs, up)) {
    const share = clamp((newest - signal.target) / (up - signal.target) / 2, 0.5, 1);
    return {
      want: "grow",
      because: "smoothed-above-threshold",
      judgedAs: "ADAPTIVE",
      compared: newest,
      threshold: up,
      factor: 1 + (factorUp - 1) * share * scale,
    };
  }
  if (stayedBelow(values, rule.reliefMs, down)) {
    const share = clamp((signal.target - newest) / (signal.target - down) / 2, 0.5, 1);
    const factor = Math.max(0.1, 1 - (1 - factorDown) * share * Math.min(1, scale));
    return {
      want: "shrink",
      because: "smoothed-below-threshold",
      judgedAs: "ADAPTIVE",
      compared: newest,
      threshold: down,
      factor,
    };
  }
  return holdOpinion("ADAPTIVE", { ...signal, value: newest, up, down });
}

/** Shifts are points of ratio; for other units they are the same share of the threshold. Never onto the target or past it. */
function shifted({ unit, target, up }: Signal, threshold: number, shift: number): number {
  const moved = unit === "ratio" ? threshold + shift : threshold * (1 + shift);
  return threshold > target ? Math.max(moved, target + (up - target) * 0.25) : moved;
}

function smoothed({ points }: Signal, share: number): number[] | undefined {
  let last: number | undefined;
  const all = points.values.map((value) => {
    last = last === undefined ? value : share * value + (1 - share) * last;
    return last;
  });
  return all.length === 0 ? undefined : all;
}

function clamp(value: number, least: number, most: number): number {
  return Number.isFinite(value) ? Math.min(most, Math.max(least, value)) : most;
}

export const adaptive: Strategy = {
  name: "ADAPTIVE",
  sentence: "Learns from the measured effect of its own past decisions and adapts thresholds and step over time.",
  parameters: z.strictObject({
    smoothing: z.number().min(0.1).max(1).default(0.5).describe("Weight of the newest sample. Default 0.5."),
  }),
  judge,
};
