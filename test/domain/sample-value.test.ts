import { expect, test } from "vitest";
import { sampleValue } from "../../lib/domain/model/sample.ts";

test.each([
  ["cpuUsed", 1234.4, 1234],
  ["cpuUsed", 1234.5, 1235],
  ["cpuUsed", 0.02, 1],
  ["cpuUsed", 0, 0],
  ["memoryUsed", 0.4, 1],
  ["networkUsed", 10.6, 11],
  ["storageUsed", 8000, 8000],
  ["responseTime", 0.0126, 0.013],
  ["throughput", 0.0004, 0],
  ["queueLength", 1.23456, 1.235],
  ["errorRate", 0.000_000_4, 0],
  ["errorRate", 0.123_456_78, 0.123_457],
] as const)("%s of %d is held as %d", (metric, value, held) => {
  expect(sampleValue(metric, value)).toBe(held);
});
