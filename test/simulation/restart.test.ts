import { describe, expect, test } from "vitest";
import { InputError } from "../../lib/domain/model/errors.ts";
import { presetServices } from "../../lib/simulation/presets.ts";
import { type Mutation, World, type WorldOptions } from "../../lib/simulation/world.ts";
import { aService, aWorld, bigger, HOUR, MINUTE, START, samplesOf, size } from "../support/world-builders.ts";

describe("the same again", () => {
  const services = presetServices();
  const options: WorldOptions = { seed: 5, startMs: START, services };

  /** Three changes over two hours. */
  async function play(world: World, untilMs = START + 2 * HOUR): Promise<void> {
    const script: readonly (readonly [number, () => Promise<unknown>])[] = [
      [
        10,
        () =>
          world.orchestrator.update({ component: "price_feeds", tasks: 4, revision: "price_feeds:1", decision: "d1" }),
      ],
      [
        31,
        () =>
          world.orchestrator.ensureRevision({
            component: "memory_system",
            size: { cpu: 400, memory: 1500, network: 100, storage: 0 },
            decision: "d2",
          }),
      ],
      [
        32,
        () =>
          world.orchestrator.update({
            component: "memory_system",
            tasks: 2,
            revision: "memory_system:2",
            decision: "d2",
          }),
      ],
      [70, async () => world.foreignChange("wallet_manager", { tasks: 3 })],
    ];
    for (const [minute, act] of script) {
      const atMs = START + minute * MINUTE + 1234;
      if (atMs < world.nowMs || atMs > untilMs) continue;
      world.advanceTo(atMs);
      await act();
    }
    world.advanceTo(untilMs);
  }
  const bytes = (world: World) => JSON.stringify(world.snapshot());

  test("the same seed gives the same bytes, another seed others; however coarse the steps of the caller", async () => {
    const [one, two, other] = [new World(options), new World(options), new World({ ...options, seed: 6 })];
    await play(one);
    for (let nowMs = START; nowMs <= START + 9 * MINUTE; nowMs += 777) two.advanceTo(nowMs);
    await play(two);
    await play(other);
    expect(bytes(two)).toBe(bytes(one));
    expect(bytes(other)).not.toBe(bytes(one));
  });

  test("another service in the world changes nothing for this one", () => {
    const alone = new World({ ...options, services: services.slice(0, 1) });
    const together = new World(options);
    for (const world of [alone, together]) world.advanceTo(START + HOUR);
    expect(alone.snapshot().services.arbitrage_engine).toEqual(together.snapshot().services.arbitrage_engine);
  });

  test.each([7, 31.5, 33, 71])("a snapshot after %d minutes, through JSON, continues bit by bit", async (minutes) => {
    const whole = new World(options);
    await play(whole);
    const first = new World(options);
    await play(first, START + minutes * MINUTE);
    const second = World.restore(options, JSON.parse(JSON.stringify(first.snapshot())));
    expect(bytes(second)).toBe(bytes(first));
    await play(second);
    expect(bytes(second)).toBe(bytes(whole));
    expect(await samplesOf(second, second.nowMs, { component: "price_feeds" })).toEqual(
      await samplesOf(whole, whole.nowMs, { component: "price_feeds" }),
    );
  });

  test("an old snapshot and the mutations since give the same world; each was told before it took effect", async () => {
    const log: Mutation[] = [];
    const plan = {
      faults: [
        { kind: "foreign-change", component: "bridge_monitor", atMs: START + 50 * MINUTE, change: { tasks: 3 } },
      ],
    } as const;
    const told: number[] = [];
    const world: World = new World({
      ...options,
      faults: plan,
      onMutation: (mutation) => {
        log.push(JSON.parse(JSON.stringify(mutation)));
        told.push(world.view(mutation.component).desired);
      },
    });
    world.advanceTo(START + 5 * MINUTE);
    const snapshot = world.snapshot();
    await play(world);
    expect(log.map(({ kind, component }) => `${kind} ${component}`)).toEqual([
      "update price_feeds",
      "ensureRevision memory_system",
      "update memory_system",
      "foreign bridge_monitor",
      "foreign wallet_manager",
    ]);
    expect(told).toEqual([2, 2, 2, 2, 1]);
    const again = World.restore({ ...options, faults: plan }, snapshot);
    for (const mutation of log) again.replay(mutation);
    again.advanceTo(world.nowMs);
    expect(bytes(again)).toBe(bytes(world));
  });

  test("a log that begins before the snapshot is replayed from where the snapshot ends", async () => {
    const log: Mutation[] = [];
    const world = aWorld({ onMutation: (mutation) => log.push(mutation) });
    world.advanceTo(START + MINUTE);
    world.foreignChange("web", { tasks: 5, size: bigger });
    world.foreignChange("web", { tasks: 1 });
    const snapshot = world.snapshot(); // the same world time as both changes
    world.foreignChange("web", { tasks: 3 });
    world.advanceTo(START + 10 * MINUTE);
    const again = World.restore({ seed: 1, startMs: START, services: [aService()] }, snapshot);
    for (const mutation of [...log, ...log]) again.replay(mutation);
    again.advanceTo(world.nowMs);
    expect(log.map(({ seq }) => seq)).toEqual([1, 2, 3]);
    expect(bytes(again)).toBe(bytes(world));
  });

  test("a log with a hole is refused", () => {
    const update = { kind: "update", component: "web", tasks: 3, revision: "web:1", decision: "d" } as const;
    expect(() => aWorld().replay({ ...update, seq: 2, atMs: START })).toThrow(/has 0 .* number 2/);
    const late = aWorld();
    late.advanceTo(START + MINUTE);
    expect(() => late.replay({ ...update, seq: 1, atMs: START })).toThrow(InputError);
  });

  test("when the log cannot be written the change does not happen", async () => {
    const world = aWorld({
      onMutation: () => {
        throw new Error("disk full");
      },
    });
    const before = bytes(world);
    const update = world.orchestrator.update({ component: "web", tasks: 4, revision: "web:1", decision: "d" });
    await expect(update).rejects.toThrow("disk full");
    expect(() => world.foreignChange("web", { tasks: 4 })).toThrow("disk full");
    expect(bytes(world)).toBe(before);
  });

  test("a snapshot of another world is refused with all reasons", () => {
    const snapshot = new World(options).snapshot();
    const restore = (changed: Partial<WorldOptions>) => () => World.restore({ ...options, ...changed }, snapshot);
    expect(restore({ seed: 9, services: services.slice(1) })).toThrow(InputError);
    expect(restore({ seed: 9, services: services.slice(1) })).toThrow(
      /seed is 5, expected 9[^]*unknown service arbitrage_engine/,
    );
    expect(() => World.restore(options, { ...snapshot, v: 2 as 1 })).toThrow(/version 2/);
  });

  test("many resizes do not grow the snapshot without end", async () => {
    const world = aWorld();
    for (let count = 0; count < 300; count++) {
      const revision = await world.orchestrator.ensureRevision({
        component: "web",
        size: { ...size, cpu: 500 + count },
        decision: `d${count}`,
      });
      if (revision.kind === "ok")
        await world.orchestrator.update({
          component: "web",
          tasks: 2,
          revision: revision.revision,
          decision: `d${count}`,
        });
      world.advanceTo(START + (count + 1) * MINUTE);
    }
    expect(world.snapshot().services.web?.revisions.length).toBeLessThanOrEqual(100);
    expect(world.view("web").running).toBeGreaterThanOrEqual(2);
  });
});
