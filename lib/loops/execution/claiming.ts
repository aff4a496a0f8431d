import { claim } from "../../domain/execution/claim.ts";
import { isKnown } from "../../domain/execution/ledger.ts";
import { revalidate } from "../../domain/execution/revalidate.ts";
import type { Decision } from "../../domain/model/decision.ts";
import type { RefusalReason } from "../../domain/model/reasons.ts";
import { adoptIfChanged } from "./bookings.ts";
import { carry } from "./carry.ts";
import { end, WAITING } from "./endings.ts";
import { commit, isolate, look, prefetch, type Run } from "./run.ts";

/** Claims what may be carried out now, the most urgent first, and starts it. What is refused waits until it expires. */
export async function claimPending(run: Run): Promise<void> {
  const pending = [...run.decisions.values()].filter(({ status }) => status === "PENDING").sort(byUrgency);
  const possible = pending.filter((decision) => ask(run, decision) === undefined);
  await prefetch(
    run,
    possible.flatMap((decision) => (decision.plan?.steps ?? []).map((step) => step.component)),
  );
  for (const decision of pending) await isolate(run, decision.component, () => claimOne(run, decision));
}

/** Priority, then confidence, then the id, so that two processes agree. */
function byUrgency(a: Decision, b: Decision): number {
  return b.priority - a.priority || (b.confidence?.total ?? 0) - (a.confidence?.total ?? 0) || (a.id < b.id ? -1 : 1);
}

/** What the ledger as last read says to the claim, without claiming. */
function ask(run: Run, decision: Decision): RefusalReason | undefined {
  const component = run.components.get(decision.component);
  if (component === undefined || decision.plan === undefined) return "superseded";
  const asked = claim(run.ledger, decision, run.policy, component, run.nowMs);
  return asked.kind === "refused" ? asked.reason : undefined;
}

async function claimOne(run: Run, decision: Decision): Promise<void> {
  const component = run.components.get(decision.component);
  const reason = ask(run, decision) ?? (await worldRefusal(run, decision));
  if (reason !== undefined || component === undefined) return leave(run, decision, reason ?? "superseded");
  const claimed = await commit(run, (ledger) => claim(ledger, decision, run.policy, component, run.nowMs));
  if (claimed.kind === "refused") return leave(run, decision, claimed.reason);
  run.ports.log("info", "claimed", { fleet: run.policy.name, decision: decision.id });
  await carry(run, decision.id);
}

/** Live ECS and fresh state: does the first step still fit? Asked before a slot is taken. */
async function worldRefusal(run: Run, decision: Decision): Promise<RefusalReason | undefined> {
  const step = decision.plan?.steps[0];
  const component = run.components.get(step?.component ?? "");
  if (step === undefined || component === undefined) return "superseded";
  const live = await look(run, step.component);
  if (live instanceof Error) return "service-unavailable";
  const { monitor } = run.policy;
  const identity = run.ledger.identity[step.component];
  const state = run.states.get(step.component);
  return revalidate({ decision, step, index: 0, live, identity, state, component, monitor, nowMs: run.nowMs });
}

/**
 * Refusals that time may lift leave the decision PENDING; a baseline that is gone does not come back. A decision that
 * the ledger knows is in another process's hands.
 */
async function leave(run: Run, decision: Decision, reason: RefusalReason): Promise<void> {
  run.ports.log("debug", "not claimed", { fleet: run.policy.name, decision: decision.id, reason });
  if (reason !== "baseline-changed" && reason !== "superseded") return;
  if (isKnown(run.ledger, decision.id)) return;
  await end(run, decision.id, "SUPERSEDED", { reason }, WAITING);
  if (reason === "baseline-changed")
    for (const { component } of decision.plan?.steps ?? []) await adoptIfChanged(run, component);
}
