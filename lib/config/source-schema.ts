import * as z from "zod";
import { METRICS, type MetricName } from "../domain/model/sample.ts";
import { forms, open } from "./fields.ts";

/** Ids of metric math, as CloudWatch wants them. */
const METRIC_ID = /^[a-z][a-zA-Z0-9_]{0,254}$/;
/** Inputs of one expression. */
export const INPUTS_MAX = 10;
/** Periods that a metric may have, seconds: 20 for high-resolution metrics, else whole minutes. */
const PERIODS = [20, 60, 120, 180, 240, 300] as const;

/** Unit that a metric's answer times its factor must have, as the file says quantities. */
const METRIC_UNITS: Readonly<Record<MetricName, string>> = {
  cpuUsed: "vCPU",
  memoryUsed: "GiB",
  networkUsed: "Gbit/s",
  storageUsed: "GiB, the free 20 of each task included",
  responseTime: "ms",
  throughput: "operations/s",
  queueLength: "operations",
  errorRate: "percent of the operations",
};

function text(pattern: RegExp, expected: string) {
  return z.string().regex(pattern, { error: expected }).register(forms, { expected });
}

const namespaceField = text(/^[^:]{1,255}$/, "1 to 255 characters without a colon");
const metricNameField = text(/^[ -~]{1,255}$/, "1 to 255 printable characters");
const dimensionsField = z
  .record(text(/^[!-~][ -~]{0,254}$/, "1 to 255 printable characters"), text(/^.{1,1024}$/, "1 to 1024 characters"))
  .optional()
  .describe("Dimensions of the metric, exactly those it is published with; none without.");
const statisticField = text(
  /^(Average|Sum|Minimum|Maximum|SampleCount|IQM|(p|tm|wm|tc|ts)\d{1,2}(\.\d{1,10})?|p100|(TM|WM|PR|TC|TS)\([\d.:%]+\))$/,
  "Average, Sum, Minimum, Maximum, SampleCount, a percentile as p95 or another statistic of CloudWatch",
)
  .optional()
  .describe("Statistic over the period; Average without one.");

const InputSchema = z
  .strictObject({
    namespace: namespaceField.describe("CloudWatch namespace."),
    name: metricNameField.describe("CloudWatch metric."),
    dimensions: dimensionsField,
    statistic: statisticField,
  })
  .describe("One input of the expression, by the id that the expression calls it.");

const METRIC_LIST = METRICS.map((name) => `${name} (${METRIC_UNITS[name]})`).join(", ");

const MetricSchema = z
  .strictObject({
    namespace: namespaceField.optional().describe("CloudWatch namespace of the one metric."),
    name: metricNameField.optional().describe("CloudWatch name of the one metric."),
    dimensions: dimensionsField,
    statistic: statisticField,
    inputs: z
      .record(text(METRIC_ID, "a lower-case letter, then letters, digits or _"), InputSchema)
      .optional()
      .describe(`Instead of one metric: up to ${INPUTS_MAX} for the expression, by id.`),
    expression: z
      .string()
      .min(1)
      .max(1024)
      .optional()
      .describe("CloudWatch metric math over the ids of the inputs; one time series."),
    periodSeconds: z
      .literal(PERIODS)
      .default(60)
      .describe(
        "Period of the metric, at least that of the samples (monitor.periodSeconds). Of a longer one the newest value is carried. Unit: seconds. Default 60.",
      ),
    unit: z
      .enum(["absolute", "percent-of-allocation"])
      .default("absolute")
      .describe("What the answer counts: the metric's own unit, or percent of what the running tasks are allocated."),
    factor: open("multiple", "Multiplies the answer, to reach the unit of the metric; 1 without.", {
      min: 1e-12,
      max: 1e12,
    }),
    whenMissing: z
      .enum(["absent", "zero"])
      .default("absent")
      .describe(
        "What no datapoint means once the period is surely published: nothing known, or none (counts of events).",
      ),
  })
  .describe("A source of your own, in place of the default one.");

/** Where a component's metrics come from on AWS, and what else may scale it. */
export const SourceSchema = z
  .strictObject({
    targetGroup: text(/^targetgroup\/[A-Za-z0-9-]{1,32}\/[0-9a-f]{1,32}$/, "targetgroup/name/id, the end of the ARN")
      .optional()
      .describe("Target group that the service's tasks are in: response time, throughput, error rate."),
    loadBalancer: text(/^app\/[A-Za-z0-9-]{1,32}\/[0-9a-f]{1,32}$/, "app/name/id, the end of the ARN")
      .optional()
      .describe("Application Load Balancer of the target group; needed with it."),
    queue: text(/^[A-Za-z0-9_-]{1,80}(\.fifo)?$/, "the name of an SQS queue")
      .optional()
      .describe("SQS queue, by name, that the service works off: queue length."),
    containerInsights: z
      .boolean()
      .default(false)
      .describe("Container Insights is enabled on the cluster: network and (on Fargate) ephemeral storage."),
    otherAutoscaler: z
      .enum(["refuse", "suspend"])
      .default("refuse")
      .describe(
        "An Application Auto Scaling target on the service: leave the service alone, or suspend the target. Default refuse.",
      ),
  })
  .prefault({})
  .describe("Where the metrics come from on AWS. Local mode does not read it.");

/** Sources of one's own by metric; null: none. */
export const MetricsSchema = z
  .partialRecord(z.enum(METRICS, { error: `one of ${METRICS.join(", ")}` }), MetricSchema.nullable())
  .default({})
  .describe(
    `Sources of your own, by metric, and null for none. Metrics, and the unit that answer x factor must have: ${METRIC_LIST}.`,
  );

export type MetricConfig = z.output<typeof MetricSchema>;
