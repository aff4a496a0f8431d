import * as z from "zod";
import type { RulePolicy } from "../../model/policy.ts";
import { holdOpinion, type Judgement, type Opinion, type Strategy, stayedAbove, stayedBelow } from "./strategy.ts";

/**
 * As few and as small changes as possible. Grows after `sustainUpSeconds` without a break above `up`, shrinks after
 * `sustainDownSeconds` below `down` (the rule's own times where longer); the step is what returns the value to target,
 * never more than the policy's factor.
 */
function judge(
  { signal, rule, factorUp, factorDown }: Judgement,
  parameters: Readonly<Record<string, number>>,
): Opinion {
  const { value, up, down, target } = signal;
  const { grow: upMs, shrink: downMs } = evidenceMs(rule, parameters);
  if (value !== undefined && stayedAbove(signal, upMs, up)) {
    const factor = Math.min(factorUp, Math.max(1.01, target > 0 ? value / target : factorUp));
    return {
      want: "grow",
      because: "sustained-above-threshold",
      judgedAs: "CONSERVATIVE",
      compared: value,
      threshold: up,
      factor,
    };
  }
  if (value !== undefined && stayedBelow(signal, downMs, down)) {
    const factor = Math.max(factorDown, Math.min(0.99, target > 0 ? value / target : factorDown));
    return {
      want: "shrink",
      because: "sustained-below-threshold",
      judgedAs: "CONSERVATIVE",
      compared: value,
      threshold: down,
      factor,
    };
  }
  return holdOpinion("CONSERVATIVE", signal);
}

function evidenceMs(
  rule: RulePolicy,
  parameters: Readonly<Record<string, number>>,
): { readonly grow: number; readonly shrink: number } {
  return {
    grow: Math.max(rule.breachMs, (parameters["sustainUpSeconds"] ?? 300) * 1000),
    shrink: Math.max(rule.reliefMs, (parameters["sustainDownSeconds"] ?? 900) * 1000),
  };
}

export const conservative: Strategy = {
  name: "CONSERVATIVE",
  sentence: "As few and as small changes as possible, only on sustained evidence; for critical components.",
  parameters: z.strictObject({
    sustainUpSeconds: z
      .number()
      .min(60)
      .max(3600)
      .default(300)
      .describe("How long a breach must last without a break. Unit: seconds. Default 300."),
    sustainDownSeconds: z
      .number()
      .min(60)
      .max(3600)
      .default(900)
      .describe("How long relief must last without a break; at most the monitor's window. Unit: seconds. Default 900."),
  }),
  evidenceMs,
  judge,
};
