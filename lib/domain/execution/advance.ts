import type { OpenExecution } from "../model/ledger.ts";
import type { ExecutionPolicy } from "../model/policy.ts";
import type { RefusalReason } from "../model/reasons.ts";
import { sameAllocation, sameSize } from "../model/resources.ts";
import type { ServiceState } from "../model/service.ts";
import { activeStep } from "./ledger.ts";

/** What to do next with an open execution, read from live ECS. The loop does it; this file only decides. */
export type Advance =
  | { readonly kind: "send" }
  | { readonly kind: "wait"; readonly because: "not-readable" | "retry-delay" | "blocked" | "rollout" }
  /** ECS wants the goal. */
  | { readonly kind: "applied" }
  /** The goal's tasks run, or, on the way back, ECS wants the goal and no more can be waited for. */
  | { readonly kind: "stable" }
  | { readonly kind: "rollBack"; readonly why: RefusalReason }
  /** Nothing was sent and nothing will be. */
  | { readonly kind: "giveBack"; readonly why: RefusalReason }
  /** Calls were made, none had an effect, no more will be tried. */
  | { readonly kind: "failed"; readonly why: RefusalReason }
  /** The service has not been readable for so long that the slot is released. */
  | { readonly kind: "lost"; readonly why: RefusalReason }
  /** Somebody else changed it, or the intent is void. */
  | { readonly kind: "foreign"; readonly why: RefusalReason };

export interface AdvanceInput {
  readonly open: OpenExecution;
  readonly live: ServiceState | Error;
  /** Identity behind the booking; another one is another service. */
  readonly identity: string | undefined;
  /** When the newest attempt was announced; undefined before the first. */
  readonly lastAttemptMs: number | undefined;
  /** Why nothing may be sent now, see sendRefusal. */
  readonly blocked: RefusalReason | undefined;
  readonly policy: ExecutionPolicy;
  readonly nowMs: number;
}

/** Wait before the second attempt, doubling; a call that was not answered is over by then. */
const RETRY_MS = 30_000;
/** Timeouts of the rollout after which a service that cannot be read is given up. */
const UNREADABLE_TIMEOUTS = 4;

/**
 * The state machine of one step. Unknown is not failed: after a call, answered or not, only a read tells.
 *
 *     live is      nothing sent      sent, not confirmed         confirmed
 *     goal         foreign           applied                     stable, wait, or roll back after the timeout
 *     from         send              send again, or failed       foreign; roll back if the rollout failed
 *     else         foreign           foreign                     foreign
 *
 * A hand that puts back exactly the before, after our call and before any read saw its effect, looks like a call that
 * was lost: it is sent again, at most once for each attempt left.
 *
 * On the way back (`rollingBack`) from and goal change places, and a service that is back already, by its circuit
 * breaker or by a hand, is as good as applied.
 */
export function advance(input: AdvanceInput): Advance {
  const { open, live, identity, policy, nowMs } = input;
  if (live instanceof Error) {
    const sinceMs = Math.max(open.claimedAtMs, input.lastAttemptMs ?? 0);
    const over = nowMs - sinceMs >= UNREADABLE_TIMEOUTS * policy.stableTimeoutMs;
    return over ? { kind: "lost", why: "service-unavailable" } : { kind: "wait", because: "not-readable" };
  }
  if (input.blocked === "restored") return { kind: "foreign", why: "restored" };
  if (identity !== undefined && live.identity !== identity) return { kind: "foreign", why: "baseline-changed" };
  const { from, goal } = activeStep(open);
  const atGoal = sameAllocation(live.desired, goal);
  if (!atGoal && !sameAllocation(live.desired, from)) return { kind: "foreign", why: "baseline-changed" };
  if (open.appliedAtMs !== undefined) return atGoal ? settling(input, live, open.appliedAtMs) : reverted(input, live);
  if (!atGoal) return unsent(input);
  return open.attempts > 0 || open.rollingBack ? { kind: "applied" } : { kind: "foreign", why: "baseline-changed" };
}

/** ECS is where it was before: the call was not made, was lost, or was refused. */
function unsent({ open, lastAttemptMs, blocked, policy, nowMs }: AdvanceInput): Advance {
  if (open.attempts === 0) {
    if (blocked === undefined) return { kind: "send" };
    // A person said stop before anything was sent. A donor that gave already is not left behind: that waits.
    return open.rollingBack || open.step > 0
      ? { kind: "wait", because: "blocked" }
      : { kind: "giveBack", why: blocked };
  }
  const sinceMs = nowMs - (lastAttemptMs ?? open.claimedAtMs);
  const retryMs = Math.min(policy.backoffMs, RETRY_MS) * 2 ** (open.attempts - 1);
  if (sinceMs < retryMs) return { kind: "wait", because: "retry-delay" };
  if (blocked !== undefined) {
    const over = sinceMs >= policy.stableTimeoutMs && !open.rollingBack;
    return over ? { kind: "failed", why: blocked } : { kind: "wait", because: "blocked" };
  }
  return open.attempts < policy.attempts ? { kind: "send" } : { kind: "failed", why: "service-unavailable" };
}

/** ECS wants the goal: do its tasks run? */
function settling({ open, policy, nowMs }: AdvanceInput, live: ServiceState, appliedAtMs: number): Advance {
  const { from, goal } = activeStep(open);
  const over = nowMs - appliedAtMs >= policy.stableTimeoutMs;
  const resized = !sameSize(from.size, goal.size);
  // A change of the count rolls nothing out: a failure that is told is one of before, and somebody else's.
  const failed = live.rolloutFailed && resized;
  // Tasks that never come cost nothing, and whoever asks for exact numbers asks again: nothing is there to take back.
  if (!policy.waitForTasks && !resized && !open.rollingBack) return { kind: "stable" };
  if (!live.deploying && live.pending === 0 && live.running === goal.tasks && (!failed || open.rollingBack)) {
    return { kind: "stable" };
  }
  // The way back is not taken back: once ECS wants it, waiting for the last task must not hold a slot for ever.
  if (open.rollingBack) return over ? { kind: "stable" } : { kind: "wait", because: "rollout" };
  if (resized && open.revisionAfter !== undefined && live.revision !== open.revisionAfter) {
    return { kind: "foreign", why: "baseline-changed" }; // somebody deployed on top: same size, another revision
  }
  if (failed) return { kind: "rollBack", why: "rollout-failed" };
  if (!over) return { kind: "wait", because: "rollout" };
  // A deployment that is not ours must not lose the tasks it is rolling out on.
  return live.deploying && !resized
    ? { kind: "foreign", why: "baseline-changed" }
    : { kind: "rollBack", why: "never-stable" };
}

/** ECS wanted the goal and is back where it was: its circuit breaker, or somebody's hand. */
function reverted({ open }: AdvanceInput, live: ServiceState): Advance {
  if (live.rolloutFailed && !open.rollingBack) return { kind: "rollBack", why: "rollout-failed" };
  return { kind: "foreign", why: "baseline-changed" };
}
