import { activeStep } from "../../domain/execution/ledger.ts";
import { type Mark, markOf, recordAttempt, recordRevision } from "../../domain/execution/transitions.ts";
import type { OpenExecution } from "../../domain/model/ledger.ts";
import { sameSize } from "../../domain/model/resources.ts";
import type { ServiceState } from "../../domain/model/service.ts";
import type { Failed } from "../../ports.ts";
import { commit, decisionOf, type Run, tell } from "./run.ts";

/**
 * How a call came out. `sent`: ECS may have it, a read tells. `unsent`: it was not made, or is to be made again later.
 * `refused`: ECS does not have it and would refuse it again, so the back-off of the component is the retry.
 */
export type Sent =
  | { readonly kind: "sent" | "unsent" }
  | {
      readonly kind: "refused";
      readonly reason: "call-refused" | "call-throttled";
      readonly attempts: number;
      readonly detail: string;
    };

/**
 * A process that was frozen this long between the announcement and the call may have been overtaken: it does not call.
 * Frozen after this check it still would, which ECS cannot prevent; the next read detects it.
 */
const FROZEN_MS = 60_000;

/**
 * One attempt at the step in hand: announced on the ledger, then made. The announcement is a compare-and-set that also
 * asks for pause and mode, and nothing but it stands directly before a call that changes ECS.
 */
export async function send(run: Run, open: OpenExecution, live: ServiceState): Promise<Sent> {
  const { ports, policy } = run;
  const { component, goal } = activeStep(open);
  const approved = (await decisionOf(run, open.decision))?.approvedBy !== undefined;
  const resize = !sameSize(goal.size, live.desired.size);
  const startedMs = ports.clock.nowMs();
  const announced = await commit(run, (ledger) =>
    recordAttempt(ledger, markOf(open), {
      policy,
      approved,
      // The way back of a resize is to the very revision that ran before: ECS keeps the old tasks that still run.
      revisionBefore: open.rollingBack ? undefined : live.revision,
      nowMs: Math.max(run.nowMs, startedMs),
    }),
  );
  if (announced.kind === "refused") return { kind: "unsent" };
  const mark = { ...markOf(open), attempts: open.attempts + 1 };
  let revision = live.revision;
  if (resize && open.rollingBack && open.revisionBefore !== undefined) {
    revision = open.revisionBefore;
  } else if (resize) {
    const id = open.rollingBack ? `${open.decision}:back` : open.decision;
    const registered = await ports.orchestrator.ensureRevision({ component, size: goal.size, decision: id });
    if (registered.kind !== "ok") return notOk(run, mark, component, registered, "unsent");
    revision = registered.revision;
    const noted = await commit(run, (ledger) => recordRevision(ledger, mark, { policy, approved, revision }));
    if (noted.kind === "refused") return { kind: "unsent" };
  }
  if (ports.clock.nowMs() - startedMs > FROZEN_MS)
    return untold(run, component, "overslept between announcement and call");
  run.live.delete(component);
  const answer = await ports.orchestrator.update({ component, tasks: goal.tasks, revision, decision: open.decision });
  ports.log("info", "sent to ECS", {
    fleet: policy.name,
    component,
    decision: open.decision,
    tasks: goal.tasks,
    revision,
    answer: answer.kind,
  });
  return answer.kind === "ok" ? { kind: "sent" } : notOk(run, mark, component, answer, "sent");
}

/** Refused is final, throttled is after the last attempt, and unknown never is. */
function notOk(run: Run, mark: Mark, component: string, failed: Failed, otherwise: "sent" | "unsent"): Sent {
  const { kind, detail } = failed;
  tell(run, component, `${kind}: ${detail}`);
  if (kind === "refused") return { kind, reason: "call-refused", attempts: mark.attempts, detail };
  const last = kind === "throttled" && mark.attempts >= run.policy.execution.attempts;
  return last ? { kind: "refused", reason: "call-throttled", attempts: mark.attempts, detail } : { kind: otherwise };
}

function untold(run: Run, component: string, detail: string): Sent {
  tell(run, component, detail);
  return { kind: "unsent" };
}
