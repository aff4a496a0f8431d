import type { Decision } from "../model/decision.ts";
import type { RefusalReason } from "../model/reasons.ts";

export type Approval =
  | { readonly kind: "ok"; readonly decision: Decision }
  | { readonly kind: "refused"; readonly reason: RefusalReason };

/**
 * A person lets a recommended decision be carried out: the next version, to be stored by compare-and-set. An approval
 * does not prolong the decision's life; what it was decided on grows old all the same.
 */
export function approve(decision: Decision, who: string, nowMs: number): Approval {
  if (decision.status !== "AWAITING_APPROVAL") return { kind: "refused", reason: "superseded" };
  if (nowMs >= decision.expiresAtMs) return { kind: "refused", reason: "expired" };
  return { kind: "ok", decision: { ...decision, status: "PENDING", approvedBy: who, version: decision.version + 1 } };
}
