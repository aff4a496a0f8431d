import { Duration } from "aws-cdk-lib";
import * as cloudwatch from "aws-cdk-lib/aws-cloudwatch";
import type * as dynamodb from "aws-cdk-lib/aws-dynamodb";
import * as logs from "aws-cdk-lib/aws-logs";
import type { Construct } from "constructs";
import { LOOPS, type LoopName } from "../flow.ts";
import { OWN_METRICS_NAMESPACE } from "../own-metrics.ts";
import type { ControllerFunction } from "./controller-function.ts";

/**
 * What a pass that failed leaves in its function's log: a line of level ERROR of the function itself, or Lambda's report where
 * it could say nothing any more: out of time, out of memory, not even begun. Lambda writes the reports of failures at WARN, the
 * level that the functions have, and all others at INFO.
 */
const FAILURE = logs.FilterPattern.any(
  logs.FilterPattern.stringValue("$.level", "=", "ERROR"),
  logs.FilterPattern.all(
    logs.FilterPattern.stringValue("$.type", "=", "platform.report"),
    logs.FilterPattern.stringValue("$.record.status", "!=", "success"),
  ),
);

/**
 * Failures of all loops' functions as one metric: one alarm on Lambda's own metrics would be billed as one for each function. It
 * has no default value, so that it has datapoints, and costs something, only while a function fails. A filter's dimensions
 * are fields of the line, of which Lambda's has none of ours: here the namespace tells two deployments in one account apart.
 */
export function functionErrors(
  scope: Construct,
  table: dynamodb.ITable,
  functions: Readonly<Record<LoopName, ControllerFunction>>,
): cloudwatch.Metric {
  const metric = { metricNamespace: `${OWN_METRICS_NAMESPACE}/${table.tableName}`, metricName: "FunctionErrors" };
  for (const { name } of LOOPS) {
    const { logGroup } = functions[name];
    new logs.MetricFilter(scope, `Errors-${name}`, { ...metric, logGroup, filterPattern: FAILURE, metricValue: "1" });
  }
  return new cloudwatch.Metric({
    namespace: metric.metricNamespace,
    metricName: metric.metricName,
    statistic: "Sum",
    period: Duration.minutes(1),
  });
}
