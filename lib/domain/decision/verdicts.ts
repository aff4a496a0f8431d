import type { DecisionFacts, Verdict } from "../model/decision.ts";
import type { ComponentPolicy, RulePolicy } from "../model/policy.ts";
import type { Signal } from "../model/signal.ts";
import { STRATEGIES_BY_NAME } from "./strategies/index.ts";

/** What each rule of a component says, in the order of the rules: the strategy's opinion of the rule's signal. */
export function verdictsFor(
  policy: ComponentPolicy,
  signals: readonly Signal[],
  overlay: DecisionFacts["overlay"],
): Verdict[] {
  const strategy = STRATEGIES_BY_NAME[policy.strategy];
  return policy.rules.map((rule, i) => {
    const signal = signals[i];
    const { name, trigger, priority } = rule;
    if (signal?.value === undefined)
      return { rule: name, trigger, priority, want: "hold", because: noValue(rule), judgedAs: policy.strategy };
    const opinion = strategy.judge(
      {
        signal,
        rule,
        factorUp: rule.factorUp ?? policy.factorUp,
        factorDown: rule.factorDown ?? policy.factorDown,
        overlay,
      },
      policy.parameters,
    );
    // Field by field: a spread here was the costliest line of a pass over 10,000 components.
    const { want, because, judgedAs, compared, threshold, factor, tasks } = opinion;
    return tasks === undefined
      ? { rule: name, trigger, priority, want, because, judgedAs, compared, threshold, factor }
      : { rule: name, trigger, priority, want, because, judgedAs, compared, threshold, factor, tasks };
  });
}

function noValue(rule: RulePolicy): string {
  return rule.trigger === "PREDICTIVE" ? "no-trusted-forecast" : "no-data";
}

/**
 * Whether the signals of all rules together may justify a shrink: each has a value (or silence for want of traffic) over
 * enough of the window, and none is a period older than the newest of them: what is missing NOW is the very thing to fear.
 */
export function areComplete(signals: readonly Signal[], completenessMin: number): boolean {
  let newestMs = Number.POSITIVE_INFINITY;
  for (const { value, ageMs } of signals) if (value !== undefined) newestMs = Math.min(newestMs, ageMs);
  return signals.every(({ trigger, value, absent, completeness, ageMs, periodMs }) => {
    if (trigger === "PREDICTIVE") return true; // an opinion of the future, not an observation
    if (completeness < completenessMin) return false;
    return absent === "no-traffic" || (value !== undefined && ageMs - newestMs < periodMs / 2);
  });
}
