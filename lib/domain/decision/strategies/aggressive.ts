import * as z from "zod";
import { holdOpinion, type Judgement, type Opinion, type Strategy, stayedBelow } from "./strategy.ts";

/**
 * Quick and large: one sample above `up` is enough, whatever the rule's breach time; relief needs half the rule's relief
 * time. The step is the policy's factor taken as often (up to `stepsUp` / `stepsDown` times) as it takes to be back at
 * target.
 */
function judge(
  { signal, rule, factorUp, factorDown }: Judgement,
  parameters: Readonly<Record<string, number>>,
): Opinion {
  const { value, up, down, target } = signal;
  if (value === undefined) return holdOpinion("AGGRESSIVE", signal);
  if (value > up) {
    const factor = steps(value / target, factorUp, parameters["stepsUp"] ?? 3);
    return { want: "grow", because: "above-threshold", judgedAs: "AGGRESSIVE", compared: value, threshold: up, factor };
  }
  if (stayedBelow(signal, rule.reliefMs / 2, down)) {
    const factor = steps(value / target, factorDown, parameters["stepsDown"] ?? 2);
    return {
      want: "shrink",
      because: "below-threshold",
      judgedAs: "AGGRESSIVE",
      compared: value,
      threshold: down,
      factor,
    };
  }
  return holdOpinion("AGGRESSIVE", signal);
}

/** factor^k with the smallest k in 1..most that reaches `ratio` (from 1: up for factor > 1, down for factor < 1). */
export function steps(ratio: number, factor: number, most: number): number {
  const wanted = ratio > 0 && Number.isFinite(ratio) ? Math.ceil(Math.log(ratio) / Math.log(factor) - 1e-9) : most;
  return factor ** Math.min(most, Math.max(1, wanted));
}

export const aggressive: Strategy = {
  name: "AGGRESSIVE",
  sentence: "Quick and large changes when needed.",
  parameters: z.strictObject({
    stepsUp: z
      .number()
      .min(1)
      .max(10)
      .default(3)
      .describe("Most times the factor is taken in one growing decision. Default 3."),
    stepsDown: z
      .number()
      .min(1)
      .max(10)
      .default(2)
      .describe("Most times the factor is taken in one shrinking decision. Default 2."),
  }),
  judge,
};
