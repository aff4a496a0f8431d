import { Duration } from "aws-cdk-lib";
import * as cloudwatch from "aws-cdk-lib/aws-cloudwatch";
import type { MetricBinding, ServiceTarget } from "../deployment.ts";
import type { ComponentPolicy, RulePolicy } from "../domain/model/policy.ts";
import type { TriggerName } from "../domain/model/trigger.ts";

/** Of 24 columns: two graphs, and decisions with their reasons, which are read. */
const GRAPH_WIDTH = 6;
const DECISIONS_WIDTH = 12;
const HEIGHT = 8;
const UP_COLOR = cloudwatch.Color.RED;
const DOWN_COLOR = cloudwatch.Color.GREEN;

/** A row of the dashboard for one component: use against thresholds, requests, decisions. */
export function componentWidgets(
  policy: ComponentPolicy,
  target: ServiceTarget,
  widgetArn: string,
): readonly cloudwatch.IWidget[] {
  return [useWidget(policy, target), requestsWidget(policy, target), decisionsWidget(policy, target, widgetArn)];
}

function useWidget(policy: ComponentPolicy, { metrics }: ServiceTarget): cloudwatch.IWidget {
  return new cloudwatch.GraphWidget({
    title: `${policy.name}: use, and where its rules act`,
    left: [...graphed("cpu", metrics.cpuUsed), ...graphed("memory", metrics.memoryUsed)],
    leftAnnotations: [
      ...thresholds(policy, "CPU_UTILIZATION", "CPU", 100),
      ...thresholds(policy, "MEMORY_UTILIZATION", "memory", 100),
    ],
    leftYAxis: { min: 0, label: "percent", showUnits: false },
    width: GRAPH_WIDTH,
    height: HEIGHT,
  });
}

function requestsWidget(policy: ComponentPolicy, { metrics }: ServiceTarget): cloudwatch.IWidget {
  const { responseTime, throughput, queueLength, errorRate } = metrics;
  if ([responseTime, throughput, queueLength, errorRate].every((each) => each === undefined)) {
    return new cloudwatch.TextWidget({
      markdown: `**${policy.name}: requests**\n\nThe configuration names no load balancer, queue or metric of its own for this component (\`source\`, \`metrics\`).`,
      width: GRAPH_WIDTH,
      height: HEIGHT,
    });
  }
  return new cloudwatch.GraphWidget({
    title: `${policy.name}: response time, requests, queue`,
    left: graphed("response time", responseTime),
    leftAnnotations:
      responseTime === undefined
        ? []
        : inGraphUnit(thresholds(policy, "RESPONSE_TIME", "response time", 1), responseTime),
    leftYAxis: { min: 0, showUnits: false },
    right: [
      ...graphed("throughput", throughput),
      ...graphed("queue length", queueLength),
      ...graphed("error rate", errorRate),
    ],
    rightYAxis: { min: 0, showUnits: false },
    width: GRAPH_WIDTH,
    height: HEIGHT,
  });
}

function decisionsWidget(policy: ComponentPolicy, { fleet }: ServiceTarget, functionArn: string): cloudwatch.IWidget {
  return new cloudwatch.CustomWidget({
    title: `${policy.name}: allocation and decisions`,
    functionArn,
    params: { fleet, component: policy.name, limit: 10 },
    updateOnRefresh: true,
    updateOnTimeRangeChange: true,
    width: DECISIONS_WIDTH,
    height: HEIGHT,
  });
}

/** A metric as the controller reads it, before it is made absolute. */
function graphed(label: string, binding: MetricBinding | undefined): cloudwatch.IMetric[] {
  if (binding === undefined) return [];
  const inputs = binding.inputs.map(
    ({ id, namespace, name, dimensions, statistic, periodMs }) =>
      [
        id,
        new cloudwatch.Metric({
          namespace,
          metricName: name,
          dimensionsMap: { ...dimensions },
          statistic,
          period: Duration.millis(Math.max(60_000, periodMs)), // of 20 s metrics little would be seen, and not for long
          label,
        }),
      ] as const,
  );
  const [first] = inputs;
  if (binding.expression === undefined) return first === undefined ? [] : [first[1]];
  const prefix = label.replace(/\W/g, "");
  // Ids are unique within a binding only; a graph shows several.
  const renamed = inputs.map(([id, metric]) => [`${prefix}_${id}`, metric] as const);
  return [
    new cloudwatch.MathExpression({
      label,
      expression: inputs.reduce(
        (text, [id]) => text.replace(new RegExp(`\\b${id}\\b`, "g"), `${prefix}_${id}`),
        binding.expression,
      ),
      usingMetrics: Object.fromEntries(renamed),
      period: Duration.minutes(1),
    }),
  ];
}

function thresholds(
  { rules }: ComponentPolicy,
  trigger: TriggerName,
  what: string,
  scale: number,
): cloudwatch.HorizontalAnnotation[] {
  return rules
    .filter((rule) => rule.trigger === trigger)
    .flatMap(({ up, down }: RulePolicy) => [
      { value: rounded(up * scale), label: `${what}: grow above`, color: UP_COLOR },
      ...(down > 0 ? [{ value: rounded(down * scale), label: `${what}: shrink below`, color: DOWN_COLOR }] : []),
    ]);
}

/** Thresholds in the unit of the graph: what the controller multiplies a metric with is divided out again. */
function inGraphUnit(
  annotations: readonly cloudwatch.HorizontalAnnotation[],
  { factor }: MetricBinding,
): cloudwatch.HorizontalAnnotation[] {
  return annotations.map((each) => ({ ...each, value: rounded(each.value / factor) }));
}

/** 0.55 x 100 is 55.00000000000001. */
function rounded(value: number): number {
  return Math.round(value * 1e6) / 1e6;
}
