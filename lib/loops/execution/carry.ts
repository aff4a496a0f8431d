import { type Advance, advance } from "../../domain/execution/advance.ts";
import { activeStep } from "../../domain/execution/ledger.ts";
import { revalidate } from "../../domain/execution/revalidate.ts";
import {
  confirmApplied,
  confirmStable,
  fail,
  failUnknown,
  finishRollback,
  giveBack,
  letStand,
  markOf,
  sendRefusal,
  startRollback,
  yieldToForeign,
} from "../../domain/execution/transitions.ts";
import { type DecisionStatus, TERMINAL } from "../../domain/model/decision.ts";
import type { OpenExecution } from "../../domain/model/ledger.ts";
import type { RefusalReason } from "../../domain/model/reasons.ts";
import type { ServiceState } from "../../domain/model/service.ts";
import { end, endUnsent, statusOfRefusal } from "./endings.ts";
import { valueBefore } from "./reading.ts";
import { commit, decisionOf, look, type Run, saveDecision, tell } from "./run.ts";
import { send } from "./send.ts";

/** More moves than one execution can make in one pass: two steps there and back. */
const MOVES_MAX = 16;

/** Carries an open execution as far as it goes now; what needs time is left for the next pass. */
export async function carry(run: Run, id: string): Promise<void> {
  for (let moves = 0; moves < MOVES_MAX; moves++) {
    const open = run.ledger.open.find((each) => each.decision === id);
    if (open === undefined) return;
    const { component } = activeStep(open);
    const live = await look(run, component);
    if (live instanceof Error) tell(run, component, `not readable: ${live.message}`);
    const approved = (await decisionOf(run, id))?.approvedBy !== undefined;
    const next = advance({
      open,
      live,
      identity: run.ledger.identity[component],
      lastAttemptMs: run.ledger.recent.find((each) => each.decision === id && each.component === component)?.atMs,
      blocked: sendRefusal(run.ledger, open, run.policy, approved),
      policy: run.policy.execution,
      nowMs: run.nowMs,
    });
    if (!(await follow(run, open, live, next))) return;
  }
}

/** Does what the state machine said; true when there may be more to do at once. */
async function follow(run: Run, open: OpenExecution, live: ServiceState | Error, next: Advance): Promise<boolean> {
  const mark = markOf(open);
  if (next.kind === "wait") return false;
  if (next.kind === "giveBack") return withdraw(run, open, next.why);
  if (next.kind === "lost") {
    const done = await commit(run, (ledger) => failUnknown(ledger, mark, run.policy, run.nowMs));
    return done.kind === "ok" && closed(run, open, "FAILED", next.why);
  }
  if (live instanceof Error) return false; // everything below was read from a live state
  switch (next.kind) {
    case "send":
      return attempt(run, open, live);
    case "applied": {
      const done = await commit(run, (ledger) => confirmApplied(ledger, mark, live, run.nowMs));
      if (done.kind === "refused") return false;
      if (!open.rollingBack)
        await saveDecision(run, open.decision, ({ status }) =>
          status === "APPLIED" ? undefined : { status: "APPLIED" },
        );
      return true;
    }
    case "stable":
      return open.rollingBack ? backAgain(run, open) : settled(run, open);
    case "rollBack":
      return takeBack(run, open, next.why);
    case "failed":
      return giveUp(run, open, next.why);
    case "foreign": {
      await noteReason(run, open, next.why);
      const done = await commit(run, (ledger) => yieldToForeign(ledger, mark, live, run.policy, run.nowMs));
      return done.kind === "ok" && closed(run, open, "SUPERSEDED", next.why);
    }
  }
}

/** Re-validates and sends. A step that must not be sent any more is given back, failed, or its donor is. */
async function attempt(run: Run, open: OpenExecution, live: ServiceState): Promise<boolean> {
  if (!open.rollingBack) {
    const reason = await changeOfMind(run, open, live);
    if (reason !== undefined)
      return open.attempts === 0 && open.step === 0 ? withdraw(run, open, reason) : giveUp(run, open, reason);
  }
  const hand = await hold(run, open);
  if (hand === "ended") return open.rollingBack ? leaveAsItIs(run, open) : withdraw(run, open, "superseded");
  if (hand === "lost") return false;
  const sent = await send(run, open, live);
  if (sent.kind === "refused") return giveUp(run, { ...open, attempts: sent.attempts }, sent.reason, sent.detail);
  return sent.kind === "sent";
}

async function changeOfMind(run: Run, open: OpenExecution, live: ServiceState): Promise<RefusalReason | undefined> {
  const decision = await decisionOf(run, open.decision);
  const step = decision?.plan?.steps[open.step];
  const component = step === undefined ? undefined : run.components.get(step.component);
  if (decision === undefined || step === undefined || component === undefined) return "superseded";
  if (TERMINAL.has(decision.status)) return "superseded"; // ended by another process before it was claimed
  return revalidate({
    decision,
    step,
    index: open.step,
    live,
    identity: run.ledger.identity[step.component],
    state: run.states.get(step.component),
    component,
    monitor: run.policy.monitor,
    nowMs: run.nowMs,
  });
}

/**
 * Before the first call of an execution, there or back, its record is written: it leaves the statuses in which it may be
 * ended unclaimed, and the write of a process that read it earlier, to end it, is lost from here on. `ended`: that process
 * came first, and nothing may be sent.
 */
async function hold(run: Run, open: OpenExecution): Promise<"held" | "ended" | "lost"> {
  if (open.attempts > 0 || (open.step > 0 && !open.rollingBack)) return "held";
  const held = await saveDecision(run, open.decision, ({ status }) => ({
    status: open.rollingBack ? status : "CLAIMED",
  }));
  if (held !== undefined) return "held";
  const decision = await decisionOf(run, open.decision);
  if (decision === undefined) return open.rollingBack ? "held" : "ended"; // the way back needs no record
  return TERMINAL.has(decision.status) ? "ended" : "lost";
}

/** Opened to be taken back, while another process judged it: what is there stays. */
async function leaveAsItIs(run: Run, open: OpenExecution): Promise<boolean> {
  await commit(run, (ledger) => letStand(ledger, markOf(open)));
  return false;
}

async function withdraw(run: Run, open: OpenExecution, reason: RefusalReason): Promise<boolean> {
  const done = await commit(run, (ledger) => giveBack(ledger, markOf(open)));
  if (done.kind === "ok") await endUnsent(run, open.decision, statusOfRefusal(reason), { reason });
  return false;
}

/** No effect, and no more attempts: the first step fails, a later one sends the execution back to its donor. */
async function giveUp(run: Run, open: OpenExecution, reason: RefusalReason, detail?: string): Promise<boolean> {
  await noteReason(run, open, reason);
  const done = await commit(run, (ledger) => fail(ledger, markOf(open), run.policy, run.nowMs));
  return done.kind === "ok" && closed(run, open, "FAILED", reason, detail);
}

async function takeBack(run: Run, open: OpenExecution, reason: RefusalReason): Promise<boolean> {
  await noteReason(run, open, reason);
  const done = await commit(run, (ledger) => startRollback(ledger, markOf(open)));
  return done.kind === "ok";
}

/** The step's tasks run: on to the next step, or the decision is stable and waits for its measurement. */
async function settled(run: Run, open: OpenExecution): Promise<boolean> {
  const done = await commit(run, (ledger) => confirmStable(ledger, markOf(open), run.policy));
  if (done.kind === "refused") return done.reason === "fleet-limit" && takeBack(run, open, done.reason);
  if (run.ledger.open.some((each) => each.decision === open.decision)) return true;
  await saveDecision(run, open.decision, (decision) => ({
    status: "STABLE",
    result: { finishedAtMs: run.nowMs, valueBefore: valueBefore(decision) },
  }));
  return false;
}

async function backAgain(run: Run, open: OpenExecution): Promise<boolean> {
  const done = await commit(run, (ledger) => finishRollback(ledger, markOf(open), run.policy, run.nowMs));
  return done.kind === "ok" && closed(run, open, "ROLLED_BACK", undefined);
}

/** The reason of a rollback is kept on the decision from its start: the ledger has no place for it. */
async function noteReason(run: Run, open: OpenExecution, reason: RefusalReason): Promise<void> {
  await saveDecision(run, open.decision, ({ result }) =>
    result?.reason === undefined ? { result: { ...result, finishedAtMs: run.nowMs, reason } } : undefined,
  );
}

/** Ends the decision if its execution is closed; true when it goes on instead (a donor is given its share back). */
async function closed(
  run: Run,
  open: OpenExecution,
  status: DecisionStatus,
  reason: RefusalReason | undefined,
  detail?: string,
): Promise<boolean> {
  if (run.ledger.open.some((each) => each.decision === open.decision)) return true;
  const noted = (await decisionOf(run, open.decision))?.result?.reason;
  const back = status === "ROLLED_BACK" ? { effectiveness: 0 } : {};
  await end(run, open.decision, status, {
    reason: noted ?? reason,
    ...back,
    ...(detail === undefined ? {} : { detail }),
  });
  return false;
}
