import { claim } from "../../domain/execution/claim.ts";
import { isKnown, isPrunable, prune } from "../../domain/execution/ledger.ts";
import { type Decision, TERMINAL } from "../../domain/model/decision.ts";
import type { Ledger } from "../../domain/model/ledger.ts";
import { sameAllocation } from "../../domain/model/resources.ts";
import { end, endJudged, endUnsent, relearn, WAITING } from "./endings.ts";
import { commit, isolate, type Run, reread, saveDecision } from "./run.ts";

/**
 * The ledger is the truth and the decisions' records follow it. A process that died in between left a record behind:
 * it is brought up here, before anything else is done, from what the ledger shows.
 */
export async function reconcile(run: Run): Promise<void> {
  const unfinished = [...run.decisions.values()].filter(({ status }) => !TERMINAL.has(status) && status !== "STABLE");
  const isAllWaiting = unfinished.every(({ status }) => WAITING.includes(status));
  if (isAllWaiting && run.ledger.open.length + run.ledger.recent.length === 0) return;
  // The ledger was read before the records: a record may be ahead of it. Read after them, the ledger is ahead.
  await reread(run);
  const { ledger } = run; // one view for all: what follows reads newer ones
  const open = new Map(ledger.open.map((each) => [each.decision, each]));
  for (const decision of unfinished) {
    await isolate(run, decision.component, async () => {
      const execution = open.get(decision.id);
      if (execution === undefined) return closedMeanwhile(run, ledger, decision);
      if (!WAITING.includes(decision.status)) return;
      await saveDecision(run, decision.id, ({ status }) =>
        WAITING.includes(status) ? { status: execution.appliedAtMs === undefined ? "CLAIMED" : "APPLIED" } : undefined,
      );
    });
  }
}

const DIED = "the process ended before it could note how this came out; told from the ledger";

/** The execution is closed. How, shows in the bookings: the goal, the start, or something else. */
async function closedMeanwhile(run: Run, ledger: Ledger, decision: Decision): Promise<void> {
  const { id, version, result } = decision;
  const hadEffect = ledger.recent.some((each) => each.decision === id);
  if (WAITING.includes(decision.status) && !hadEffect) return;
  const steps = decision.plan?.steps ?? [];
  const booked = (key: "before" | "after") =>
    steps.every((step) => {
      const now = ledger.booked[step.component];
      return now !== undefined && sameAllocation(now, step[key]);
    });
  if (!hadEffect) {
    const backingOff = ledger.quietUntil[decision.component]?.why === "backing-off";
    return endUnsent(run, id, backingOff ? "FAILED" : "EXPIRED", { reason: result?.reason, detail: DIED });
  }
  if (result?.reason === undefined && booked("after")) {
    await saveDecision(run, id, (now) =>
      now.version === version ? { status: "STABLE", result: { finishedAtMs: run.nowMs } } : undefined,
    );
    return;
  }
  if (booked("before"))
    return endJudged(run, decision, "ROLLED_BACK", { reason: result?.reason, effectiveness: 0, detail: DIED });
  return endJudged(run, decision, result?.reason === undefined ? "SUPERSEDED" : "FAILED", {
    reason: result?.reason ?? "baseline-changed",
    detail: DIED,
  });
}

/**
 * Ends decisions that were never claimed: too old, or overtaken by a newer one of the same component. What the ledger
 * knows was claimed, and its record was left behind: `carry` and `reconcile` end it.
 */
export async function expire(run: Run): Promise<void> {
  const waiting = [...run.decisions.values()].filter(({ status }) => WAITING.includes(status));
  const newest = new Map<string, number>();
  for (const each of waiting) newest.set(each.component, Math.max(newest.get(each.component) ?? 0, each.decidedAtMs));
  const isOvertaken = (each: Decision) => each.decidedAtMs < (newest.get(each.component) ?? 0);
  const due = waiting.filter((each) => isOvertaken(each) || run.nowMs >= each.expiresAtMs);
  if (due.length > 0) await reread(run);
  for (const decision of due) {
    if (isKnown(run.ledger, decision.id)) continue;
    await isolate(run, decision.component, () =>
      isOvertaken(decision)
        ? end(run, decision.id, "SUPERSEDED", { reason: "superseded" }, WAITING)
        : end(run, decision.id, "EXPIRED", { reason: "expired", detail: waitedFor(run, decision) }, WAITING),
    );
  }
}

/** What held the decision back until it was too old. */
function waitedFor(run: Run, decision: Decision): string | undefined {
  if (decision.status === "AWAITING_APPROVAL") return "not-approved";
  const component = run.components.get(decision.component);
  if (component === undefined || decision.plan === undefined) return undefined;
  const asked = claim(
    run.ledger,
    { ...decision, expiresAtMs: Number.POSITIVE_INFINITY },
    run.policy,
    component,
    run.nowMs,
  );
  return asked.kind === "refused" ? asked.reason : undefined;
}

/** Decisions are written with the time of their tick, which may be this much before they can be read. */
const LATE_MS = 600_000;
/** The watermark is moved in steps of this, so that a quiet fleet writes nothing. */
const WATERMARK_STEP_MS = 300_000;

/** True where `tidy` would find nothing to do, by the ledger as last read: what a newer one has to forget can wait. */
export function isTidy(run: Run): boolean {
  return !isPrunable(run.ledger, run.policy, run.nowMs, watermarkFor(run));
}

/** Forgets what no check asks about, and moves the watermark to the oldest decision that is not at its end. */
export async function tidy(run: Run): Promise<void> {
  const watermarkMs = watermarkFor(run);
  if (watermarkMs > run.ledger.watermarkMs) await relearn(run);
  await commit(run, (ledger) => prune(ledger, run.policy, run.nowMs, watermarkMs));
}

/** Where the watermark should be: it stays where it is until it can move by a whole step. */
function watermarkFor(run: Run): number {
  let watermarkMs = run.nowMs - LATE_MS - run.policy.decision.validityMs;
  for (const decision of run.decisions.values()) {
    if (!TERMINAL.has(decision.status)) watermarkMs = Math.min(watermarkMs, decision.decidedAtMs);
  }
  for (const open of run.ledger.open) watermarkMs = Math.min(watermarkMs, open.decidedAtMs);
  const isDue = watermarkMs >= run.ledger.watermarkMs + WATERMARK_STEP_MS;
  return isDue ? watermarkMs : run.ledger.watermarkMs;
}
