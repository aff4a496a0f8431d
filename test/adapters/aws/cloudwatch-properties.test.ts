import fc from "fast-check";
import { expect, test } from "vitest";
import { CloudWatchMetricSource } from "../../../lib/adapters/aws/cloudwatch/index.ts";
import type { Sample } from "../../../lib/domain/model/sample.ts";
import { ALLOCATION, MINUTE, publish, SOURCE, START, targetOf } from "../../support/cloudwatch-service.ts";
import { FakeCloudWatch } from "../../support/fake-cloudwatch.ts";

const MINUTES = 25;
const seconds = (max: number) => fc.integer({ min: 0, max }).map((count) => count * 1000);

interface Minute {
  readonly cpu: number;
  readonly requests: number;
  readonly errors: number;
  readonly ecsDelay: number;
  readonly balancerDelay: number;
}
const minute: fc.Arbitrary<Minute> = fc.record({
  cpu: fc.integer({ min: 1, max: 100 }),
  // Mostly traffic, sometimes silence.
  requests: fc.oneof(
    { weight: 3, arbitrary: fc.integer({ min: 1, max: 6000 }) },
    { weight: 1, arbitrary: fc.constant(0) },
  ),
  errors: fc.oneof({ weight: 2, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.integer({ min: 1, max: 9 }) }),
  ecsDelay: seconds(119),
  balancerDelay: seconds(119),
});

/** The samples a monitor gets, beat by beat, each asked for from the last one on. */
async function watched(history: readonly Minute[], beatMs: number): Promise<Sample[]> {
  const cloudwatch = new FakeCloudWatch();
  for (const [i, { cpu, requests, errors, ecsDelay, balancerDelay }] of history.entries()) {
    const delays = { ecs: ecsDelay, others: balancerDelay };
    const traffic = requests > 0 ? { requests, seconds: 0.1, ...(errors > 0 && { errors }) } : {};
    publish(cloudwatch, START + (i + 1) * MINUTE, { cpu, memory: 50, ...traffic }, { delays });
  }
  const targets = [targetOf({ source: SOURCE })];
  const source = new CloudWatchMetricSource({ client: cloudwatch.client, targets, log: () => {} });
  const samples: Sample[] = [];
  for (let nowMs = START; nowMs <= START + MINUTES * MINUTE; nowMs += beatMs) {
    cloudwatch.nowMs = nowMs;
    const sinceMs = samples.at(-1)?.endMs ?? START;
    const [answer] = await source.read([{ component: "web", sinceMs, allocationAt: () => ALLOCATION }], nowMs);
    if (answer === undefined || answer instanceof Error) throw answer ?? new Error("no answer");
    samples.push(...answer);
  }
  return samples;
}

test("however late within two minutes: each period once, in order, and what it says is what was", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(minute, { minLength: MINUTES, maxLength: MINUTES }),
      fc.constantFrom(10_000, 30_000, 60_000, 90_000),
      async (history, beatMs) => {
        const samples = await watched(history, beatMs);
        expect(samples.map(({ endMs }) => endMs)).toEqual(samples.map((_, i) => START + (i + 1) * MINUTE));
        expect(samples.length).toBeGreaterThanOrEqual(MINUTES - 5);
        for (const [i, { values, absent }] of samples.entries()) {
          const { cpu = 0, requests = 0, errors = 0 } = history[i] ?? {};
          expect(values.cpuUsed).toBe(cpu * 10);
          expect(values.throughput).toBeCloseTo(requests / 60, 3);
          expect(absent.responseTime).toBe(requests === 0 ? "no-traffic" : undefined);
          expect(absent.errorRate).toBe(requests === 0 ? "no-traffic" : undefined);
          expect(values.errorRate ?? 0).toBeCloseTo(requests === 0 ? 0 : errors / requests, 5);
        }
      },
    ),
    { numRuns: 25, seed: 20_260_105 },
  );
});
