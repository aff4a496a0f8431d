import { describe, expect, it } from "vitest";
import { kubernetesHpa } from "../../../lib/backtest/peers/kubernetes-hpa.ts";
import type { PublishedPoint, ScalerContext, TaskCounts } from "../../../lib/backtest/scaler.ts";
import { driveScaler } from "./fluid-service.ts";

const CONTEXT: ScalerContext = {
  tasksMin: 1,
  tasksMax: 100,
  startMs: 0,
  scoredFromMs: 0,
  taskRequestsPerSecond: 10,
  taskWorkers: 1,
};

function decideOnce(cpu: number | undefined, tasks: TaskCounts, sampled = tasks.running): number | undefined {
  const point: PublishedPoint = { endMs: 0, periodMs: 20_000, publishedMs: 0, cpu, tasks: sampled };
  return kubernetesHpa.create({}, CONTEXT).decide({ nowMs: 15_000, metrics: [point], tasks });
}

describe("the HPA on a service", () => {
  it.each<[string, number, TaskCounts, number | undefined]>([
    ["above the target", 0.9, { desired: 10, running: 10, pending: 0 }, 13],
    ["within tolerance", 0.76, { desired: 10, running: 10, pending: 0 }, undefined],
    ["below the target: first holds what it has", 0.3, { desired: 10, running: 10, pending: 0 }, undefined],
    [
      "pending tasks count as idle: 10 at 90 % and 5 pending are 60 %",
      0.9,
      { desired: 15, running: 10, pending: 5 },
      undefined,
    ],
    [
      "pending tasks do not hide a shortage: 10 at 100 % and 2 pending are 83 %",
      1,
      { desired: 12, running: 10, pending: 2 },
      15,
    ],
  ])("%s", (_, cpu, tasks, want) => {
    expect(decideOnce(cpu, tasks)).toBe(want);
  });

  it("takes tasks that the sample does not cover for unready", () => {
    expect(decideOnce(1, { desired: 14, running: 14, pending: 0 }, 10)).toBeUndefined();
    expect(decideOnce(1, { desired: 14, running: 14, pending: 0 }, 14)).toBe(20);
  });

  it("does nothing without a sample, and when samples stop", () => {
    expect(decideOnce(undefined, { desired: 10, running: 10, pending: 0 })).toBeUndefined();
    const scaler = kubernetesHpa.create({}, CONTEXT);
    const tasks = { desired: 10, running: 10, pending: 0 };
    const point = { endMs: 0, periodMs: 20_000, publishedMs: 0, cpu: 0.9, tasks: 10 };
    expect(scaler.decide({ nowMs: 0, metrics: [point], tasks })).toBe(13);
    expect(scaler.decide({ nowMs: 59_999, metrics: [], tasks })).toBe(13);
    expect(scaler.decide({ nowMs: 60_000, metrics: [], tasks })).toBeUndefined();
  });

  it("follows a step up within a minute of its publication, and down five minutes after the load went", () => {
    const { changes } = driveScaler(kubernetesHpa.create({}, CONTEXT), {
      load: (ms) => (ms >= 600_000 && ms < 1_200_000 ? 14 : 3.5),
      fromMs: 0,
      toMs: 3_600_000,
      tasks: 5,
      startUpMs: 30_000,
      publicationDelayMs: 22_000,
    });
    const up = changes.filter(({ from, to }) => to > from);
    const down = changes.filter(({ from, to }) => to < from);
    expect(up[0]?.atMs).toBeLessThan(600_000 + 60_000);
    expect(up.at(-1)?.to).toBe(20);
    expect(down[0]?.atMs).toBeGreaterThan(1_200_000 + 300_000);
    expect(changes.at(-1)?.to).toBe(5);
  });

  it("can have the metrics server's own period and delay", () => {
    const parameters = { metricPeriodSeconds: 15, publicationDelaySeconds: 10 };
    expect(kubernetesHpa.create(parameters, CONTEXT).metrics).toEqual({ periodMs: 15_000, publicationDelayMs: 10_000 });
    expect(kubernetesHpa.create({}, CONTEXT).metrics.publicationDelayMs).toBeUndefined();
  });
});
