import { TERMINAL } from "../domain/model/decision.ts";
import type { Ledger } from "../domain/model/ledger.ts";
import type { FleetPolicy } from "../domain/model/policy.ts";
import type { StateStore } from "../ports.ts";

/**
 * The ledger with those of its recent changes only that are still to be judged: a change stays among them for an hour, for
 * the sake of limits, but nobody looks at its component's metrics once its decision has come to its end.
 */
export async function withUnfinishedChanges(store: StateStore, fleet: FleetPolicy, ledger: Ledger): Promise<Ledger> {
  if (ledger.recent.length === 0) return ledger;
  const ids = [...new Set(ledger.recent.map(({ decision }) => decision))];
  const decisions = await Promise.all(ids.map(async (id) => store.readDecision(fleet.name, id)));
  const over = new Set(decisions.flatMap((each) => (each && TERMINAL.has(each.status) ? [each.id] : [])));
  return { ...ledger, recent: ledger.recent.filter(({ decision }) => !over.has(decision)) };
}
