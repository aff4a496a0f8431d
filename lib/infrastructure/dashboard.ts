import { Duration } from "aws-cdk-lib";
import * as cloudwatch from "aws-cdk-lib/aws-cloudwatch";
import type * as dynamodb from "aws-cdk-lib/aws-dynamodb";
import type * as logs from "aws-cdk-lib/aws-logs";
import type * as sqs from "aws-cdk-lib/aws-sqs";
import type { Construct } from "constructs";
import type { Deployment } from "../deployment.ts";
import type { FleetPolicy } from "../domain/model/policy.ts";
import { LOOPS } from "../flow.ts";
import { FUNCTIONS, type FunctionName } from "./bundle.ts";
import { componentWidgets } from "./component-widgets.ts";
import type { ControllerFunction } from "./controller-function.ts";
import { type FleetMetricName, fleetMetric, loopMetric } from "./own-metric.ts";

export interface DashboardSubjects {
  readonly deployment: Deployment;
  readonly table: dynamodb.ITable;
  readonly deadLetters: sqs.Queue;
  readonly functions: Readonly<Record<FunctionName, ControllerFunction>>;
  /** How many components get a row. */
  readonly components: number;
}

/** Fleets beyond these have no row: 100 of them are allowed, and a dashboard holds 500 widgets. */
const FLEETS_MAX = 20;
const HEIGHT = 6;

/** One dashboard: the loops, each fleet, then a row for each component up to `components`. */
export function addDashboard(scope: Construct, subjects: DashboardSubjects): cloudwatch.Dashboard {
  const { deployment, functions } = subjects;
  const targets = new Map(deployment.targets.map((target) => [target.component, target]));
  const policies = deployment.fleets.flatMap(({ components }) => components);
  const shown = policies.slice(0, subjects.components);
  const widgetArn = functions.widget.function.functionArn;
  return new cloudwatch.Dashboard(scope, "Dashboard", {
    defaultInterval: Duration.hours(3),
    periodOverride: cloudwatch.PeriodOverride.INHERIT,
    widgets: [
      [introduction(policies.length, shown.length)],
      loopWidgets(subjects),
      ...deployment.fleets.slice(0, FLEETS_MAX).map((fleet) => fleetWidgets(fleet, subjects)),
      ...shown.flatMap((policy) => {
        const target = targets.get(policy.name);
        return target === undefined ? [] : [[...componentWidgets(policy, target, widgetArn)]];
      }),
    ],
  });
}

function introduction(components: number, shown: number): cloudwatch.IWidget {
  const rest =
    shown < components
      ? ` ${components - shown} of ${components} components have no row here (\`dashboardComponents\`): add the custom widget with another \`component\`.`
      : "";
  return new cloudwatch.TextWidget({
    markdown: `# Scaling controller\nThe loops, the fleets, then the components. Decisions are shown by a function: allow it when CloudWatch asks.${rest}`,
    width: 24,
    height: 2,
  });
}

function loopWidgets({ table, deadLetters, functions }: DashboardSubjects): cloudwatch.IWidget[] {
  const size = { width: 8, height: HEIGHT };
  return [
    new cloudwatch.GraphWidget({
      title: "Passes in five minutes: 10, 5, 10 and 1 are all of them",
      left: LOOPS.map(({ name }) =>
        loopMetric(table, "TicksCompleted", name, { label: name, period: Duration.minutes(5) }),
      ),
      leftYAxis: { min: 0, showUnits: false },
      ...size,
    }),
    new cloudwatch.GraphWidget({
      title: "Errors of components, errors of functions, dead letters",
      left: [
        ...LOOPS.map(({ name }) => loopMetric(table, "LoopErrors", name, { label: `${name}: components` })),
        ...FUNCTIONS.map((name) => functions[name].function.metricErrors({ label: `${name}: function` })),
      ],
      right: [deadLetters.metricApproximateNumberOfMessagesVisible({ statistic: "Maximum", label: "dead letters" })],
      leftYAxis: { min: 0, showUnits: false },
      rightYAxis: { min: 0, showUnits: false },
      ...size,
    }),
    new cloudwatch.GraphWidget({
      title: "Longest pass",
      left: LOOPS.map(({ name }) => functions[name].function.metricDuration({ statistic: "Maximum", label: name })),
      leftYAxis: { min: 0, label: "ms", showUnits: false },
      ...size,
    }),
  ];
}

function fleetWidgets(fleet: FleetPolicy, { table, functions }: DashboardSubjects): cloudwatch.IWidget[] {
  const { name } = fleet;
  const size = { width: 6, height: HEIGHT };
  const of = (metric: FleetMetricName, label: string, statistic = "Average") =>
    fleetMetric(table, metric, name, { label, statistic });
  return [
    new cloudwatch.GraphWidget({
      title: `Fleet ${name}: capacity in use of the limit`,
      left: [of("ResourceUse", "nearest limit", "Maximum")],
      leftAnnotations: [{ value: 100, label: "limit", color: cloudwatch.Color.RED }],
      leftYAxis: { min: 0, label: "percent", showUnits: false },
      ...size,
    }),
    new cloudwatch.GraphWidget({
      title: `Fleet ${name}: efficiency, effectiveness`,
      left: [of("Efficiency", "efficiency"), of("Effectiveness", "effectiveness of changes")],
      leftYAxis: { min: 0, max: 100, showUnits: false },
      ...size,
    }),
    new cloudwatch.GraphWidget({
      title: `Fleet ${name}: changes and alerts`,
      left: [
        of("ExecutionsSucceeded", "succeeded", "Sum"),
        of("ExecutionsFailed", "failed", "Sum"),
        of("ResourceLimitAlerts", "limit alerts", "Maximum"),
        of("PerformanceAlerts", "performance alerts", "Maximum"),
      ],
      leftYAxis: { min: 0, showUnits: false },
      ...size,
    }),
    tasksWidget(fleet, functions.decision.logGroup, size),
  ];
}

/** Lines that one graph can hold; each component's own row shows its allocation too. */
const LINES_MAX = 10;

/** The number of tasks over time, from the line that the decision function logs for each fleet once a minute. */
function tasksWidget(
  { name, components }: FleetPolicy,
  logGroup: logs.ILogGroup,
  size: { width: number; height: number },
): cloudwatch.IWidget {
  const shown = components.slice(0, LINES_MAX);
  // A label may hold letters, digits and underscores only; the number keeps a-b and a_b apart.
  const series = shown.map(
    (each, i) => `max(\`components.${each.name}.tasks\`) as ${each.name.replaceAll(/\W/g, "_")}_${i + 1}`,
  );
  return new cloudwatch.LogQueryWidget({
    title: `Fleet ${name}: tasks${shown.length < components.length ? ` of the first ${shown.length} components` : ""}`,
    logGroupNames: [logGroup.logGroupName],
    view: cloudwatch.LogQueryVisualizationType.LINE,
    queryLines: [
      `filter message = "fleet" and Fleet = ${JSON.stringify(name)}`,
      `stats ${series.join(", ")} by bin(5m)`,
    ],
    ...size,
  });
}
