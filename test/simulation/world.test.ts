import { describe, expect, test } from "vitest";
import type { ServiceState } from "../../lib/domain/model/service.ts";
import type { Mutation, World } from "../../lib/simulation/world.ts";
import { aService, aWorld, bigger, HOUR, MINUTE, START, samplesOf, size } from "../support/world-builders.ts";

async function stateOf(world: World, component = "web"): Promise<ServiceState> {
  const [answer] = await world.orchestrator.describe([component]);
  if (answer === undefined || answer instanceof Error) throw answer ?? new Error("no answer");
  return answer;
}

describe("metrics", () => {
  test.each([60_000, 20_000])(
    "periods of %d ms end on their multiples and are read 20-25 s later",
    async (periodMs) => {
      const world = aWorld({ services: [aService({ periodMs })] });
      const firstSeenAt = new Map<number, number>();
      for (let nowMs = START; nowMs <= START + 10 * MINUTE; nowMs += 1000) {
        world.advanceTo(nowMs);
        for (const { endMs, periodMs: length } of await samplesOf(world, nowMs)) {
          expect(length).toBe(periodMs);
          if (!firstSeenAt.has(endMs)) firstSeenAt.set(endMs, nowMs);
        }
      }
      const ends = [...firstSeenAt.keys()];
      expect(ends.slice(0, 3)).toEqual([1, 2, 3].map((count) => START + count * periodMs));
      for (const [endMs, seenMs] of firstSeenAt) {
        expect(seenMs - endMs).toBeGreaterThanOrEqual(20_000);
        expect(seenMs - endMs).toBeLessThanOrEqual(25_000);
      }
    },
  );

  test("only samples after `sinceMs`, ascending; an unknown component is an error in its place", async () => {
    const world = aWorld();
    world.advanceTo(START + 10 * MINUTE);
    const some = await samplesOf(world, world.nowMs, { sinceMs: START + 4 * MINUTE });
    expect(some.map(({ endMs }) => (endMs - START) / MINUTE)).toEqual([5, 6, 7, 8, 9]);
    const [none, error, again] = await world.metrics.read(
      [
        { component: "web", sinceMs: world.nowMs },
        { component: "x", sinceMs: 0 },
        { component: "web", sinceMs: START },
      ],
      world.nowMs,
    );
    expect(none).toEqual([]);
    expect(error).toBeInstanceOf(Error);
    expect(again).toHaveLength(9);
  });

  test("values are absolute use and follow the load", async () => {
    const world = aWorld({ services: [aService({ profile: { dispersion: 0 } })] });
    world.advanceTo(START + 5 * MINUTE);
    const last = (await samplesOf(world, world.nowMs)).at(-1);
    expect(last?.values).toMatchObject({
      cpuUsed: 410,
      throughput: 9.99,
      networkUsed: 7,
      queueLength: expect.closeTo(0.15, 1),
    });
    expect(last?.values.responseTime).toBeGreaterThan(100);
    expect(last?.values.errorRate).toBeCloseTo(0.001, 6);
    expect(last?.absent).toEqual({});
  });

  test("no traffic: response time and error rate are absent, not zero", async () => {
    const world = aWorld({ services: [aService({ load: { kind: "constant", rate: 0 } })] });
    world.advanceTo(START + 2 * MINUTE);
    const [first] = await samplesOf(world, world.nowMs);
    expect(first?.absent).toEqual({ responseTime: "no-traffic", errorRate: "no-traffic" });
    expect(first?.values).toMatchObject({ throughput: 0, queueLength: 0, cpuUsed: 10 });
  });

  test("an outage is an error rate of 1, not an absence", async () => {
    const world = aWorld({ services: [aService({ initial: { tasks: 0, size } })] });
    world.advanceTo(START + 2 * MINUTE);
    const [first] = await samplesOf(world, world.nowMs);
    expect(first?.values.errorRate).toBe(1);
    expect(first?.absent).toEqual({ responseTime: "no-traffic" });
  });

  test("a period seen in part is not published; old samples are dropped", async () => {
    const world = aWorld({ startMs: START + 30_000, samplesKeptMs: 5 * MINUTE });
    world.advanceTo(START + 20 * MINUTE);
    expect((await samplesOf(world, START + 21 * MINUTE)).map(({ endMs }) => (endMs - START) / MINUTE)).toEqual([
      16, 17, 18, 19, 20,
    ]);
    const fresh = aWorld({ startMs: START + 30_000 });
    fresh.advanceTo(START + 3 * MINUTE);
    expect((await samplesOf(fresh, START + 4 * MINUTE))[0]?.endMs).toBe(START + 2 * MINUTE);
  });
});

describe("orchestrator", () => {
  test("describe tells what is, in the order asked", async () => {
    const world = aWorld();
    const [missing, state] = await world.orchestrator.describe(["x", "web"]);
    expect(missing).toBeInstanceOf(Error);
    expect(state).toEqual({
      identity: `sim/web/${START}`,
      desired: { tasks: 2, size },
      running: 2,
      pending: 0,
      revision: "web:1",
      deploying: false,
      rolloutFailed: false,
      observedAtMs: START,
    });
  });

  test("a revision is registered once for a decision", async () => {
    const world = aWorld();
    const request = { component: "web", size: bigger, decision: "d1" };
    expect(await world.orchestrator.ensureRevision(request)).toEqual({ kind: "ok", revision: "web:2" });
    expect(await world.orchestrator.ensureRevision(request)).toEqual({ kind: "ok", revision: "web:2" });
    expect(await world.orchestrator.ensureRevision({ ...request, decision: "d2" })).toEqual({
      kind: "ok",
      revision: "web:3",
    });
  });

  test("scale-out and resize together; asking again changes nothing", async () => {
    const world = aWorld();
    await world.orchestrator.ensureRevision({ component: "web", size: bigger, decision: "d1" });
    const update = { component: "web", tasks: 3, revision: "web:2", decision: "d1" };
    expect(await world.orchestrator.update(update)).toEqual({ kind: "ok" });
    expect(await stateOf(world)).toMatchObject({
      desired: { tasks: 3, size: bigger },
      running: 2,
      pending: 3,
      revision: "web:2",
      deploying: true,
    });
    const before = world.snapshot().services;
    await world.orchestrator.update(update);
    expect(world.snapshot().services).toEqual(before);
    world.advanceTo(START + 10 * MINUTE);
    expect(await stateOf(world)).toMatchObject({ running: 3, pending: 0, deploying: false, rolloutFailed: false });
    expect(world.view("web")).toMatchObject({ running: 3, desired: 3, size: bigger, revision: "web:2" });
  });

  test.each([
    [{ component: "x", tasks: 1, revision: "x:1" }, /service not found/],
    [{ component: "web", tasks: 1, revision: "web:9" }, /task definition not found/],
    [{ component: "web", tasks: 1.5, revision: "web:1" }, /not a count/],
    [{ component: "web", tasks: Number.NaN, revision: "web:1" }, /not a count/],
  ])("what cannot be is refused: %o", async (request, detail) => {
    const told: Mutation[] = [];
    const world = aWorld({ onMutation: (mutation) => told.push(mutation) });
    expect(await world.orchestrator.update({ ...request, decision: "d" })).toEqual({
      kind: "refused",
      detail: expect.stringMatching(detail),
    });
    expect(told).toEqual([]);
  });

  test("a size that is not whole is refused before it is logged", async () => {
    const told: Mutation[] = [];
    const world = aWorld({ onMutation: (mutation) => told.push(mutation) });
    const answer = await world.orchestrator.ensureRevision({
      component: "web",
      size: { ...size, cpu: 0.5 },
      decision: "d",
    });
    expect([answer.kind, told]).toEqual(["refused", []]);
  });

  test("more tasks relieve a service that is overloaded", async () => {
    const world = aWorld({ services: [aService({ load: { kind: "constant", rate: 24 } })] });
    world.advanceTo(START + 20 * MINUTE);
    const before = world.view("web");
    await world.orchestrator.update({ component: "web", tasks: 4, revision: "web:1", decision: "d" });
    world.advanceTo(START + 40 * MINUTE);
    const after = world.view("web");
    expect(before.cpuFraction).toBeGreaterThan(0.8);
    expect(after.cpuFraction).toBeLessThan(0.65);
    expect(after.responseMs).toBeLessThan(before.responseMs / 2);
  });
});

describe("account", () => {
  test("a day of two tasks costs its vCPU and GiB hours", () => {
    const world = aWorld();
    world.advanceTo(START + 24 * HOUR);
    const { taskHours, dollars, finished, failed } = world.account("web");
    expect(taskHours).toBeCloseTo(48, 9);
    expect(dollars).toBeCloseTo(48 * (0.5 * 0.04048 + 0.5 * 0.004445), 9);
    expect(Math.abs((finished + failed) / (10 * 86_400) - 1)).toBeLessThan(0.01);
  });

  test("storage above the free 20 GiB costs", () => {
    const world = aWorld({ services: [aService({ initial: { tasks: 1, size: { ...size, storage: 30_000 } } })] });
    world.advanceTo(START + HOUR);
    expect(world.account("web").dollars).toBeCloseTo(0.5 * 0.04048 + 0.5 * 0.004445 + 30 * 0.000111, 9);
  });

  test("a task is paid from the start of its pull to the end of its drain, a minute at least", async () => {
    const world = aWorld({
      services: [aService({ lifecycle: { startMedianMs: 20_000, startP95Ms: 21_000, healthCheckMs: 0 } })],
    });
    const update = (tasks: number) =>
      world.orchestrator.update({ component: "web", tasks, revision: "web:1", decision: "d" });
    await update(3); // pulled at 0
    world.advanceTo(START + 2 * MINUTE);
    await update(2); // drains until 150 s
    world.advanceTo(START + 10 * MINUTE);
    expect(world.account("web").taskMs).toBe(2 * 600_000 + 150_000);
    await update(3);
    world.advanceTo(START + 10 * MINUTE + 5000);
    await update(2); // stopped after 5 s, before it served
    world.advanceTo(START + 11 * MINUTE);
    expect(world.account("web").taskMs).toBe(2 * 660_000 + 150_000 + 60_000);
  });

  test("late operations are those over the SLO", () => {
    const late = (sloMs: number) => {
      const world = aWorld({ services: [aService({ profile: { sloMs } })] });
      world.advanceTo(START + HOUR);
      return world.account("web").late / world.account("web").finished;
    };
    expect(late(10)).toBe(1);
    expect(late(100_000)).toBeLessThan(1e-9);
    expect(late(300)).toBeGreaterThan(late(600));
  });
});

test.each([
  [{ startMs: START + 1 }, /whole number of steps/],
  [{ services: [aService(), aService()] }, /two services/],
  [{ services: [aService({ periodMs: 7000 })] }, /whole steps/],
  [{ services: [aService({ initial: { tasks: 1, size: { ...size, cpu: 0.5 } } })] }, /whole/],
  [{ services: [aService({ initial: { tasks: 1, size: { ...size, memory: 0 } } })] }, /needs CPU and memory/],
])("a world that cannot be is refused: %o", (overrides, message) => {
  expect(() => aWorld(overrides)).toThrow(message);
});
