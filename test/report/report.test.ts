import { beforeEach, describe, expect, it } from "vitest";
import { MemoryStore } from "../../lib/adapters/memory/memory-store.ts";
import { noAlerts } from "../../lib/domain/alerting/alerts.ts";
import type { Decision } from "../../lib/domain/model/decision.ts";
import { SampleWindow } from "../../lib/domain/model/sample-window.ts";
import { rollUpSamples } from "../../lib/domain/optimization/rollup.ts";
import { scalingDashboardData, scalingMetrics } from "../../lib/report/index.ts";
import {
  ALLOCATION,
  aComponent,
  aDecision,
  aFleet,
  aLearning,
  aLedger,
  aSample,
  aState,
  HOUR,
  MINUTE,
  T0,
} from "../support/optimization-builders.ts";

const fleet = aFleet({ components: [aComponent(), aComponent({ name: "b", mode: "observe" })] });
const NOW = T0 + 10 * HOUR;
const BIGGER = { tasks: 2, size: { ...ALLOCATION.size, cpu: 1000 } };

const grown = (atMs: number, overrides: Partial<Decision> = {}): Decision =>
  aDecision(atMs, {
    action: "SCALE_UP",
    hold: undefined,
    direction: "grow",
    rule: "cpu",
    trigger: "CPU_UTILIZATION",
    status: "MEASURED",
    plan: {
      steps: [{ component: "api", before: ALLOCATION, after: BIGGER }],
      limits: [],
      costDeltaPerHour: 0.04,
    },
    result: { finishedAtMs: atMs + 10 * MINUTE, valueBefore: 0.9, valueAfter: 0.5, effectiveness: 100 },
    ...overrides,
  });

describe("reports", () => {
  let store: MemoryStore;
  beforeEach(async () => {
    store = new MemoryStore();
    await store.writeLedger(aLedger({ booked: { api: BIGGER, b: ALLOCATION } }));
    const samples = Array.from({ length: 600 }, (_, minute) => aSample(T0 + (minute + 1) * MINUTE, { cpuUsed: 800 }));
    await store.appendSamples(
      "default",
      samples.map((sample) => ({ component: "api", sample })),
    );
    await store.writeRollups("default", rollUpSamples("api", samples));
    await store.writeStates("default", [
      aState(NOW, { window: SampleWindow.of(samples.slice(-15)), performanceScore: 97.5 }),
      aState(NOW, { component: "b", window: SampleWindow.EMPTY }),
    ]);
    const refused: Partial<Decision> = { status: "EXPIRED", result: { finishedAtMs: NOW, reason: "expired" } };
    await store.appendDecisions("default", [
      aDecision(T0 - 20 * HOUR, { hold: "paused" }),
      aDecision(NOW - 2 * MINUTE),
      aDecision(NOW - MINUTE, { hold: "cooldown" }),
      aDecision(NOW - MINUTE, { component: "b" }),
      grown(NOW - 5 * HOUR),
      grown(NOW - HOUR, refused),
    ]);
    const history = [{ decision: "x", atMs: NOW, direction: "grow" as const, effectiveness: 80 }];
    await store.writeLearning("default", aLearning({ history, succeeded: 3, failed: 1 }));
  });

  it("counts decisions of the window by action, status and reason, for each component and over all", async () => {
    const { fleets } = await scalingMetrics({ store }, [fleet], NOW);
    const [api, b] = fleets[0]?.components ?? [];
    expect(api?.activity).toEqual({
      decisions: 4,
      byAction: { SCALE_UP: 2, NO_ACTION: 2 },
      byStatus: { MEASURED: 1, EXPIRED: 1, HELD: 2 },
      byReason: { expired: 1, "on-target": 1, cooldown: 1 },
      changesPerHour: 0.0833,
    });
    expect(b?.activity).toMatchObject({ decisions: 1, byReason: { "on-target": 1 } });
    expect(fleets[0]?.activity).toMatchObject({ decisions: 5, byAction: { SCALE_UP: 2, NO_ACTION: 3 } });
    const late = await scalingMetrics({ store }, [fleet], NOW, { hours: 0.5 });
    expect(late.fleets[0]?.activity.decisions).toBe(3);
  });

  it("speaks in vCPU, GiB and percent", async () => {
    const [report] = (await scalingMetrics({ store }, [fleet], NOW)).fleets;
    const [api, b] = report?.components ?? [];
    expect(api).toMatchObject({
      allocation: { tasks: 2, total: { cpu: 2, memory: 2 }, perTask: { cpu: 1, memory: 1 } },
      utilization: { cpu: 40, memory: 50 },
      performanceScore: 97.5,
      outcomes: { succeeded: 3, failed: 1, rolledBack: 0, successRate: 75, effectiveness: 80 },
      lastDecision: { id: `api@${NOW - MINUTE}`, sentence: expect.stringContaining("api holds") },
    });
    expect(b).toMatchObject({ mode: "observe", utilization: {}, outcomes: { succeeded: 0 } });
    expect(b?.outcomes.effectiveness).toBeUndefined();
    expect(report?.limits).toMatchObject({
      cpu: { unit: "vCPU", booked: 3, max: 16, bookedPercent: 18.75, used: 0.8 },
      memory: { booked: 4, max: 32, bookedPercent: 12.5, used: 1 },
    });
    expect(report?.impact).toEqual([
      { trigger: "CPU_UTILIZATION", unit: "percent", measured: 1, before: 90, after: 50, effectiveness: 100 },
    ]);
  });

  it("tells alerts and which loops are late", async () => {
    await store.writeAlerts({ ...noAlerts("default"), version: 1, sent: 4, suppressed: 9 });
    const [report] = (await scalingMetrics({ store }, [fleet], NOW)).fleets;
    expect(report?.alerts).toEqual({ sent: 4, suppressed: 9, undelivered: 0, recent: [] });
    expect(report?.loops).toEqual({
      monitor: { seenMs: NOW, late: false },
      decision: { seenMs: NOW - MINUTE, late: false },
      execution: { seenMs: undefined, late: false },
      optimization: { seenMs: undefined, late: true },
    });
    await store.appendDecisions("default", [grown(NOW - 10 * MINUTE, { status: "PENDING", result: undefined })]);
    const later = await scalingMetrics({ store }, [fleet], NOW);
    expect(later.fleets[0]?.loops.execution.late).toBe(true);
  });

  it("says nothing of a fleet that nobody looked at yet", async () => {
    const [report] = (await scalingMetrics({ store: new MemoryStore() }, [fleet], NOW)).fleets;
    expect(report).toMatchObject({
      paused: false,
      activity: { decisions: 0 },
      impact: [],
      limits: { cpu: { booked: 0 } },
    });
    expect(report?.scores).toBeUndefined();
    expect(report?.components[0]?.allocation).toBeUndefined();
  });

  it("draws use against what there was at the time", async () => {
    const data = await scalingDashboardData({ store }, [fleet], NOW, { hours: 6 });
    const [api, b] = data.fleets[0]?.components ?? [];
    expect(api).toMatchObject({ startMs: NOW - 6 * HOUR, stepMs: 5 * MINUTE });
    const cpu = api?.resources.cpu;
    expect(cpu?.used).toMatchObject({ unit: "vCPU" });
    expect(cpu?.used.values).toHaveLength(72);
    expect([cpu?.used.values[0], cpu?.allocated.values[0], cpu?.utilization.values[0]]).toEqual([0.8, 1, 80]);
    expect([cpu?.used.values[71], cpu?.allocated.values[71], cpu?.utilization.values[71]]).toEqual([0.8, 2, 40]);
    expect(api?.resources.network.used.values[0]).toBeNull();
    expect(api?.service["responseTime"]).toMatchObject({ unit: "ms" });
    expect(api?.thresholds).toEqual([
      { rule: "cpu", trigger: "CPU_UTILIZATION", unit: "percent", target: 60, up: 70, down: 45 },
    ]);
    expect(api?.decisions.map(({ action, status, effectiveness }) => [action, status, effectiveness])).toEqual([
      ["SCALE_UP", "MEASURED", 100],
      ["SCALE_UP", "EXPIRED", undefined],
    ]);
    expect(api?.decisions[0]?.sentence).toContain("0.5 -> 1 vCPU a task");
    expect(b?.resources.cpu.used.values.every((value) => value === null)).toBe(true);
    expect(b?.decisions).toEqual([]);
  });

  it("draws short windows from raw samples, and can be sent as JSON", async () => {
    const data = await scalingDashboardData({ store }, [fleet], NOW, { hours: 1 });
    const [api] = data.fleets[0]?.components ?? [];
    expect(api?.stepMs).toBe(MINUTE);
    expect(api?.resources.cpu.used.values).toEqual(Array.from({ length: 60 }, () => 0.8));
    expect(JSON.parse(JSON.stringify(data))).toMatchObject({ hours: 1, fleets: [{ fleet: "default" }] });
  });

  it("adds forecasts where there are some", async () => {
    const path = {
      startMs: NOW,
      stepMs: 60_000 as const,
      mean: [1000, 1100],
      lower: [900, 900],
      upper: [1200, 1300],
      coverage: 0.9,
      model: "lag-ridge" as const,
      trusted: true,
      reason: "beats-naive" as const,
    };
    await store.writeForecasts("default", [{ v: 1, component: "api", metric: "cpuUsed", madeAtMs: NOW, path }]);
    const data = await scalingDashboardData({ store }, [fleet], NOW);
    expect(data.fleets[0]?.components[0]?.forecasts).toEqual([
      {
        metric: "cpuUsed",
        startMs: NOW,
        stepMs: 60_000,
        unit: "vCPU",
        trusted: true,
        reason: "beats-naive",
        mean: [1, 1.1],
        upper: [1.2, 1.3],
      },
    ]);
  });
});
