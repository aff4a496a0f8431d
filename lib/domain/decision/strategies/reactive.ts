import * as z from "zod";
import { holdOpinion, type Judgement, type Opinion, type Strategy, stayedAbove, stayedBelow } from "./strategy.ts";

/** Present conditions only: all points of the rule's breach time above `up`, or of its relief time below `down`. */
export function judgeReactively({ signal, rule, factorUp, factorDown }: Judgement): Opinion {
  const { value, up, down } = signal;
  if (stayedAbove(signal, rule.breachMs, up)) {
    return {
      want: "grow",
      because: "above-threshold",
      judgedAs: "REACTIVE",
      compared: value,
      threshold: up,
      factor: factorUp,
    };
  }
  if (stayedBelow(signal, rule.reliefMs, down)) {
    return {
      want: "shrink",
      because: "below-threshold",
      judgedAs: "REACTIVE",
      compared: value,
      threshold: down,
      factor: factorDown,
    };
  }
  return holdOpinion("REACTIVE", signal);
}

export const reactive: Strategy = {
  name: "REACTIVE",
  sentence: "Acts on present conditions: a threshold is crossed now.",
  parameters: z.strictObject({}),
  evidenceMs: ({ breachMs, reliefMs }) => ({ grow: breachMs, shrink: reliefMs }),
  judge: (judgement) => judgeReactively(judgement),
};
