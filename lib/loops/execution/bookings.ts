import { adopt, baseline, emptyLedger, forget, occupiedComponents } from "../../domain/execution/ledger.ts";
import { NotYetError } from "../../domain/model/errors.ts";
import type { Ledger } from "../../domain/model/ledger.ts";
import type { FleetPolicy } from "../../domain/model/policy.ts";
import { sameAllocation } from "../../domain/model/resources.ts";
import type { Ports } from "../../ports.ts";
import { commit, isolate, prefetch, type Run, tell } from "./run.ts";

/** The fleet's ledger, made and stored empty where there is none: bookings follow from the first reads. */
export async function readOrMakeLedger(ports: Ports, policy: FleetPolicy): Promise<Ledger | undefined> {
  const stored = await ports.store.readLedger(policy.name);
  if (stored !== undefined) return stored;
  await ports.store.writeLedger({ ...emptyLedger(policy.name), version: 1 });
  return ports.store.readLedger(policy.name); // whoever won, this is it
}

/** True where `followTheWorld` would find nothing to do: every component is booked as the monitor last saw it. */
export function isAsBooked(run: Run): boolean {
  const occupied = occupiedComponents(run.ledger);
  for (const { name } of run.policy.components) if (!occupied.has(name) && isDoubtful(run, name)) return false;
  for (const name in run.ledger.booked) if (!run.components.has(name)) return false;
  return true;
}

/**
 * Brings the bookings in line with what others did: components seen for the first time are booked as they are, foreign
 * changes are adopted after a live read confirmed them, and what left the configuration is forgotten. Components with
 * an open execution are left to it.
 */
export async function followTheWorld(run: Run): Promise<void> {
  const occupied = occupiedComponents(run.ledger);
  const doubtful = run.policy.components
    .filter(({ name }) => !occupied.has(name) && isDoubtful(run, name))
    .map(({ name }) => name);
  await prefetch(run, doubtful);
  await bookFirst(run, doubtful);
  for (const name of doubtful) await isolate(run, name, () => adoptIfChanged(run, name));
  for (const name of Object.keys(run.ledger.booked)) {
    if (!run.components.has(name))
      await isolate(run, name, async () => void (await commit(run, (ledger) => forget(ledger, name))));
  }
}

/**
 * Not booked yet, or last seen by the monitor with something else than what is booked. What the monitor has not seen either
 * is left to it, so that two processes do not draw on the account's rates for the same; unless a decision waits for it.
 */
function isDoubtful(run: Run, name: string): boolean {
  const booked = run.ledger.booked[name];
  const seen = run.states.get(name)?.service;
  if (booked === undefined) return seen !== undefined || isWanted(run, name);
  return seen !== undefined && (!sameAllocation(seen.desired, booked) || seen.identity !== run.ledger.identity[name]);
}

/** All first bookings in one write. */
async function bookFirst(run: Run, names: readonly string[]): Promise<void> {
  const seen: {
    component: string;
    allocation: { tasks: number; size: Ledger["booked"][string]["size"] };
    identity: string;
  }[] = [];
  for (const component of names) {
    const live = run.live.get(component);
    if (run.ledger.booked[component] !== undefined || live === undefined) continue;
    if (live instanceof Error) tellUnread(run, component, live);
    else seen.push({ component, allocation: live.desired, identity: live.identity });
  }
  if (seen.length === 0) return;
  await isolate(run, undefined, async () => void (await commit(run, (ledger) => baseline(ledger, seen))));
}

/**
 * What the monitor cannot read either is the monitor's error, at each of its beats; nothing waits for it here. It is this
 * loop's own where the monitor could read it, or a decision waits to be carried out.
 */
function tellUnread(run: Run, component: string, problem: Error): void {
  const seen = run.states.get(component);
  const isOurs = seen?.service !== undefined && seen.serviceProblem === undefined;
  if (!(problem instanceof NotYetError) && (isOurs || isWanted(run, component))) {
    return tell(run, component, `not readable: ${problem.message}`);
  }
  const { name: fleet } = run.policy;
  run.ports.log("debug", "not booked yet: it cannot be read", { fleet, component, problem: problem.message });
}

function isWanted(run: Run, component: string): boolean {
  return [...run.decisions.values()].some((each) => each.component === component && each.status === "PENDING");
}

/** Adopts what the live read of this pass shows, where it is not what is booked. */
export async function adoptIfChanged(run: Run, component: string): Promise<void> {
  const live = run.live.get(component);
  const booked = run.ledger.booked[component];
  if (live === undefined || live instanceof Error || booked === undefined) return;
  if (sameAllocation(live.desired, booked) && live.identity === run.ledger.identity[component]) return;
  const { nowMs, policy } = run;
  const change = {
    component,
    allocation: live.desired,
    identity: live.identity,
    quietMs: policy.execution.foreignQuietMs,
    nowMs,
  };
  const adopted = await commit(run, (ledger) => adopt(ledger, change));
  if (adopted.kind === "ok")
    run.ports.log("warn", "foreign change adopted", { fleet: policy.name, component, from: booked, to: live.desired });
}
