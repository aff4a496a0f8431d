import { describe, expect, test } from "vitest";
import { ForgetfulStore } from "../../../lib/adapters/memory/forgetful-store.ts";
import { aHold, anAction, FLEET, MINUTE, NOON } from "../../contracts/store-records.ts";

const HOUR = 60 * MINUTE;

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

  test("an action at its end is told and forgotten a day after it was decided, one that is open stays", async () => {
    const told: string[] = [];
    const store = new ForgetfulStore(({ id, status }) => told.push(`${id} ${status}`));
    const [ended, open] = [anAction("price_feeds", NOON), anAction("price_feeds", NOON + MINUTE)];
    await store.appendDecisions(FLEET, [ended, open]);
    await store.writeDecision({ ...ended, status: "MEASURED", version: ended.version + 1 });
    const [sameDay, nextDay] = [NOON + 23 * HOUR, NOON + 24 * HOUR + 2 * MINUTE];
    await store.appendDecisions(FLEET, [anAction("price_feeds", sameDay)]);
    expect(told).toEqual([]);
    await store.appendDecisions(FLEET, [anAction("price_feeds", nextDay)]);
    expect(told).toEqual([`${ended.id} MEASURED`]);
    const left = await store.readActions(FLEET, 0, nextDay + 1);
    expect(left.map(({ decidedAtMs }) => decidedAtMs)).toEqual([open.decidedAtMs, sameDay, nextDay]);
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
