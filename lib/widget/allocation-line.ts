import type { Decision } from "../domain/model/decision.ts";
import type { Allocation } from "../domain/model/resources.ts";

/** From `atMs` on a component had this. */
export interface AllocationPoint {
  readonly atMs: number;
  readonly allocation: Allocation;
}

/**
 * What a component had over time, as far as decisions tell: each decision of its own saw what there was, a change that was
 * sent set what came after, one taken back restored it. Ascending; ends with what it has now, where that is known.
 */
export function allocationLine(
  component: string,
  decisions: readonly Decision[],
  now: { readonly booked: Allocation | undefined; readonly atMs: number },
): readonly AllocationPoint[] {
  const points = decisions.flatMap((decision): AllocationPoint[] => {
    const { decidedAtMs: atMs, status, result } = decision;
    const step = decision.plan?.steps.find((each) => each.component === component);
    const before = decision.component === component ? decision.current : step?.before;
    const saw = before === undefined ? [] : [{ atMs, allocation: before }];
    if (step === undefined || !SENT.has(status)) return saw;
    const changed = [...saw, { atMs, allocation: step.after }];
    if (status !== "ROLLED_BACK" || result === undefined) return changed;
    return [...changed, { atMs: result.finishedAtMs, allocation: step.before }];
  });
  const sorted = points.sort((a, b) => a.atMs - b.atMs);
  return now.booked === undefined ? sorted : [...sorted, { atMs: now.atMs, allocation: now.booked }];
}

const SENT: ReadonlySet<Decision["status"]> = new Set(["APPLIED", "STABLE", "MEASURED", "ROLLED_BACK"]);
