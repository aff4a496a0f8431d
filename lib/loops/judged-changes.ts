import { TERMINAL } from "../domain/model/decision.ts";
import type { Ledger } from "../domain/model/ledger.ts";
import type { FleetPolicy } from "../domain/model/policy.ts";
import { type KnownLedger, watchedMs } from "../domain/monitor/reading.ts";
import type { StateStore } from "../ports.ts";

/**
 * The ledger, and which of its recent changes have been judged: a change stays among them for an hour, for the sake of
 * limits, but nobody looks at its component's metrics once its decision has come to its end. One read for each change that
 * may still be looked at.
 */
export async function withJudgedChanges(
  store: StateStore,
  fleet: FleetPolicy,
  ledger: Ledger,
  nowMs: number,
): Promise<KnownLedger> {
  const watched = ledger.recent.filter(({ atMs }) => nowMs - atMs < watchedMs(fleet));
  const ids = [...new Set(watched.map(({ decision }) => decision))];
  const decisions = await Promise.all(ids.map(async (id) => store.readDecision(fleet.name, id)));
  return {
    ...ledger,
    over: new Set(decisions.flatMap((each) => (each && TERMINAL.has(each.status) ? [each.id] : []))),
  };
}
