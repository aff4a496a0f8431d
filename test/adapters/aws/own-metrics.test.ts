import { describe, expect, test } from "vitest";
import { emfLine } from "../../../lib/adapters/aws/own-metrics.ts";
import { OWN_METRICS } from "../../../lib/own-metrics.ts";

const AT = 1_800_000_000_000;
const read = (line: string): Record<string, unknown> => JSON.parse(line) as Record<string, unknown>;

describe("a line in the Embedded Metric Format", () => {
  test("is one JSON object: the directive, the dimensions, the values, also those only logged, and fields for people", () => {
    const measurement = {
      dimension: { Fleet: "shop" },
      values: { ResourceUse: 83.5, ResourceLimitAlerts: 2, PerformanceAlerts: 1 },
      fields: { message: "fleet", components: { a: { tasks: 2 } } },
    };
    expect(read(emfLine("table-1", measurement, AT))).toEqual({
      message: "fleet",
      components: { a: { tasks: 2 } },
      _aws: {
        Timestamp: AT,
        CloudWatchMetrics: [
          {
            Namespace: "ScalingController",
            Dimensions: [["Deployment", "Fleet"]],
            Metrics: [
              { Name: "ResourceLimitAlerts", Unit: "Count" },
              { Name: "PerformanceAlerts", Unit: "Count" },
            ],
          },
        ],
      },
      Deployment: "table-1",
      Fleet: "shop",
      ResourceUse: 83.5,
      ResourceLimitAlerts: 2,
      PerformanceAlerts: 1,
    });
  });

  test("of the whole deployment has its dimension only", () => {
    const line = read(emfLine("t", { values: { LoopsSilent: 2 }, fields: { message: "loops" } }, AT));
    expect(line).toMatchObject({ message: "loops", Deployment: "t", LoopsSilent: 2 });
    expect(JSON.stringify(line["_aws"])).toContain('"Dimensions":[["Deployment"]]');
  });

  test("leaves out what is unknown, what is no number, and zeros of metrics that are emitted only when positive", () => {
    const values = { ResourceUse: 0, Effectiveness: Number.NaN, Efficiency: undefined, ResourceLimitAlerts: 0 };
    const line = read(emfLine("t", { dimension: { Fleet: "f" }, values, fields: {} }, AT));
    expect(Object.keys(line)).toEqual(["Deployment", "Fleet", "ResourceUse"]);
  });

  test("without any metric is a log line and no directive", () => {
    const line = emfLine("t", { dimension: { Loop: "monitor" }, values: { LoopErrors: 0 }, fields: { a: 1 } }, AT);
    expect(read(line)).toEqual({ a: 1, Deployment: "t", Loop: "monitor", LoopErrors: 0 });
  });

  test("a field cannot displace the directive, a dimension or a value", () => {
    const fields = { _aws: "x", Deployment: "x", Loop: "x", TicksCompleted: "x" };
    const line = emfLine("t", { dimension: { Loop: "monitor" }, values: { TicksCompleted: 1 }, fields }, AT);
    expect(line).not.toContain('"x"');
  });

  test("a metric under a foreign dimension would be billed as another metric, and is refused", () => {
    const measurement = { dimension: { Loop: "decision" as const }, values: { ResourceUse: 1 }, fields: {} };
    expect(() => emfLine("t", measurement, AT)).toThrow("ResourceUse is a metric of a Fleet");
    const foreign = { values: { PerformanceAlerts: 1 }, fields: {} };
    expect(() => emfLine("t", foreign, AT)).toThrow("PerformanceAlerts is a metric of a Fleet");
  });
});

test("the list of metrics stays within what the format and the bill allow", () => {
  expect(new Set(OWN_METRICS.map(({ name }) => name)).size).toBe(OWN_METRICS.length);
  expect(OWN_METRICS.length).toBeLessThanOrEqual(100);
  // $0.30 a month each if all had a value all the time, as alerts that hold do.
  expect(OWN_METRICS.filter(({ emitted }) => emitted === "positive").length).toBeLessThanOrEqual(5);
});
