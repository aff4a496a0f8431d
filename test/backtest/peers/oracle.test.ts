import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { oracle } from "../../../lib/backtest/peers/oracle.ts";
import type { ClairvoyantContext } from "../../../lib/backtest/scaler.ts";
import { driveScaler, type FluidRun } from "./fluid-service.ts";

const STEP = 60_000;
const START_UP = 80_000;
const DRAIN = 30_000;

function contextOf(needs: readonly number[]): ClairvoyantContext {
  return {
    tasksMin: 1,
    tasksMax: 1000,
    startMs: 0,
    scoredFromMs: 0,
    taskRequestsPerSecond: 10,
    taskWorkers: 1,
    clairvoyance: {
      tasksNeededAt: (ms) => needs[Math.floor(ms / STEP)],
      stepMs: STEP,
      startUpMs: START_UP,
      drainMs: DRAIN,
    },
  };
}

function run(needs: readonly number[], parameters: Record<string, number> = {}, context = contextOf(needs)): FluidRun {
  return driveScaler(oracle.create(parameters, context), {
    load: (ms) => needs[Math.floor(ms / STEP)] ?? 0,
    fromMs: 0,
    toMs: needs.length * STEP,
    tasks: Math.max(needs[0] ?? 1, needs[1] ?? 1),
    startUpMs: START_UP,
    publicationDelayMs: 22_000,
  });
}

/** Task time that is paid for: as asked for, start-up included, and a drain for each task that went. */
function costOf({ taskMs, changes }: FluidRun): number {
  return taskMs + changes.reduce((sum, { from, to }) => sum + DRAIN * Math.max(0, from - to), 0);
}

describe("the oracle", () => {
  it("starts tasks one start-up before they are needed, and stops them when they are not", () => {
    const { changes, shortMs } = run([5, 5, 5, 5, 9, 9, 9, 4, 4, 4, 4, 4]);
    expect(shortMs).toBe(0);
    // 240 s less 80 s of start-up, at the last call (each 10 s) that is early enough.
    expect(changes).toEqual([
      { atMs: 150_000, from: 5, to: 9 },
      { atMs: 420_000, from: 9, to: 4 },
    ]);
  });

  it("keeps a task through a dip that stopping and starting would not pay for", () => {
    expect(run([5, 5, 5, 3, 5, 5, 5, 5]).changes).toEqual([]);
    expect(run([5, 5, 5, 3, 3, 3, 5, 5]).changes.map(({ to }) => to)).toEqual([3, 5]);
  });

  it("steps down only to what is needed again soon", () => {
    expect(run([9, 9, 9, 2, 5, 2, 2, 2, 2, 2, 2]).changes.map(({ to }) => to)).toEqual([5, 2]);
  });

  it("has a share of what is needed when swept", () => {
    expect(run([20, 20, 20, 20], { share: 0.9 }).minutes.at(-1)).toBe(18);
  });

  it("does nothing beyond the end of what it knows", () => {
    const scaler = oracle.create({}, contextOf([5, 5]));
    const tasks = { desired: 9, running: 9, pending: 0 };
    expect(scaler.decide({ nowMs: 10 * STEP, metrics: [], tasks })).toBeUndefined();
  });

  it("is never short, whatever comes", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 4, maxLength: 60 }), (needs) => {
        // What is needed in the first start-up cannot be had in time by anybody.
        const level = Math.max(...needs.slice(0, 3));
        expect(run([level, level, level, ...needs.slice(3)]).shortMs).toBe(0);
      }),
      { numRuns: 60 },
    );
  });

  it("costs no more than stopping at once, nor than keeping tasks longer, drains and starts included", () => {
    const hours = fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 10, maxLength: 60 });
    fc.assert(
      fc.property(hours, (tail) => {
        const needs = [6, 6, 6, ...tail, 1, 1, 1, 1, 1, 1, 1, 1];
        const least = costOf(run(needs));
        for (const drainMs of [0, 60_000, 120_000, 300_000]) {
          const context = contextOf(needs);
          // The same policy, told another drain than the one that is paid for.
          const other = { ...context, clairvoyance: { ...context.clairvoyance, drainMs } };
          expect(least).toBeLessThanOrEqual(costOf(run(needs, {}, other)));
        }
      }),
      { numRuns: 30 },
    );
  });
});
