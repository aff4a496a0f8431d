import { isKnown } from "../../domain/execution/ledger.ts";
import { type Decision, type DecisionResult, type DecisionStatus, TERMINAL } from "../../domain/model/decision.ts";
import type { Learning } from "../../domain/model/learning.ts";
import type { Ledger } from "../../domain/model/ledger.ts";
import type { RefusalReason } from "../../domain/model/reasons.ts";
import { decisionOf, type Run, reread, saveDecision, writeDecision } from "./run.ts";

/** Not claimed yet. */
export const WAITING: readonly DecisionStatus[] = ["PENDING", "AWAITING_APPROVAL"];

export type Ending = Omit<DecisionResult, "finishedAtMs">;

/**
 * Writes the end of a decision and, if this call ended it, what the component learns from it. A process that dies in
 * between loses a count, never a decision; `relearn` finds what has an effectiveness.
 * @param from statuses in which it may be ended; another process may have taken it further since it was read
 */
export async function end(
  run: Run,
  id: string,
  status: DecisionStatus,
  ending: Ending,
  from?: readonly DecisionStatus[],
): Promise<void> {
  const ended = await saveDecision(run, id, (decision) =>
    from === undefined || from.includes(decision.status)
      ? { status, result: { ...decision.result, ...ending, finishedAtMs: run.nowMs } }
      : undefined,
  );
  if (ended !== undefined) await told(run, ended);
}

/**
 * Ends a decision unless it is taken: somebody has, or may have, a call to make for it. Whoever opens an execution writes the
 * decision's record before the first call. The ledger is read after the record here, so that either the open execution
 * shows, or this write is lost and both are read again.
 */
async function endUnless(
  run: Run,
  id: string,
  status: DecisionStatus,
  ending: Ending,
  isTaken: (ledger: Ledger, decision: Decision) => boolean,
): Promise<void> {
  for (let tries = 0; tries < TRIES; tries++) {
    const decision = await decisionOf(run, id);
    if (decision === undefined || TERMINAL.has(decision.status)) return;
    await reread(run);
    if (isTaken(run.ledger, decision)) return;
    const result = { ...decision.result, ...ending, finishedAtMs: run.nowMs };
    const ended = await writeDecision(run, decision, { status, result });
    if (ended !== undefined) return told(run, ended);
  }
}

/**
 * Ends a decision that had no effect, or whose claim was given back, unless the ledger knows it: a process that read the
 * record before may have claimed it again.
 */
export function endUnsent(run: Run, id: string, status: DecisionStatus, ending: Ending): Promise<void> {
  return endUnless(run, id, status, ending, (ledger) => isKnown(ledger, id));
}

/** Ends a decision as it was judged: written since, or opened to be taken back, it is judged anew by the next pass. */
export function endJudged(run: Run, judged: Decision, status: DecisionStatus, ending: Ending): Promise<void> {
  return endUnless(run, judged.id, status, ending, ({ open }, { version }) => {
    return version !== judged.version || open.some((each) => each.decision === judged.id);
  });
}

/** What follows from an ending, done once: by the process that stored it. */
async function told(run: Run, ended: Decision): Promise<void> {
  const { id: decision, status, result } = ended;
  run.ports.log("info", "decision ended", { fleet: run.policy.name, decision, status, reason: result?.reason });
  await learn(run, ended);
}

/** Status with which a decision ends that was claimed and given back before anything was sent. */
export function statusOfRefusal(reason: RefusalReason): DecisionStatus {
  switch (reason) {
    case "baseline-changed":
    case "superseded":
    case "restored":
      return "SUPERSEDED";
    case "call-refused":
    case "call-throttled":
    case "service-unavailable":
    case "never-stable":
    case "rollout-failed":
    case "harmful":
      return "FAILED";
    case "expired":
    case "paused":
    case "mode":
    case "not-approved":
    case "concurrency":
    case "cooldown":
    case "rate-limit-component":
    case "rate-limit-fleet":
    case "fleet-limit":
    case "component-busy":
    case "evidence-stale":
    case "deployment-in-progress":
      return "EXPIRED";
  }
}

/**
 * Learned effects that a dead process did not get to: decisions with an effectiveness that the history does not hold. Called
 * before the watermark moves over them: later nobody sees them any more, and earlier it need not be looked for.
 */
export async function relearn(run: Run): Promise<void> {
  const measured = [...run.decisions.values()].filter(
    (each) => each.result?.effectiveness !== undefined && isOver(each),
  );
  if (measured.length === 0) return;
  const all = await run.ports.store.readLearning(run.policy.name);
  const histories = new Map(all.map((each) => [each.component, each.history]));
  for (const decision of measured) {
    const history = histories.get(decision.component) ?? [];
    if (history.some((each) => each.decision === decision.id)) continue;
    const pushedOut =
      history.length >= run.policy.decision.effectivenessWindow && (history[0]?.atMs ?? 0) >= finishedAt(decision);
    if (!pushedOut) await learn(run, decision);
  }
}

function isOver({ status }: Decision): boolean {
  return status === "MEASURED" || status === "ROLLED_BACK";
}

/** Losing five times in a row to other writers of one small item does not happen; the count is given up then. */
const TRIES = 5;

async function learn(run: Run, decision: Decision): Promise<void> {
  for (let tries = 0; tries < TRIES; tries++) {
    const all = await run.ports.store.readLearning(run.policy.name);
    const now = all.find((each) => each.component === decision.component) ?? emptyLearning(decision.component);
    if (now.history.some((each) => each.decision === decision.id)) return;
    const next = learnFrom(now, decision, run.policy.decision.effectivenessWindow);
    if ((await run.ports.store.writeLearning(run.policy.name, next)).won) return;
  }
}

function learnFrom(now: Learning, decision: Decision, window: number): Learning {
  const { status, result, trigger } = decision;
  const entry =
    result?.effectiveness === undefined
      ? []
      : [
          {
            decision: decision.id,
            atMs: finishedAt(decision),
            trigger,
            direction: decision.direction ?? ("same" as const),
            effectiveness: result.effectiveness,
          },
        ];
  return {
    ...now,
    version: now.version + 1,
    history: [...now.history, ...entry].slice(-window),
    succeeded: now.succeeded + (status === "MEASURED" ? 1 : 0),
    failed: now.failed + (status === "FAILED" ? 1 : 0),
    rolledBack: now.rolledBack + (status === "ROLLED_BACK" ? 1 : 0),
    byStatus: { ...now.byStatus, [status]: (now.byStatus[status] ?? 0) + 1 },
  };
}

function emptyLearning(component: string): Learning {
  return {
    v: 1,
    component,
    version: 0,
    history: [],
    succeeded: 0,
    failed: 0,
    rolledBack: 0,
    byAction: {},
    byStatus: {},
    byReason: {},
  };
}

function finishedAt(decision: Decision): number {
  return decision.result?.finishedAtMs ?? decision.decidedAtMs;
}
