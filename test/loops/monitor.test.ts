import { describe, expect, test } from "vitest";
import { MemoryStore } from "../../lib/adapters/memory/memory-store.ts";
import { NotYetError } from "../../lib/domain/model/errors.ts";
import type { Sample } from "../../lib/domain/model/sample.ts";
import type { ServiceState } from "../../lib/domain/model/service.ts";
import { runMonitor } from "../../lib/loops/monitor.ts";
import { runLoop } from "../../lib/loops/run-loop.ts";
import type { MetricRequest, Ports } from "../../lib/ports.ts";
import { aFleet, aLedger, aState, NOW_MS, ON_TARGET } from "../support/fleet-builders.ts";

const MINUTE_MS = 60_000;
const START_MS = Math.floor(NOW_MS / MINUTE_MS) * MINUTE_MS;

/** A world of plain functions: what is described and what is read, with every request written down. */
function aWorld(fleet = aFleet({}, {}, {}), store = new MemoryStore()) {
  const requests: MetricRequest[] = [];
  const world = {
    fleet,
    requests,
    nowMs: START_MS,
    read: (_: string, sinceMs: number, nowMs: number): readonly Sample[] | Error =>
      samplesSince(Math.max(sinceMs, START_MS - 5 * MINUTE_MS), nowMs),
    describe: (component: string): ServiceState | Error => aState(component).service as ServiceState,
  };
  const ports: Ports = {
    store,
    clock: { nowMs: () => world.nowMs },
    log: () => {},
    notifier: { publish: async () => {} },
    metrics: {
      read: async (asked, nowMs) => {
        requests.push(...asked);
        return asked.map(({ component, sinceMs }) => world.read(component, sinceMs, nowMs));
      },
    },
    orchestrator: {
      describe: async (names) => names.map((name) => world.describe(name)),
      ensureRevision: async () => ({ kind: "refused", detail: "the monitor writes nothing" }),
      update: async () => ({ kind: "refused", detail: "the monitor writes nothing" }),
    },
  };
  return { world, ports, store };
}

function samplesSince(sinceMs: number, nowMs: number): Sample[] {
  const samples: Sample[] = [];
  for (
    let endMs = Math.floor(sinceMs / MINUTE_MS) * MINUTE_MS + MINUTE_MS;
    endMs <= nowMs - 20_000;
    endMs += MINUTE_MS
  ) {
    samples.push({ endMs, periodMs: MINUTE_MS, values: ON_TARGET, absent: {} });
  }
  return samples;
}

describe("the monitor, minute by minute", () => {
  test("each period is read once, kept in the window and stored", async () => {
    const { world, ports, store } = aWorld();
    for (let beat = 0; beat < 10; beat++) {
      world.nowMs = START_MS + beat * 30_000;
      await runMonitor(ports, world.fleet, world.nowMs);
    }
    const [state] = await store.readStates(world.fleet.name);
    const ends = state?.window.samples().map(({ endMs }) => (endMs - START_MS) / MINUTE_MS);
    expect(ends).toEqual([-4, -3, -2, -1, 0, 1, 2, 3, 4]);
    const stored = await store.readSamples(world.fleet.name, "service-a", 0, NOW_MS * 2);
    expect(new Set(stored.map(({ endMs }) => endMs)).size).toBe(stored.length);
    for (const { sinceMs } of world.requests.filter(({ component }) => component === "service-a").slice(1))
      expect(sinceMs % MINUTE_MS).toBe(0);
  });

  test("percentages are to be counted with the tasks that ran then, not with those asked for by now", async () => {
    const { world, ports } = aWorld();
    const service = aState("service-a").service as ServiceState;
    for (const [seconds, running] of [
      [0, 2],
      [30, 2],
      [60, 7],
      [90, 7],
    ] as const) {
      world.nowMs = START_MS + seconds * 1000;
      world.describe = () => ({ ...service, running, desired: { ...service.desired, tasks: 7 } });
      await runMonitor(ports, world.fleet, world.nowMs);
    }
    const asked = world.requests.findLast(({ component }) => component === "service-a");
    expect(asked?.allocationAt?.(START_MS + 60_000)?.tasks).toBe(2);
    expect(asked?.allocationAt?.(START_MS + 120_000)?.tasks).toBe(7);
  });

  test("a component that fails stops no other, and is told", async () => {
    const { world, ports, store } = aWorld();
    const read = world.read;
    world.read = (component, sinceMs, nowMs) =>
      component === "service-a" ? new Error("denied") : read(component, sinceMs, nowMs);
    world.describe = (component) =>
      component === "service-b" ? new Error("no such service") : (aState(component).service as ServiceState);
    const outcome = await runMonitor(ports, world.fleet, world.nowMs);
    expect(outcome.errors).toEqual([
      { component: "service-a", message: "denied" },
      { component: "service-b", message: "no such service" },
    ]);
    const [a, b] = await store.readStates(world.fleet.name);
    expect(a).toMatchObject({ service: { desired: { tasks: 2 } } });
    expect(a?.window).toHaveLength(0);
    expect(b).toMatchObject({ serviceProblem: "no such service" });
    expect(b?.window).toHaveLength(4);
  });

  test("a service that is not read yet is no error and no problem: nothing is known of it, the next pass reads it", async () => {
    const { world, ports, store } = aWorld();
    const lines: string[] = [];
    const logged: Ports = { ...ports, log: (level, message) => lines.push(`${level} ${message}`) };
    const seen = (component: string) => aState(component).service as ServiceState;
    world.describe = (component) => (component === "service-a" ? seen(component) : new NotYetError("too many"));
    expect((await runMonitor(logged, world.fleet, world.nowMs)).errors).toEqual([]);
    expect(lines).toEqual(["info services are not read yet, the next pass goes on"]);
    const stateOfB = async () => (await store.readStates(world.fleet.name))[1];
    expect(await stateOfB()).toMatchObject({ service: undefined, serviceProblem: undefined });
    world.nowMs += 30_000;
    world.describe = seen;
    await runMonitor(logged, world.fleet, world.nowMs);
    expect(await stateOfB()).toMatchObject({ service: { desired: { tasks: 2 } } });
    world.nowMs += 30_000;
    world.describe = () => new NotYetError("too many");
    expect((await runMonitor(logged, world.fleet, world.nowMs)).errors).toEqual([]);
    expect(await stateOfB()).toMatchObject({ serviceProblem: "too many", service: { desired: { tasks: 2 } } });
  });

  test("a look at a service that shows nothing new is not kept, for five minutes; one that does is", async () => {
    const { world, ports, store } = aWorld(aFleet());
    const look = aState("service-a").service as ServiceState;
    const lookedAt: (number | undefined)[] = [];
    for (let minute = 0; minute < 8; minute++) {
      world.nowMs = START_MS + minute * MINUTE_MS;
      const { nowMs } = world;
      world.describe = () => ({ ...look, running: minute < 7 ? 2 : 1, observedAtMs: nowMs });
      await runMonitor(ports, world.fleet, nowMs);
      const [state] = await store.readStates(world.fleet.name);
      lookedAt.push(((state?.service?.observedAtMs ?? Number.NaN) - START_MS) / MINUTE_MS);
    }
    expect(lookedAt).toEqual([0, 0, 0, 0, 0, 5, 5, 7]);
  });

  test("a service created anew under the same name starts with an empty window", async () => {
    const { world, ports, store } = aWorld(aFleet());
    await runMonitor(ports, world.fleet, world.nowMs);
    world.nowMs += MINUTE_MS;
    world.describe = (component) => ({ ...(aState(component).service as ServiceState), identity: "another" });
    await runMonitor(ports, world.fleet, world.nowMs);
    const [state] = await store.readStates(world.fleet.name);
    expect(state?.window).toHaveLength(1);
  });

  test("a severe breach wakes the decision loop", async () => {
    const { world, ports } = aWorld(aFleet());
    expect((await runMonitor(ports, world.fleet, world.nowMs)).wake).toBeUndefined();
    world.nowMs += MINUTE_MS;
    world.read = (_, sinceMs, nowMs) =>
      samplesSince(sinceMs, nowMs).map((sample) => ({ ...sample, values: { ...ON_TARGET, cpuUsed: 1900 } }));
    expect((await runMonitor(ports, world.fleet, world.nowMs)).wake).toBe("decision");
  });
});

describe("a loop's tick", () => {
  test("runs once, however often it is sent", async () => {
    const { world, ports, store } = aWorld(aFleet());
    await store.writeLedger(aLedger(world.fleet));
    const send = () => runLoop("decision", { ports, fleets: [world.fleet], scheduledMs: world.nowMs });
    const ran = (await Promise.all([send(), send(), send()])).filter((outcome) => outcome.ran);
    expect(ran).toHaveLength(1);
    expect(await store.readHolds(world.fleet.name, "service-a", 0, NOW_MS * 2)).toHaveLength(1);
  });
  test("does nothing when it comes too late, too early, or after a later one", async () => {
    const { world, ports } = aWorld(aFleet());
    const send = (offsetMs: number) =>
      runLoop("monitor", { ports, fleets: [world.fleet], scheduledMs: world.nowMs + offsetMs });
    expect((await send(-61_000)).ran).toBe(false);
    expect((await send(31_000)).ran).toBe(false);
    expect((await send(0)).ran).toBe(true);
    expect((await send(-30_000)).ran).toBe(false);
  });
  test("a fleet that fails stops no other", async () => {
    class HalfGone extends MemoryStore {
      override async readStates(fleet: string) {
        if (fleet === "bad") throw new Error("table is gone");
        return super.readStates(fleet);
      }
    }
    const { world, ports } = aWorld(aFleet({ name: "good" }), new HalfGone());
    const bad = aFleet({ name: "bad" });
    const outcome = await runLoop("monitor", {
      ports,
      fleets: [bad, world.fleet],
      scheduledMs: world.nowMs,
    });
    expect(outcome.errors).toEqual([{ message: "bad: table is gone" }]);
    expect(await ports.store.readStates("good")).toHaveLength(1);
  });
});
