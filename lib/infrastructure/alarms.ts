import { Duration } from "aws-cdk-lib";
import * as cloudwatch from "aws-cdk-lib/aws-cloudwatch";
import { SnsAction } from "aws-cdk-lib/aws-cloudwatch-actions";
import type * as dynamodb from "aws-cdk-lib/aws-dynamodb";
import type * as sns from "aws-cdk-lib/aws-sns";
import type * as sqs from "aws-cdk-lib/aws-sqs";
import { Construct } from "constructs";
import type { Deployment } from "../deployment.ts";
import type { FunctionName } from "./bundle.ts";
import type { ControllerFunction } from "./controller-function.ts";
import { functionErrors } from "./function-errors.ts";
import { deploymentMetric, type FleetMetricName, fleetMetric } from "./own-metric.ts";

export interface AlarmSubjects {
  readonly deployment: Deployment;
  readonly table: dynamodb.ITable;
  readonly deadLetters: sqs.Queue;
  readonly functions: Readonly<Record<FunctionName, ControllerFunction>>;
  readonly topic: sns.ITopic;
}

interface AlarmDefinition {
  readonly id: string;
  readonly metric: cloudwatch.IMetric;
  readonly comparison?: cloudwatch.ComparisonOperator;
  readonly threshold: number;
  /** Minutes (or the metric's periods) looked at, and how many of them must be bad. */
  readonly periods: number;
  readonly bad?: number;
  readonly missing?: cloudwatch.TreatMissingData;
  /** What it means and what to do; docs/operations.md, Alarms, says more. */
  readonly description: string;
}

const MINUTE = Duration.minutes(1);

/**
 * Every alarm of a deployment; how many there are does not depend on the number of components. All go to the topic, and
 * say so again when they are over.
 */
export function addAlarms(scope: Construct, subjects: AlarmSubjects): void {
  const folder = new Construct(scope, "Alarms");
  const action = new SnsAction(subjects.topic);
  for (const { id, metric, threshold, periods, bad, comparison, missing, description } of definitions(
    folder,
    subjects,
  )) {
    const alarm = new cloudwatch.Alarm(folder, id, {
      metric,
      threshold,
      evaluationPeriods: periods,
      datapointsToAlarm: bad ?? periods,
      comparisonOperator: comparison ?? cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      treatMissingData: missing ?? cloudwatch.TreatMissingData.NOT_BREACHING,
      alarmDescription: `${description} docs/operations.md, "Alarms".`,
    });
    alarm.addAlarmAction(action);
    alarm.addOkAction(action);
  }
}

function definitions(scope: Construct, subjects: AlarmSubjects): readonly AlarmDefinition[] {
  return [
    ...silence(subjects),
    slowness(subjects),
    {
      // Not of the widget: it only draws, and who looks at it sees that it does not.
      id: "FunctionErrors",
      metric: functionErrors(scope, subjects.table, subjects.functions),
      threshold: 1,
      periods: 5,
      bad: 3,
      description:
        "Functions failed in three of five minutes: the dashboard shows which. Their logs name the component and the cause (level ERROR, or platform.report); other components are not affected.",
    },
    {
      id: "DeadLetters",
      metric: subjects.deadLetters.metricApproximateNumberOfMessagesVisible({ statistic: "Maximum", period: MINUTE }),
      threshold: 1,
      periods: 1,
      description:
        "A beat or a wake could not be handled twice, or could not be sent. Read the message in the dead-letter queue and the log of its function, then purge the queue: old ticks are never run.",
    },
    ...subjects.deployment.fleets.flatMap(({ name }) => fleetAlarms(subjects, name)),
  ];
}

/**
 * A loop is silent: for a minute and its beat when the decision loop says so for the first time, for some five minutes when
 * it has said so in four of five. That nobody runs to say it is the other alarm, on a metric of Lambda's own, which costs
 * nothing: no invocation for five minutes.
 */
function silence({ table, functions }: AlarmSubjects): readonly AlarmDefinition[] {
  return [
    {
      id: "LoopSilent",
      metric: deploymentMetric(table, "LoopsSilent", { statistic: "Maximum", period: MINUTE }),
      threshold: 1,
      periods: 5,
      bad: 4,
      description:
        'A loop has begun no pass for about 5 minutes (optimization: 10); services stay as they are. The decision function\'s log names it (message "loops", field "silent"). Look at its function\'s log and errors, and whether its schedules are enabled.',
    },
    {
      id: "DecisionSilent",
      metric: functions.decision.function.metricInvocations({ statistic: "Sum", period: MINUTE }),
      comparison: cloudwatch.ComparisonOperator.LESS_THAN_THRESHOLD,
      threshold: 1,
      periods: 5,
      missing: cloudwatch.TreatMissingData.BREACHING,
      description:
        "The decision function has not run for 5 minutes; services stay as they are, and nobody tells whether the other loops run. Look at its log, and whether its schedules are enabled.",
    },
  ];
}

/** All functions in one metric: which one it was is in the log. */
function slowness({ table }: AlarmSubjects): AlarmDefinition {
  return {
    id: "SlowPasses",
    metric: deploymentMetric(table, "SlowPasses", { statistic: "Sum", period: MINUTE }),
    threshold: 1,
    periods: 5,
    bad: 3,
    description:
      'A function takes over 80 % of the time it has: its log says so (message "slow pass"). Look for throttling or slow calls there; a fleet that has grown may need more memory or several deployments.',
  };
}

function fleetAlarms({ table }: AlarmSubjects, fleet: string): readonly AlarmDefinition[] {
  const alerts = (name: FleetMetricName) => fleetMetric(table, name, fleet, { statistic: "Maximum", period: MINUTE });
  return [
    {
      id: `ResourceLimit-${fleet}`,
      metric: alerts("ResourceLimitAlerts"),
      threshold: 1,
      periods: 5,
      bad: 3,
      description: `Fleet ${fleet}: a component or the fleet is at a limit, or uses more than its threshold. Raise the limit in the configuration, or lower what is asked of it.`,
    },
    {
      id: `ScalingFailure-${fleet}`,
      metric: alerts("ScalingFailureAlerts"),
      threshold: 1,
      periods: 1,
      description: `Fleet ${fleet}: a change could not be carried out or was rolled back. The decision's record says at which step; the component rests before the next try.`,
    },
    {
      id: `PerformanceDegradation-${fleet}`,
      metric: alerts("PerformanceAlerts"),
      threshold: 1,
      periods: 5,
      bad: 3,
      description: `Fleet ${fleet}: response time, errors or the score of a component are worse than its targets, and scaling has not helped yet.`,
    },
  ];
}
