import type { Direction, Verdict } from "../model/decision.ts";
import type { RulePolicy } from "../model/policy.ts";
import { type ResourceName, type ResourceType, totalOf } from "../model/resources.ts";
import type { Signal } from "../model/signal.ts";
import type { DecisionInput } from "./decision-input.ts";
import { TRIGGERS_BY_NAME } from "./triggers/index.ts";

/** What one rule wants, or what bounds or the optimizer ask for; not yet a decision. */
export interface Candidate {
  /** `rule`: a rule's want. `bounds`: a (scheduled) minimum or maximum is not met. `optimize`: a recommendation. */
  readonly kind: "rule" | "bounds" | "optimize";
  readonly direction: Direction;
  readonly action: "SCALE_UP" | "SCALE_DOWN" | "SCALE_OUT" | "SCALE_IN" | "OPTIMIZE";
  readonly resource: ResourceType;
  /** Size of the task that changes with SCALE_UP / SCALE_DOWN. */
  readonly sized: ResourceName;
  readonly factor: number;
  /** Exactly so many tasks: computed from demand, so guards against guessing too far do not apply. */
  readonly tasks?: number | undefined;
  readonly priority: number;
  readonly rule?: RulePolicy | undefined;
  readonly signal?: Signal | undefined;
  /** Numbers of the deviation factor. */
  readonly compared: number;
  readonly target: number;
  readonly threshold: number;
  /** Set where the deviation does not come from a rule's numbers. */
  readonly deviation?: number | undefined;
}

/** Growth wins over shrinkage: shrinking candidates exist only when no rule wants growth. */
export function candidatesFrom(input: DecisionInput, verdicts: readonly Verdict[]): readonly Candidate[] {
  const growing = fromVerdicts(input, verdicts, "grow");
  if (growing.length > 0) return growing;
  const bounds = boundsCandidate(input);
  if (bounds !== undefined) return [bounds];
  const shrinking = fromVerdicts(input, verdicts, "shrink");
  if (shrinking.length > 0) return shrinking;
  const { recommendation } = input.facts;
  const calm = verdicts.every((verdict) => verdict.because !== "not-sustained");
  return recommendation !== undefined && calm ? [OPTIMIZE] : NONE;
}

const NONE: readonly Candidate[] = [];
const OPTIMIZE: Candidate = {
  kind: "optimize",
  direction: "shrink",
  action: "OPTIMIZE",
  resource: "CAPACITY",
  sized: "cpu",
  factor: 1,
  priority: 1,
  compared: 0,
  target: 0,
  threshold: 0,
  deviation: 75,
};

function fromVerdicts(
  { policy, signals }: DecisionInput,
  verdicts: readonly Verdict[],
  direction: Direction,
): readonly Candidate[] {
  if (!verdicts.some(({ want }) => want === direction)) return NONE;
  return verdicts.flatMap((verdict, i) => {
    const rule = policy.rules[i];
    const signal = signals[i];
    if (verdict.want !== direction || rule === undefined || signal === undefined) return [];
    const trigger = TRIGGERS_BY_NAME[rule.trigger];
    const action = actionOf(direction === "grow" ? rule.upAction : rule.downAction, direction);
    const sideways = action === "SCALE_OUT" || action === "SCALE_IN";
    return [
      {
        kind: "rule",
        direction,
        action,
        resource: sideways ? "INSTANCES" : trigger.resource,
        sized: trigger.sized,
        tasks: verdict.tasks,
        deviation: verdict.tasks === undefined ? undefined : EXACT_DEVIATION,
        factor: verdict.factor ?? (direction === "grow" ? policy.factorUp : policy.factorDown),
        priority: rule.priority,
        rule,
        signal,
        compared: verdict.compared ?? signal.value ?? signal.target,
        target: signal.target,
        threshold: verdict.threshold ?? (direction === "grow" ? signal.up : signal.down),
      } satisfies Candidate,
    ];
  });
}

/** A number computed from demand is as sure as a value twice beyond its threshold. */
const EXACT_DEVIATION = 100;

/** An action that does not fit its direction cannot come out of the configuration; sideways is the safe reading. */
function actionOf(action: string, direction: Direction): "SCALE_UP" | "SCALE_DOWN" | "SCALE_OUT" | "SCALE_IN" {
  if (direction === "grow") return action === "SCALE_UP" ? "SCALE_UP" : "SCALE_OUT";
  return action === "SCALE_DOWN" ? "SCALE_DOWN" : "SCALE_IN";
}

/** A (scheduled) minimum not reached, or a maximum exceeded: policy, not opinion, hence sure. */
function boundsCandidate({ policy, current, facts }: DecisionInput): Candidate | undefined {
  const { min, max, tasksMin, tasksMax } = facts.bounds;
  const { cpu, memory } = totalOf(current);
  const low = cpu < min.cpu ? "cpu" : memory < min.memory ? "memory" : undefined;
  const high = cpu > max.cpu ? "cpu" : memory > max.memory ? "memory" : undefined;
  const fewer = current.tasks < tasksMin;
  if (fewer || low !== undefined) return bounds("grow", fewer || !policy.resize, low ?? "cpu");
  const more = current.tasks > tasksMax;
  if (more || high !== undefined) return bounds("shrink", more || !policy.resize, high ?? "cpu");
  return undefined;
}

function bounds(direction: Direction, byTasks: boolean, sized: ResourceName): Candidate {
  const grow = direction === "grow";
  return {
    kind: "bounds",
    direction,
    action: byTasks ? (grow ? "SCALE_OUT" : "SCALE_IN") : grow ? "SCALE_UP" : "SCALE_DOWN",
    resource: byTasks ? "INSTANCES" : sized === "memory" ? "MEMORY" : "CPU",
    sized,
    factor: 1,
    priority: 10,
    compared: 0,
    target: 0,
    threshold: 0,
    deviation: 100,
  };
}
