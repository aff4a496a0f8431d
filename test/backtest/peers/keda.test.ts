import { describe, expect, it } from "vitest";
import { keda } from "../../../lib/backtest/peers/keda.ts";
import type { PublishedPoint, Scaler } from "../../../lib/backtest/scaler.ts";

const CONTEXT = { tasksMin: 1, tasksMax: 100, startMs: 0, scoredFromMs: 0, taskRequestsPerSecond: 10, taskWorkers: 1 };

type Seen = Pick<PublishedPoint, "requestsPerSecond" | "queueLength">;

/** One look: the answer, or what there was. */
function look(scaler: Scaler, seconds: number, desired: number, seen: Seen | undefined): number {
  const nowMs = 1000 * seconds;
  const metrics = seen === undefined ? [] : [{ endMs: nowMs, periodMs: 20_000, publishedMs: nowMs, ...seen }];
  return scaler.decide({ nowMs, metrics, tasks: { desired, running: desired, pending: 0 } }) ?? desired;
}

describe("KEDA's triggers", () => {
  it.each<[string, Seen, number]>([
    ["requests: 7 a second for each task", { requestsPerSecond: 83 }, 12],
    ["requests within tolerance", { requestsPerSecond: 76 }, 10],
    ["queue: 5 for each task", { queueLength: 61 }, 13],
    ["the larger wish counts", { requestsPerSecond: 83, queueLength: 71 }, 15],
    ["a wish to shrink does not", { requestsPerSecond: 83, queueLength: 0 }, 12],
  ])("%s", (_, seen, want) => {
    expect(look(keda.create({}, CONTEXT), 0, 10, seen)).toBe(want);
  });

  it("scales in when the window of the HPA has passed", () => {
    const scaler = keda.create({}, CONTEXT);
    const counts = Array.from({ length: 22 }, (_, i) =>
      look(scaler, 15 * i, 10, { requestsPerSecond: 20, queueLength: 0 }),
    );
    expect(counts.findIndex((count) => count < 10)).toBe(20);
    expect(counts.at(-1)).toBe(3);
  });

  it("may scale out but not in while one of its metrics has failed", () => {
    const scaler = keda.create({}, CONTEXT);
    look(scaler, 0, 10, { requestsPerSecond: 70, queueLength: 0 });
    for (let seconds = 15; seconds < 600; seconds += 15)
      expect(look(scaler, seconds, 10, { requestsPerSecond: 20 })).toBe(10);
    expect(look(scaler, 600, 10, { requestsPerSecond: 100 })).toBe(15);
    expect(look(scaler, 900, 15, undefined)).toBe(15);
  });
});

describe("KEDA's zero", () => {
  const zero = { ...CONTEXT, tasksMin: 0 };
  const idle = { requestsPerSecond: 0, queueLength: 0 };

  it("goes to zero in one step, a cooldown after the last activity", () => {
    const scaler = keda.create({}, zero);
    expect(look(scaler, 0, 6, { requestsPerSecond: 42, queueLength: 0 })).toBe(6);
    expect(look(scaler, 285, 6, idle)).toBe(6);
    expect(look(scaler, 300, 6, idle)).toBe(0);
  });

  it("wakes with one task as soon as a trigger is active, and only then", () => {
    const scaler = keda.create({ activationQueue: 2 }, zero);
    expect(look(scaler, 0, 0, idle)).toBe(0);
    expect(look(scaler, 15, 0, { requestsPerSecond: 0, queueLength: 2 })).toBe(0);
    expect(look(scaler, 30, 0, { requestsPerSecond: 0, queueLength: 3 })).toBe(1);
  });

  it("never goes to zero for lack of data", () => {
    const scaler = keda.create({}, zero);
    look(scaler, 0, 6, { requestsPerSecond: 42, queueLength: 0 });
    expect(look(scaler, 3600, 6, undefined)).toBe(6);
  });

  it("does not go below a minimum of one", () => {
    const scaler = keda.create({}, CONTEXT);
    for (let seconds = 0; seconds < 1200; seconds += 15) expect(look(scaler, seconds, 1, idle)).toBe(1);
  });
});
