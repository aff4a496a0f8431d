import type { Confidence, Decision, DecisionStatus, Plan, Verdict } from "../model/decision.ts";
import { decisionId } from "../model/decision.ts";
import type { HoldReason } from "../model/reasons.ts";
import { mapResources, totalOf } from "../model/resources.ts";
import type { ActionName, Mode } from "../model/trigger.ts";
import { type Candidate, candidatesFrom } from "./candidate.ts";
import { deviationFactor, headroomFactor, stabilityFactor, weighConfidence } from "./confidence.ts";
import type { DecisionInput } from "./decision-input.ts";
import { gate } from "./gate.ts";
import { planFor } from "./plan-for.ts";
import { areComplete, verdictsFor } from "./verdicts.ts";

/** A candidate after gates, plan and confidence: to be carried out, or held for a reason. */
interface Judged {
  readonly candidate: Candidate;
  readonly hold?: HoldReason | undefined;
  readonly plan?: Plan | undefined;
  readonly action: ActionName;
  readonly confidence?: Confidence | undefined;
}

/**
 * Decides for one component: judges every rule, turns wants into candidates (growth wins over shrinkage), sends each
 * through the gates, the planner and the confidence bar, and takes the surest that passed all. Never throws on bad data:
 * absent values hold.
 */
export function decideComponent(input: DecisionInput): Decision {
  const verdicts = verdictsFor(input.policy, input.signals, input.facts.overlay);
  const candidates = candidatesFrom(input, verdicts);
  if (candidates.length === 0) return record(input, verdicts, { hold: holdWithoutCandidate(input, verdicts) });
  const judged = candidates.map((candidate) => judge(input, candidate));
  judged.sort((a, b) => rank(b) - rank(a) || b.candidate.priority - a.candidate.priority);
  return record(input, verdicts, judged.find((each) => each.hold === undefined) ?? (judged[0] as Judged));
}

function rank({ confidence }: Judged): number {
  return confidence?.total ?? -1;
}

function judge(input: DecisionInput, candidate: Candidate): Judged {
  const { fleet, facts } = input;
  const closed = gate(input, candidate);
  if (closed !== undefined) return { candidate, hold: closed, action: "NO_ACTION" };
  const result = planFor(input, candidate);
  if (result.kind === "none") return { candidate, hold: result.hold, action: "NO_ACTION" };
  const { plan, action } = result;
  const confidence = confidenceOf(input, candidate, plan);
  const base = { candidate, plan, confidence };
  if (removedCpu(plan) > facts.removable) return { ...base, hold: "velocity-limit", action: "NO_ACTION" };
  if (candidate.kind !== "bounds" && confidence.total < fleet.decision.minimumConfidence)
    return { ...base, hold: "below-confidence", action: "NO_ACTION" };
  return { ...base, action };
}

function confidenceOf({ fleet, policy, current, facts }: DecisionInput, candidate: Candidate, plan: Plan): Confidence {
  const after = plan.steps[plan.steps.length - 1]?.after ?? current;
  const totals = totalOf(after);
  const before = totalOf(current);
  return weighConfidence(
    {
      deviation: candidate.deviation ?? deviationFactor(candidate),
      effectiveness: facts.effectiveness,
      stability: stabilityFactor(candidate.signal, facts.sinceLastMs, policy.cooldownMs),
      headroom: headroomFactor({
        direction: candidate.direction,
        after: totals,
        max: facts.bounds.max,
        room: plan.steps.length > 1 ? facts.bounds.max : facts.room,
        change: mapResources((name) => totals[name] - before[name]),
      }),
    },
    fleet.decision.weights,
  );
}

/** Milli-vCPU that a plan takes out of the fleet. */
export function removedCpu(plan: Plan): number {
  let removed = 0;
  for (const { before, after } of plan.steps) removed += totalOf(before).cpu - totalOf(after).cpu;
  return Math.max(0, removed);
}

/** Why nothing is wanted, from the most to the least telling. */
function holdWithoutCandidate({ facts, fleet, signals }: DecisionInput, verdicts: readonly Verdict[]): HoldReason {
  if (facts.service === undefined) return "service-unavailable";
  if (signals.every((signal) => signal.value === undefined)) return "no-data";
  if (verdicts.some((verdict) => verdict.because === "not-sustained")) return "not-sustained";
  if (verdicts.some((verdict) => verdict.want === "shrink") && !areComplete(signals, fleet.monitor.completeness))
    return "incomplete-data";
  return "on-target";
}

function record(
  input: DecisionInput,
  verdicts: readonly Verdict[],
  outcome: {
    readonly hold?: HoldReason | undefined;
    readonly plan?: Plan | undefined;
    readonly action?: ActionName;
    readonly confidence?: Confidence | undefined;
    readonly candidate?: Candidate;
  },
): Decision {
  const { fleet, policy, fingerprint, mode, current, signals, facts, tickMs, suffix } = input;
  const { candidate, plan, confidence, hold } = outcome;
  const held = hold !== undefined;
  return {
    v: 1,
    id: decisionId(policy.name, tickMs, suffix),
    fleet: fleet.name,
    component: policy.name,
    decidedAtMs: tickMs,
    action: held ? "NO_ACTION" : (outcome.action ?? "NO_ACTION"),
    strategy: policy.strategy,
    mode,
    direction: candidate?.direction,
    resource: candidate?.resource,
    rule: candidate?.rule?.name,
    trigger: candidate?.rule?.trigger,
    priority: candidate?.priority ?? 0,
    hold,
    confidence,
    plan,
    expected:
      plan === undefined
        ? undefined
        : { value: expectedValue(candidate, plan), costDeltaPerHour: plan.costDeltaPerHour },
    signals,
    verdicts,
    current,
    facts,
    policy: fingerprint,
    status: held ? "HELD" : statusIn(mode),
    version: 1,
    expiresAtMs: tickMs + (mode === "recommend" ? fleet.decision.approvalMs : fleet.decision.validityMs),
  };
}

/** Use over allocation moves in inverse proportion to the allocation; of other values nothing exact is promised. */
function expectedValue(candidate: Candidate | undefined, plan: Plan): number | undefined {
  const step = plan.steps[plan.steps.length - 1];
  const signal = candidate?.signal;
  if (step === undefined || signal?.value === undefined || !signal.scalesWithCapacity || candidate === undefined)
    return undefined;
  const before = totalOf(step.before)[candidate.sized];
  const after = totalOf(step.after)[candidate.sized];
  return after > 0 ? Number(((signal.value * before) / after).toPrecision(4)) : undefined;
}

function statusIn(mode: Mode): DecisionStatus {
  if (mode === "observe") return "OBSERVED";
  return mode === "recommend" ? "AWAITING_APPROVAL" : "PENDING";
}
