import type { MetricDataQuery } from "@aws-sdk/client-cloudwatch";
import { beforeEach, describe, expect, test } from "vitest";
import { CloudWatchMetricSource } from "../../../lib/adapters/aws/cloudwatch/index.ts";
import type { ServiceTarget } from "../../../lib/deployment.ts";
import type { Sample } from "../../../lib/domain/model/sample.ts";
import type { MetricRequest } from "../../../lib/ports.ts";
import { ALLOCATION, BUSY, MINUTE, publish, SOURCE, START, targetOf } from "../../support/cloudwatch-service.ts";
import { FakeCloudWatch } from "../../support/fake-cloudwatch.ts";

const HOUR = 60 * MINUTE;
const NOW = START + 6 * HOUR;
let cloudwatch: FakeCloudWatch;
let logged: string[];
beforeEach(() => {
  cloudwatch = new FakeCloudWatch();
  cloudwatch.nowMs = NOW;
  logged = [];
});

function sourceOf(...targets: ServiceTarget[]): CloudWatchMetricSource {
  const log = (level: string, message: string, fields: object = {}) => {
    logged.push(`${level} ${message} ${JSON.stringify(fields)}`);
  };
  return new CloudWatchMetricSource({ client: cloudwatch.client, targets, log });
}
async function readOne(
  source: CloudWatchMetricSource,
  {
    sinceMs = NOW - MINUTE,
    nowMs = NOW,
    ...given
  }: Partial<Omit<MetricRequest, "component">> & { nowMs?: number } = {},
): Promise<readonly Sample[]> {
  const [answer] = await source.read([{ component: "web", sinceMs, allocationAt: () => ALLOCATION, ...given }], nowMs);
  if (answer === undefined || answer instanceof Error) throw answer ?? new Error("no answer");
  return answer;
}
const shown = ({ Id, MetricStat, Expression, ReturnData }: MetricDataQuery) =>
  `${Id} ${Expression ?? `${MetricStat?.Metric?.Namespace} ${MetricStat?.Metric?.MetricName} ${MetricStat?.Stat} ${MetricStat?.Period}`}${ReturnData ? "" : " (input)"}`;

describe("the request", () => {
  test("is aligned, ascending, and asks for each metric once", async () => {
    const source = sourceOf(targetOf({ source: { ...SOURCE, queue: "orders", containerInsights: true } }));
    await readOne(source, { sinceMs: NOW - 2 * MINUTE, nowMs: NOW + 12_345 });
    const [call] = cloudwatch.calls;
    expect(cloudwatch.calls).toHaveLength(1);
    expect(call?.ScanBy).toBe("TimestampAscending");
    // Back far enough to see which metrics were there lately.
    expect(call?.StartTime).toEqual(new Date(NOW - 9 * MINUTE));
    expect(call?.EndTime).toEqual(new Date(NOW));
    expect(call?.MetricDataQueries?.map(shown)).toEqual([
      "m0 AWS/ApplicationELB TargetResponseTime Average 60",
      "m1 AWS/ApplicationELB TargetResponseTime SampleCount 60",
      "m2 AWS/ApplicationELB HTTPCode_Target_5XX_Count Sum 60 (input)",
      "e0 m2 / m1",
      "m3 ECS/ContainerInsights NetworkRxBytes Average 60 (input)",
      "m4 ECS/ContainerInsights NetworkTxBytes Average 60 (input)",
      "e1 m3 + m4",
      "m5 ECS/ContainerInsights EphemeralStorageUtilized Average 60 (input)",
      "m6 ECS/ContainerInsights EphemeralStorageReserved Average 60 (input)",
      "e2 100 * m5 / m6",
      "m7 AWS/ECS CPUUtilization Average 60",
      "m8 AWS/ECS MemoryUtilization Average 60",
      "m9 AWS/SQS ApproximateNumberOfMessagesVisible Average 60",
    ]);
    expect(call?.MetricDataQueries?.[0]?.MetricStat?.Metric?.Dimensions).toEqual([
      { Name: "TargetGroup", Value: "targetgroup/web/a1" },
      { Name: "LoadBalancer", Value: "app/front/b2" },
    ]);
  });

  test("no request while no new period has ended, and none without metrics", async () => {
    const source = sourceOf(targetOf());
    expect(await readOne(source, { sinceMs: NOW, nowMs: NOW + 59_999 })).toEqual([]);
    const none = sourceOf(targetOf({ metrics: { cpuUsed: null, memoryUsed: null } }));
    expect(await readOne(none)).toEqual([]);
    expect(cloudwatch.calls).toEqual([]);
  });

  test("the first read, and one after a long silence, go back twenty periods", async () => {
    for (let endMs = NOW - 40 * MINUTE; endMs <= NOW; endMs += MINUTE) publish(cloudwatch, endMs, BUSY);
    for (const sinceMs of [0, NOW - 35 * MINUTE]) {
      const samples = await readOne(sourceOf(targetOf()), { sinceMs });
      expect(samples.map(({ endMs }) => (NOW - endMs) / MINUTE)).toEqual([...Array(20).keys()].reverse());
    }
  });

  test.each([
    [250, 1],
    [251, 2],
    [1000, 4],
  ])("%d services of two metrics take %d calls", async (services, calls) => {
    const names = Array.from({ length: services }, (_, i) => `s${i}`);
    const source = sourceOf(...names.map((name) => targetOf({ name })));
    for (const name of names) publish(cloudwatch, NOW, { cpu: 10, memory: 10 }, { service: name });
    const requests = names.map((component) => ({ component, sinceMs: NOW - MINUTE, allocationAt: () => ALLOCATION }));
    const answers = await source.read(requests, NOW);
    expect(answers.every((answer) => !(answer instanceof Error) && answer.length === 1)).toBe(true);
    expect(cloudwatch.calls).toHaveLength(calls);
    expect(cloudwatch.queriesAsked).toBe(2 * services);
  });

  test("queries of one expression stay together, single ones fill the gaps: still the fewest calls", async () => {
    const names = Array.from({ length: 300 }, (_, i) => `s${i}`);
    const source = sourceOf(
      ...names.map((name) => targetOf({ name, source: { ...SOURCE, targetGroup: `targetgroup/${name}/a1` } })),
    );
    await source.read(
      names.map((component) => ({ component, sinceMs: NOW - MINUTE })),
      NOW,
    );
    // CPU, memory; response time and how many, errors and their share.
    expect(cloudwatch.queriesAsked).toBe(6 * 300);
    expect(cloudwatch.calls).toHaveLength(Math.ceil((6 * 300) / 500));
  });

  test("pages are put together", async () => {
    for (let endMs = NOW - 20 * MINUTE; endMs <= NOW; endMs += MINUTE) publish(cloudwatch, endMs, BUSY);
    cloudwatch.pageSize = 7;
    const samples = await readOne(sourceOf(targetOf()), { sinceMs: NOW - 10 * MINUTE });
    expect(cloudwatch.calls.length).toBeGreaterThan(3);
    expect(samples.map(({ values }) => values.cpuUsed)).toEqual(Array(10).fill(500));
    expect(samples.map(({ values }) => values.memoryUsed)).toEqual(Array(10).fill(800));
  });
});

describe("values", () => {
  test("in the units of samples, use as absolute", async () => {
    publish(cloudwatch, NOW, {
      ...BUSY,
      waiting: 12,
      received: 1e6,
      sent: 250_000,
      storage: [5, 25],
    });
    const source = sourceOf(targetOf({ source: { ...SOURCE, queue: "orders", containerInsights: true } }));
    expect(await readOne(source)).toEqual([
      {
        endMs: NOW,
        periodMs: MINUTE,
        values: {
          cpuUsed: 500, // 50 % of 2 x 500
          memoryUsed: 800, // 40 % of 2 x 1000
          networkUsed: 20, // 2 x 1.25 MB/s = 2 x 10 Mbit/s
          storageUsed: 10_000, // 20 % of 2 x (20 + 5) GiB
          responseTime: 200,
          throughput: 10,
          queueLength: 12,
          errorRate: 0.01,
        },
        absent: {},
      },
    ]);
  });

  test("a percentage of an unknown allocation is absent, other metrics are not", async () => {
    publish(cloudwatch, NOW, BUSY);
    const [sample] = await readOne(sourceOf(targetOf({ source: SOURCE })), { allocationAt: () => undefined });
    expect(sample?.absent).toMatchObject({ cpuUsed: "missing", memoryUsed: "missing", queueLength: "no-source" });
    expect(sample?.values).toMatchObject({ throughput: 10, errorRate: 0.01, responseTime: 200 });
  });

  test("and so is one of no tasks: it is not zero", async () => {
    publish(cloudwatch, NOW, BUSY);
    const allocation = { ...ALLOCATION, tasks: 0 };
    const [sample] = await readOne(sourceOf(targetOf({ source: SOURCE })), { allocationAt: () => allocation });
    expect(sample?.absent).toMatchObject({ cpuUsed: "implausible", memoryUsed: "implausible" });
  });

  test("a metric of one's own, and metric math whose ids are renamed but for text in quotation marks", async () => {
    cloudwatch.put("Depth", { Queue: "a" }, { startMs: NOW - MINUTE, value: 3, publishedMs: 0 });
    cloudwatch.put("Depth", { Queue: "b" }, { startMs: NOW - MINUTE, value: 4, publishedMs: 0 });
    const depth = (queue: string) => ({ namespace: "Shop", name: "Depth", dimensions: { Queue: queue } });
    const metrics = {
      queueLength: { inputs: { a: depth("a"), b: depth("b") }, expression: "(a + b) * 2" },
      throughput: { ...depth("a"), statistic: "Sum", factor: 0.5 },
      cpuUsed: { ...depth("b"), factor: 0.1 },
      memoryUsed: null,
    };
    const [sample] = await readOne(sourceOf(targetOf({ metrics })));
    expect(sample?.values).toEqual({ queueLength: 14, throughput: 1.5, cpuUsed: 400 });
    // The input that two metrics read is asked for once.
    expect(cloudwatch.calls[0]?.MetricDataQueries?.map(shown)).toEqual([
      "m0 Shop Depth Average 60",
      "m1 Shop Depth Sum 60",
      "m2 Shop Depth Average 60 (input)",
      "e0 (m2 + m0) * 2",
    ]);
  });
});

describe("failures", () => {
  const failing = (name: string) => Object.assign(new Error("no"), { name });

  test.each([
    ["AccessDeniedException", "metrics denied: allow cloudwatch:GetMetricData on * (no)"],
    ["ThrottlingException", "metrics throttled: no"],
    ["ServiceUnavailable", "metrics could not be read: ServiceUnavailable: no"],
  ])("%s is an error of the components in that call only", async (name, message) => {
    const names = Array.from({ length: 300 }, (_, i) => `s${i}`);
    const bad = targetOf({ name: "bad", metrics: { memoryUsed: { namespace: "Bad", name: "Bad" } } });
    const source = sourceOf(...names.map((each) => targetOf({ name: each })), bad);
    for (const each of names) publish(cloudwatch, NOW, { cpu: 10, memory: 10 }, { service: each });
    cloudwatch.faults.set("Bad", { error: failing(name) });
    const asked = ["bad", ...names];
    const answers = await source.read(
      asked.map((component) => ({ component, sinceMs: NOW - MINUTE, allocationAt: () => ALLOCATION })),
      NOW,
    );
    expect(cloudwatch.calls).toHaveLength(2);
    expect(answers[0]).toMatchObject({ message });
    expect(answers.filter((answer) => !(answer instanceof Error))).toHaveLength(300 - 249);
    expect(logged).toEqual([`error ${message} {"components":250,"queries":500}`]);
  });

  test("Forbidden: of one metric it is absent, of all the component is an error", async () => {
    publish(cloudwatch, NOW, BUSY);
    cloudwatch.faults.set("CPUUtilization", { status: "Forbidden" });
    const source = sourceOf(targetOf());
    expect((await readOne(source))[0]).toMatchObject({ values: { memoryUsed: 800 }, absent: { cpuUsed: "denied" } });
    cloudwatch.faults.set("MemoryUtilization", { status: "Forbidden" });
    await expect(readOne(source)).rejects.toThrow("metrics of web denied: allow cloudwatch:GetMetricData on *");
  });

  test.each(["InternalError", "PartialData"] as const)(
    "%s: waited for while the datapoint may still be had, then absent",
    async (status) => {
      publish(cloudwatch, NOW, BUSY);
      cloudwatch.faults.set("CPUUtilization", { status });
      const source = sourceOf(targetOf());
      const at = async (nowMs: number) => {
        cloudwatch.nowMs = nowMs;
        return await readOne(source, { nowMs });
      };
      expect(await at(NOW + MINUTE)).toEqual([]);
      expect(await at(NOW + 2 * MINUTE)).toMatchObject([
        { endMs: NOW, values: { memoryUsed: 800 }, absent: { cpuUsed: "partial" } },
      ]);
      cloudwatch.faults.clear();
      expect(await at(NOW + MINUTE)).toMatchObject([{ endMs: NOW, values: { cpuUsed: 500 } }]);
    },
  );
});
