import { describe, expect, it } from "vitest";
import { type Pace, SimulatedScheduler } from "../../lib/local/simulated-scheduler.ts";

/** A wall clock that moves only by waiting, and by what a beat is said to take. */
function fakeWall() {
  let wallMs = 0;
  const waits: number[] = [];
  const pace: Pace = {
    nowMs: () => wallMs,
    wait: async (ms) => {
      waits.push(ms);
      wallMs += ms;
    },
  };
  return { pace, waits, spend: (ms: number) => (wallMs += ms) };
}

describe("beats on the simulated clock", () => {
  it("come every 30 simulated seconds, from the first to the last", async () => {
    const { pace } = fakeWall();
    const beats: number[] = [];
    const scheduler = new SimulatedScheduler({
      fromMs: 30_000,
      untilMs: 120_000,
      speed: Number.POSITIVE_INFINITY,
      pace,
    });
    scheduler.start(async (ms) => void beats.push(ms));
    await scheduler.finished;
    expect(beats).toEqual([30_000, 60_000, 90_000, 120_000]);
  });

  it("are paced by the speed, and a slow beat is caught up", async () => {
    const { pace, waits, spend } = fakeWall();
    const scheduler = new SimulatedScheduler({ fromMs: 0, untilMs: 120_000, speed: 60, pace });
    scheduler.start(async (ms) => void (ms === 30_000 && spend(700)));
    await scheduler.finished;
    // 30 s at 60 times the speed are 500 ms; the beat at 30 s takes 700, so the next two waits share what is left.
    expect(waits).toEqual([500, 0, 300, 500]);
  });

  it("stop after the running beat, and end with what a beat threw", async () => {
    const { pace } = fakeWall();
    const beats: number[] = [];
    const scheduler = new SimulatedScheduler({ fromMs: 0, speed: Number.POSITIVE_INFINITY, pace });
    scheduler.start(async (ms) => {
      beats.push(ms);
      if (beats.length === 3) scheduler.requestStop();
    });
    await scheduler.stop();
    expect(beats.length).toBeLessThanOrEqual(3);

    const failing = new SimulatedScheduler({ fromMs: 0, speed: 1, pace });
    failing.start(async () => Promise.reject(new Error("disk full")));
    await expect(failing.finished).rejects.toThrow("disk full");
  });
});
