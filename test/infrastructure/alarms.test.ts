import { readFileSync } from "node:fs";
import type { Template } from "aws-cdk-lib/assertions";
import { describe, expect, test } from "vitest";
import { chosen, preset as presetStack, thousand as thousandStack } from "./synthesized.ts";
import { shown } from "./template-policies.ts";
import { all } from "./template-resources.ts";

const minute = { timeout: 60_000 };
const preset = (): Template => presetStack().template;
const thousand = (): Template => thousandStack().template;
const another = (): Template => chosen().template;

describe("alarms", minute, () => {
  const alarms = (template: Template, id: string) =>
    all(template, "AWS::CloudWatch::Alarm").filter(([each]) => each.startsWith(`ControllerAlarms${id}`));

  test("loops that are silent: the decision loop says so for four of five minutes; or it is not invoked for five", () => {
    const one = (id: string) => {
      const found = alarms(preset(), id);
      expect(found).toHaveLength(1);
      return found[0]?.[1].Properties;
    };
    expect(one("LoopSilent")).toMatchObject({
      Namespace: "ScalingController",
      MetricName: "LoopsSilent",
      Dimensions: [{ Name: "Deployment" }],
      Statistic: "Maximum",
      Period: 60,
      EvaluationPeriods: 5,
      DatapointsToAlarm: 4,
      Threshold: 1,
      TreatMissingData: "notBreaching",
    });
    expect(one("DecisionSilent")).toMatchObject({
      Namespace: "AWS/Lambda",
      MetricName: "Invocations",
      Dimensions: [{ Name: "FunctionName", Value: { Ref: expect.stringContaining("Decision") as unknown } }],
      Period: 60,
      EvaluationPeriods: 5,
      DatapointsToAlarm: 5,
      ComparisonOperator: "LessThanThreshold",
      TreatMissingData: "breaching",
    });
  });

  test("limits, failures and performance of each fleet; function errors, slow passes, dead letters", () => {
    const count = (id: string) => alarms(another(), id).length;
    expect(["ResourceLimit", "ScalingFailure", "PerformanceDegradation"].map(count)).toEqual([2, 2, 2]);
    expect(["FunctionErrors", "SlowPasses", "DeadLetters"].map(count)).toEqual([1, 1, 1]);
  });

  test("one on the failures in the logs of all loops' functions: what they say, and Lambda's reports on those that could not", () => {
    const filters = all(preset(), "AWS::Logs::MetricFilter").map(([, { Properties }]) => Properties);
    const logGroups = filters.map((each) => shown(each["LogGroupName"]));
    expect(new Set(logGroups.map((each) => /Monitor|Decision|Execution|Optimization|Widget/.exec(each)?.[0]))).toEqual(
      new Set(["Monitor", "Decision", "Execution", "Optimization"]),
    );
    const [alarm] = alarms(preset(), "FunctionErrors").map(([, { Properties }]) => Properties);
    for (const { FilterPattern, MetricTransformations } of filters) {
      expect(FilterPattern).toBe(
        '{ ($.level = "ERROR") || (($.type = "platform.report") && ($.record.status != "success")) }',
      );
      // No default value: a metric costs something only while it has values.
      expect(MetricTransformations).toEqual([
        { MetricName: "FunctionErrors", MetricNamespace: alarm?.["Namespace"], MetricValue: "1" },
      ]);
    }
    expect(alarm).toMatchObject({
      MetricName: "FunctionErrors",
      Statistic: "Sum",
      EvaluationPeriods: 5,
      DatapointsToAlarm: 3,
      TreatMissingData: "notBreaching",
    });
    expect(JSON.stringify(alarm?.["Namespace"])).toMatch(/"ScalingController\/",\{"Ref":"ControllerState/);
    for (const [, { Properties }] of all(preset(), "AWS::Lambda::Function"))
      expect(Properties["LoggingConfig"]).toMatchObject({ LogFormat: "JSON", SystemLogLevel: "WARN" });
  });

  test("all go to the topic, also when over, and say what to do; there are as many for a thousand components", () => {
    const topic = [{ Ref: expect.stringMatching(/^ControllerAlerts/) as unknown }];
    for (const [, { Properties }] of all(preset(), "AWS::CloudWatch::Alarm")) {
      expect(Properties).toMatchObject({ AlarmActions: topic, OKActions: topic });
      expect(Properties["AlarmDescription"]).toMatch(/\. .*docs\/operations\.md, "Alarms"\.$/);
    }
    const runbook = readFileSync(new URL("../../docs/operations.md", import.meta.url), "utf8");
    expect(runbook).toContain("\n## Alarms\n");
    expect(all(thousand(), "AWS::CloudWatch::Alarm").length).toBe(all(preset(), "AWS::CloudWatch::Alarm").length);
  });
});
