import { beforeEach, describe, expect, test } from "vitest";
import { MemoryStore } from "../lib/adapters/memory/memory-store.ts";
import { InputError } from "../lib/domain/model/errors.ts";
import { exportState, restoreState } from "../lib/state-document.ts";
import { aLedger, anAction, aSample, aState, FLEET, NOON } from "./contracts/store-records.ts";

let store: MemoryStore;
beforeEach(async () => {
  store = new MemoryStore();
  await store.claimTick("monitor", 77);
  await store.writeLedger(aLedger(1, { epoch: 4, modeOverride: "auto" }));
  await store.writeStates(FLEET, [aState("a")]);
  await store.appendDecisions(FLEET, [anAction("a")]);
  await store.appendSamples(FLEET, [{ component: "a", sample: aSample() }]);
});

/** As it arrives from a file. */
const throughJson = async (from: MemoryStore): Promise<Record<string, unknown>> =>
  JSON.parse(JSON.stringify(await exportState(from, NOON))) as Record<string, unknown>;

async function problemsOf(document: unknown, into = new MemoryStore(), replace = false): Promise<string> {
  const before = await into.exportItems();
  const error = await restoreState(into, document, { replace }).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(InputError);
  expect(await into.exportItems()).toEqual(before);
  return (error as InputError).problems.join("\n");
}

describe("a restored state", () => {
  test("is the exported one but for what must not be carried over", async () => {
    const document = await throughJson(store);
    expect(document).toMatchObject({ format: "scaling-controller-state", formatVersion: 1, exportedAtMs: NOON });
    const other = new MemoryStore();
    expect(await restoreState(other, document, { replace: false })).toEqual({ items: 4 });
    expect(await other.readStates(FLEET)).toEqual([aState("a")]);
    expect(await other.readActions(FLEET, 0, Infinity)).toEqual([anAction("a")]);
    expect(await other.readSamples(FLEET, "a", 0, Infinity)).toEqual([aSample()]);
  });

  test("only observes, under a new epoch, with its open executions", async () => {
    const other = new MemoryStore();
    await restoreState(other, await throughJson(store), { replace: false });
    expect(await other.readLedger(FLEET)).toEqual(
      aLedger(2, { epoch: 5, modeOverride: "observe", componentModeOverride: {} }),
    );
  });

  test("passes the version and epoch of the ledger it replaces: who read that one loses", async () => {
    const live = new MemoryStore();
    for (let version = 1; version <= 9; version++) await live.writeLedger(aLedger(version, { epoch: 12 }));
    await restoreState(live, await throughJson(store), { replace: true });
    expect(await live.readLedger(FLEET)).toMatchObject({ version: 10, epoch: 13 });
    expect(await live.writeLedger(aLedger(10))).toEqual({ won: false });
  });

  test("is not bound by the ticks of another clock", async () => {
    const other = new MemoryStore();
    await restoreState(other, await throughJson(store), { replace: false });
    expect(await other.claimTick("monitor", 1)).toBe(true);
  });
});

describe("a document is refused, and nothing touched,", () => {
  test.each([undefined, null, 7, "text", []])("when it is %j", async (document) => {
    expect(await problemsOf(document)).toBe("it is no JSON object");
  });

  test("with all that is wrong with its frame", async () => {
    expect(await problemsOf({ format: "other", formatVersion: 2, items: {}, more: 1 })).toBe(
      [
        'format: must be "scaling-controller-state", is "other"',
        "formatVersion: is 2; this program reads 1",
        "exportedAtMs: must be a time in milliseconds",
        '"more": unknown',
        "items: must be a list",
      ].join("\n"),
    );
  });

  test("with all that is wrong with its items", async () => {
    const document = await throughJson(store);
    const deep = JSON.parse(`${'{"a":'.repeat(30)}1${"}".repeat(30)}`) as unknown;
    const bad = [
      7,
      { pk: "x" },
      { pk: "p", sk: "s", v: 1, data: JSON.parse('{"__proto__": {"admin": true}}') as unknown },
      { pk: "p", sk: "s" },
      { pk: "p", sk: "deep", data: deep },
      { pk: "p", sk: "large", data: "x".repeat(400_001) },
    ];
    expect(await problemsOf({ ...document, items: bad })).toBe(
      [
        "items.0: must be an object",
        "items.1: must have the texts pk and sk",
        "items.2: has a field __proto__",
        "items.3: is a second item p s",
        "items.4: is nested deeper than 20",
        "items.5: is larger than 400000 characters",
      ].join("\n"),
    );
    expect(({} as { admin?: boolean }).admin).toBeUndefined();
  });

  test("with all records that cannot be read", async () => {
    const document = await throughJson(store);
    const items = (document["items"] as { sk: string; data: object }[]).map((item) => {
      if (item.sk === "LEDGER") return { ...item, data: { ...item.data, epoch: "new" } };
      return item.sk.startsWith("STATE#") ? { ...item, v: 2 } : item;
    });
    const problems = await problemsOf({ ...document, items });
    expect(problems).toContain("item FLEET#default LEDGER: epoch:");
    expect(problems).toContain("item FLEET#default STATE#a: unknown version 2");
  });

  test("when the store is not empty and nobody said replace", async () => {
    expect(await problemsOf(await throughJson(store), store)).toMatch(/not empty/);
  });
});
