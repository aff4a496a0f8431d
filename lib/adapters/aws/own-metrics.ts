import { InvariantError } from "../../domain/model/errors.ts";
import { type Measurement, OWN_METRICS, OWN_METRICS_NAMESPACE } from "../../own-metrics.ts";

/** A dimension's value may have so many characters (CloudWatch's Embedded Metric Format specification). */
const DIMENSION_MAX = 1024;

/**
 * A measurement as one line in CloudWatch's Embedded Metric Format: the log becomes metrics without a call to an API.
 * Values that are no numbers, and metrics that are emitted only when positive, are left out; what is only logged is a field,
 * and a line without a metric is still a log line.
 *
 * @throws InvariantError for a metric under a dimension that is not its own: it would be billed as another one.
 */
export function emfLine(deployment: string, measurement: Measurement, atMs: number): string {
  const own = Object.entries(measurement.dimension ?? {})[0] as ["Loop" | "Fleet", string] | undefined;
  const dimension = own?.[0] ?? "Deployment";
  const values: Record<string, number> = {};
  const metrics: { Name: string; Unit: string }[] = [];
  for (const { name, unit, dimension: right, emitted } of OWN_METRICS) {
    const each = measurement.values[name];
    if (each === undefined || !Number.isFinite(each) || (emitted === "positive" && each <= 0)) continue;
    if (right !== dimension) throw new InvariantError(`${name} is a metric of a ${right}`, { dimension });
    values[name] = each;
    if (emitted !== "logged") metrics.push({ Name: name, Unit: unit });
  }
  const names = own === undefined ? ["Deployment"] : ["Deployment", dimension];
  const directive = { Namespace: OWN_METRICS_NAMESPACE, Dimensions: [names], Metrics: metrics };
  return JSON.stringify({
    ...measurement.fields,
    _aws: metrics.length === 0 ? undefined : { Timestamp: atMs, CloudWatchMetrics: [directive] },
    Deployment: deployment.slice(0, DIMENSION_MAX),
    ...(own && { [dimension]: own[1].slice(0, DIMENSION_MAX) }),
    ...values,
  });
}
