import { TRIGGERS_BY_NAME } from "../../domain/decision/triggers/index.ts";
import type { ComponentState } from "../../domain/model/component-state.ts";
import type { Decision } from "../../domain/model/decision.ts";
import type { ComponentPolicy, ExecutionPolicy, RulePolicy } from "../../domain/model/policy.ts";
import type { Allocation } from "../../domain/model/resources.ts";
import type { Sample } from "../../domain/model/sample.ts";
import { SampleWindow } from "../../domain/model/sample-window.ts";
import { performanceScore } from "../../domain/monitor/performance.ts";

/** The rule that asked for a decision, as configured now. */
export function ruleOf(decision: Decision, component: ComponentPolicy): RulePolicy | undefined {
  return component.rules.find((rule) => rule.name === decision.rule);
}

/** The trigger's value that the decision saw. */
export function valueBefore(decision: Decision): number | undefined {
  return decision.signals.find((signal) => signal.rule === decision.rule)?.value;
}

/** Samples whose whole period lies after the moment. */
export function samplesAfter(state: ComponentState | undefined, sinceMs: number, untilMs: number): readonly Sample[] {
  const window = state?.window.after(sinceMs).upTo(untilMs) ?? SampleWindow.EMPTY;
  return window.samples().filter(({ endMs, periodMs }) => endMs - periodMs >= sinceMs);
}

/** Mean of what the rule's trigger reads in the samples; undefined without a single value. */
export function triggerValue(
  rule: RulePolicy,
  samples: readonly Sample[],
  context: { state: ComponentState; policy: ComponentPolicy; allocation: Allocation },
): number | undefined {
  const trigger = TRIGGERS_BY_NAME[rule.trigger];
  return mean(samples.map((sample) => trigger.read(sample, context)));
}

/** How many samples before the decision are compared with those after the change. */
const SAMPLES_BEFORE = 5;
/** One bad minute takes nothing back. */
const SAMPLES_AFTER_MIN = 2;

/** Whether errors rose, or the score fell, from before the decision to after the change by more than the policy bears. */
export function isHarmed(
  state: ComponentState | undefined,
  component: ComponentPolicy,
  between: { beforeMs: number; afterMs: number; nowMs: number },
  policy: ExecutionPolicy,
): boolean {
  const after = samplesAfter(state, between.afterMs, between.nowMs);
  if (after.length < SAMPLES_AFTER_MIN) return false;
  const before = (state?.window ?? SampleWindow.EMPTY).upTo(between.beforeMs).last(SAMPLES_BEFORE).samples();
  const errors = difference(before, after, (sample) => sample.values.errorRate);
  const score = difference(before, after, (sample) => performanceScore(sample, component));
  return (
    (errors !== undefined && errors >= policy.harmErrorRate) || (score !== undefined && -score >= policy.harmScore)
  );
}

function difference(
  before: readonly Sample[],
  after: readonly Sample[],
  read: (sample: Sample) => number | undefined,
): number | undefined {
  const from = mean(before.map(read));
  const to = mean(after.map(read));
  return from === undefined || to === undefined ? undefined : to - from;
}

function mean(values: readonly (number | undefined)[]): number | undefined {
  const known = values.filter((value) => value !== undefined);
  return known.length === 0 ? undefined : known.reduce((sum, value) => sum + value, 0) / known.length;
}
