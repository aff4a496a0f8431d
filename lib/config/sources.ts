import type { Deployment, MetricBinding, MetricInput, ServiceTarget } from "../deployment.ts";
import { TRIGGERS_BY_NAME } from "../domain/decision/triggers/index.ts";
import { toMilli } from "../domain/model/resources.ts";
import { METRICS, type MetricName } from "../domain/model/sample.ts";
import { VERSION } from "../version.ts";
import { compileFleet } from "./compile.ts";
import type { Finding } from "./reach.ts";
import type { CompleteComponent, Config, FleetConfig } from "./schema.ts";
import type { MetricConfig } from "./source-schema.ts";

/*
 * Where each component lives on AWS and where its metrics come from: the default sources of the eight integration points
 * (requirements, section 14), and what the configuration puts in their place.
 */

/** Of the metrics that AWS publishes, all but those of ECS, which can be had at 20 s. */
const MINUTE_MS = 60_000;

/** What the deployed functions read: policies, and one target for each component. */
export function compileDeployment(config: Config): Deployment {
  return {
    format: 1,
    version: VERSION,
    fleets: config.fleets.map(compileFleet),
    targets: config.fleets.flatMap(compileTargets),
  };
}

/** One target for each component of the fleet, in its order. */
export function compileTargets(fleet: FleetConfig): ServiceTarget[] {
  const periodMs = fleet.monitor.periodSeconds * 1000;
  return fleet.components.map((component) => {
    const metrics = compileMetrics(component, periodMs);
    return {
      component: component.name,
      fleet: fleet.name,
      cluster: component.cluster,
      service: component.service,
      compute: component.compute,
      networkPerTask: toMilli(component.networkPerTask),
      resizable: component.resize && isResizable(component, metrics),
      otherAutoscaler: component.source.otherAutoscaler,
      periodMs,
      metrics,
    };
  });
}

/**
 * What would have no data on AWS: enabled rules whose metrics have no source. Local mode has all metrics, so this is no
 * problem of the configuration itself; it is told when it is validated and when it is deployed.
 */
export function sourceProblems(config: Config): Finding[] {
  return config.fleets.flatMap((fleet, f) => {
    const targets = compileTargets(fleet);
    return fleet.components.flatMap((component, c) => {
      const metrics = targets[c]?.metrics ?? {};
      const path = `fleets[${f}].components[${c}]`;
      return Object.entries(component.rules).flatMap(([name, { enabled, trigger }]): Finding[] => {
        const missing = enabled ? TRIGGERS_BY_NAME[trigger].metrics.filter((metric) => !metrics[metric]) : [];
        return missing.map((metric) => ({
          path: `${path}.rules.${name}`,
          message: `${trigger} has no value on AWS: ${metric} has no source; ${remedyOf(metric, component)}`,
          severity: "warning",
        }));
      });
    });
  });
}

function remedyOf(metric: MetricName, component: CompleteComponent): string {
  const own = component.metrics[metric] === null ? `metrics.${metric} is null` : `set metrics.${metric}`;
  switch (metric) {
    case "responseTime":
    case "throughput":
    case "errorRate":
      return `set source.targetGroup and source.loadBalancer, or ${own}, or remove the rule with enabled: false`;
    case "queueLength":
      return `set source.queue, or ${own}`;
    case "networkUsed":
    case "storageUsed":
      return `set source.containerInsights where the cluster has it${metric === "storageUsed" ? " (Fargate only)" : ""}, or ${own}`;
    default:
      return own;
  }
}

function compileMetrics(component: CompleteComponent, periodMs: number): ServiceTarget["metrics"] {
  const defaults = defaultMetrics(component, periodMs);
  const entries = METRICS.flatMap((name): [MetricName, MetricBinding][] => {
    const own = component.metrics[name];
    if (own === null) return [];
    const binding = own === undefined ? defaults[name] : compileMetric(name, own);
    return binding === undefined ? [] : [[name, binding]];
  });
  return Object.fromEntries(entries);
}

/** Factor from the unit of the file to that of samples; a percentage of the allocation keeps its own. */
function toSampleUnit(name: MetricName): number {
  switch (name) {
    case "cpuUsed":
    case "memoryUsed":
    case "networkUsed":
    case "storageUsed":
      return 1000;
    case "errorRate":
      return 0.01;
    default:
      return 1;
  }
}

function compileMetric(name: MetricName, metric: MetricConfig): MetricBinding {
  const { unit, whenMissing, factor = 1, expression, inputs } = metric;
  const periodMs = metric.periodSeconds * 1000;
  const named = inputs === undefined ? [["m", metric] as const] : Object.entries(inputs);
  return {
    inputs: named.map(([id, { namespace = "", name: metricName = "", dimensions = {}, statistic = "Average" }]) => ({
      id,
      namespace,
      name: metricName,
      dimensions,
      statistic,
      periodMs,
    })),
    ...(expression !== undefined && { expression }),
    unit,
    factor: unit === "absolute" ? Number((factor * toSampleUnit(name)).toPrecision(15)) : factor,
    whenMissing,
  };
}

/** AWS's own metrics, as far as the component says that it has them. */
function defaultMetrics(component: CompleteComponent, periodMs: number): ServiceTarget["metrics"] {
  const { targetGroup, loadBalancer, queue, containerInsights } = component.source;
  const service = { ClusterName: nameOf(component.cluster), ServiceName: nameOf(component.service) };
  return {
    ...serviceMetrics(service, periodMs),
    ...(containerInsights && insightsMetrics(component, service)),
    ...(targetGroup !== undefined &&
      loadBalancer !== undefined &&
      loadBalancerMetrics({ TargetGroup: targetGroup, LoadBalancer: loadBalancer })),
    ...(queue !== undefined && {
      // Silent while the queue is inactive, and up to 15 minutes after: no datapoint is no empty queue.
      queueLength: direct(
        input("queue", "AWS/SQS", "ApproximateNumberOfMessagesVisible", { QueueName: queue }, "Average"),
        1,
      ),
    }),
  };
}

/** Percent of what the service's running tasks are specified with; every 60 s, or 20 s where that is enabled. */
function serviceMetrics(service: Dimensions, periodMs: number): ServiceTarget["metrics"] {
  const percent = (id: string, name: string): MetricBinding => ({
    ...direct({ ...input(id, "AWS/ECS", name, service, "Average"), periodMs }, 1),
    unit: "percent-of-allocation",
  });
  return { cpuUsed: percent("cpu", "CPUUtilization"), memoryUsed: percent("memory", "MemoryUtilization") };
}

/**
 * Container Insights publishes one value for each task, so the average is that of a task. Network: bytes/s of a task in
 * and out, x 8 / the bits/s that a task is counted with = percent. Storage: used / reserved; Fargate only.
 */
function insightsMetrics(component: CompleteComponent, service: Dimensions): ServiceTarget["metrics"] {
  const insights = (id: string, name: string) => input(id, "ECS/ContainerInsights", name, service, "Average");
  const perTaskGbit = component.networkPerTask;
  return {
    ...(perTaskGbit > 0 && {
      networkUsed: {
        inputs: [insights("received", "NetworkRxBytes"), insights("sent", "NetworkTxBytes")],
        expression: "received + sent",
        unit: "percent-of-allocation",
        factor: (8 * 100) / (perTaskGbit * 1e9),
        whenMissing: "absent",
      } satisfies MetricBinding,
    }),
    ...(component.compute === "fargate" && {
      storageUsed: {
        inputs: [insights("used", "EphemeralStorageUtilized"), insights("reserved", "EphemeralStorageReserved")],
        expression: "100 * used / reserved",
        unit: "percent-of-allocation",
        factor: 1,
        whenMissing: "absent",
      } satisfies MetricBinding,
    }),
  };
}

/**
 * Of the target group. Its 5xx are those that the tasks answered; what the load balancer answers for want of a target is
 * published for the load balancer as a whole, so it cannot be counted against one of its target groups.
 *
 * What was answered is the number of response times: up to five statistics of one metric in a request are paid for once.
 * RequestCount, which also has what no target answered, costs as much again and is needed only where there is no answer.
 */
function loadBalancerMetrics(dimensions: Dimensions): ServiceTarget["metrics"] {
  const balancer = (id: string, name: string, statistic: string) =>
    input(id, "AWS/ApplicationELB", name, dimensions, statistic);
  const answers = balancer("answers", "TargetResponseTime", "SampleCount");
  return {
    responseTime: direct(balancer("seconds", "TargetResponseTime", "Average"), 1000),
    throughput: {
      ...direct(answers, 1000 / answers.periodMs),
      whenMissing: "zero",
      whenSilent: balancer("requests", "RequestCount", "Sum"),
    },
    errorRate: {
      inputs: [balancer("errors", "HTTPCode_Target_5XX_Count", "Sum"), answers],
      expression: "errors / answers",
      unit: "absolute",
      factor: 1,
      whenMissing: "zero",
    },
  };
}

type Dimensions = MetricInput["dimensions"];

function input(id: string, namespace: string, name: string, dimensions: Dimensions, statistic: string): MetricInput {
  return { id, namespace, name, dimensions, statistic, periodMs: MINUTE_MS };
}

function direct(only: MetricInput, factor: number): MetricBinding {
  return { inputs: [only], unit: "absolute", factor, whenMissing: "absent" };
}

/** Dimensions have names where the configuration may have ARNs: `...:service/cluster/name`, or `...:cluster/name`. */
function nameOf(nameOrArn: string): string {
  return nameOrArn.startsWith("arn:") ? (nameOrArn.split("/").at(-1) ?? nameOrArn) : nameOrArn;
}

/**
 * Whether the engine may ever change the size of the tasks: by a rule (SCALE_UP / SCALE_DOWN; a RESPONSE_TIME rule also
 * grows in size where no more tasks fit), or by right-sizing and as a donor of REBALANCE, which need to know the use of
 * CPU or memory.
 */
function isResizable({ rules }: CompleteComponent, metrics: ServiceTarget["metrics"]): boolean {
  const bySize = Object.values(rules).some(
    ({ enabled, trigger, upAction, downAction }) =>
      enabled && (upAction === "SCALE_UP" || downAction === "SCALE_DOWN" || trigger === "RESPONSE_TIME"),
  );
  return bySize || metrics.cpuUsed !== undefined || metrics.memoryUsed !== undefined;
}
