import { decideFleet } from "../domain/decision/decide-fleet.ts";
import type { ManualRequest } from "../domain/decision/manual.ts";
import type { Decision } from "../domain/model/decision.ts";
import type { FleetPolicy } from "../domain/model/policy.ts";
import { type LoopOutcome, TICK_MS } from "../flow.ts";
import type { Ports } from "../ports.ts";

/** One decision for each component of the fleet, holds included, recorded before anything can act on it. */
export async function runDecision(ports: Ports, fleet: FleetPolicy, nowMs: number): Promise<LoopOutcome> {
  const decisions = await decideAndRecord(ports, fleet, nowMs);
  const pending = decisions.some(({ status }) => status === "PENDING");
  return { ran: true, errors: [], wake: pending ? "execution" : undefined };
}

/**
 * The decisions of a fleet at the tick of `nowMs`, stored. Ids derive from (component, tick): a second run for the same
 * tick adds nothing. Without a ledger there is no baseline and nothing is decided.
 */
export async function decideAndRecord(
  ports: Ports,
  fleet: FleetPolicy,
  nowMs: number,
  manual?: ManualRequest,
): Promise<readonly Decision[]> {
  const { store } = ports;
  const { ledger, states, learning, overlays, recommendations, forecasts } = await store.readFleet(fleet.name);
  if (ledger === undefined) return [];
  const tickMs = manual === undefined ? Math.floor(nowMs / TICK_MS) * TICK_MS : nowMs;
  const seen = { ledger, states, learning, overlays, recommendations, forecasts };
  const decisions = decideFleet(fleet, seen, tickMs, manual);
  await store.appendDecisions(fleet.name, decisions);
  return decisions;
}
