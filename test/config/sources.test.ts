import { describe, expect, test } from "vitest";
import { renderReport } from "../../lib/cli/config.ts";
import {
  compileDeployment,
  compileTargets,
  inspectConfig,
  loadConfig,
  sourceProblems,
} from "../../lib/config/index.ts";
import { renderProblem } from "../../lib/config/problems.ts";
import type { ServiceTarget } from "../../lib/deployment.ts";
import { VERSION } from "../../lib/version.ts";

const component = (written: object, monitor: object = {}) => ({
  fleets: [{ monitor, components: [{ name: "web", ...written }] }],
});
const BALANCED = { targetGroup: "targetgroup/web/0123456789abcdef", loadBalancer: "app/front/fedcba9876543210" };
const DIMENSIONS = { TargetGroup: BALANCED.targetGroup, LoadBalancer: BALANCED.loadBalancer };

function target(written: object, monitor: object = {}): ServiceTarget {
  const [fleet] = loadConfig(component(written, monitor)).fleets;
  const [only] = fleet ? compileTargets(fleet) : [];
  if (only === undefined) throw new Error("no target");
  return only;
}
function problemsOf(written: object, monitor: object = {}): string[] {
  return inspectConfig(component(written, monitor)).problems.map((each) =>
    renderProblem(each).replaceAll("fleets[0].components[0].", ""),
  );
}
const sources = (of: ServiceTarget) =>
  Object.fromEntries(
    Object.entries(of.metrics).map(([name, { inputs, expression }]) => [
      name,
      [...inputs.map((each) => `${each.namespace} ${each.name} ${each.statistic} ${each.periodMs}`), expression ?? ""],
    ]),
  );

describe("default sources", () => {
  test("CPU and memory of ECS, and nothing that the component does not say it has", () => {
    const web = target({});
    expect(sources(web)).toEqual({
      cpuUsed: ["AWS/ECS CPUUtilization Average 60000", ""],
      memoryUsed: ["AWS/ECS MemoryUtilization Average 60000", ""],
    });
    expect(web).toMatchObject({
      component: "web",
      fleet: "default",
      cluster: "default",
      service: "web",
      compute: "fargate",
      networkPerTask: 100,
      resizable: true,
      otherAutoscaler: "refuse",
      periodMs: 60_000,
    });
    expect(web.metrics.cpuUsed?.inputs[0]?.dimensions).toEqual({ ClusterName: "default", ServiceName: "web" });
  });

  test("all of the integration points", () => {
    const web = target({ source: { ...BALANCED, queue: "orders.fifo", containerInsights: true } });
    expect(sources(web)).toEqual({
      cpuUsed: ["AWS/ECS CPUUtilization Average 60000", ""],
      memoryUsed: ["AWS/ECS MemoryUtilization Average 60000", ""],
      networkUsed: [
        "ECS/ContainerInsights NetworkRxBytes Average 60000",
        "ECS/ContainerInsights NetworkTxBytes Average 60000",
        "received + sent",
      ],
      storageUsed: [
        "ECS/ContainerInsights EphemeralStorageUtilized Average 60000",
        "ECS/ContainerInsights EphemeralStorageReserved Average 60000",
        "100 * used / reserved",
      ],
      responseTime: ["AWS/ApplicationELB TargetResponseTime Average 60000", ""],
      throughput: ["AWS/ApplicationELB TargetResponseTime SampleCount 60000", ""],
      errorRate: [
        "AWS/ApplicationELB HTTPCode_Target_5XX_Count Sum 60000",
        "AWS/ApplicationELB TargetResponseTime SampleCount 60000",
        "errors / answers",
      ],
      queueLength: ["AWS/SQS ApproximateNumberOfMessagesVisible Average 60000", ""],
    });
    expect(web.metrics.throughput?.inputs[0]?.dimensions).toEqual(DIMENSIONS);
    expect(web.metrics.throughput?.whenSilent).toMatchObject({ name: "RequestCount", statistic: "Sum" });
    expect(web.metrics.queueLength?.inputs[0]?.dimensions).toEqual({ QueueName: "orders.fifo" });
  });

  test("factors reach the unit of samples", () => {
    const { metrics } = target({ networkPerTask: 0.5, source: { ...BALANCED, containerInsights: true } });
    expect(metrics.responseTime?.factor).toBe(1000); // s to ms
    expect(600 * (metrics.throughput?.factor ?? 0)).toBeCloseTo(10, 12); // 600 in a minute are 10 a second
    // 12.5 MB/s are 0.1 Gbit/s, 20 % of the half Gbit/s that a task is counted with.
    expect(12.5e6 * (metrics.networkUsed?.factor ?? 0)).toBeCloseTo(20, 9);
    expect(metrics.networkUsed?.unit).toBe("percent-of-allocation");
    expect([metrics.throughput, metrics.errorRate, metrics.responseTime].map((each) => each?.whenMissing)).toEqual([
      "zero",
      "zero",
      "absent",
    ]);
  });

  test("20 s: CPU and memory only", () => {
    const web = target({ source: BALANCED }, { periodSeconds: 20 });
    expect(web.periodMs).toBe(20_000);
    expect(web.metrics.cpuUsed?.inputs[0]?.periodMs).toBe(20_000);
    expect(web.metrics.memoryUsed?.inputs[0]?.periodMs).toBe(20_000);
    expect(web.metrics.throughput?.inputs[0]?.periodMs).toBe(60_000);
  });

  test("ARNs of cluster and service become the names that dimensions have", () => {
    const web = target({
      cluster: "arn:aws:ecs:eu-west-1:111122223333:cluster/main",
      service: "arn:aws:ecs:eu-west-1:111122223333:service/main/shop",
    });
    expect(web.metrics.cpuUsed?.inputs[0]?.dimensions).toEqual({ ClusterName: "main", ServiceName: "shop" });
    expect(web.cluster).toBe("arn:aws:ecs:eu-west-1:111122223333:cluster/main");
  });

  test("no ephemeral storage on EC2, and no network where a task is counted with none", () => {
    const web = target({ compute: "ec2", networkPerTask: 0, source: { containerInsights: true } });
    expect(Object.keys(web.metrics)).toEqual(["cpuUsed", "memoryUsed"]);
  });
});

describe("sources of one's own", () => {
  test("one metric in place of the default, in the units of the file", () => {
    const metrics = {
      cpuUsed: { namespace: "Shop", name: "Cpu", dimensions: { Service: "web" }, statistic: "p95", factor: 0.001 },
      errorRate: { namespace: "Shop", name: "Failed", whenMissing: "zero" },
      memoryUsed: null,
    };
    const web = target({ metrics });
    expect(web.metrics).toEqual({
      cpuUsed: {
        inputs: [
          {
            id: "m",
            namespace: "Shop",
            name: "Cpu",
            dimensions: { Service: "web" },
            statistic: "p95",
            periodMs: 60_000,
          },
        ],
        unit: "absolute",
        factor: 1, // milli-vCPU in, milli-vCPU out
        whenMissing: "absent",
      },
      errorRate: {
        inputs: [
          { id: "m", namespace: "Shop", name: "Failed", dimensions: {}, statistic: "Average", periodMs: 60_000 },
        ],
        unit: "absolute",
        factor: 0.01, // percent in, ratio out
        whenMissing: "zero",
      },
    });
  });

  test("metric math, and a percentage keeps its own factor", () => {
    const inputs = { used: { namespace: "A", name: "U" }, all: { namespace: "A", name: "R", statistic: "Maximum" } };
    const metrics = {
      memoryUsed: { inputs, expression: "used / all", unit: "percent-of-allocation", factor: 100, periodSeconds: 120 },
    };
    expect(target({ metrics }).metrics.memoryUsed).toMatchObject({
      inputs: [
        { id: "used", name: "U", statistic: "Average", periodMs: 120_000 },
        { id: "all", name: "R", statistic: "Maximum", periodMs: 120_000 },
      ],
      expression: "used / all",
      factor: 100,
    });
  });

  test("the effective configuration is accepted again, and the same", () => {
    const inputs = { a: { namespace: "A", name: "U" } };
    const written = component({
      source: BALANCED,
      metrics: { cpuUsed: { inputs, expression: "a" }, memoryUsed: null },
    });
    expect(loadConfig(loadConfig(written))).toEqual(loadConfig(written));
  });
});

const input = { namespace: "A", name: "B" };
const eleven = Object.fromEntries(Array.from({ length: 11 }, (_, i) => [`m${i}`, input]));
const sum = Object.keys(eleven).join(" + ");

describe("problems", () => {
  test.each<[string, object, string[]]>([
    [
      "a target group alone",
      { source: { targetGroup: BALANCED.targetGroup } },
      [
        "source.loadBalancer: got nothing, expected a value, since targetGroup has one: metrics are published for the two together",
      ],
    ],
    [
      "an ARN for its end",
      { source: { ...BALANCED, targetGroup: "arn:aws:elasticloadbalancing:x" } },
      ['source.targetGroup: got "arn:aws:elasticloadbalancing:x", expected targetgroup/name/id, the end of the ARN'],
    ],
    [
      "an unknown metric",
      { metrics: { cpu: input } },
      [
        'metrics.cpu: got the unknown key "cpu", expected one of cpuUsed, memoryUsed, networkUsed, storageUsed, responseTime, throughput, queueLength, errorRate',
      ],
    ],
    [
      "neither form",
      { metrics: { cpuUsed: {} } },
      ["namespace", "name"].map(
        (field) =>
          `metrics.cpuUsed.${field}: got nothing, expected a value: a source is one metric (namespace, name) or inputs with an expression`,
      ),
    ],
    [
      "both forms",
      { metrics: { cpuUsed: { ...input, inputs: { a: input }, expression: "a" } } },
      ["namespace", "name"].map(
        (field) =>
          `metrics.cpuUsed.${field}: got "${input[field as "name"]}", expected nothing beside inputs and expression: each input has its own`,
      ),
    ],
    [
      "inputs without an expression",
      { metrics: { cpuUsed: { inputs: { a: input, b: input } } } },
      ["metrics.cpuUsed.expression: got nothing, expected metric math over a, b"],
    ],
    [
      "eleven inputs",
      { metrics: { cpuUsed: { inputs: eleven, expression: sum } } },
      ["metrics.cpuUsed.inputs: got 11 inputs, expected 1 to 10 inputs for the expression"],
    ],
    [
      "an id that CloudWatch refuses",
      { metrics: { cpuUsed: { inputs: { A: input }, expression: "A" } } },
      ['metrics.cpuUsed.inputs.A: got the name "A", expected a lower-case letter, then letters, digits or _'],
    ],
    [
      "an expression over something else, and an input for nothing",
      { metrics: { cpuUsed: { inputs: { used: input, all: input }, expression: "MAX([uesd, 1e3])" } } },
      [
        'metrics.cpuUsed.expression: got "uesd", expected ids of inputs: did you mean used?',
        'metrics.cpuUsed.expression: got "MAX([uesd, 1e3])", expected an expression that uses the input used',
        'metrics.cpuUsed.expression: got "MAX([uesd, 1e3])", expected an expression that uses the input all',
      ],
    ],
    [
      "many series",
      { metrics: { cpuUsed: { inputs: { a: input }, expression: "SUM(METRICS())" } } },
      [
        'metrics.cpuUsed.expression: got "METRICS", expected metric math that gives one time series from its own inputs',
      ],
    ],
    [
      "shorter than a sample",
      { metrics: { cpuUsed: { ...input, periodSeconds: 20 } } },
      [
        "metrics.cpuUsed.periodSeconds: got 20, expected at least the fleet's monitor.periodSeconds, 60: a sample holds one value",
      ],
    ],
    [
      "a percentage of no allocation, and silence as no response time",
      { metrics: { responseTime: { ...input, unit: "percent-of-allocation", whenMissing: "zero" } } },
      [
        'metrics.responseTime.unit: got "percent-of-allocation", expected absolute: only cpuUsed, memoryUsed, networkUsed, storageUsed are use of an allocation',
        'metrics.responseTime.whenMissing: got "zero", expected absent: only throughput, queueLength, errorRate count events; no datapoint is no proof of no use',
      ],
    ],
    [
      "a statistic that there is not",
      { metrics: { cpuUsed: { ...input, statistic: "Mean" } } },
      [
        'metrics.cpuUsed.statistic: got "Mean", expected Average, Sum, Minimum, Maximum, SampleCount, a percentile as p95 or another statistic of CloudWatch',
      ],
    ],
  ])("%s", (_name, written, expected) => {
    expect(problemsOf(written)).toEqual(expected);
  });

  test("functions, strings and nested parentheses of metric math are no unknown ids", () => {
    const expression = `IF(a > 0, FILL(b, 0) / a, 0) + MAX([a, b]) * 1e3`;
    expect(problemsOf({ metrics: { cpuUsed: { inputs: { a: input, b: input }, expression } } })).toEqual([]);
  });
});

describe("what would have no data on AWS", () => {
  const told = (written: object) =>
    sourceProblems(loadConfig(component(written))).map(({ path, message }) => `${path.split(".").at(-1)}: ${message}`);

  test("the default rule on response time without a target group is told, but is no problem", () => {
    expect(problemsOf({})).toEqual([]);
    expect(told({})).toEqual([
      "response-time: RESPONSE_TIME has no value on AWS: responseTime has no source; set source.targetGroup and source.loadBalancer, or set metrics.responseTime, or remove the rule with enabled: false",
    ]);
  });
  test("not with a target group, with a source of one's own, or without the rule", () => {
    expect(told({ source: BALANCED })).toEqual([]);
    expect(told({ metrics: { responseTime: input } })).toEqual([]);
    expect(told({ rules: { "response-time": { enabled: false } } })).toEqual([]);
  });
  test("rules on a queue, on storage, and on what was taken away", () => {
    const rules = {
      "response-time": { enabled: false },
      queue: { trigger: "QUEUE_LENGTH" },
      disk: { trigger: "STORAGE_UTILIZATION" },
    };
    expect(told({ compute: "ec2", rules, source: { containerInsights: true }, metrics: { cpuUsed: null } })).toEqual([
      "cpu: CPU_UTILIZATION has no value on AWS: cpuUsed has no source; metrics.cpuUsed is null",
      "queue: QUEUE_LENGTH has no value on AWS: queueLength has no source; set source.queue, or set metrics.queueLength",
      "disk: STORAGE_UTILIZATION has no value on AWS: storageUsed has no source; set source.containerInsights where the cluster has it (Fargate only), or set metrics.storageUsed",
    ]);
  });
});

test("config validate tells it beside what is valid", () => {
  const valid = loadConfig(component({}));
  const report = renderReport({ file: "my.json", config: valid, problems: [], warnings: [] });
  expect(report).toContain("on AWS (local mode has all metrics), 1 value of rules would be missing:");
  expect(report).toContain("  fleets[0].components[0].rules.response-time: RESPONSE_TIME has no value on AWS");
  const complete = loadConfig(component({ source: BALANCED }));
  expect(renderReport({ file: "my.json", config: complete, problems: [], warnings: [] })).not.toContain("on AWS");
});

test("tasks are never resized where the component says so, or where no rule does it and use is not known", () => {
  const byNumber = { upAction: "SCALE_OUT", downAction: "SCALE_IN" };
  const rules = { cpu: byNumber, memory: byNumber, "response-time": { enabled: false } };
  expect(target({ rules }).resizable).toBe(true); // right-sizing
  expect(target({ rules, metrics: { cpuUsed: null, memoryUsed: null } }).resizable).toBe(false);
  expect(target({ metrics: { cpuUsed: null, memoryUsed: null } }).resizable).toBe(true);
  expect(target({ resize: false }).resizable).toBe(false);
});

test("a deployment has the policies and a target for each component of all fleets", () => {
  const config = loadConfig({
    fleets: [
      { name: "a", components: [{ name: "web" }, { name: "api" }] },
      { name: "b", components: [{ name: "batch" }] },
    ],
  });
  const { format, version, fleets, targets } = compileDeployment(config);
  expect({ format, version }).toEqual({ format: 1, version: VERSION });
  expect(fleets.map(({ name }) => name)).toEqual(["a", "b"]);
  expect(targets.map(({ fleet, component: name }) => `${fleet} ${name}`)).toEqual(["a web", "a api", "b batch"]);
  expect(JSON.parse(JSON.stringify(targets))).toEqual(targets);
});
