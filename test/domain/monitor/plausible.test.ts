import { expect, test } from "vitest";
import type { ComponentPolicy } from "../../../lib/domain/model/policy.ts";
import type { MetricName } from "../../../lib/domain/model/sample.ts";
import { SampleWindow } from "../../../lib/domain/model/sample-window.ts";
import { plausibleSample } from "../../../lib/domain/monitor/plausible.ts";
import { aState, aWindow, ON_TARGET } from "../../support/fleet-builders.ts";

const policy = {} as ComponentPolicy;
const service = aState("service-a").service; // 2 tasks x 1 vCPU, 1 GiB
const judge = (values: Partial<Record<MetricName, number>>, previous = aWindow()) =>
  plausibleSample(
    { endMs: 0, periodMs: 60_000, values: { ...ON_TARGET, ...values }, absent: {} },
    { previous: SampleWindow.of(previous), service, policy },
  );

test.each<[MetricName, number, string, string]>([
  ["cpuUsed", Number.NaN, "not-finite", "a division by zero at the source"],
  ["cpuUsed", Number.POSITIVE_INFINITY, "not-finite", "likewise"],
  ["responseTime", -1, "negative", "a counter reset"],
  ["errorRate", 1.5, "implausible", "a share is at most 1"],
  ["cpuUsed", 8001, "implausible", "more than four times what two tasks of 1 vCPU have"],
  ["memoryUsed", 0, "implausible", "tasks that run use memory"],
  ["cpuUsed", 0, "implausible", "operations finished, so CPU was used"],
  ["throughput", 0, "implausible", "the CPU is as busy as it was with traffic"],
])("%s %d is %s: %s", (metric, value, reason) => {
  const sample = judge({ [metric]: value });
  expect(sample.values[metric]).toBeUndefined();
  expect(sample.absent[metric]).toBe(reason);
});

test.each<[MetricName, number, string]>([
  ["cpuUsed", 2600, "130 % happens around deployments and with container-level reservations"],
  ["queueLength", 0, "an empty queue"],
  ["errorRate", 0, "no failures"],
  ["networkUsed", 0, "no traffic counted"],
])("%s %d stands: %s", (metric, value) => {
  expect(judge({ [metric]: value }).values[metric]).toBe(value);
});

test("zero throughput with the CPU gone quiet as well is a quiet hour", () => {
  expect(judge({ throughput: 0, cpuUsed: 20 }).values.throughput).toBe(0);
});

test("what was absent keeps its reason, and one bad value leaves the others", () => {
  const sample = plausibleSample(
    {
      endMs: 0,
      periodMs: 60_000,
      values: { cpuUsed: Number.NaN, memoryUsed: 1000 },
      absent: { responseTime: "throttled" },
    },
    { previous: SampleWindow.EMPTY, service, policy },
  );
  expect(sample).toMatchObject({
    values: { memoryUsed: 1000 },
    absent: { cpuUsed: "not-finite", responseTime: "throttled" },
  });
});
