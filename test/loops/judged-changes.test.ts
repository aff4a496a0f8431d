import { expect, test } from "vitest";
import { MemoryStore } from "../../lib/adapters/memory/memory-store.ts";
import { watchedMs } from "../../lib/domain/monitor/reading.ts";
import { withJudgedChanges } from "../../lib/loops/judged-changes.ts";
import { aFleet, aLedger, NOW_MS } from "../support/fleet-builders.ts";
import { aDecision } from "../support/optimization-builders.ts";

test("of a ledger's recent changes: whose decision has come to its end, as far as anyone still looks", async () => {
  const fleet = aFleet({ name: "default" });
  const store = new MemoryStore();
  const asked: string[] = [];
  const readDecision = store.readDecision.bind(store);
  store.readDecision = async (name, id) => {
    asked.push(id);
    return readDecision(name, id);
  };
  const statuses = ["STABLE", "MEASURED", "FAILED", "ROLLED_BACK", "APPLIED"] as const;
  const decisions = statuses.map((status, i) => aDecision(i, { action: "SCALE_OUT", hold: undefined, status }));
  await store.appendDecisions("default", decisions);
  const ids = [...decisions.map(({ id }) => id), "unknown@1"];
  const entry = (decision: string, ageMs: number) =>
    ({ decision, component: "api", direction: "grow", atMs: NOW_MS - ageMs, removedCpu: 0 }) as const;
  const recent = [...ids.map((id) => entry(id, 60_000)), entry("old@1", watchedMs(fleet))];
  const ledger = aLedger(fleet, { recent });
  const { over, ...rest } = await withJudgedChanges(store, fleet, ledger, NOW_MS);
  expect([...(over ?? [])]).toEqual([ids[1], ids[2], ids[3]]);
  expect(asked).toEqual(ids);
  expect(rest).toEqual(ledger);
});
