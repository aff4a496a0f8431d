import type { SendMessageBatchCommandInput } from "@aws-sdk/client-sqs";
import type { Template } from "aws-cdk-lib/assertions";
import { describe, expect, test } from "vitest";
import { LOOPS } from "../../lib/flow.ts";
import { FUNCTIONS } from "../../lib/infrastructure/bundle.ts";
import { OWN_METRICS } from "../../lib/own-metrics.ts";
import {
  chosen as chosenStack,
  fleetOf,
  mixedAnywhere,
  ON_CALL,
  preset as presetStack,
  synthesized,
  thousand as thousandStack,
} from "./synthesized.ts";
import { shown } from "./template-policies.ts";
import { all } from "./template-resources.ts";

const minute = { timeout: 60_000 };
const preset = (): Template => presetStack().template;
const thousand = (): Template => thousandStack().template;
const another = (): Template => chosenStack().template;

describe("the table", minute, () => {
  test("has the store's keys, is protected, retained, encrypted, and can be restored", () => {
    const tables = all(preset(), "AWS::DynamoDB::Table").map(([, table]) => table);
    expect(tables).toHaveLength(1);
    expect(tables[0]).toMatchObject({
      DeletionPolicy: "Retain",
      UpdateReplacePolicy: "Retain",
      Properties: {
        KeySchema: [
          { AttributeName: "pk", KeyType: "HASH" },
          { AttributeName: "sk", KeyType: "RANGE" },
        ],
        AttributeDefinitions: [
          { AttributeName: "pk", AttributeType: "S" },
          { AttributeName: "sk", AttributeType: "S" },
        ],
        BillingMode: "PAY_PER_REQUEST",
        DeletionProtectionEnabled: true,
        PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
        TimeToLiveSpecification: { AttributeName: "ttl", Enabled: true },
        // false: with a key that DynamoDB owns, instead of one in KMS.
        SSESpecification: { SSEEnabled: false },
      },
    });
  });
});

describe("functions", minute, () => {
  test("run on arm64 with a log group, a role and a time of their own", () => {
    const functions = all(preset(), "AWS::Lambda::Function");
    expect(functions).toHaveLength(FUNCTIONS.length);
    const distinct = (key: string) => new Set(functions.map(([, { Properties }]) => JSON.stringify(Properties[key])));
    expect([...distinct("Runtime"), ...distinct("Architectures")]).toEqual(['"nodejs24.x"', '["arm64"]']);
    for (const key of ["Role", "LoggingConfig"]) expect(distinct(key).size).toBe(FUNCTIONS.length);
    for (const [, { Properties }] of functions) {
      expect(Properties).toMatchObject({ LoggingConfig: { LogFormat: "JSON" } });
      expect(Properties).not.toHaveProperty("ReservedConcurrentExecutions");
    }
  });

  test("are told the table; the topic and the queue to wake only where they need them", () => {
    const variables = Object.fromEntries(
      all(preset(), "AWS::Lambda::Function").map(([id, { Properties }]) => [
        /^Controller([A-Z][a-z]+)Function/.exec(id)?.[1],
        Object.keys((Properties["Environment"] as { Variables: object }).Variables).map((name) =>
          name.replace("SCALING_CONTROLLER_", ""),
        ),
      ]),
    );
    expect(variables).toEqual({
      Monitor: ["TABLE", "ALERT_TOPIC_ARN", "WAKE_QUEUE_URL"],
      Decision: ["TABLE", "WAKE_QUEUE_URL"],
      Execution: ["TABLE"],
      Optimization: ["TABLE"],
      Widget: ["TABLE"],
    });
  });

  test("keep their logs for a month, or as long as is said", () => {
    const retentions = (template: Template) =>
      all(template, "AWS::Logs::LogGroup").map(([, { Properties }]) => Properties["RetentionInDays"]);
    expect(retentions(preset())).toEqual([30, 30, 30, 30, 30]);
    expect(retentions(another())).toEqual([7, 7, 7, 7, 7]);
  });
});

describe("beats", minute, () => {
  test("come as often as the loops want them: half a minute by a message that waits in the queue", () => {
    const beats = all(preset(), "AWS::Scheduler::Schedule").map(([id, { Properties }]) => {
      const { Input } = Properties["Target"] as { Input: unknown };
      const { QueueUrl, Entries } = JSON.parse(shown(Input)) as SendMessageBatchCommandInput;
      const loop = /^Controller([A-Z][a-z]+?)Beat/.exec(id)?.[1]?.toLowerCase();
      expect(QueueUrl?.toLowerCase()).toContain(`${loop}queue`);
      expect(new Set(Entries?.map(({ Id }) => Id)).size).toBe(Entries?.length);
      const messages = Entries?.map(({ MessageBody = "", DelaySeconds }) => ({
        DelaySeconds,
        body: JSON.parse(MessageBody) as unknown,
      }));
      return { loop, rate: Properties["ScheduleExpression"], messages };
    });
    const every = (loop: string, rate: string, ...delays: readonly (0 | 30)[]) => ({
      loop,
      rate,
      messages: delays.map((delaySeconds) => ({ DelaySeconds: delaySeconds, body: { kind: "beat", delaySeconds } })),
    });
    expect(beats).toHaveLength(LOOPS.length);
    expect(beats).toEqual(
      expect.arrayContaining([
        every("monitor", "rate(1 minute)", 0, 30),
        every("decision", "rate(1 minute)", 0),
        every("execution", "rate(1 minute)", 0, 30),
        every("optimization", "rate(5 minutes)", 0),
      ]),
    );
    for (const [, { Properties }] of all(preset(), "AWS::Scheduler::Schedule"))
      expect(shown((Properties["Target"] as { Arn: unknown }).Arn)).toMatch(
        /:scheduler:::aws-sdk:sqs:sendMessageBatch$/,
      );
    expect(LOOPS.map(({ everySeconds }) => everySeconds)).toEqual([30, 60, 30, 300]);
  });

  test("are never tried again, go to the dead letters instead, and wait for their group and role", () => {
    const groups = all(preset(), "AWS::Scheduler::ScheduleGroup").map(([id]) => id);
    expect(groups).toHaveLength(1);
    for (const [, { Properties, DependsOn = [] }] of all(preset(), "AWS::Scheduler::Schedule")) {
      expect(Properties["Target"]).toMatchObject({
        RetryPolicy: { MaximumEventAgeInSeconds: 60, MaximumRetryAttempts: 0 },
        DeadLetterConfig: { Arn: { "Fn::GetAtt": [expect.stringMatching(/DeadLetters/), "Arn"] } },
      });
      expect(DependsOn).toEqual(expect.arrayContaining([...groups, expect.stringMatching(/BeatRoleDefaultPolicy/)]));
    }
  });

  test("are sent by a role that only schedules of this group can take", () => {
    const [role] = all(preset(), "AWS::IAM::Role").filter(([id]) => id.startsWith("ControllerBeatRole"));
    expect(role?.[1].Properties["AssumeRolePolicyDocument"]).toMatchObject({
      Statement: [
        {
          Principal: { Service: "scheduler.amazonaws.com" },
          Condition: {
            StringEquals: {
              "aws:SourceAccount": { Ref: "AWS::AccountId" },
              "aws:SourceArn": { "Fn::GetAtt": [expect.stringContaining("Beats"), "Arn"] },
            },
          },
        },
      ],
    });
  });
});

describe("queues and topic", minute, () => {
  test("a message is received twice at most, hidden while its function may run, kept for both runs, then dead", () => {
    const timeouts = new Map(
      all(preset(), "AWS::Lambda::Function").map(([id, { Properties }]) => [
        /^Controller([A-Z][a-z]+)Function/.exec(id)?.[1],
        Properties["Timeout"],
      ]),
    );
    const loops = all(preset(), "AWS::SQS::Queue").filter(([id]) => !id.includes("DeadLetters"));
    expect(loops).toHaveLength(4);
    for (const [id, { Properties }] of loops) {
      const timeout = timeouts.get(/^Controller([A-Z][a-z]+)Queue/.exec(id)?.[1]);
      expect(Properties["VisibilityTimeout"]).toBe(timeout);
      expect(Properties["MessageRetentionPeriod"]).toBeGreaterThan(2 * Number(timeout));
      expect(Properties["RedrivePolicy"]).toMatchObject({ maxReceiveCount: 2 });
    }
    const batches = all(preset(), "AWS::Lambda::EventSourceMapping").map(
      ([, { Properties }]) => Properties["BatchSize"],
    );
    expect(batches).toEqual([1, 1, 1, 1]);
  });

  test("are encrypted and refuse plain HTTP", () => {
    const encrypted = all(preset(), "AWS::SQS::Queue").map(([, { Properties }]) => Properties["SqsManagedSseEnabled"]);
    expect(encrypted).toEqual([true, true, true, true, true]);
    const policies = [...all(preset(), "AWS::SQS::QueuePolicy"), ...all(preset(), "AWS::SNS::TopicPolicy")];
    expect(policies).toHaveLength(6);
    for (const [, { Properties }] of policies) {
      expect((Properties["PolicyDocument"] as { Statement: unknown[] }).Statement).toContainEqual(
        expect.objectContaining({ Effect: "Deny", Condition: { Bool: { "aws:SecureTransport": "false" } } }),
      );
    }
  });

  test("the topic takes what alarms of this account publish; another one can be brought along", () => {
    const [policy = []] = all(preset(), "AWS::SNS::TopicPolicy").map(
      ([, { Properties }]) => (Properties["PolicyDocument"] as { Statement: unknown[] }).Statement,
    );
    expect(policy).toContainEqual(
      expect.objectContaining({
        Effect: "Allow",
        Principal: { Service: "cloudwatch.amazonaws.com" },
        Condition: { StringEquals: { "aws:SourceAccount": { Ref: "AWS::AccountId" } } },
      }),
    );
    expect(all(another(), "AWS::SNS::Topic")).toEqual([]);
    for (const [, { Properties }] of all(another(), "AWS::CloudWatch::Alarm"))
      expect(Properties["AlarmActions"]).toEqual([ON_CALL]);
  });
});

describe("the dashboard", minute, () => {
  interface Widget {
    readonly type: string;
    readonly properties: { readonly title?: string; readonly markdown?: string; readonly [key: string]: unknown };
  }
  const widgetsOf = (template: Template): readonly Widget[] => {
    const [[, { Properties }] = ["", { Properties: {} }]] = all(template, "AWS::CloudWatch::Dashboard");
    return (JSON.parse(shown(Properties["DashboardBody"])) as { widgets: Widget[] }).widgets;
  };
  const titled = (template: Template, title: string) => {
    const widget = widgetsOf(template).find(({ properties }) => properties.title === title);
    if (widget === undefined) throw new Error(`no widget ${title}`);
    return widget;
  };

  test("shows each component's use with the thresholds of its rules, its requests, and its decisions", () => {
    const { template } = mixedAnywhere();
    const use = JSON.stringify(titled(template, "web: use, and where its rules act").properties);
    expect(use).toContain('"AWS/ECS","CPUUtilization","ClusterName","prod","ServiceName","web"');
    expect(titled(template, "web: use, and where its rules act").properties["annotations"]).toEqual({
      horizontal: [
        { value: 70, label: "CPU: grow above", color: "#d62728", yAxis: "left" },
        { value: 45, label: "CPU: shrink below", color: "#2ca02c", yAxis: "left" },
        { value: 80, label: "memory: grow above", color: "#d62728", yAxis: "left" },
        { value: 55, label: "memory: shrink below", color: "#2ca02c", yAxis: "left" },
      ],
    });
    // The load balancer's seconds: the rule's 750 and 350 ms.
    const requests = titled(template, "web: response time, requests, queue").properties;
    expect(JSON.stringify(requests["metrics"])).toContain("TargetResponseTime");
    expect(requests["annotations"]).toMatchObject({ horizontal: [{ value: 0.75 }, { value: 0.35 }] });
    expect(titled(template, "web: allocation and decisions")).toMatchObject({
      type: "custom",
      properties: {
        params: { fleet: "shop", component: "web" },
        endpoint: expect.stringContaining("Widget") as unknown,
      },
    });
    expect(JSON.stringify(titled(template, "jobs: response time, requests, queue").properties)).toContain(
      '"AWS/SQS","ApproximateNumberOfMessagesVisible","QueueName","jobs"',
    );
  });

  test("shows the loops' health, and each fleet's room, scores, changes and tasks", () => {
    const { template } = mixedAnywhere();
    expect(widgetsOf(template).map(({ properties }) => properties.title)).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/^Invocations in five minutes.*loops that are silent/),
        "Passes that failed, as a whole or in part; dead letters",
        "Fleet shop: capacity in use of the limit, percent",
        "Fleet shop: efficiency, effectiveness",
        "Fleet shop: changes and alerts",
      ]),
    );
    expect(titled(template, "Fleet shop: tasks").properties["query"]).toContain("`components.web.tasks`");
    // What the queries ask for is in the lines that the functions write.
    const logged = new Set<string>(
      OWN_METRICS.filter(({ dimension }) => dimension === "Fleet").map(({ name }) => name),
    );
    const queries = widgetsOf(template).flatMap(({ properties }) => {
      const query = properties["query"];
      return typeof query === "string" && query.includes('"shop"') ? [query] : [];
    });
    const asked = queries.flatMap((query) => [...query.matchAll(/\(([A-Z]\w+)\)/g)].map(([, name]) => name ?? ""));
    expect(asked.length).toBe(7);
    for (const name of asked) expect(logged).toContain(name);
  });

  test("has rows for the first fifty components, or as many as are wanted, and says so", () => {
    const rows = (template: Template) => widgetsOf(template).filter(({ type }) => type === "custom").length;
    expect(rows(thousand())).toBe(50);
    expect(widgetsOf(thousand())[0]?.properties.markdown).toContain("950 of 1000 components have no row here");
    const most = synthesized({ configuration: fleetOf(120), taskRoles: [], dashboardComponents: 100 }).template;
    expect(rows(most)).toBe(100);
    expect(widgetsOf(most).length).toBeLessThanOrEqual(500);
    expect(rows(another())).toBe(0);
  });
});

test("metrics for alarms and dashboards of one's own", minute, () => {
  const { controller, stack } = presetStack();
  const of = (metric: { toMetricConfig(): { metricStat?: { metricName: string; namespace: string } } }) =>
    metric.toMetricConfig().metricStat?.metricName;
  expect(of(controller.metricLoopsSilent())).toBe("LoopsSilent");
  expect(of(controller.metricErrors("execution"))).toBe("Errors");
  expect(of(controller.metricAlerts("default", "PerformanceAlerts"))).toBe("PerformanceAlerts");
  expect(of(controller.metricDeadLetters())).toBe("ApproximateNumberOfMessagesVisible");
  expect(stack.resolve(controller.metricAlerts("default", "ResourceLimitAlerts").dimensions)).toEqual({
    Deployment: { Ref: expect.stringMatching(/^ControllerState/) as unknown },
    Fleet: "default",
  });
});

test("the template stays the same until somebody means to change it", minute, async () => {
  const { template } = mixedAnywhere();
  const text = JSON.stringify(template.toJSON(), null, 2).replaceAll(/[0-9a-f]{64}/g, "<hash>");
  await expect(`${text}\n`).toMatchFileSnapshot("golden/template.json");
});

test("a large deployment's functions have a CPU of their own and a larger young generation", minute, () => {
  const loops = (template: Template) =>
    all(template, "AWS::Lambda::Function")
      .map(([, { Properties }]) => Properties)
      .filter((properties) => String(properties["Description"]).endsWith("loop"));
  const memory = (template: Template) => loops(template).map((properties) => Number(properties["MemorySize"]));
  expect(memory(preset()).sort((a, b) => a - b)).toEqual([512, 512, 512, 1024]);
  expect(memory(thousand())).toEqual([1769, 1769, 1769, 1769]);
  const options = {
    Environment: {
      Variables: expect.objectContaining({
        NODE_OPTIONS: "--max-semi-space-size=32 --max-old-space-size=1024",
      }) as unknown,
    },
  };
  for (const properties of loops(thousand())) expect(properties).toMatchObject(options);
  for (const properties of loops(preset())) expect(properties).not.toMatchObject(options);
});
