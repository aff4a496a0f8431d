import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { beginKpa, type KpaRule } from "../../../lib/backtest/peers/knative-kpa.ts";

const RULE: KpaRule = {
  target: 10,
  stableWindowMs: 60_000,
  panicThreshold: 2,
  maxUpRate: 1000,
  maxDownRate: 1000,
  downDelayMs: 0,
};

describe("one decision, as knative autoscaler_test.go has them", () => {
  it.each<[string, Partial<KpaRule>, { stable: number; panic: number; ready: number; reachable?: boolean }, number]>([
    ["stable", {}, { stable: 50, panic: 10, ready: 1 }, 5],
    ["panics", { target: 1 }, { stable: 11, panic: 25, ready: 10 }, 25],
    ["not enough to panic", {}, { stable: 100, panic: 100, ready: 8 }, 10],
    ["up rate 1.1", { target: 1, maxUpRate: 1.1, panicThreshold: 10 }, { stable: 3, panic: 3.1, ready: 2 }, 3],
    ["up rate 10", { maxUpRate: 10 }, { stable: 1000, panic: 1001, ready: 1 }, 10],
    ["down rate 1.1", { maxDownRate: 1.1 }, { stable: 1, panic: 1, ready: 100 }, 90],
    ["down rate, unreachable", { maxDownRate: 1.1 }, { stable: 1, panic: 1, ready: 100, reachable: false }, 1],
  ])("%s", (_, rule, seen, want) => {
    expect(beginKpa({ ...RULE, ...rule }, { ready: 0, nowMs: 0 })({ ...seen, nowMs: 2000 })).toBe(want);
  });

  it.each([
    ["the stable wish is higher", { stable: 50, panic: 30 }, 50],
    ["the panic wish is higher", { stable: 20, panic: 30 }, 30],
  ])("in panic, %s", (_, seen, want) => {
    const kpa = beginKpa({ ...RULE, target: 1 }, { ready: 0, nowMs: 0 });
    expect(kpa({ stable: 10, panic: 10, ready: 5, nowMs: 1000 })).toBe(10);
    expect(kpa({ ...seen, ready: 5, nowMs: 2000 })).toBe(want);
  });
});

describe("over time", () => {
  it("grows by the up rate each time, as its tasks get ready", () => {
    const kpa = beginKpa({ ...RULE, target: 1, maxUpRate: 6 }, { ready: 1, nowMs: 0 });
    let ready = 1;
    const grown = [1, 2, 3, 4].map((i) => (ready = kpa({ stable: 1e4, panic: 1e4, ready, nowMs: 2000 * i })));
    expect(grown).toEqual([6, 36, 216, 1296]);
  });

  it("never scales in during panic, which ends a stable window after the last time over the threshold", () => {
    const kpa = beginKpa(RULE, { ready: 0, nowMs: 0 });
    expect(kpa({ stable: 100, panic: 1000, ready: 1, nowMs: 0 })).toBe(100);
    expect(kpa({ stable: 1, panic: 1, ready: 100, nowMs: 30_000 })).toBe(100);
    expect(kpa({ stable: 1, panic: 1, ready: 100, nowMs: 60_000 })).toBe(100);
    expect(kpa({ stable: 1, panic: 1, ready: 100, nowMs: 61_000 })).toBe(1);
  });

  it("starts in panic at the present size when that is more than one", () => {
    const kpa = beginKpa(RULE, { ready: 7, nowMs: 0 });
    expect(kpa({ stable: 10, panic: 10, ready: 7, nowMs: 2000 })).toBe(7);
    expect(kpa({ stable: 10, panic: 10, ready: 7, nowMs: 62_000 })).toBe(1);
  });

  it("with a scale-down delay of 5 minutes the highest wish of that time counts", () => {
    const kpa = beginKpa(
      { ...RULE, panicThreshold: 100, maxDownRate: 10, downDelayMs: 300_000 },
      { ready: 0, nowMs: 0 },
    );
    const at = (seconds: number, concurrency: number) =>
      kpa({ stable: concurrency, panic: concurrency, ready: 1, nowMs: 1000 * seconds });
    expect([at(2, 40), at(300, 30), at(302, 30), at(304, 30), at(900, 0)]).toEqual([4, 4, 4, 3, 0]);
  });

  it("with a scale-down delay asks for exactly the highest wish of the delay", () => {
    const ticks = fc.array(fc.tuple(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 0, max: 500 })), {
      maxLength: 60,
    });
    fc.assert(
      fc.property(ticks, (steps) => {
        const calm = { ...RULE, panicThreshold: 1e9 };
        const plain = beginKpa(calm, { ready: 0, nowMs: 0 });
        const delayed = beginKpa({ ...calm, downDelayMs: 30_000 }, { ready: 0, nowMs: 0 });
        const wishes: { nowMs: number; pods: number }[] = [];
        let nowMs = 0;
        for (const [seconds, stable] of steps) {
          nowMs += 1000 * seconds;
          const seen = { stable, panic: stable, ready: 1, nowMs };
          wishes.push({ nowMs, pods: plain(seen) });
          const recent = wishes.filter((wish) => wish.nowMs >= nowMs - 30_000).map(({ pods }) => pods);
          expect(delayed(seen)).toBe(Math.max(...recent));
        }
      }),
    );
  });
});
