import { TRIGGERS_BY_NAME } from "../../domain/decision/triggers/index.ts";
import { effectiveness } from "../../domain/execution/effectiveness.ts";
import { reopenToRollBack } from "../../domain/execution/transitions.ts";
import type { Decision, PlanStep } from "../../domain/model/decision.ts";
import type { ComponentPolicy, RulePolicy } from "../../domain/model/policy.ts";
import { sameAllocation } from "../../domain/model/resources.ts";
import { carry } from "./carry.ts";
import { type Ending, endJudged } from "./endings.ts";
import { isHarmed, ruleOf, samplesAfter, triggerValue } from "./reading.ts";
import { commit, isolate, type Run, saveDecision } from "./run.ts";

/** Settle times without a sample after which a decision ends unmeasured. */
const UNMEASURED_SETTLES = 3;

/** Looks at every stable decision: taken back when it harms, measured once it has settled. */
export async function measure(run: Run): Promise<void> {
  const stable = [...run.decisions.values()].filter(({ status }) => status === "STABLE");
  for (const decision of stable) await isolate(run, decision.component, () => measureOne(run, decision));
}

/** As last seen: what this pass noted itself does not count as written since. */
async function end(run: Run, id: string, status: "MEASURED" | "ROLLED_BACK", ending: Ending): Promise<void> {
  const judged = run.decisions.get(id);
  if (judged?.status === "STABLE") await endJudged(run, judged, status, ending);
}

async function measureOne(run: Run, decision: Decision): Promise<void> {
  const steps = decision.plan?.steps ?? [];
  const last = steps.at(-1);
  const component = run.components.get(last?.component ?? decision.component);
  if (run.ledger.open.some((open) => open.decision === decision.id)) return; // being taken back
  if (last === undefined || component === undefined)
    return end(run, decision.id, "MEASURED", { detail: "its component is not configured any more" });
  if (!steps.every((step) => isBooked(run, step, "after"))) return changedAgain(run, decision, steps);
  const stableMs = decision.result?.finishedAtMs ?? run.nowMs;
  const settledMs = run.nowMs - stableMs;
  const harmed = steps.some((step) => harm(run, decision, step, stableMs));
  const after = valueAfter(run, decision, component, last, stableMs);
  if (harmed && !isLoad(run, decision, component, last, stableMs) && (await takeBack(run, decision))) return;
  const { settleMs } = run.policy.execution;
  if (settledMs < settleMs) return;
  const waiting = samplesAfter(run.states.get(last.component), stableMs, run.nowMs).length === 0;
  if (waiting && settledMs < UNMEASURED_SETTLES * settleMs) return;
  const rule = ruleOf(decision, component);
  const measured = waiting
    ? undefined
    : effectiveness({
        direction: steps.length === 1 ? (decision.direction ?? "same") : "same",
        before: decision.result?.valueBefore,
        after,
        up: rule?.up,
        down: rule?.down,
        harmed,
        costDeltaPerHour: decision.plan?.costDeltaPerHour ?? 0,
      });
  await end(run, decision.id, "MEASURED", {
    valueAfter: after,
    ...(measured === undefined
      ? { detail: waiting ? "no data after the change" : "nothing to compare with" }
      : { effectiveness: measured }),
  });
}

function isBooked(run: Run, step: PlanStep, key: "before" | "after"): boolean {
  const booked = run.ledger.booked[step.component];
  return booked !== undefined && sameAllocation(booked, step[key]);
}

function harm(run: Run, decision: Decision, step: PlanStep, stableMs: number): boolean {
  const component = run.components.get(step.component);
  if (component === undefined) return false;
  const between = { beforeMs: decision.decidedAtMs, afterMs: stableMs, nowMs: run.nowMs };
  return isHarmed(run.states.get(step.component), component, between, run.policy.execution);
}

function valueAfter(
  run: Run,
  decision: Decision,
  component: ComponentPolicy,
  last: PlanStep,
  stableMs: number,
): number | undefined {
  const state = run.states.get(last.component);
  const rule = ruleOf(decision, component);
  if (state === undefined || rule === undefined) return undefined;
  return triggerValue(rule, samplesAfter(state, stableMs, run.nowMs), {
    state,
    policy: component,
    allocation: last.after,
  });
}

/**
 * A growth under pressure is not the cause of what hurts, and less would hurt more: while any rule of the component still
 * reads above its up threshold, load explains the harm.
 */
function isLoad(run: Run, decision: Decision, component: ComponentPolicy, last: PlanStep, stableMs: number): boolean {
  const state = run.states.get(last.component);
  if (decision.direction !== "grow" || state === undefined) return false;
  const samples = samplesAfter(state, stableMs, run.nowMs);
  return component.rules.some((rule) => {
    const value = triggerValue(rule, samples, { state, policy: component, allocation: last.after });
    return isPressure(rule) && value !== undefined && value > rule.up;
  });
}

/** Use over capacity, or work that waits: what more capacity relieves. Errors and slowness may be the growth's own doing. */
function isPressure({ trigger }: RulePolicy): boolean {
  return TRIGGERS_BY_NAME[trigger].scalesWithCapacity || trigger === "QUEUE_LENGTH";
}

/** True when it is being taken back now; else (paused, no slot) the next pass tries again until it is measured. */
async function takeBack(run: Run, decision: Decision): Promise<boolean> {
  await saveDecision(run, decision.id, ({ result }) =>
    result?.reason === undefined
      ? { result: { ...result, finishedAtMs: result?.finishedAtMs ?? run.nowMs, reason: "harmful" } }
      : undefined,
  );
  if (run.decisions.get(decision.id)?.status !== "STABLE") return true; // judged by another process already
  const opened = await commit(run, (ledger) => reopenToRollBack(ledger, decision, run.policy, run.nowMs));
  if (opened.kind === "refused") return opened.reason === "superseded"; // another process opened it already
  await carry(run, decision.id);
  return true;
}

/**
 * The allocation is not the decision's any more. Either it was taken back and the note of that was lost, or another
 * change followed before this one could be measured.
 */
async function changedAgain(run: Run, decision: Decision, steps: readonly PlanStep[]): Promise<void> {
  if (decision.result?.reason === "harmful" && steps.every((step) => isBooked(run, step, "before"))) {
    return end(run, decision.id, "ROLLED_BACK", { effectiveness: 0 });
  }
  await end(run, decision.id, "MEASURED", { detail: "changed again before it could be measured" });
}
