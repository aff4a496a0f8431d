import type { MetricName } from "../domain/model/sample.ts";
import { METRIC_OF_RESOURCE } from "../domain/model/used-metric.ts";
import type { ComponentConfig } from "./component-schema.ts";
import { closest, type Mismatch, show } from "./problems.ts";
import type { ParsedFleet } from "./schema.ts";
import { INPUTS_MAX, type MetricConfig } from "./source-schema.ts";

const RESOURCE_METRICS: ReadonlySet<string> = new Set(METRIC_OF_RESOURCE.map(([, metric]) => metric));
/** Metrics that count events, where no datapoint can mean none. */
const COUNTS: ReadonlySet<string> = new Set<MetricName>(["throughput", "queueLength", "errorRate"]);
/** Functions whose answer is not one time series, or which reach beyond the expression's own inputs. */
const MANY_SERIES = /\b(METRICS|SEARCH|ANOMALY_DETECTION_BAND|SELECT|SLICE|SORT|LAMBDA|DB_PERF_INSIGHTS)\b/;
/** Identifiers of an expression outside of quotation marks. */
const TOKENS = /"[^"]*"|'[^']*'|[A-Za-z_]\w*/g;

/** The sources of a component: what its schema cannot see. */
export function checkSources(component: ComponentConfig, path: string, monitor: ParsedFleet["monitor"]): Mismatch[] {
  return [
    ...checkLoadBalancer(component.source, `${path}.source`),
    ...Object.entries(component.metrics).flatMap(([name, metric]) =>
      metric ? checkMetric(name, metric, `${path}.metrics.${name}`, { path, monitor }) : [],
    ),
  ];
}

/** CloudWatch knows the metrics of a target group only together with its load balancer. */
function checkLoadBalancer({ targetGroup, loadBalancer }: ComponentConfig["source"], path: string): Mismatch[] {
  if ((targetGroup === undefined) === (loadBalancer === undefined)) return [];
  const [missing, present] =
    targetGroup === undefined ? ["targetGroup", "loadBalancer"] : ["loadBalancer", "targetGroup"];
  const bound = `a value, since ${present} has one: metrics are published for the two together`;
  return [{ path: `${path}.${missing}`, value: "nothing", bound, uses: [`${path}.${present}`] }];
}

function checkMetric(
  name: string,
  metric: MetricConfig,
  path: string,
  { path: component, monitor }: { path: string; monitor: ParsedFleet["monitor"] },
): Mismatch[] {
  const problems =
    metric.inputs === undefined && metric.expression === undefined ? one(metric, path) : math(metric, path);
  if (metric.periodSeconds < monitor.periodSeconds) {
    const bound = `at least the fleet's monitor.periodSeconds, ${monitor.periodSeconds}: a sample holds one value`;
    const uses = [`${component.slice(0, component.indexOf("."))}.monitor.periodSeconds`];
    problems.push({ path: `${path}.periodSeconds`, value: show(metric.periodSeconds), bound, uses });
  }
  if (metric.unit === "percent-of-allocation" && !RESOURCE_METRICS.has(name)) {
    const bound = `absolute: only ${[...RESOURCE_METRICS].join(", ")} are use of an allocation`;
    problems.push({ path: `${path}.unit`, value: show(metric.unit), bound });
  }
  if (metric.whenMissing === "zero" && !COUNTS.has(name)) {
    const bound = `absent: only ${[...COUNTS].join(", ")} count events; no datapoint is no proof of no use`;
    problems.push({ path: `${path}.whenMissing`, value: show(metric.whenMissing), bound });
  }
  return problems;
}

/** The form of one metric. */
function one(metric: MetricConfig, path: string): Mismatch[] {
  return (["namespace", "name"] as const)
    .filter((field) => metric[field] === undefined)
    .map((field) => ({
      path: `${path}.${field}`,
      value: "nothing",
      bound: "a value: a source is one metric (namespace, name) or inputs with an expression",
      uses: [`${path}.inputs`, `${path}.expression`],
    }));
}

/** The form of several inputs and an expression. */
function math({ inputs, expression, ...metric }: MetricConfig, path: string): Mismatch[] {
  const uses = [`${path}.inputs`, `${path}.expression`];
  const problems: Mismatch[] = (["namespace", "name", "dimensions", "statistic"] as const)
    .filter((field) => metric[field] !== undefined)
    .map((field) => ({
      path: `${path}.${field}`,
      value: show(metric[field]),
      bound: "nothing beside inputs and expression: each input has its own",
      uses,
    }));
  const ids = Object.keys(inputs ?? {});
  if (inputs === undefined || ids.length === 0 || ids.length > INPUTS_MAX) {
    const value = inputs === undefined ? "nothing" : `${ids.length} inputs`;
    problems.push({ path: `${path}.inputs`, value, bound: `1 to ${INPUTS_MAX} inputs for the expression`, uses });
  }
  if (expression === undefined) {
    problems.push({ path: `${path}.expression`, value: "nothing", bound: `metric math over ${ids.join(", ")}`, uses });
    return problems;
  }
  return inputs === undefined
    ? problems
    : [...problems, ...checkExpression(expression, ids, `${path}.expression`, uses)];
}

/** Loosely: CloudWatch knows its functions best. Names of inputs begin in lower case, those of functions do not. */
function checkExpression(
  expression: string,
  ids: readonly string[],
  path: string,
  uses: readonly string[],
): Mismatch[] {
  const plain = expression.replace(/"[^"]*"|'[^']*'/g, "");
  const many = MANY_SERIES.exec(plain)?.[0];
  if (many !== undefined) {
    return [{ path, value: show(many), bound: "metric math that gives one time series from its own inputs", uses }];
  }
  const named = new Set((expression.match(TOKENS) ?? []).filter((token) => /^[a-z]/.test(token)));
  // The mantissa of 1e3 is no name.
  const unknown = [...named].filter((token) => !ids.includes(token) && !/^e\d+$/.test(token));
  const unused = ids.filter((id) => !named.has(id));
  return [
    ...unknown.map((token) => {
      const near = closest(token, ids);
      return {
        path,
        value: show(token),
        bound: `ids of inputs: ${near ? `did you mean ${near}?` : ids.join(", ")}`,
        uses,
      };
    }),
    ...unused.map((id) => ({ path, value: show(expression), bound: `an expression that uses the input ${id}`, uses })),
  ];
}
