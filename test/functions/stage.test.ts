import type { Context } from "aws-lambda";
import { describe, expect, test } from "vitest";
import { PartialFailure, type Stage, stageHandler } from "../../functions/stage.ts";
import { measureTicks } from "../../functions/tick-measurements.ts";
import { MemoryStore } from "../../lib/adapters/memory/memory-store.ts";
import type { FleetPolicy } from "../../lib/domain/model/policy.ts";
import type { LoopName } from "../../lib/flow.ts";
import { runLoop } from "../../lib/loops/run-loop.ts";
import type { Measurement } from "../../lib/own-metrics.ts";
import type { Ports, StateStore } from "../../lib/ports.ts";
import { aFleet, aLedger, aState, aWindow, NOW_MS } from "../support/fleet-builders.ts";
import { aMessage, anEvent } from "../support/sqs-events.ts";

const BEAT = { kind: "beat", delaySeconds: 0 } as const;
const HOT = aWindow({ cpuUsed: 1900 });

interface Bench {
  readonly handle: (event: unknown, context?: Partial<Context>) => Promise<void>;
  readonly lines: string[];
  readonly emitted: Measurement[];
  readonly woken: number[];
  readonly store: MemoryStore;
  opened: number;
}

interface BenchOptions {
  readonly loop?: LoopName;
  readonly fleets?: readonly FleetPolicy[];
  readonly ports?: Partial<Ports>;
  readonly store?: (store: MemoryStore) => StateStore;
  readonly send?: (scheduledMs: number) => Promise<void>;
  readonly nowMs?: number;
  readonly clock?: Ports["clock"];
  readonly failOpen?: number;
}

/** A function with everything real but the edges: memory store, refusing ports unless given. */
function aBench(options: BenchOptions = {}): Bench {
  const { loop = "decision", fleets = [aFleet({ name: "shop" })], nowMs = NOW_MS + 5000 } = options;
  const store = new MemoryStore();
  const bench: Bench = {
    lines: [],
    emitted: [],
    woken: [],
    store,
    opened: 0,
    handle: async (event, context = {}) =>
      handler(event, { awsRequestId: "request-1", getRemainingTimeInMillis: () => 25_000, ...context } as Context),
  };
  const clock = options.clock ?? { nowMs: () => nowMs };
  let bound: Readonly<Record<string, unknown>> = {};
  const log: Ports["log"] = (level, message, fields) =>
    bench.lines.push(`${level} ${message} ${JSON.stringify({ ...bound, ...fields }, errorText)}`);
  const refuse = async (): Promise<never> => {
    throw new Error("not here");
  };
  const stage: Stage = {
    loop,
    clock,
    log,
    bind: (fields) => {
      bound = fields;
    },
    emit: (measurement) => bench.emitted.push(measurement),
    wakes: {
      loop: loop === "monitor" ? "decision" : "execution",
      send: options.send ?? (async (scheduledMs) => void bench.woken.push(scheduledMs)),
    },
    open: async () => {
      bench.opened += 1;
      if (bench.opened <= (options.failOpen ?? 0)) throw new Error("no table");
      const measured = measureTicks(loop, options.store?.(store) ?? store, fleets);
      const ports: Ports = {
        metrics: { read: refuse },
        orchestrator: { describe: refuse, ensureRevision: refuse, update: refuse },
        notifier: { publish: refuse },
        ...options.ports,
        store: measured.store,
        clock,
        log,
      };
      return { ports, fleets, runLoop, measure: measured.measure };
    },
  };
  const handler = stageHandler(stage);
  return bench;
}

function errorText(_: string, value: unknown): unknown {
  return value instanceof Error ? value.message : value;
}

/** A fleet whose one component is far above its threshold. */
async function overloaded(bench: Bench): Promise<void> {
  await bench.store.writeLedger(aLedger(aFleet({ name: "shop" })));
  await bench.store.writeStates("shop", [aState("service-a", HOT)]);
}

function loopValues({ emitted }: Bench): Measurement["values"][] {
  return emitted.filter(({ dimension }) => dimension !== undefined && "Loop" in dimension).map(({ values }) => values);
}

describe("a tick from the queue", () => {
  test("runs the loop once, says so, and wakes the next loop under the second of sending", async () => {
    const bench = aBench();
    await overloaded(bench);
    await bench.handle(anEvent(aMessage(BEAT, NOW_MS + 3000)));
    const [decision] = await bench.store.readActions("shop", 0, NOW_MS + 60_000);
    expect(decision?.id).toBe(`service-a@${NOW_MS}`);
    expect(decision?.status).toBe("PENDING");
    expect(bench.woken).toEqual([NOW_MS + 5000]);
    expect(loopValues(bench)).toEqual([{ TicksSkipped: 0, LoopErrors: 0, TicksCompleted: 1 }]);
    const fleet = bench.emitted.find(({ dimension }) => dimension !== undefined && "Fleet" in dimension);
    expect(fleet?.dimension).toEqual({ Fleet: "shop" });
    expect(fleet?.fields["decisions"]).toEqual([decision?.id]);
    expect(bench.lines.join("\n")).toContain('"requestId":"request-1","coldStart":true');
  });

  test("the same message twice, and the same tick in another message, are run once", async () => {
    const bench = aBench();
    await overloaded(bench);
    const message = aMessage(BEAT, NOW_MS + 3000);
    await bench.handle(anEvent(message));
    await bench.handle(
      anEvent({ ...message, attributes: { ...(message["attributes"] as object), ApproximateReceiveCount: "2" } }),
    );
    await bench.handle(anEvent(aMessage(BEAT, NOW_MS + 4000)));
    expect(bench.woken).toHaveLength(1);
    expect(bench.opened).toBe(1);
    expect(loopValues(bench).map(({ TicksCompleted = 0, TicksSkipped }) => [TicksCompleted, TicksSkipped])).toEqual([
      [1, 0],
      [0, 1],
      [0, 1],
    ]);
    const tick = bench.emitted.findLast(({ fields }) => fields["message"] === "tick");
    expect(tick?.fields["skippedBecause"]).toBe("claimed");
  });

  test("a stale tick does nothing, and is told and counted", async () => {
    const bench = aBench({ nowMs: NOW_MS + 90_001 });
    await overloaded(bench);
    await bench.handle(anEvent(aMessage(BEAT, NOW_MS + 3000)));
    expect(await bench.store.readActions("shop", 0, NOW_MS + 600_000)).toEqual([]);
    expect(bench.lines.some((line) => line.startsWith("warn tick out of date"))).toBe(true);
    const ticks = bench.emitted.filter(({ dimension }) => dimension !== undefined);
    expect(ticks.map(({ values, fields }) => [values, fields["skippedBecause"]])).toEqual([
      [{ TicksSkipped: 1, LoopErrors: 0 }, "out-of-date"],
    ]);
    // Nothing was claimed: a loop whose ticks are all stale is as silent as one that has none.
    expect(bench.emitted.at(-1)?.values).toEqual({ LoopsSilent: 4 });
  });

  test("of several ticks in one event the newest is run and the others are told", async () => {
    const bench = aBench({ nowMs: NOW_MS + 31_000 });
    await overloaded(bench);
    await bench.handle(anEvent(aMessage({ ...BEAT, delaySeconds: 30 }, NOW_MS), aMessage(BEAT, NOW_MS)));
    const ids = (await bench.store.readActions("shop", 0, NOW_MS + 60_000)).map(({ id }) => id);
    expect(ids).toEqual([`service-a@${NOW_MS + 30_000}`]);
    expect(loopValues(bench)).toEqual([{ TicksSkipped: 1, LoopErrors: 0, TicksCompleted: 1 }]);
    expect(bench.lines.some((line) => line.startsWith("warn tick superseded"))).toBe(true);
  });

  test.each([-30_000, 30_000])("a clock that is off by %i ms loses no beat", async (offMs) => {
    const bench = aBench({ nowMs: NOW_MS + 3000 + offMs });
    await bench.handle(anEvent(aMessage(BEAT, NOW_MS + 3000)));
    expect(loopValues(bench)).toEqual([{ TicksSkipped: 0, LoopErrors: 0, TicksCompleted: 1 }]);
  });

  test("a wake between two beats is run", async () => {
    const bench = aBench({ nowMs: NOW_MS + 18_000 });
    await overloaded(bench);
    await bench.handle(anEvent(aMessage(BEAT, NOW_MS)));
    await bench.handle(anEvent(aMessage({ kind: "wake", scheduledMs: NOW_MS + 17_000 }, NOW_MS + 17_100)));
    expect(loopValues(bench).map(({ TicksCompleted }) => TicksCompleted)).toEqual([1, 1]);
  });
});

describe("what is told of the functions themselves", () => {
  test("a pass that took over 80 % of the function's time", async () => {
    const slow = async (passMs: number) => {
      let nowMs = NOW_MS;
      const bench = aBench({
        clock: { nowMs: () => nowMs },
        store: (store) =>
          new Proxy(store, {
            get: (target, key) => {
              if (key === "readFleet") nowMs = NOW_MS + passMs;
              const value: unknown = Reflect.get(target, key, target);
              return typeof value === "function" ? (value.bind(target) as unknown) : value;
            },
          }),
      });
      await bench.handle(anEvent(aMessage(BEAT, NOW_MS)));
      return bench.emitted.filter(({ values }) => values.SlowPasses !== undefined);
    };
    expect(await slow(20_000)).toEqual([]);
    expect(await slow(20_001)).toEqual([
      { values: { SlowPasses: 1 }, fields: { message: "slow pass", slowMs: 20_000 } },
    ]);
  });

  test("what cannot be measured fails no pass", async () => {
    const bench = aBench({
      store: (store) => {
        store.readTicks = async () => Promise.reject(new Error("throttled"));
        return store;
      },
    });
    await overloaded(bench);
    await bench.handle(anEvent(aMessage(BEAT, NOW_MS)));
    expect(bench.woken).toHaveLength(1);
    expect(
      bench.lines.filter((line) => line.startsWith("warn not measured") && line.includes("throttled")),
    ).toHaveLength(1);
  });
});

describe("what goes wrong", () => {
  test("a message that is no tick is thrown, after the tick beside it was run", async () => {
    const bench = aBench();
    await overloaded(bench);
    const event = anEvent(aMessage("{", NOW_MS), aMessage(BEAT, NOW_MS + 3000));
    await expect(bench.handle(event)).rejects.toThrow('Records[0].body is "{"; it must be JSON');
    expect(bench.woken).toHaveLength(1);
    expect(loopValues(bench)).toEqual([{ TicksSkipped: 0, LoopErrors: 1, TicksCompleted: 1 }]);
  });

  test("nothing but malformed messages touches no state", async () => {
    const bench = aBench();
    await expect(bench.handle({ detail: "an event of somebody else" })).rejects.toThrow(
      "it must come from the SQS queue",
    );
    expect(bench.opened).toBe(0);
    expect(loopValues(bench)).toEqual([{ TicksSkipped: 0, LoopErrors: 1 }]);
    expect(bench.lines).toHaveLength(1);
  });

  test("a component that fails stops no other, and the function fails at its end, naming it", async () => {
    const fleet = aFleet({ name: "shop" }, { name: "good" }, { name: "bad" });
    const service = aState("good").service;
    if (service === undefined) throw new Error("no service");
    const bench = aBench({
      loop: "monitor",
      fleets: [fleet],
      ports: {
        metrics: { read: async (requests) => requests.map(() => []) },
        orchestrator: {
          describe: async (names) => names.map((name) => (name === "bad" ? new Error("AccessDenied") : service)),
          ensureRevision: async () => ({ kind: "refused", detail: "" }),
          update: async () => ({ kind: "refused", detail: "" }),
        },
      },
    });
    const failure = bench.handle(anEvent(aMessage(BEAT, NOW_MS)));
    await expect(failure).rejects.toThrow(PartialFailure);
    await expect(failure).rejects.toThrow("monitor failed in part: bad: AccessDenied");
    expect((await bench.store.readStates("shop")).find(({ component }) => component === "good")?.service).toBeDefined();
    expect(loopValues(bench)).toEqual([{ TicksSkipped: 0, LoopErrors: 1, TicksCompleted: 1 }]);
    expect(bench.lines.some((line) => line.startsWith("error failed in part") && line.includes('"bad"'))).toBe(true);
  });

  test("a tick that cannot be claimed fails, and the next event opens the state anew", async () => {
    const bench = aBench({ failOpen: 1 });
    await overloaded(bench);
    await expect(bench.handle(anEvent(aMessage(BEAT, NOW_MS)))).rejects.toThrow("no table");
    expect(loopValues(bench)).toEqual([{ TicksSkipped: 0, LoopErrors: 1 }]);
    await bench.handle(anEvent(aMessage(BEAT, NOW_MS)));
    expect(bench.woken).toHaveLength(1);
  });

  test("a wake that is not taken is told, and fails nothing", async () => {
    const bench = aBench({
      send: async () => {
        throw new Error("queue is gone");
      },
    });
    await overloaded(bench);
    await bench.handle(anEvent(aMessage(BEAT, NOW_MS)));
    expect(
      bench.lines.filter((line) => line.startsWith("warn loop not woken") && line.includes("queue is gone")),
    ).toHaveLength(1);
    expect(loopValues(bench)).toEqual([{ TicksSkipped: 0, LoopErrors: 0, TicksCompleted: 1 }]);
  });

  test("with no time left the fleets not begun are told; at the next beat another one is first", async () => {
    const fleets = ["one", "two", "three"].map((name) => aFleet({ name }));
    const firsts: string[] = [];
    for (const beat of [0, 1, 2]) {
      let remainingMs = 6000;
      const bench = aBench({
        fleets,
        nowMs: NOW_MS + beat * 30_000,
        store: (store) =>
          new Proxy(store, {
            get: (target, key) => {
              if (key === "readFleet")
                return async (name: string) => {
                  remainingMs = 4999;
                  firsts.push(name);
                  return target.readFleet(name);
                };
              const value: unknown = Reflect.get(target, key, target);
              return typeof value === "function" ? (value.bind(target) as unknown) : value;
            },
          }),
      });
      const event = anEvent(aMessage(BEAT, NOW_MS + beat * 30_000));
      const failure = bench.handle(event, { getRemainingTimeInMillis: () => remainingMs });
      await expect(failure).rejects.toThrow(/no time was left; .*no time was left/);
    }
    expect(new Set(firsts)).toEqual(new Set(["one", "two", "three"]));
    expect(firsts).toHaveLength(3);
  });
});
