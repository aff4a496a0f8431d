import { expect, test } from "vitest";
import { CloudWatchMetricSource } from "../../lib/adapters/aws/cloudwatch/index.ts";
import { historyTrace } from "../../lib/cli/cloudwatch-trace.ts";
import { BUSY, MINUTE, publish, SOURCE, START, targetOf } from "../support/cloudwatch-service.ts";
import { FakeCloudWatch } from "../support/fake-cloudwatch.ts";

const DAY = 1440 * MINUTE;

/** A day of 600 requests a minute but in the gap. */
function published(gap: readonly [fromMs: number, toMs: number] = [0, 0]): CloudWatchMetricSource {
  const cloudwatch = new FakeCloudWatch();
  for (let endMs = START + MINUTE; endMs <= START + DAY; endMs += MINUTE)
    if (endMs <= gap[0] || endMs > gap[1]) publish(cloudwatch, endMs, BUSY);
  cloudwatch.nowMs = START + DAY;
  return new CloudWatchMetricSource({
    client: cloudwatch.client,
    targets: [targetOf({ source: SOURCE })],
    log: () => undefined,
  });
}

const request = { component: "web", days: 1, nowMs: START + DAY };

test("a day of throughput is a trace in requests a second", async () => {
  const trace = await historyTrace(published(), request);
  expect(trace).toMatchObject({ startMs: START, stepMs: MINUTE, heldValues: 0 });
  expect(trace.values).toHaveLength(1440);
  expect(new Set(trace.values)).toEqual(new Set([10]));
});

test("minutes that CloudWatch does not have are named, or held when asked for", async () => {
  const source = () => published([START + 100 * MINUTE, START + 110 * MINUTE]);
  await expect(historyTrace(source(), request)).rejects.toThrow(
    /web \(CloudWatch\) cannot be used\n.*gap: 10 rows missing/,
  );
  const held = await historyTrace(source(), { ...request, gaps: "hold" });
  expect(held).toMatchObject({ heldValues: 10 });
  expect(held.values).toHaveLength(1440);
});
