import { describe, expect, test } from "vitest";
import type { Sample } from "../../lib/domain/model/sample.ts";
import type { Fault } from "../../lib/simulation/faults.ts";
import { type Mutation, World } from "../../lib/simulation/world.ts";

const START = Date.UTC(2026, 0, 5);
const MINUTE = 60_000;
const size = { cpu: 500, memory: 500, network: 100, storage: 0 };
const always = { fromMs: START, toMs: START + 24 * 60 * MINUTE };

/** Two services; the fault under test, and no other, strikes. */
function aWorld(...faults: readonly Fault[]): World {
  const load = { kind: "constant", rate: 10 } as const;
  return new World({
    seed: 2,
    startMs: START,
    faults: { faults },
    services: ["web", "other"].map((name) => ({ name, initial: { tasks: 2, size }, load })),
  });
}
const scaleOut = (world: World, component = "web", tasks = 4) =>
  world.orchestrator.update({ component, tasks, revision: `${component}:1`, decision: "d" });
async function read(world: World, component = "web", nowMs = world.nowMs): Promise<readonly Sample[] | Error> {
  return (await world.metrics.read([{ component, sinceMs: START }], nowMs))[0] ?? new Error("no answer");
}
async function samples(world: World, nowMs = world.nowMs): Promise<readonly Sample[]> {
  const answer = await read(world, "web", nowMs);
  if (answer instanceof Error) throw answer;
  return answer;
}

test("without a plan nothing goes wrong", async () => {
  const [plain, empty] = [new World({ seed: 2, startMs: START, services: [] }), aWorld()];
  expect(plain.components).toEqual([]);
  expect((await scaleOut(empty)).kind).toBe("ok");
  empty.advanceTo(START + 10 * MINUTE);
  expect(empty.view("web").running).toBe(4);
  expect((await samples(empty)).every(({ absent }) => Object.keys(absent).length === 0)).toBe(true);
});

describe("tasks", () => {
  test("start-failure: no new task serves inside the window, they do after it", async () => {
    const world = aWorld({ kind: "start-failure", component: "web", fromMs: START, toMs: START + 20 * MINUTE });
    await scaleOut(world);
    await scaleOut(world, "other");
    world.advanceTo(START + 20 * MINUTE);
    expect([world.view("web").running, world.view("other").running]).toEqual([2, 4]);
    world.advanceTo(START + 30 * MINUTE);
    expect(world.view("web").running).toBe(4);
  });

  test("start-failure of a new revision: rolled back, and said", async () => {
    const world = aWorld({ kind: "start-failure", component: "web", ...always });
    await world.orchestrator.ensureRevision({ component: "web", size: { ...size, cpu: 700 }, decision: "d" });
    await world.orchestrator.update({ component: "web", tasks: 2, revision: "web:2", decision: "d" });
    world.advanceTo(START + 20 * MINUTE);
    expect((await world.orchestrator.describe(["web"]))[0]).toMatchObject({
      rolloutFailed: true,
      deploying: false,
      running: 2,
      revision: "web:1",
      desired: { tasks: 2, size },
    });
  });

  test("start-failure of a share: some fail, in the end all run", async () => {
    const world = aWorld({ kind: "start-failure", share: 0.5, ...always });
    await scaleOut(world, "web", 12);
    world.advanceTo(START + 30 * MINUTE);
    expect(world.view("web").running).toBe(12);
    expect(world.account("web").starts).toBeGreaterThan(15);
  });

  test("capacity-unavailable: tasks stay pending, unpaid, until there is capacity", async () => {
    const world = aWorld({ kind: "capacity-unavailable", component: "web", fromMs: START, toMs: START + 20 * MINUTE });
    await scaleOut(world);
    world.advanceTo(START + 20 * MINUTE);
    expect(world.view("web")).toMatchObject({ running: 2, pending: 2 });
    expect(world.account("web").taskMs).toBe(2 * 20 * MINUTE);
    world.advanceTo(START + 30 * MINUTE);
    expect(world.view("web")).toMatchObject({ running: 4, pending: 0 });
  });
});

describe("calls", () => {
  test.each([
    ["lost-answer", "unknown", 4],
    ["lost-request", "unknown", 2],
    ["throttle", "throttled", 2],
    ["refuse", "refused", 2],
  ] as const)("%s: the caller hears %s, desired is then %d", async (kind, heard, desired) => {
    const world = aWorld({ kind, component: "web", fromMs: START, toMs: START + MINUTE });
    expect((await scaleOut(world)).kind).toBe(heard);
    expect(world.view("web").desired).toBe(desired);
    expect((await scaleOut(world, "other")).kind).toBe("ok");
    world.advanceTo(START + MINUTE);
    expect((await scaleOut(world)).kind).toBe("ok");
  });

  test("a revision whose answer was lost is found again by its decision", async () => {
    const world = aWorld({ kind: "lost-answer", calls: ["ensureRevision"], fromMs: START, toMs: START + MINUTE });
    const request = { component: "web", size: { ...size, cpu: 700 }, decision: "d" };
    expect((await world.orchestrator.ensureRevision(request)).kind).toBe("unknown");
    world.advanceTo(START + MINUTE);
    expect(await world.orchestrator.ensureRevision(request)).toEqual({ kind: "ok", revision: "web:2" });
  });

  test("a throttled describe is an error in its place", async () => {
    const world = aWorld({ kind: "throttle", component: "web", calls: ["describe"], ...always });
    const [web, other] = await world.orchestrator.describe(["web", "other"]);
    expect(web).toBeInstanceOf(Error);
    expect(other).not.toBeInstanceOf(Error);
  });

  test("a share strikes about that share of the calls, and the same ones each time", async () => {
    const outcomes = async () => {
      const world = aWorld({ kind: "throttle", calls: ["update"], share: 0.3, ...always });
      const seen: string[] = [];
      for (let count = 0; count < 300; count++) {
        world.advanceTo(START + count * 5000);
        seen.push((await scaleOut(world, "web", 2)).kind);
      }
      return seen;
    };
    const seen = await outcomes();
    const struck = seen.filter((kind) => kind === "throttled").length;
    expect(struck).toBeGreaterThan(60);
    expect(struck).toBeLessThan(120);
    expect(await outcomes()).toEqual(seen);
  });
});

describe("metrics", () => {
  const window = { component: "web", fromMs: START + 3 * MINUTE, toMs: START + 5 * MINUTE };

  test.each([
    ["metric-nan", Number.NaN],
    ["metric-zero", 0],
    ["metric-negative", -1],
  ] as const)("%s in the window, of the metrics named", async (kind, value) => {
    const world = aWorld({ kind, metrics: ["cpuUsed"], ...window });
    world.advanceTo(START + 10 * MINUTE);
    const seen = await samples(world);
    expect(seen.map(({ values }) => Object.is(values.cpuUsed, value))).toEqual([
      false,
      false,
      true,
      true,
      false,
      false,
      false,
      false,
      false,
    ]);
    expect(seen.every(({ values }) => (values.memoryUsed ?? 0) > 0)).toBe(true);
  });

  test("metric-missing: absent with its reason; without names, all of them", async () => {
    const one = aWorld({ kind: "metric-missing", metrics: ["cpuUsed"], ...window });
    const all = aWorld({ kind: "metric-missing", ...window });
    for (const world of [one, all]) world.advanceTo(START + 10 * MINUTE);
    expect((await samples(one))[2]).toMatchObject({ absent: { cpuUsed: "missing" } });
    expect((await samples(one))[2]?.values).not.toHaveProperty("cpuUsed");
    expect((await samples(all))[3]?.values).toEqual({});
  });

  test("sample-missing: the period never comes", async () => {
    const world = aWorld({ kind: "sample-missing", ...window });
    world.advanceTo(START + 10 * MINUTE);
    expect((await samples(world)).map(({ endMs }) => (endMs - START) / MINUTE)).toEqual([1, 2, 5, 6, 7, 8, 9]);
  });

  test("metric-late: it comes, later", async () => {
    const world = aWorld({ kind: "metric-late", byMs: 5 * MINUTE, ...window });
    world.advanceTo(START + 12 * MINUTE);
    const minutes = async (now: number) =>
      (await samples(world, START + now * MINUTE)).map(({ endMs }) => (endMs - START) / MINUTE);
    expect(await minutes(7)).toEqual([1, 2, 5, 6]);
    expect(await minutes(10)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });

  test("metric-error: the read of this component fails, not that of others", async () => {
    const world = aWorld({ kind: "metric-error", component: "web", ...always });
    world.advanceTo(START + 5 * MINUTE);
    expect(await read(world)).toBeInstanceOf(Error);
    expect(await read(world, "other")).toHaveLength(4);
  });

  test("a fault is in what is read, not in what happened: the snapshot is that of the world without it", () => {
    const world = aWorld({ kind: "metric-nan", ...always });
    world.advanceTo(START + 10 * MINUTE);
    expect(JSON.stringify(world.snapshot())).toBe(JSON.stringify(withoutFaults(10).snapshot()));
  });
});

function withoutFaults(minutes: number): World {
  const world = aWorld();
  world.advanceTo(START + minutes * MINUTE);
  return world;
}

describe("changes by others", () => {
  const at = START + 2 * MINUTE;
  const change = (what: Extract<Fault, { kind: "foreign-change" }>["change"]): Fault => ({
    kind: "foreign-change",
    component: "web",
    atMs: at,
    change: what,
  });
  const describeWeb = async (world: World) => (await world.orchestrator.describe(["web"]))[0];

  test("tasks and size change at the given time", async () => {
    const world = aWorld(change({ tasks: 5, size: { ...size, cpu: 250 } }));
    world.advanceTo(at);
    expect(await describeWeb(world)).toMatchObject({ desired: { tasks: 2, size }, revision: "web:1" });
    world.advanceTo(at + 5000);
    expect(await describeWeb(world)).toMatchObject({
      desired: { tasks: 5, size: { ...size, cpu: 250 } },
      revision: "web:2",
      deploying: true,
    });
    world.advanceTo(START + 15 * MINUTE);
    expect(await describeWeb(world)).toMatchObject({ running: 5, deploying: false });
  });

  test("a service created anew has another identity and starts from nothing", async () => {
    const world = aWorld(change({ recreated: true }));
    world.advanceTo(at + 5000);
    expect(await describeWeb(world)).toMatchObject({ identity: `sim/web/${at}`, running: 0, pending: 2 });
    world.advanceTo(START + 10 * MINUTE);
    expect(await describeWeb(world)).toMatchObject({ running: 2, pending: 0 });
  });

  test("a refusal keeps the controller out until it is taken back", async () => {
    const world = aWorld(change({ refusal: "another autoscaler owns it" }));
    world.advanceTo(at + 5000);
    expect(await describeWeb(world)).toMatchObject({ refusal: "another autoscaler owns it" });
    expect(await scaleOut(world)).toEqual({ kind: "refused", detail: "another autoscaler owns it" });
    world.foreignChange("web", { refusal: null });
    expect((await scaleOut(world)).kind).toBe("ok");
  });

  test("each is told as a mutation", () => {
    const told: Mutation[] = [];
    const load = { kind: "constant", rate: 1 } as const;
    const world = new World({
      seed: 1,
      startMs: START,
      services: [{ name: "web", initial: { tasks: 1, size }, load }],
      faults: { faults: [change({ tasks: 2 })] },
      onMutation: (mutation) => told.push(mutation),
    });
    world.advanceTo(START + 5 * MINUTE);
    expect(told).toEqual([
      { seq: 0, kind: "foreign", atMs: at, component: "web", change: { tasks: 2 }, planned: true },
    ]);
  });
});
