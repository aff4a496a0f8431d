import { type DecisionStatus, TERMINAL } from "../domain/model/decision.ts";
import type { FleetPolicy } from "../domain/model/policy.ts";
import type { LoopOutcome } from "../flow.ts";
import type { Ports } from "../ports.ts";
import { followTheWorld, isAsBooked, readOrMakeLedger } from "./execution/bookings.ts";
import { carry } from "./execution/carry.ts";
import { claimPending } from "./execution/claiming.ts";
import { WAITING } from "./execution/endings.ts";
import { measure } from "./execution/measure.ts";
import { expire, isTidy, reconcile, tidy } from "./execution/records.ts";
import { isolate, prefetch, type Run } from "./execution/run.ts";

/** Decisions of ticks that lie a little ahead of this process's clock are seen as well. */
const AHEAD_MS = 60_000;

/**
 * One pass over a fleet's executions. Nothing waits in here: what needs time is looked at again at the next beat, by
 * whatever process runs it. The pass may die at any await; the next one finds everything on the ledger and in ECS.
 */
export async function runExecution(ports: Ports, fleet: FleetPolicy, nowMs: number): Promise<LoopOutcome> {
  const ledger = await readOrMakeLedger(ports, fleet);
  if (ledger === undefined) return { ran: true, errors: [{ message: `no ledger for ${fleet.name}` }] };
  const [states, actions] = await Promise.all([
    ports.store.readStates(fleet.name),
    ports.store.readActions(fleet.name, ledger.watermarkMs, nowMs + AHEAD_MS),
  ]);
  const run: Run = {
    ports,
    policy: fleet,
    nowMs,
    ledger,
    components: new Map(fleet.components.map((each) => [each.name, each])),
    states: new Map(states.map((each) => [each.component, each])),
    decisions: new Map(actions.map((each) => [each.id, each])),
    live: new Map(),
    errors: [],
  };
  // Most passes find nothing to do, and should cost next to nothing: each part is asked first whether it has work.
  if (isAny(run, isUnfinished)) await isolate(run, undefined, () => reconcile(run));
  if (!isAsBooked(run)) await isolate(run, undefined, () => followTheWorld(run));
  if (run.ledger.open.length > 0) await isolate(run, undefined, () => carryAll(run));
  if (isAny(run, isStable)) await isolate(run, undefined, () => measure(run));
  if (isAny(run, isWaiting)) await isolate(run, undefined, () => expire(run));
  if (isAny(run, isWaiting)) await isolate(run, undefined, () => claimPending(run));
  if (!isTidy(run)) await isolate(run, undefined, () => tidy(run));
  return { ran: true, errors: run.errors };
}

function isAny({ decisions }: Run, isOne: (status: DecisionStatus) => boolean): boolean {
  for (const { status } of decisions.values()) if (isOne(status)) return true;
  return false;
}
const isStable = (status: DecisionStatus) => status === "STABLE";
const isWaiting = (status: DecisionStatus) => WAITING.includes(status);
const isUnfinished = (status: DecisionStatus) => !TERMINAL.has(status) && !isStable(status);

/** Every open execution one move further, or as many as its service allows. */
async function carryAll(run: Run): Promise<void> {
  const open = [...run.ledger.open];
  await prefetch(
    run,
    open.flatMap((each) => each.steps.map((step) => step.component)),
  );
  for (const each of open) await isolate(run, each.component, () => carry(run, each.decision));
}
