import { beforeEach, expect, test } from "vitest";
import { InputError, InvariantError } from "../../lib/domain/model/errors.ts";
import type { Retention, StateStore, StoredItem } from "../../lib/ports.ts";
import {
  aForecast,
  aHold,
  aLearning,
  aLedger,
  aModel,
  anAction,
  anAlertState,
  anOverlay,
  aRecommendation,
  aRollup,
  aSample,
  aState,
  FLEET,
  MINUTE,
  NOON,
  someScores,
} from "./store-records.ts";

/** The second half of the contract: what is appended, purged, exported. */
const times = <T>(count: number, of: (i: number) => T): T[] => Array.from({ length: count }, (_, i) => of(i));

export function historyCases(store: () => StateStore): void {
  test("samples: from is in, to is out, ascending, and each component its own", async () => {
    const samples = [2, 0, 1, 3].map((i) => ({ component: "a", sample: aSample(NOON + i * MINUTE) }));
    await store().appendSamples(FLEET, [...samples, { component: "b", sample: aSample(NOON) }]);
    expect(await store().readSamples(FLEET, "a", NOON + MINUTE, NOON + 3 * MINUTE)).toEqual([
      aSample(NOON + MINUTE),
      aSample(NOON + 2 * MINUTE),
    ]);
    expect(await store().readSamples(FLEET, "a", NOON + MINUTE + 0.5, NOON + 2 * MINUTE + 0.5)).toEqual([
      aSample(NOON + 2 * MINUTE),
    ]);
    expect(await store().readSamples(FLEET, "a", 0, Number.MAX_SAFE_INTEGER)).toHaveLength(4);
    expect(await store().readSamples(FLEET, "a", -Infinity, Infinity)).toHaveLength(4);
    expect(await store().readSamples(FLEET, "a", NOON, NOON)).toEqual([]);
    expect(await store().readSamples(FLEET, "a", NOON + MINUTE, NOON)).toEqual([]);
    expect(await store().readSamples(FLEET, "a", -10, 0)).toEqual([]);
    expect(await store().readSamples(FLEET, "nobody", 0, Infinity)).toEqual([]);
  });

  test("the same sample again changes nothing, also twice in one call", async () => {
    const own = { component: "a", sample: aSample() };
    await store().appendSamples(FLEET, [own, own]);
    await store().appendSamples(FLEET, [own]);
    expect(await store().readSamples(FLEET, "a", 0, Infinity)).toEqual([aSample()]);
    expect(await store().countItems()).toBe(1);
  });

  test("a sample keeps every value, every absence and neither", async () => {
    const odd = {
      endMs: NOON,
      periodMs: 30_000,
      values: { throughput: 0, errorRate: 1e-12 },
      absent: { cpuUsed: "stale", memoryUsed: "no-source" },
    } as const;
    await store().appendSamples(FLEET, [{ component: "a", sample: odd }]);
    expect(await store().readSamples(FLEET, "a", 0, Infinity)).toEqual([odd]);
  });

  test("roll-ups: by start of the block, overwritten as they fill, resolutions apart", async () => {
    const day = aRollup("a", NOON, { resolution: "1h", buckets: [] });
    await store().writeRollups(FLEET, [aRollup("a", NOON, { buckets: [] }), aRollup("a", NOON + 3_600_000), day]);
    await store().writeRollups(FLEET, [aRollup("a", NOON)]);
    expect(await store().readRollups(FLEET, "a", "5m", NOON, NOON + 3_600_000)).toEqual([aRollup("a", NOON)]);
    expect(await store().readRollups(FLEET, "a", "5m", NOON, NOON + 3_600_001)).toEqual([
      aRollup("a", NOON),
      aRollup("a", NOON + 3_600_000),
    ]);
    expect(await store().readRollups(FLEET, "a", "1h", 0, Infinity)).toEqual([day]);
    expect(await store().readRollups(FLEET, "b", "1h", 0, Infinity)).toEqual([]);
  });

  test("more samples than one page holds", async () => {
    const samples = times(700, (i) => aSample(NOON + i * MINUTE));
    await store().appendSamples(
      FLEET,
      samples.map((sample) => ({ component: "a", sample })),
    );
    expect(await store().readSamples(FLEET, "a", 0, Infinity)).toEqual(samples);
  });
}

export function decisionCases(store: () => StateStore): void {
  test("holds and actions are found by id and by time", async () => {
    const manual = anAction("b", NOON, { id: `b@${NOON}/manual-1` });
    await store().appendDecisions(FLEET, [
      aHold("a"),
      anAction("b"),
      manual,
      aHold("a", NOON + MINUTE),
      anAction("a", NOON + 2 * MINUTE),
    ]);
    expect(await store().readDecision(FLEET, aHold("a").id)).toEqual(aHold("a"));
    expect(await store().readDecision(FLEET, manual.id)).toEqual(manual);
    expect(await store().readDecision(FLEET, "no id at all")).toBeUndefined();
    expect(await store().readDecision(FLEET, `a@${NOON + 7}`)).toBeUndefined();
    expect(await store().readDecision("another", aHold("a").id)).toBeUndefined();
    expect(await store().readActions(FLEET, NOON, NOON + 2 * MINUTE)).toEqual([anAction("b"), manual]);
    expect(await store().readActions(FLEET, NOON + 1, NOON + 2 * MINUTE + 1)).toEqual([
      anAction("a", NOON + 2 * MINUTE),
    ]);
    expect(await store().readActions(FLEET, NOON, NOON)).toEqual([]);
    expect(await store().readHolds(FLEET, "a", NOON, NOON + MINUTE)).toEqual([aHold("a")]);
    expect(await store().readHolds(FLEET, "a", 0, Infinity)).toEqual([aHold("a"), aHold("a", NOON + MINUTE)]);
    expect(await store().readHolds(FLEET, "b", 0, Infinity)).toEqual([]);
  });

  test("an action appended again stays what it has become", async () => {
    await store().appendDecisions(FLEET, [anAction("a"), aHold("b")]);
    await store().writeDecision(anAction("a", NOON, { version: 2, status: "CLAIMED" }));
    await store().appendDecisions(FLEET, [anAction("a"), aHold("b")]);
    expect(await store().readDecision(FLEET, anAction("a").id)).toEqual(
      anAction("a", NOON, { version: 2, status: "CLAIMED" }),
    );
    expect(await store().countItems()).toBe(2);
  });

  test("a decision whose id does not tell its component and time, or of another fleet, is a bug of the caller", async () => {
    for (const id of ["x", `b@${NOON}`, `a@${NOON + 1}`])
      await expect(store().appendDecisions(FLEET, [anAction("a", NOON, { id })])).rejects.toThrow(InvariantError);
    await expect(store().appendDecisions("another", [anAction("a")])).rejects.toThrow(InvariantError);
  });
}

const NEVER: Retention = { samplesMs: 0, rollups5mMs: 0, rollups1hMs: 0, holdsMs: 0, actionsMs: 0 };
export function purgeCases(store: () => StateStore): void {
  const hour = 3_600_000;
  beforeEach(async () => {
    await store().appendSamples(
      FLEET,
      times(30, (i) => ({ component: "a", sample: aSample(NOON + i * MINUTE) })),
    );
    await store().appendSamples(FLEET, [{ component: "b", sample: aSample() }]);
    await store().writeRollups(FLEET, [
      aRollup("a", NOON),
      aRollup("a", NOON + hour),
      aRollup("a", NOON - 12 * hour, { resolution: "1h" }),
    ]);
    const ended = { status: "MEASURED" } as const;
    await store().appendDecisions(FLEET, [
      aHold("a"),
      aHold("a", NOON + MINUTE),
      anAction("a", NOON, ended),
      anAction("a", NOON + 1),
      anAction("b", NOON, ended),
    ]);
  });

  test("takes what is older than its cut-off and nothing else", async () => {
    expect(await store().purge(FLEET, "a", NEVER, 1000)).toBe(0);
    expect(await store().purge(FLEET, "a", { ...NEVER, samplesMs: NOON + 10 * MINUTE }, 1000)).toBe(10);
    expect((await store().readSamples(FLEET, "a", 0, Infinity))[0]).toEqual(aSample(NOON + 10 * MINUTE));
    expect(await store().readSamples(FLEET, "b", 0, Infinity)).toHaveLength(1);
    expect(await store().purge(FLEET, "a", { ...NEVER, holdsMs: NOON + 1 }, 1000)).toBe(1);
    expect(await store().readHolds(FLEET, "a", 0, Infinity)).toEqual([aHold("a", NOON + MINUTE)]);
  });

  test("takes a roll-up once all of it is old", async () => {
    expect(
      await store().purge(
        FLEET,
        "a",
        { ...NEVER, rollups5mMs: NOON + hour - 1, rollups1hMs: NOON + 12 * hour - 1 },
        1000,
      ),
    ).toBe(0);
    expect(
      await store().purge(FLEET, "a", { ...NEVER, rollups5mMs: NOON + hour, rollups1hMs: NOON + 12 * hour }, 1000),
    ).toBe(2);
    expect(await store().readRollups(FLEET, "a", "5m", 0, Infinity)).toEqual([aRollup("a", NOON + hour)]);
  });

  test("takes the component's own actions, and none that has not ended", async () => {
    expect(await store().purge(FLEET, "a", { ...NEVER, actionsMs: NOON + hour }, 1000)).toBe(1);
    expect((await store().readActions(FLEET, 0, Infinity)).map((each) => each.id)).toEqual([
      `b@${NOON}`,
      `a@${NOON + 1}`,
    ]);
  });

  test("takes at most the limit, oldest first, and goes on where it stopped", async () => {
    const all: Retention = {
      samplesMs: NOON + hour,
      rollups5mMs: NOON + 9 * hour,
      rollups1hMs: NOON + 99 * hour,
      holdsMs: NOON + hour,
      actionsMs: NOON + hour,
    };
    expect(await store().purge(FLEET, "a", all, 0)).toBe(0);
    expect(await store().purge(FLEET, "a", all, 7)).toBe(7);
    expect((await store().readSamples(FLEET, "a", 0, Infinity))[0]?.endMs).toBe(NOON + 7 * MINUTE);
    expect(await store().purge(FLEET, "a", all, 24)).toBe(24);
    expect(await store().purge(FLEET, "a", all, 1000)).toBe(5);
    expect(await store().purge(FLEET, "a", all, 1000)).toBe(0);
    expect(await store().countItems()).toBe(3);
  });
}

/** One of every kind of record. */
async function fill(store: StateStore): Promise<void> {
  await store.claimTick("monitor", 5);
  await store.writeLedger(aLedger(1));
  await store.writeStates(FLEET, [aState("a"), aState("b")]);
  await store.appendSamples(FLEET, [{ component: "a", sample: aSample() }]);
  await store.writeRollups(FLEET, [aRollup("a"), aRollup("a", NOON, { resolution: "1h" })]);
  await store.appendDecisions(FLEET, [aHold("a"), anAction("b")]);
  await store.writeLearning(FLEET, aLearning("a"));
  await store.writeOverlays(FLEET, [anOverlay("a")]);
  await store.writeForecasts(FLEET, [aForecast("a")]);
  await store.writeModels(FLEET, [aModel("a")]);
  await store.writeRecommendations(FLEET, [aRecommendation("a")]);
  await store.writeScores(someScores());
  await store.writeAlerts(anAlertState());
}
const FILLED = 16;

export function documentCases(store: () => StateStore, another: () => Promise<StateStore>): void {
  test("an export imported elsewhere exports the same", async () => {
    await fill(store());
    const items = await store().exportItems();
    expect(items).toHaveLength(FILLED);
    expect(await store().countItems()).toBe(FILLED);
    const other = await another();
    await other.importItems(JSON.parse(JSON.stringify(items)) as StoredItem[], { replace: false });
    expect(await other.exportItems()).toEqual(items);
    expect(await other.readLedger(FLEET)).toEqual(aLedger(1));
    expect(await other.claimTick("monitor", 5)).toBe(false);
    expect(await other.writeLedger(aLedger(2))).toEqual({ won: true });
    expect(await other.writeDecision(anAction("b", NOON, { version: 2 }))).toEqual({ won: true });
  });

  test("a store with something in it is replaced only on request, and then wholly", async () => {
    await fill(store());
    const items = await store().exportItems();
    const other = await another();
    await other.writeStates("old fleet", [aState("x")]);
    await expect(other.importItems(items, { replace: false })).rejects.toThrow(InputError);
    expect(await other.countItems()).toBe(1);
    await other.importItems(items, { replace: true });
    expect(await other.exportItems()).toEqual(items);
  });

  test("one bad item refuses all, names every problem and leaves the store as it is", async () => {
    await fill(store());
    const items = await store().exportItems();
    const bad = items.map((item): StoredItem => {
      if (item.sk === "LEDGER") return { ...item, v: 9 };
      if (item.sk === "SCORES") return { ...item, data: { ...(item["data"] as object), score: "high" } };
      if (item.sk === "STATE#a") return { ...item, sk: "STATE#z" };
      return item.sk === "ALERTS" ? { ...item, sk: "SOMETHING" } : item;
    });
    const other = await another();
    const refused = await other.importItems(bad, { replace: true }).catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(InputError);
    const problems = (refused as InputError).problems.join("\n");
    expect(problems).toContain("item FLEET#default LEDGER: unknown version 9; this program reads version 1");
    expect(problems).toContain("item FLEET#default SCORES: score:");
    expect(problems).toContain("item FLEET#default STATE#z: lies under the key of something else");
    expect(problems).toContain("item FLEET#default SOMETHING: an unknown key");
    expect(await other.countItems()).toBe(0);
  });
}
