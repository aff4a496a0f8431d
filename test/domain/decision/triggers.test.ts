import { expect, test } from "vitest";
import { TRIGGERS_BY_NAME } from "../../../lib/domain/decision/triggers/index.ts";
import type { ComponentState } from "../../../lib/domain/model/component-state.ts";
import type { ComponentPolicy } from "../../../lib/domain/model/policy.ts";
import type { MetricName, Sample } from "../../../lib/domain/model/sample.ts";
import { SampleWindow } from "../../../lib/domain/model/sample-window.ts";
import { TRIGGERS, type TriggerName } from "../../../lib/domain/model/trigger.ts";

const allocation = { tasks: 2, size: { cpu: 500, memory: 1000, network: 100, storage: 5000 } };
const state: ComponentState = {
  v: 1,
  component: "c",
  updatedAtMs: 0,
  window: SampleWindow.EMPTY,
  readThroughMs: 0,
  performanceBaseline: 90,
};
const policy = { responseTimeMs: 100, throughputPerSecond: 10 } as ComponentPolicy;
const sampleOf = (values: Partial<Record<MetricName, number>>): Sample => ({
  endMs: 60_000,
  periodMs: 60_000,
  values,
  absent: {},
});

test.each<[TriggerName, Partial<Record<MetricName, number>>, number | undefined, string]>([
  ["CPU_UTILIZATION", { cpuUsed: 750 }, 0.75, "750 of 2 x 500 milli-vCPU"],
  ["MEMORY_UTILIZATION", { memoryUsed: 500 }, 0.25, "500 of 2 x 1000 milli-GiB"],
  ["NETWORK_UTILIZATION", { networkUsed: 50 }, 0.25, "50 of 2 x 100 milli-Gbit/s"],
  ["STORAGE_UTILIZATION", { storageUsed: 25_000 }, 0.5, "25 of 2 x (20 free + 5) GiB"],
  ["RESPONSE_TIME", { responseTime: 120 }, 120, "as measured"],
  ["THROUGHPUT", { throughput: 33 }, 33, "as measured"],
  ["QUEUE_LENGTH", { queueLength: 7 }, 7, "as measured"],
  ["ERROR_RATE", { errorRate: 0.02 }, 0.02, "as measured"],
  ["PERFORMANCE_DEGRADATION", { responseTime: 200 }, 40, "baseline 90, score 50 at twice the target"],
  ["PREDICTIVE", { cpuUsed: 750 }, 0.75, "past points are those of the CPU"],
  ["CPU_UTILIZATION", {}, undefined, "absent is not zero"],
  ["RESPONSE_TIME", {}, undefined, "absent is not zero"],
])("%s of %j is %s (%s)", (name, values, expected) => {
  const value = TRIGGERS_BY_NAME[name].read(sampleOf(values), { allocation, state, policy });
  expect(value === undefined ? undefined : Math.round(value * 1e9) / 1e9).toBe(expected);
});

test("nothing is divided by an allocation of zero", () => {
  const none = { tasks: 0, size: { cpu: 0, memory: 0, network: 0, storage: 0 } };
  const sample = sampleOf({ cpuUsed: 1, memoryUsed: 1, networkUsed: 1, storageUsed: 1 });
  for (const name of [
    "CPU_UTILIZATION",
    "MEMORY_UTILIZATION",
    "NETWORK_UTILIZATION",
    "STORAGE_UTILIZATION",
    "PREDICTIVE",
  ] as const) {
    expect(TRIGGERS_BY_NAME[name].read(sample, { allocation: none, state, policy }), name).toBeUndefined();
  }
});

test("every trigger is registered under its own name, ten in all", () => {
  expect(TRIGGERS).toHaveLength(10);
  for (const name of TRIGGERS) expect(TRIGGERS_BY_NAME[name].name).toBe(name);
});
