import type { Transition } from "../../domain/execution/ledger.ts";
import { refused } from "../../domain/execution/ledger.ts";
import type { ComponentState } from "../../domain/model/component-state.ts";
import { type Decision, TERMINAL } from "../../domain/model/decision.ts";
import { DependencyError } from "../../domain/model/errors.ts";
import type { Ledger } from "../../domain/model/ledger.ts";
import type { ComponentPolicy, FleetPolicy } from "../../domain/model/policy.ts";
import type { ServiceState } from "../../domain/model/service.ts";
import type { Ports } from "../../ports.ts";
import { lastSeenServices } from "../last-seen.ts";

/** One pass of the execution loop: what it has read, and what went wrong. The ledger here may be stale; a write tells. */
export interface Run {
  readonly ports: Ports;
  readonly policy: FleetPolicy;
  readonly nowMs: number;
  ledger: Ledger;
  readonly components: ReadonlyMap<string, ComponentPolicy>;
  readonly states: ReadonlyMap<string, ComponentState>;
  /** Decisions since the watermark, and those read one by one, as last seen or written. */
  readonly decisions: Map<string, Decision>;
  /** Live state read in this pass; an entry is dropped when a call was made. */
  readonly live: Map<string, ServiceState | Error>;
  readonly errors: { readonly component?: string | undefined; readonly message: string }[];
}

/** Losing a compare-and-set is normal; losing this many in a row means somebody else is at work: leave it to them. */
const TRIES = 5;

/**
 * Applies a transition to the ledger as it is now and stores it. `refused` is the transition's own answer, on the
 * newest ledger that was read, or "concurrency" after too many lost races. Acting is allowed after "ok" only.
 */
export async function commit(run: Run, change: (ledger: Ledger) => Transition): Promise<Transition> {
  for (let tries = 0; tries < TRIES; tries++) {
    const next = change(run.ledger);
    if (next.kind === "refused") {
      if (tries > 0 || !(await moved(run))) return next;
      continue; // it was refused on an old ledger
    }
    if ((await run.ports.store.writeLedger(next.ledger)).won) {
      run.ledger = next.ledger;
      return next;
    }
    await reread(run);
  }
  return refused("concurrency", `lost the ledger ${TRIES} times`);
}

/** Reads the ledger again; true if somebody wrote it. */
async function moved(run: Run): Promise<boolean> {
  const version = run.ledger.version;
  await reread(run);
  return run.ledger.version !== version;
}

/** The ledger as it is now. */
export async function reread(run: Run): Promise<void> {
  const ledger = await run.ports.store.readLedger(run.policy.name);
  if (ledger === undefined) throw new DependencyError("the ledger is gone", { fleet: run.policy.name });
  run.ledger = ledger;
}

/** The newest known record of a decision. */
export async function decisionOf(run: Run, id: string): Promise<Decision | undefined> {
  const known = run.decisions.get(id);
  if (known !== undefined) return known;
  const read = await run.ports.store.readDecision(run.policy.name, id);
  if (read !== undefined) run.decisions.set(id, read);
  return read;
}

/**
 * Stores a change of a decision's record. Terminal records are never left; a change that answers undefined is not
 * needed. True if this call stored it, so that what follows from an ending is done once.
 */
export async function saveDecision(
  run: Run,
  id: string,
  change: (decision: Decision) => Change | undefined,
): Promise<Decision | undefined> {
  for (let tries = 0; tries < TRIES; tries++) {
    const decision = await decisionOf(run, id);
    if (decision === undefined || TERMINAL.has(decision.status)) return undefined;
    const fields = change(decision);
    if (fields === undefined) return undefined;
    const written = await writeDecision(run, decision, fields);
    if (written !== undefined) return written;
  }
  return undefined;
}

/** What an execution changes of a decision's record. */
type Change = Partial<Pick<Decision, "status" | "result">>;

/**
 * Stores the next version of a record, once, and returns it. Undefined when somebody wrote the record since it was read; it
 * is read anew then.
 */
export async function writeDecision(run: Run, decision: Decision, change: Change): Promise<Decision | undefined> {
  const next = nextVersion(decision, change);
  const { won } = await run.ports.store.writeDecision(next);
  if (won) run.decisions.set(next.id, next);
  else run.decisions.delete(next.id);
  return won ? next : undefined;
}

/** Field by field: a copy of a copy by spread has a shape of its own, and what reads decisions reads all of them. */
function nextVersion(decision: Decision, { status, result }: Change): Decision {
  return {
    v: decision.v,
    id: decision.id,
    fleet: decision.fleet,
    component: decision.component,
    decidedAtMs: decision.decidedAtMs,
    action: decision.action,
    strategy: decision.strategy,
    mode: decision.mode,
    direction: decision.direction,
    resource: decision.resource,
    rule: decision.rule,
    trigger: decision.trigger,
    priority: decision.priority,
    hold: decision.hold,
    confidence: decision.confidence,
    plan: decision.plan,
    expected: decision.expected,
    signals: decision.signals,
    verdicts: decision.verdicts,
    current: decision.current,
    facts: decision.facts,
    policy: decision.policy,
    status: status ?? decision.status,
    version: decision.version + 1,
    expiresAtMs: decision.expiresAtMs,
    result: result ?? decision.result,
    approvedBy: decision.approvedBy,
  };
}

/** Live states, one call for all that were not read yet in this pass; an Error in the place of what failed. */
export async function prefetch(run: Run, components: Iterable<string>): Promise<void> {
  const missing = [...new Set(components)].filter((name) => !run.live.has(name));
  if (missing.length === 0) return;
  try {
    const states = await run.ports.orchestrator.describe(missing, lastSeenServices(run.states.values()));
    for (const [index, name] of missing.entries()) run.live.set(name, states[index] ?? new Error("not described"));
  } catch (error) {
    for (const name of missing) run.live.set(name, asError(error));
  }
}

/** Live state of one component; a failure is told in the outcome, once in a pass. */
export async function look(run: Run, component: string): Promise<ServiceState | Error> {
  await prefetch(run, [component]);
  return run.live.get(component) ?? new Error("not described");
}

/** Runs one component's part; what it throws stops no other part. */
export async function isolate(run: Run, component: string | undefined, part: () => Promise<void>): Promise<void> {
  try {
    await part();
  } catch (error) {
    tell(run, component, asError(error).message);
  }
}

export function tell(run: Run, component: string | undefined, message: string): void {
  run.errors.push({ component, message });
  run.ports.log("error", "execution", { fleet: run.policy.name, component, error: message });
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
