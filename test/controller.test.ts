import { describe, expect, it } from "vitest";
import { MemoryStore } from "../lib/adapters/memory/memory-store.ts";
import { loadConfig } from "../lib/config/index.ts";
import { SEVEN } from "../lib/config/presets/seven.ts";
import { ScalingController } from "../lib/controller.ts";
import type { Decision } from "../lib/domain/model/decision.ts";
import type { LoopName, LoopOutcome } from "../lib/flow.ts";
import { FrameProgress } from "../lib/local/progress/frame.ts";
import { LineProgress } from "../lib/local/progress/lines.ts";
import { SimulatedScheduler } from "../lib/local/simulated-scheduler.ts";
import { observeStore } from "../lib/observed-store.ts";
import { loopsDueAt, runBeat, type Scheduler } from "../lib/scheduler.ts";
import { presetServices } from "../lib/simulation/presets.ts";
import { World } from "../lib/simulation/world.ts";

const START = Date.UTC(2026, 0, 5, 6);

/** The seven in a world, the state in memory, the clock simulated. */
function aRun({ mode = "auto", forMs = 3_600_000 }: { mode?: "auto" | "recommend"; forMs?: number } = {}) {
  const world = new World({ seed: 1, startMs: START, services: presetServices() });
  const seen: Decision[] = [];
  const store = observeStore(new MemoryStore(), { decisions: (_, decisions) => seen.push(...decisions) });
  const simulated = new SimulatedScheduler({
    fromMs: START + 30_000,
    untilMs: START + forMs,
    speed: Number.POSITIVE_INFINITY,
  });
  const beats: (() => void)[] = [];
  const scheduler: Scheduler = {
    start: (beat) =>
      simulated.start(async (ms) => {
        world.advanceTo(ms);
        await beat(ms);
        for (const each of beats) each();
      }),
    stop: async () => simulated.stop(),
  };
  const ticks: [LoopName, boolean][] = [];
  const controller = new ScalingController({
    config: loadConfig({ fleets: [{ ...SEVEN, mode }] }),
    scheduler,
    onTick: ({ loop, outcome }) => ticks.push([loop, outcome.ran && outcome.errors.length === 0]),
    ports: {
      store,
      metrics: world.metrics,
      orchestrator: world.orchestrator,
      notifier: { publish: async () => undefined },
      clock: { nowMs: () => world.nowMs },
      log: () => undefined,
    },
  });
  const run = async (): Promise<void> => {
    controller.start();
    await simulated.finished;
  };
  return { controller, world, store, seen, ticks, run, beats };
}

describe("one instant", () => {
  const names = async (atMs: number, wake?: Partial<Record<LoopName, LoopName>>): Promise<LoopName[]> => {
    const ran: LoopName[] = [];
    await runBeat(atMs, async (name): Promise<LoopOutcome> => {
      ran.push(name);
      return { ran: true, errors: [], wake: wake?.[name] };
    });
    return ran;
  };

  it("runs what is due in the order of the flow", async () => {
    expect(loopsDueAt(START + 30_000)).toEqual(["monitor", "execution"]);
    expect(await names(START + 60_000)).toEqual(["monitor", "decision", "execution"]);
    expect(await names(START + 300_000)).toEqual(["monitor", "decision", "execution", "optimization"]);
  });

  it("runs a woken loop at its place, and none twice", async () => {
    expect(await names(START + 30_000, { monitor: "decision", decision: "execution", execution: "monitor" })).toEqual([
      "monitor",
      "decision",
      "execution",
    ]);
  });
});

describe("ScalingController", () => {
  it("runs the four loops on their beats, scales, and explains and replays what it did", async () => {
    const { controller, seen, ticks, run, world } = aRun();
    await run();
    const count = (loop: LoopName): number => ticks.filter(([name, ran]) => name === loop && ran).length;
    expect(count("monitor")).toBe(120);
    expect(count("execution")).toBe(120);
    expect(count("decision")).toBeGreaterThanOrEqual(60);
    expect(count("optimization")).toBe(12);
    const measured = seen.find(({ status }) => status === "MEASURED");
    if (measured === undefined) throw new Error("nothing was carried out");
    expect((await controller.explain(measured.id)).sentence).toContain(measured.component);
    expect(await controller.replay(measured.id)).toMatchObject({ same: true, policyChanged: false });
    expect((await controller.getScalingMetrics()).fleets[0]?.outcomes.succeeded).toBeGreaterThan(0);
    expect((await controller.getScalingDashboardData()).atMs).toBe(world.nowMs);
    await controller.stop();
  });

  it("decides on a value of the caller's, once for the same question", async () => {
    const { controller, store, run, world } = aRun({ forMs: 900_000 });
    await run();
    const decision = await controller.makeScalingDecision("price_feeds", "CPU_UTILIZATION", 95, 65);
    expect(decision.signals.find(({ trigger }) => trigger === "CPU_UTILIZATION")?.value).toBeCloseTo(0.95);
    expect(await controller.makeScalingDecision("price_feeds", "CPU_UTILIZATION", 95, 65)).toEqual(decision);
    expect(await store.readDecision("default", decision.id)).toEqual(decision);
    expect(decision.decidedAtMs).toBe(world.nowMs);
    await expect(controller.makeScalingDecision("nobody", "CPU_UTILIZATION", 95, 65)).rejects.toThrow(
      /no component nobody/,
    );
    await expect(controller.makeScalingDecision("price_feeds", "QUEUE_LENGTH", Number.NaN, -1)).rejects.toThrow(
      /no rule of price_feeds looks at QUEUE_LENGTH[^]*not NaN[^]*not -1/,
    );
  });

  it("touches nothing while paused, and goes on after", async () => {
    const { controller, run, world, beats } = aRun({ forMs: 5_400_000 });
    await controller.pause("a test");
    const size = (): string =>
      JSON.stringify(world.components.map((name) => [world.view(name).desired, world.view(name).size]));
    const before = size();
    let whilePaused = before;
    let resumed = false;
    beats.push(() => {
      if (world.nowMs < START + 1_800_000) whilePaused = size();
      else if (!resumed) {
        resumed = true;
        void controller.resume();
      }
    });
    await run();
    expect(whilePaused).toBe(before);
    expect(size()).not.toBe(before);
  });

  it("waits for a person in mode recommend, and carries out what was approved", async () => {
    const { controller, seen, run, beats } = aRun({ mode: "recommend", forMs: 3_600_000 });
    const approvals: Promise<unknown>[] = [];
    beats.push(() => {
      const waiting = seen.find(({ status }) => status === "AWAITING_APPROVAL");
      if (waiting !== undefined && approvals.length === 0) approvals.push(controller.approve(waiting.id, "Ada"));
    });
    await run();
    expect(await approvals[0]).toMatchObject({ status: "PENDING", approvedBy: "Ada" });
    expect(new Set(seen.filter(({ status }) => status === "APPLIED").map(({ approvedBy }) => approvedBy))).toEqual(
      new Set(["Ada"]),
    );
    await expect(controller.approve("price_feeds@1", "Ada")).rejects.toThrow(/no decision price_feeds@1/);
  });

  it("exports the whole state, and restores it into an empty store as an observer", async () => {
    const { controller, run } = aRun({ forMs: 1_800_000 });
    await run();
    const document: unknown = JSON.parse(JSON.stringify(await controller.exportState()));
    const other = aRun();
    expect((await other.controller.restoreState(document)).items).toBeGreaterThan(100);
    expect((await other.controller.getScalingMetrics()).fleets[0]?.mode).toBe("observe");
    await expect(other.controller.restoreState(document)).rejects.toThrow(/not empty/);
  });
});

describe("progress", () => {
  it("is a line for each change and each hour without a terminal, and a frame within its screen with one", async () => {
    const { controller, seen, run, world, beats } = aRun({ forMs: 3_600_000 });
    const lines: string[] = [];
    let screen = "";
    const plain = new LineProgress({ world, fleets: controller.fleets, write: (line) => lines.push(line) });
    const frame = new FrameProgress({
      world,
      fleets: controller.fleets,
      startMs: START,
      facts: "speed max",
      wallMs: () => world.nowMs,
      screen: { write: (text) => (screen = text), columns: 100, rows: 30 },
    });
    beats.push(() => {
      const news = seen.splice(0);
      for (const progress of [plain, frame]) {
        progress.decisions(news);
        progress.beat(world.nowMs);
      }
    });
    await run();
    expect(lines.filter((line) => / SCALE_(OUT|IN|UP|DOWN): /.test(line)).length).toBeGreaterThan(0);
    expect(lines.at(-1)).toMatch(/^Mon 5 Jan 07:00:00 {2}-- \d+ tasks, cpu .* of 16 vCPU/);
    // oxlint-disable-next-line no-control-regex
    const shown = screen.replaceAll(/\u001b\[[0-9;?]*[A-Za-z]/g, "").split("\n");
    expect(shown.length).toBeLessThanOrEqual(30);
    expect(Math.max(...shown.map((line) => line.length))).toBeLessThanOrEqual(100);
    expect(shown.find((line) => line.startsWith("price_feeds"))).toMatch(/\/s .*vCPU .*GiB .*%/);
    expect(shown.some((line) => / SCALE_/.test(line))).toBe(true);
  });
});
