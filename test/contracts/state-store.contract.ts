import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { InvariantError } from "../../lib/domain/model/errors.ts";
import { SampleWindow } from "../../lib/domain/model/sample-window.ts";
import type { Cas, StateStore } from "../../lib/ports.ts";
import { decisionCases, documentCases, historyCases, purgeCases } from "./state-store-histories.ts";
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
  aState,
  FLEET,
  NOON,
  someScores,
} from "./store-records.ts";

/** How the suite gets stores of one adapter. */
export interface StoreMaker {
  start?(): Promise<void>;
  stop?(): Promise<void>;
  /** A store with nothing in it, apart from all others. */
  empty(): Promise<StateStore>;
}

/** What every StateStore must do; each adapter runs all of it. */
export function stateStoreContract(name: string, maker: StoreMaker): void {
  describe(`${name} keeps the contract of StateStore`, () => {
    let store: StateStore;
    beforeAll(async () => maker.start?.());
    afterAll(async () => maker.stop?.());
    beforeEach(async () => {
      store = await maker.empty();
    });

    describe("ticks", () => {
      tickCases(() => store);
    });
    describe("compare-and-set", () => {
      casCases(() => store);
    });
    describe("records of components", () => {
      listCases(() => store);
    });
    describe("histories", () => {
      historyCases(() => store);
    });
    describe("decisions", () => {
      decisionCases(() => store);
    });
    describe("purge", () => {
      purgeCases(() => store);
    });
    describe("document", () => {
      documentCases(
        () => store,
        () => maker.empty(),
      );
    });
  });
}

const wins = (results: readonly Cas[]): number => results.filter((each) => each.won).length;
const times = <T>(count: number, of: (i: number) => T): T[] => Array.from({ length: count }, (_, i) => of(i));

function tickCases(store: () => StateStore): void {
  test("one of many gets a tick", async () => {
    const claims = await Promise.all(times(20, () => store().claimTick("monitor", 100)));
    expect(claims.filter(Boolean)).toHaveLength(1);
  });

  test("an older tick is refused, a later one is not, and loops do not see each other", async () => {
    expect(await store().claimTick("decision", 10)).toBe(true);
    expect(await store().claimTick("decision", 9)).toBe(false);
    expect(await store().claimTick("decision", 10)).toBe(false);
    expect(await store().claimTick("execution", 9)).toBe(true);
    expect(await store().claimTick("decision", 12)).toBe(true);
    expect(await store().claimTick("decision", 11)).toBe(false);
  });

  test("the last tick of each loop can be read; one that never claimed any is not there", async () => {
    expect([...(await store().readTicks())]).toEqual([]);
    await store().claimTick("execution", 7);
    await store().claimTick("monitor", 9.5);
    await store().claimTick("monitor", 8);
    expect(Object.fromEntries(await store().readTicks())).toEqual({ execution: 7, monitor: 9.5 });
  });
}

function casCases(store: () => StateStore): void {
  test("a ledger comes back as it was written", async () => {
    expect(await store().readLedger(FLEET)).toBeUndefined();
    expect(await store().writeLedger(aLedger(1))).toEqual({ won: true });
    expect(await store().readLedger(FLEET)).toEqual(aLedger(1));
    expect(await store().readLedger("another")).toBeUndefined();
  });

  test("of 20 writers of the next ledger exactly one wins, and its ledger is there", async () => {
    await store().writeLedger(aLedger(1));
    const results = await Promise.all(times(20, (i) => store().writeLedger(aLedger(2, { epoch: i }))));
    expect(wins(results)).toBe(1);
    expect((await store().readLedger(FLEET))?.epoch).toBe(results.findIndex((each) => each.won));
  });

  test("of 20 writers of the same content still exactly one wins", async () => {
    expect(wins(await Promise.all(times(20, () => store().writeLedger(aLedger(1)))))).toBe(1);
    expect(wins(await Promise.all(times(20, () => store().writeLedger(aLedger(2)))))).toBe(1);
  });

  test("a version too low, too high or too early loses and changes nothing", async () => {
    expect(await store().writeLedger(aLedger(2))).toEqual({ won: false });
    await store().writeLedger(aLedger(1));
    await store().writeLedger(aLedger(2));
    for (const version of [1, 2, 4])
      expect(await store().writeLedger(aLedger(version, { paused: true }))).toEqual({ won: false });
    expect(await store().readLedger(FLEET)).toEqual(aLedger(2));
  });

  test("learning of a component", async () => {
    expect(await store().readLearning(FLEET)).toEqual([]);
    expect(wins(await Promise.all(times(20, () => store().writeLearning(FLEET, aLearning("b", 1)))))).toBe(1);
    expect(await store().writeLearning(FLEET, aLearning("a", 1))).toEqual({ won: true });
    expect(await store().writeLearning(FLEET, aLearning("a", 3))).toEqual({ won: false });
    expect(await store().writeLearning(FLEET, aLearning("a", 2))).toEqual({ won: true });
    expect(await store().readLearning(FLEET)).toEqual([aLearning("a", 2), aLearning("b", 1)]);
  });

  test("alerts of a fleet", async () => {
    expect(await store().readAlerts(FLEET)).toBeUndefined();
    expect(wins(await Promise.all(times(20, () => store().writeAlerts(anAlertState(1)))))).toBe(1);
    expect(await store().writeAlerts(anAlertState(1))).toEqual({ won: false });
    expect(await store().writeAlerts(anAlertState(2, { sent: 9 }))).toEqual({ won: true });
    expect(await store().readAlerts(FLEET)).toEqual(anAlertState(2, { sent: 9 }));
  });

  test("a decision", async () => {
    expect(await store().writeDecision(anAction("a", NOON, { version: 2 }))).toEqual({ won: false });
    expect(await store().readDecision(FLEET, anAction("a").id)).toBeUndefined();
    await store().appendDecisions(FLEET, [anAction("a")]);
    const claims = await Promise.all(
      times(20, (i) => store().writeDecision(anAction("a", NOON, { version: 2, status: "CLAIMED", priority: i }))),
    );
    expect(wins(claims)).toBe(1);
    expect(await store().readDecision(FLEET, anAction("a").id)).toEqual(
      anAction("a", NOON, { version: 2, status: "CLAIMED", priority: claims.findIndex((each) => each.won) }),
    );
  });

  test("a hold never changes", async () => {
    await store().appendDecisions(FLEET, [aHold("a")]);
    await expect(store().writeDecision(aHold("a", NOON, { version: 2 }))).rejects.toThrow(InvariantError);
  });
}

function listCases(store: () => StateStore): void {
  test("states are listed by component and overwritten", async () => {
    expect(await store().readStates(FLEET)).toEqual([]);
    await store().writeStates(FLEET, []);
    await store().writeStates(FLEET, [aState("b"), aState("a"), aState("a-b")]);
    await store().writeStates(FLEET, [
      aState("b", { service: undefined, serviceProblem: "denied", window: SampleWindow.EMPTY }),
    ]);
    await store().writeStates("another", [aState("z")]);
    expect(await store().readStates(FLEET)).toEqual([
      aState("a"),
      aState("a-b"),
      aState("b", { service: undefined, serviceProblem: "denied", window: SampleWindow.EMPTY }),
    ]);
    expect((await store().readStates("another")).map((each) => each.component)).toEqual(["z"]);
  });

  test("a list stays as it was read while the store goes on", async () => {
    await store().writeStates(FLEET, [aState("a")]);
    const before = await store().readStates(FLEET);
    await store().writeStates(FLEET, [aState("a", { readThroughMs: 1 }), aState("b")]);
    expect(before).toEqual([aState("a")]);
  });

  test("more components than one batch or one page holds", async () => {
    const states = times(460, (i) => aState(`component-${String(i).padStart(4, "0")}`));
    await store().writeStates(FLEET, states);
    expect(await store().readStates(FLEET)).toEqual(states);
  });

  test("names with the separators of keys stay apart", async () => {
    await store().writeStates("a#b", [aState("c")]);
    await store().writeStates("a", [aState("b#c"), aState("b%23c")]);
    expect(await store().readStates("a#b")).toEqual([aState("c")]);
    expect((await store().readStates("a")).map((each) => each.component).sort()).toEqual(["b#c", "b%23c"]);
    await store().appendDecisions("a", [anAction("b#c@1", NOON, { fleet: "a" })]);
    expect(await store().readDecision("a", `b#c@1@${NOON}`)).toEqual(anAction("b#c@1", NOON, { fleet: "a" }));
  });

  test("overlays, forecasts, models", async () => {
    await store().writeOverlays(FLEET, [anOverlay("b"), anOverlay("a")]);
    await store().writeOverlays(FLEET, [anOverlay("b", { upShift: 0 })]);
    expect(await store().readOverlays(FLEET)).toEqual([anOverlay("a"), anOverlay("b", { upShift: 0 })]);
    await store().writeForecasts(FLEET, [aForecast("a", "throughput"), aForecast("a", "cpuUsed")]);
    await store().writeForecasts(FLEET, [aForecast("a", "cpuUsed", { madeAtMs: 7, path: undefined })]);
    expect(await store().readForecasts(FLEET)).toEqual([
      aForecast("a", "cpuUsed", { madeAtMs: 7, path: undefined }),
      aForecast("a", "throughput"),
    ]);
    await store().writeModels(FLEET, [aModel("a", "throughput"), aModel("a")]);
    expect(await store().readModels(FLEET)).toEqual([aModel("a"), aModel("a", "throughput")]);
  });

  test("recommendations are replaced as a whole", async () => {
    await store().writeRecommendations(FLEET, [aRecommendation("a"), aRecommendation("b")]);
    await store().writeRecommendations(FLEET, [aRecommendation("c"), aRecommendation("b")]);
    expect(await store().readRecommendations(FLEET)).toEqual([aRecommendation("b"), aRecommendation("c")]);
    await store().writeRecommendations(FLEET, []);
    expect(await store().readRecommendations(FLEET)).toEqual([]);
  });

  test("a fleet as a whole is what its parts are, but for the models", async () => {
    const empty = { states: [], learning: [], overlays: [], forecasts: [], recommendations: [] };
    expect(await store().readFleet(FLEET)).toEqual(empty);
    await store().writeLedger(aLedger());
    await store().writeAlerts(anAlertState());
    await store().writeScores(someScores());
    await store().writeStates(FLEET, [aState("b"), aState("a")]);
    await store().writeLearning(FLEET, aLearning("a"));
    await store().writeOverlays(FLEET, [anOverlay("a")]);
    await store().writeForecasts(FLEET, [aForecast("a", "cpuUsed")]);
    await store().writeModels(FLEET, [aModel("a")]);
    await store().writeRecommendations(FLEET, [aRecommendation("a")]);
    expect(await store().readFleet(FLEET)).toEqual({
      ledger: aLedger(),
      alerts: anAlertState(),
      scores: someScores(),
      states: [aState("a"), aState("b")],
      learning: [aLearning("a")],
      overlays: [anOverlay("a")],
      forecasts: [aForecast("a", "cpuUsed")],
      recommendations: [aRecommendation("a")],
    });
    expect(await store().readFleet("another")).toEqual(empty);
  });

  test("scores", async () => {
    expect(await store().readScores(FLEET)).toBeUndefined();
    await store().writeScores(someScores());
    await store().writeScores(someScores({ score: 1, responseTimeMs: undefined }));
    expect(await store().readScores(FLEET)).toEqual(someScores({ score: 1, responseTimeMs: undefined }));
  });
}
