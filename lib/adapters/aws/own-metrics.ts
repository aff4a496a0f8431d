import { InvariantError } from "../../domain/model/errors.ts";
import { type Measurement, OWN_METRICS, OWN_METRICS_NAMESPACE } from "../../own-metrics.ts";

/** A dimension's value may have so many characters (CloudWatch's Embedded Metric Format specification). */
const DIMENSION_MAX = 1024;

/**
 * A measurement as one line in CloudWatch's Embedded Metric Format: the log becomes metrics without a call to an API.
 * Metrics that are emitted only when positive, and values that are no numbers, are left out; a line without a metric is
 * still a log line.
 *
 * @throws InvariantError for a metric under a dimension that is not its own: it would be billed as another one.
 */
export function emfLine(deployment: string, measurement: Measurement, atMs: number): string {
  const [dimension, value] = Object.entries(measurement.dimension)[0] as ["Loop" | "Fleet", string];
  const values: Record<string, number> = {};
  const metrics: { Name: string; Unit: string }[] = [];
  for (const { name, unit, dimension: own, emitted } of OWN_METRICS) {
    const each = measurement.values[name];
    if (each === undefined || !Number.isFinite(each) || (emitted === "positive" && each <= 0)) continue;
    if (own !== dimension) throw new InvariantError(`${name} is a metric of a ${own}`, { dimension });
    values[name] = each;
    metrics.push({ Name: name, Unit: unit });
  }
  const directive = { Namespace: OWN_METRICS_NAMESPACE, Dimensions: [["Deployment", dimension]], Metrics: metrics };
  return JSON.stringify({
    ...measurement.fields,
    ...(metrics.length === 0 ? {} : { _aws: { Timestamp: atMs, CloudWatchMetrics: [directive] } }),
    Deployment: deployment.slice(0, DIMENSION_MAX),
    [dimension]: value.slice(0, DIMENSION_MAX),
    ...values,
  });
}
