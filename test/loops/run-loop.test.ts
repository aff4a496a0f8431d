import { describe, expect, test } from "vitest";
import { MemoryStore } from "../../lib/adapters/memory/memory-store.ts";
import { tickNumber } from "../../lib/flow.ts";
import { runLoop } from "../../lib/loops/run-loop.ts";
import type { Ports } from "../../lib/ports.ts";
import { aFleet, NOW_MS } from "../support/fleet-builders.ts";

function aStage(nowMs = NOW_MS): Ports & { readonly lines: string[] } {
  const lines: string[] = [];
  const refuse = async (): Promise<never> => {
    throw new Error("not here");
  };
  return {
    store: new MemoryStore(),
    metrics: { read: refuse },
    orchestrator: { describe: refuse, ensureRevision: refuse, update: refuse },
    notifier: { publish: refuse },
    clock: { nowMs: () => nowMs },
    log: (level, message) => lines.push(`${level} ${message}`),
    lines,
  };
}

describe("number of a tick", () => {
  test("beats are whole numbers, a wake between them has its own, and they keep the order of time", () => {
    const times = [0, 1000, 1999, 17_000, 29_000, 30_000, 31_000, 60_000].map((ms) => NOW_MS + ms);
    const numbers = times.map(tickNumber);
    expect(numbers[0]).toBe(NOW_MS / 30_000);
    expect(numbers[5]).toBe(NOW_MS / 30_000 + 1);
    expect(numbers[1]).toBe(numbers[2]);
    expect(numbers).toEqual(numbers.toSorted((a, b) => a - b));
    expect(new Set(numbers).size).toBe(numbers.length - 1);
  });
});

describe("one tick of a loop", () => {
  const fleets = [aFleet({ name: "first" }), aFleet({ name: "second" })];

  test("a wake in the half-minute of a beat that is done runs; the same wake again does not", async () => {
    const ports = aStage(NOW_MS + 17_000);
    const beat = await runLoop("decision", { ports, fleets, scheduledMs: NOW_MS });
    const wake = await runLoop("decision", { ports, fleets, scheduledMs: NOW_MS + 17_000 });
    const again = await runLoop("decision", { ports, fleets, scheduledMs: NOW_MS + 17_000 });
    const beforeIt = await runLoop("decision", { ports, fleets, scheduledMs: NOW_MS });
    expect([beat.ran, wake.ran, again.ran, beforeIt.ran]).toEqual([true, true, false, false]);
    expect(again.skipped).toBe("claimed");
  });

  test.each([
    ["too old", -60_001],
    ["from the future", 30_001],
  ])("a tick that is %s is not run", async (_, offsetMs) => {
    const ports = aStage();
    const outcome = await runLoop("execution", { ports, fleets, scheduledMs: NOW_MS + offsetMs });
    expect(outcome).toEqual({ ran: false, skipped: "out-of-date", errors: [] });
    expect(ports.lines).toEqual(["warn tick out of date, not run"]);
  });

  test("no fleet is begun when no time is left; the one that was is complete, the others are told", async () => {
    const ports = aStage();
    let asked = 0;
    const mayContinue = (): boolean => ++asked === 1;
    const outcome = await runLoop("execution", { ports, fleets, scheduledMs: NOW_MS, mayContinue });
    expect(outcome.ran).toBe(true);
    expect(outcome.errors.at(-1)).toEqual({ message: "second: no time was left" });
    expect(await ports.store.readLedger("first")).toBeDefined();
    expect(await ports.store.readLedger("second")).toBeUndefined();
  });

  test("a fleet that fails stops no other", async () => {
    const ports = aStage();
    const outcome = await runLoop("monitor", { ports, fleets, scheduledMs: NOW_MS });
    expect(outcome.errors).toEqual([{ message: "first: not here" }, { message: "second: not here" }]);
  });
});
