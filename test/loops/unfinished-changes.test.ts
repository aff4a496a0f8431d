import { expect, test } from "vitest";
import { MemoryStore } from "../../lib/adapters/memory/memory-store.ts";
import { withUnfinishedChanges } from "../../lib/loops/unfinished-changes.ts";
import { aFleet, aLedger, NOW_MS } from "../support/fleet-builders.ts";
import { aDecision } from "../support/optimization-builders.ts";

test("of a ledger's recent changes those stay whose decision is not over, or not known", async () => {
  const fleet = aFleet({ name: "default" });
  const store = new MemoryStore();
  const statuses = ["STABLE", "MEASURED", "FAILED", "ROLLED_BACK", "APPLIED"] as const;
  const decisions = statuses.map((status, i) => aDecision(i, { action: "SCALE_OUT", hold: undefined, status }));
  await store.appendDecisions("default", decisions);
  const ids = [...decisions.map(({ id }) => id), "unknown@1"];
  const recent = ids.map(
    (decision) => ({ decision, component: "api", direction: "grow", atMs: NOW_MS, removedCpu: 0 }) as const,
  );
  const ledger = aLedger(fleet, { recent });
  const left = await withUnfinishedChanges(store, fleet, ledger);
  expect(left.recent.map(({ decision }) => decision)).toEqual([ids[0], ids[4], "unknown@1"]);
  expect({ ...left, recent }).toEqual(ledger);
  const none = aLedger(fleet);
  expect(await withUnfinishedChanges(store, fleet, none)).toBe(none);
});
