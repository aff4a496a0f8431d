import { beforeEach, describe, expect, it } from "vitest";
import { MemoryStore } from "../../lib/adapters/memory/memory-store.ts";
import type { FleetPolicy } from "../../lib/domain/model/policy.ts";
import type { Sample } from "../../lib/domain/model/sample.ts";
import { SampleWindow } from "../../lib/domain/model/sample-window.ts";
import { runOptimization } from "../../lib/loops/optimization.ts";
import type { Ports, StateStore } from "../../lib/ports.ts";
import {
  ALLOCATION,
  aComponent,
  aDecision,
  aFleet,
  aLearning,
  aLedger,
  aRule,
  aSample,
  aState,
  DAY,
  HOUR,
  MINUTE,
  T0,
} from "../support/optimization-builders.ts";

const unused = () => {
  throw new Error("not for the optimization loop");
};
const portsOn = (store: StateStore): Ports => ({
  store,
  metrics: { read: unused },
  orchestrator: { describe: unused, ensureRevision: unused, update: unused },
  notifier: { publish: unused },
  clock: { nowMs: unused },
  log: () => {},
});

/** A store that counts the calls of each method. */
function counted(store: MemoryStore): { store: StateStore; calls: Record<string, number> } {
  const calls: Record<string, number> = {};
  const proxy = new Proxy(store, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name, target);
      if (typeof value !== "function") return value;
      calls[String(name)] ??= 0;
      return (...args: unknown[]): unknown => {
        calls[String(name)] = (calls[String(name)] ?? 0) + 1;
        return (value as (...all: unknown[]) => unknown).apply(target, args);
      };
    },
  });
  return { store: proxy, calls };
}

describe("optimization loop", () => {
  let store: MemoryStore;
  beforeEach(() => {
    store = new MemoryStore();
  });
  const run = async (fleet: FleetPolicy, nowMs: number, on: StateStore = store) =>
    runOptimization(portsOn(on), fleet, nowMs);

  /** One sample a minute in (from, to], for each component, and the states to go with the last ones. */
  async function observe(
    fleet: FleetPolicy,
    fromMs: number,
    toMs: number,
    values: (endMs: number) => Sample["values"] = () => ({}),
  ): Promise<void> {
    for (const { name } of fleet.components) {
      const samples: Sample[] = [];
      for (let endMs = fromMs + MINUTE; endMs <= toMs; endMs += MINUTE) samples.push(aSample(endMs, values(endMs)));
      await store.appendSamples(
        fleet.name,
        samples.map((sample) => ({ component: name, sample })),
      );
      await store.writeStates(fleet.name, [
        aState(toMs, { component: name, window: SampleWindow.of(samples.slice(-15)) }),
      ]);
    }
  }
  /** Runs every five minutes in (from, to], as the schedule does. */
  async function runThrough(fleet: FleetPolicy, fromMs: number, toMs: number): Promise<void> {
    for (let nowMs = fromMs + 5 * MINUTE; nowMs <= toMs; nowMs += 5 * MINUTE) {
      expect((await run(fleet, nowMs)).errors).toEqual([]);
    }
  }

  it("rolls an hour up into twelve buckets, and hours into a day", async () => {
    const fleet = aFleet();
    await observe(fleet, T0, T0 + 3 * HOUR, (endMs) => ({ cpuUsed: Math.ceil((endMs - T0) / HOUR) * 100 }));
    await runThrough(fleet, T0, T0 + 3 * HOUR + 10 * MINUTE);
    const fine = await store.readRollups("default", "api", "5m", T0, T0 + DAY);
    expect(fine.map(({ startMs, buckets }) => [startMs - T0, buckets.length])).toEqual([
      [0, 12],
      [HOUR, 12],
      [2 * HOUR, 12],
    ]);
    const [day] = await store.readRollups("default", "api", "1h", T0, T0 + DAY);
    expect(day?.buckets.map(({ samples, mean }) => [samples, mean.cpuUsed])).toEqual([
      [60, 100],
      [60, 200],
      [60, 300],
    ]);
  });

  it("makes up for an outage, six hours in a run, and ends with the same records", async () => {
    const fleet = aFleet();
    await observe(fleet, T0, T0 + 20 * HOUR, (endMs) => ({ cpuUsed: (endMs - T0) / MINUTE }));
    const first = await run(fleet, T0 + 20 * HOUR + 10 * MINUTE);
    expect(first.errors).toEqual([]);
    const [afterOne] = await store.readRollups("default", "api", "1h", T0, T0 + DAY);
    expect(afterOne?.buckets.length).toBe(7);
    for (const hour of [21, 22, 23]) await run(fleet, T0 + hour * HOUR + 10 * MINUTE);
    const caughtUp = await store.readRollups("default", "api", "1h", T0, T0 + DAY);

    const steady = new MemoryStore();
    const kept = store;
    store = steady;
    await observe(fleet, T0, T0 + 20 * HOUR, (endMs) => ({ cpuUsed: (endMs - T0) / MINUTE }));
    await runThrough(fleet, T0, T0 + 20 * HOUR + 10 * MINUTE);
    expect(caughtUp).toEqual(await steady.readRollups("default", "api", "1h", T0, T0 + DAY));
    expect(await kept.readRollups("default", "api", "5m", T0, T0 + DAY)).toEqual(
      await steady.readRollups("default", "api", "5m", T0, T0 + DAY),
    );
  });

  it("costs one read and one write beside the lists of the fleet, for a component without forecasts", async () => {
    const fleet = aFleet();
    await observe(fleet, T0, T0 + HOUR);
    await run(fleet, T0 + 50 * MINUTE);
    const { store: on, calls } = counted(store);
    await run(fleet, T0 + 55 * MINUTE, on);
    expect(calls).toEqual({
      readStates: 1,
      readScores: 1,
      readSamples: 1,
      writeRollups: 1,
      readLedger: 1,
      readRecommendations: 1,
      writeScores: 1,
    });
  });

  it("trains once in the refit time and forecasts in every run; a day that repeats is forecast with trust", async () => {
    const fleet = aFleet({ components: [aComponent({ strategy: "PREDICTIVE" })] });
    const days = 6;
    const daily = (endMs: number) => {
      const angle = (2 * Math.PI * (endMs - T0)) / DAY;
      return { cpuUsed: 600 - 400 * Math.cos(angle) + 5 * Math.sin(endMs), memoryUsed: 1000, throughput: 10 };
    };
    for (let day = 0; day < days; day += 1) {
      await observe(fleet, T0 + day * DAY, T0 + (day + 1) * DAY, daily);
      for (let hour = 1; hour <= 24; hour += 1) await run(aFleet(), T0 + day * DAY + hour * HOUR + 10 * MINUTE);
    }
    await observe(fleet, T0 + days * DAY, T0 + days * DAY + 9 * HOUR, daily);
    const nowMs = T0 + days * DAY + 9 * HOUR;
    await run(aFleet(), nowMs - 30 * MINUTE);
    expect((await run(fleet, nowMs)).errors).toEqual([]);
    const models = await store.readModels("default");
    expect(models.map(({ metric }) => metric).sort()).toEqual(["cpuUsed"]);
    const cpu = (await store.readForecasts("default")).find(({ metric }) => metric === "cpuUsed");
    expect(cpu?.path).toMatchObject({ trusted: true, reason: "beats-naive" });
    const later = cpu?.path?.mean[30] ?? 0;
    expect(Math.abs(later - daily(nowMs + 30 * MINUTE).cpuUsed)).toBeLessThan(60);

    await run(fleet, nowMs + 5 * MINUTE);
    expect((await store.readModels("default")).map(({ model }) => model.trainedAtMs)).toEqual([nowMs]);
    expect((await store.readForecasts("default")).every(({ madeAtMs }) => madeAtMs === nowMs + 5 * MINUTE)).toBe(true);
    await run(fleet, nowMs + HOUR);
    expect((await store.readModels("default"))[0]?.model.trainedAtMs).toBe(nowMs + HOUR);
  });

  it("forecasts what rules are judged by; one that is staffed by demand has an outlook and no forecast", async () => {
    const staffed = aRule({ upAction: "SCALE_OUT", downAction: "SCALE_IN" });
    const fleet = aFleet({
      components: [
        aComponent({
          strategy: "PREDICTIVE",
          parameters: { staffing: 0.4, leadSeconds: 240, growthPercent: 95, keepSeconds: 300 },
          rules: [staffed, aRule({ name: "memory", trigger: "MEMORY_UTILIZATION" })],
        }),
      ],
    });
    await observe(fleet, T0, T0 + 2 * HOUR, () => ({ cpuUsed: 300, memoryUsed: 500, throughput: 10 }));
    const nowMs = T0 + 2 * HOUR;
    expect((await run(fleet, nowMs)).errors).toEqual([]);
    expect((await store.readModels("default")).map(({ metric }) => metric)).toEqual(["memoryUsed"]);
    const [cpu, memory, ...others] = await store.readForecasts("default");
    expect(others).toEqual([]);
    expect(cpu).toMatchObject({ metric: "cpuUsed", outlook: { madeAtMs: nowMs, taskCpu: ALLOCATION.size.cpu } });
    expect(cpu?.path).toBeUndefined();
    expect(memory).toMatchObject({ metric: "memoryUsed", path: { stepMs: MINUTE } });
    expect(memory?.outlook).toBeUndefined();
  });

  it("lets twenty components learn their growth in a run, and the others in the next, also when nothing can be learned", async () => {
    const staffed = aRule({ upAction: "SCALE_OUT", downAction: "SCALE_IN" });
    const parameters = { staffing: 0.4, leadSeconds: 240, growthPercent: 95, keepSeconds: 300 };
    const components = Array.from({ length: 30 }, (_, i) =>
      aComponent({ name: `c${i}`, strategy: "PREDICTIVE", parameters, rules: [staffed] }),
    );
    const fleet = aFleet({ components });
    await observe(fleet, T0, T0 + 2 * HOUR, () => ({ cpuUsed: 300, memoryUsed: 500 }));
    const triedIn = async (nowMs: number): Promise<readonly string[]> => {
      expect((await run(fleet, nowMs)).errors).toEqual([]);
      const records = await store.readForecasts("default");
      expect(records).toHaveLength(30);
      return records.flatMap(({ component, outlook }) => (outlook?.triedAtMs === nowMs ? [component] : []));
    };
    const first = await triedIn(T0 + 2 * HOUR);
    const second = await triedIn(T0 + 2 * HOUR + 5 * MINUTE);
    expect(first).toHaveLength(20);
    expect(second).toHaveLength(20);
    expect(new Set([...first, ...second]).size).toBe(30);
  });

  it("tunes adaptive components only, once for each measured decision", async () => {
    const fleet = aFleet({ components: [aComponent({ strategy: "ADAPTIVE" }), aComponent({ name: "b" })] });
    for (const component of ["api", "b"]) {
      const history = [1, 2, 3].map((n) => ({
        decision: `${component}@${T0 + n}`,
        atMs: T0 + n,
        direction: "grow" as const,
        effectiveness: 10,
      }));
      await store.writeLearning("default", aLearning({ component, history }));
    }
    const overshot = aDecision(T0 + 3, {
      action: "SCALE_UP",
      hold: undefined,
      rule: "cpu",
      status: "MEASURED",
      result: { finishedAtMs: T0 + 4, valueAfter: 0.2 },
    });
    await store.appendDecisions("default", [overshot]);
    await run(fleet, T0 + HOUR);
    const overlays = await store.readOverlays("default");
    expect(overlays).toMatchObject([{ component: "api", upShift: -0.01, stepScale: 1.1 }]);
    const { store: on, calls } = counted(store);
    await run(fleet, T0 + HOUR + 5 * MINUTE, on);
    expect(calls["writeOverlays"]).toBeUndefined();
    expect(calls["readDecision"]).toBeUndefined();
  });

  it("recommends a cheaper allocation from complete evidence, keeps it, and withdraws it after a change", async () => {
    const fleet = aFleet({ components: [aComponent({ rules: [] })] });
    await store.writeLedger(aLedger());
    await observe(fleet, T0, T0 + 7 * HOUR, () => ({ cpuUsed: 200, memoryUsed: 600 }));
    await runThrough(fleet, T0, T0 + 5 * HOUR);
    expect(await store.readRecommendations("default")).toEqual([]);
    await runThrough(fleet, T0 + 5 * HOUR, T0 + 6 * HOUR + 10 * MINUTE);
    const [advice] = await store.readRecommendations("default");
    expect(advice).toMatchObject({ component: "api", kind: "OPTIMIZE", allocation: { tasks: 2 } });
    expect(advice?.allocation.size).toMatchObject({ cpu: 120, memory: 360 });
    expect(advice?.because).toMatch(/At most 0.2 vCPU and 0.6 GiB .* cost \d+ % less/);
    const { store: on, calls } = counted(store);
    await run(fleet, T0 + 6 * HOUR + 15 * MINUTE, on);
    expect(calls["writeRecommendations"]).toBeUndefined();
    const recent = { decision: "d", component: "api", direction: "same" as const, atMs: T0 + 7 * HOUR, removedCpu: 0 };
    await store.writeLedger(aLedger({ version: 2, recent: [recent], booked: { api: ALLOCATION } }));
    await run(fleet, T0 + 6 * HOUR + 20 * MINUTE);
    expect(await store.readRecommendations("default")).toEqual([]);
  });

  it("recommends nothing when an hour of the evidence has a hole", async () => {
    const fleet = aFleet({ components: [aComponent({ rules: [] })] });
    await store.writeLedger(aLedger());
    await observe(fleet, T0, T0 + 2 * HOUR, () => ({ cpuUsed: 100 }));
    await observe(fleet, T0 + 2 * HOUR + 20 * MINUTE, T0 + 7 * HOUR, () => ({ cpuUsed: 100 }));
    await runThrough(fleet, T0, T0 + 7 * HOUR);
    expect(await store.readRecommendations("default")).toEqual([]);
  });

  it("cleans up what is past its retention", async () => {
    const fleet = aFleet();
    await observe(fleet, T0, T0 + 2 * HOUR);
    await store.appendDecisions("default", [aDecision(T0)]);
    await runThrough(fleet, T0, T0 + 2 * HOUR);
    const laterMs = T0 + 8 * DAY;
    await runThrough(fleet, laterMs, laterMs + HOUR);
    expect(await store.readSamples("default", "api", 0, laterMs)).toEqual([]);
    expect(await store.readHolds("default", "api", 0, laterMs)).toEqual([]);
    expect(await store.readRollups("default", "api", "5m", 0, laterMs)).toHaveLength(2);
  });

  it("goes on with the others when one component or one part fails", async () => {
    const fleet = aFleet({ components: [aComponent(), aComponent({ name: "b" })] });
    await observe(fleet, T0, T0 + HOUR);
    const broken = Object.assign(Object.create(store) as MemoryStore, {
      readSamples: async (name: string, component: string, fromMs: number, toMs: number) => {
        if (component === "api") throw new Error("throttled");
        return await store.readSamples(name, component, fromMs, toMs);
      },
      readRecommendations: async () => Promise.reject(new Error("unreadable")),
    });
    for (const method of [
      "readStates",
      "readScores",
      "writeRollups",
      "readRollups",
      "writeScores",
      "readLedger",
      "purge",
    ]) {
      const of = store as unknown as Record<string, (...args: unknown[]) => unknown>;
      Object.assign(broken, { [method]: async (...args: unknown[]) => of[method]?.(...args) });
    }
    const outcome = await run(fleet, T0 + HOUR, broken);
    expect(outcome.errors).toEqual([
      { component: "api", message: "roll-up: throttled" },
      { component: undefined, message: "right-sizing: unreadable" },
    ]);
    expect(await store.readRollups("default", "b", "5m", T0, T0 + DAY)).toHaveLength(1);
    expect(await store.readScores("default")).toMatchObject({ fleet: "default", successRate: 1 });
  });
});
