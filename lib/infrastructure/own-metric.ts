import { Duration } from "aws-cdk-lib";
import * as cloudwatch from "aws-cdk-lib/aws-cloudwatch";
import type * as dynamodb from "aws-cdk-lib/aws-dynamodb";
import { type OWN_METRICS, OWN_METRICS_NAMESPACE } from "../own-metrics.ts";

/** Those that are metrics: what is only logged has no datapoints to graph. */
type NameUnder<D extends "Deployment" | "Fleet"> = Extract<
  (typeof OWN_METRICS)[number],
  { readonly dimension: D; readonly emitted: "positive" }
>["name"];

export type FleetMetricName = NameUnder<"Fleet">;

/** A metric of the whole deployment. The table's name tells two deployments in one account apart. */
export function deploymentMetric(
  table: dynamodb.ITable,
  metricName: NameUnder<"Deployment">,
  options?: cloudwatch.MetricOptions,
): cloudwatch.Metric {
  return ownMetric(metricName, { Deployment: table.tableName }, options);
}

/** A metric of a fleet, averaged unless the options say otherwise. */
export function fleetMetric(
  table: dynamodb.ITable,
  metricName: FleetMetricName,
  fleet: string,
  options?: cloudwatch.MetricOptions,
): cloudwatch.Metric {
  return ownMetric(metricName, { Deployment: table.tableName, Fleet: fleet }, options);
}

function ownMetric(
  metricName: string,
  dimensionsMap: cloudwatch.DimensionsMap,
  options: cloudwatch.MetricOptions = {},
): cloudwatch.Metric {
  return new cloudwatch.Metric({
    namespace: OWN_METRICS_NAMESPACE,
    metricName,
    dimensionsMap,
    period: Duration.minutes(1),
    ...options,
  });
}
