import { beforeEach, expect, test } from "vitest";
import { CloudWatchMetricSource } from "../../../lib/adapters/aws/cloudwatch/index.ts";
import type { Sample } from "../../../lib/domain/model/sample.ts";
import { ALLOCATION, BUSY, MINUTE, publish, SOURCE, START, targetOf } from "../../support/cloudwatch-service.ts";
import { FakeCloudWatch } from "../../support/fake-cloudwatch.ts";

const DAY = 1440 * MINUTE;
const METRICS = ["cpuUsed", "throughput", "errorRate", "queueLength"] as const;
let cloudwatch: FakeCloudWatch;
let source: CloudWatchMetricSource;
beforeEach(() => {
  cloudwatch = new FakeCloudWatch();
  const targets = [targetOf({ source: SOURCE })];
  source = new CloudWatchMetricSource({ client: cloudwatch.client, targets, log: () => {} });
});

/** Busy minutes up to `days` after START, but for those in the gap. */
function feed(days: number, gap: readonly [fromMs: number, toMs: number] = [0, 0]): void {
  for (let endMs = START + MINUTE; endMs <= START + days * DAY; endMs += MINUTE)
    if (endMs <= gap[0] || endMs > gap[1]) publish(cloudwatch, endMs, BUSY);
  cloudwatch.nowMs = START + days * DAY;
}
async function history(fromMs: number, toMs: number): Promise<readonly Sample[]> {
  const { nowMs } = cloudwatch;
  return await source.readHistory({
    component: "web",
    metrics: METRICS,
    fromMs,
    toMs,
    nowMs,
    allocationAt: (endMs) => (endMs <= START + DAY ? ALLOCATION : { ...ALLOCATION, tasks: 4 }),
  });
}

test("two weeks by the minute, in calls that need no pages, with the allocation of their time", async () => {
  feed(14);
  const samples = await history(START, START + 14 * DAY);
  expect(samples).toHaveLength(14 * 1440);
  expect(samples.map(({ endMs }) => endMs)).toEqual(samples.map((_, i) => START + (i + 1) * MINUTE));
  expect(samples[0]).toEqual({
    endMs: START + MINUTE,
    periodMs: MINUTE,
    values: { cpuUsed: 500, throughput: 10, errorRate: 0.01 },
    absent: {
      memoryUsed: "no-source",
      networkUsed: "no-source",
      storageUsed: "no-source",
      responseTime: "no-source",
      queueLength: "no-source",
    },
  });
  expect(samples.at(-1)?.values.cpuUsed).toBe(1000); // twice the tasks
  // Five queries: 20,160 minutes fit in a call's 100,800 datapoints, and the time before the first is looked at, too.
  expect(cloudwatch.calls).toHaveLength(2);
  expect(cloudwatch.calls.every(({ NextToken }) => NextToken === undefined)).toBe(true);
});

test("gaps stay gaps", async () => {
  feed(1, [START + 100 * MINUTE, START + 160 * MINUTE]);
  const minutes = (await history(START, START + DAY)).map(({ endMs }) => (endMs - START) / MINUTE);
  expect(minutes).toHaveLength(1440 - 60);
  expect(minutes.slice(98, 102)).toEqual([99, 100, 161, 162]);
});

test("only the asked range", async () => {
  feed(1);
  const samples = await history(START + 60 * MINUTE, START + 70 * MINUTE);
  expect(samples.map(({ endMs }) => (endMs - START) / MINUTE)).toEqual([61, 62, 63, 64, 65, 66, 67, 68, 69, 70]);
});

test("what is older than minutes are kept comes by five minutes, sums still as rates", async () => {
  feed(16);
  const samples = await history(START + DAY / 2, START + 2 * DAY);
  const coarse = samples.filter(({ periodMs }) => periodMs === 5 * MINUTE);
  const fine = samples.filter(({ periodMs }) => periodMs === MINUTE);
  // Minutes are kept 15 days, and an hour is kept clear of that.
  expect(fine[0]?.endMs).toBe(START + DAY + 61 * MINUTE);
  expect(coarse.at(-1)?.endMs).toBe(START + DAY + 60 * MINUTE);
  expect(coarse).toHaveLength((13 * 60) / 5);
  expect(coarse[0]?.values).toEqual({ cpuUsed: 500, throughput: 10, errorRate: 0.01 });
  const ends = samples.map(({ endMs }) => endMs);
  expect(ends).toEqual(ends.toSorted((a, b) => a - b));
});

test("an unknown component, a failed call and a partial answer are errors: holes of our own making mislead", async () => {
  feed(1);
  const request = {
    metrics: METRICS,
    fromMs: START,
    toMs: START + DAY,
    nowMs: START + DAY,
    allocationAt: () => undefined,
  };
  await expect(source.readHistory({ component: "x", ...request })).rejects.toThrow(
    "no metrics of x: it is not deployed",
  );
  cloudwatch.faults.set("CPUUtilization", { status: "InternalError" });
  await expect(history(START, START + DAY)).rejects.toThrow(
    "the history of web is incomplete: CloudWatch failed over cpuUsed",
  );
  cloudwatch.faults.set("CPUUtilization", { error: Object.assign(new Error("slow down"), { name: "Throttling" }) });
  await expect(history(START, START + DAY)).rejects.toThrow("metrics throttled: slow down");
});
