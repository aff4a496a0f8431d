import { describe, expect, test } from "vitest";
import { ForgetfulStore } from "../../../lib/adapters/memory/forgetful-store.ts";
import { aHold, anAction, FLEET, MINUTE, NOON } from "../../contracts/store-records.ts";

describe("ForgetfulStore", () => {
  test("keeps actions, by time and by id, and forgets the holds beside them", async () => {
    const store = new ForgetfulStore();
    const action = anAction();
    const hold = aHold("price_feeds", NOON + MINUTE);
    await store.appendDecisions(FLEET, [hold, action]);
    expect(await store.readActions(FLEET, 0, NOON * 2)).toEqual([action]);
    expect(await store.readDecision(FLEET, action.id)).toEqual(action);
    expect(await store.readHolds(FLEET, hold.component, 0, NOON * 2)).toEqual([]);
    expect(await store.readDecision(FLEET, hold.id)).toBeUndefined();
    expect(await store.countItems()).toBe(1);
  });

  test("an action's record goes on by compare-and-set; holds alone leave no trace of their fleet", async () => {
    const store = new ForgetfulStore();
    await store.appendDecisions(FLEET, [aHold()]);
    expect(await store.exportItems()).toEqual([]);
    const action = anAction();
    await store.appendDecisions(FLEET, [action]);
    const next = { ...action, status: "CLAIMED" as const, version: action.version + 1 };
    expect(await store.writeDecision(next)).toEqual({ won: true });
    expect(await store.writeDecision(next)).toEqual({ won: false });
    await store.appendDecisions(FLEET, [action]);
    expect(await store.readDecision(FLEET, action.id)).toEqual(next);
  });
});
