import { beforeEach, describe, expect, it } from "vitest";
import { MemoryStore } from "../../lib/adapters/memory/memory-store.ts";
import type { Alert, AlertState } from "../../lib/domain/model/learning.ts";
import { raiseAlerts } from "../../lib/loops/alerting.ts";
import type { Cas } from "../../lib/ports.ts";
import { aFleet, aLedger, aState, MINUTE, T0 } from "../support/optimization-builders.ts";

const fleet = aFleet();
const failing = aLedger({ quietUntil: { api: { untilMs: T0 + 60 * MINUTE, why: "backing-off", failures: 1 } } });
const evidence = { states: [aState(T0)], ledger: failing, learning: [] };

describe("raising alerts", () => {
  let store: MemoryStore;
  let published: Alert[];
  let isDown: boolean;
  const ports = () => ({
    store,
    notifier: {
      async publish(alert: Alert) {
        if (isDown) throw new Error("topic unavailable");
        published.push(alert);
      },
    },
    log: () => {},
  });
  beforeEach(() => {
    store = new MemoryStore();
    published = [];
    isDown = false;
  });

  it("publishes once within the cooldown and counts the rest", async () => {
    expect(await raiseAlerts(ports(), fleet, evidence, T0)).toMatchObject({ sent: 1, suppressed: 0, undelivered: 0 });
    expect(await raiseAlerts(ports(), fleet, evidence, T0 + MINUTE)).toMatchObject({ sent: 0, suppressed: 1 });
    expect(published.map(({ kind }) => kind)).toEqual(["scaling-failure:api"]);
    expect(await store.readAlerts("default")).toMatchObject({ sent: 1, suppressed: 1, outbox: [] });
  });

  it("keeps an alert that could not be delivered and delivers it later, though nothing is raised then", async () => {
    isDown = true;
    const first = await raiseAlerts(ports(), fleet, evidence, T0);
    expect(first).toMatchObject({ sent: 1, undelivered: 1, problems: ["scaling-failure:api: topic unavailable"] });
    isDown = false;
    const calm = { ...evidence, states: [aState(T0 + MINUTE)], ledger: aLedger() };
    expect(await raiseAlerts(ports(), fleet, calm, T0 + MINUTE)).toMatchObject({ raised: 0, undelivered: 0 });
    expect(published).toHaveLength(1);
    expect(published[0]?.atMs).toBe(T0);
  });

  it("takes the other's write into account when it loses the compare-and-set", async () => {
    let losses = 1;
    const contended = Object.assign(Object.create(store) as MemoryStore, {
      readAlerts: (name: string) => store.readAlerts(name),
      writeAlerts: async (next: AlertState): Promise<Cas> => {
        if (losses === 0) return await store.writeAlerts(next);
        losses -= 1;
        await raiseAlerts(ports(), fleet, evidence, T0);
        return { won: false };
      },
    });
    await raiseAlerts({ ...ports(), store: contended }, fleet, evidence, T0);
    expect(published).toHaveLength(1);
    expect(await store.readAlerts("default")).toMatchObject({ sent: 1, suppressed: 1, outbox: [] });
  });

  it("never throws when the store fails", async () => {
    const broken = Object.assign(Object.create(store) as MemoryStore, {
      readAlerts: async () => Promise.reject(new Error("down")),
    });
    expect((await raiseAlerts({ ...ports(), store: broken }, fleet, evidence, T0)).problems).toEqual(["down"]);
  });
});
