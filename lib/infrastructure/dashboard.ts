import { Duration } from "aws-cdk-lib";
import * as cloudwatch from "aws-cdk-lib/aws-cloudwatch";
import type * as dynamodb from "aws-cdk-lib/aws-dynamodb";
import type * as sqs from "aws-cdk-lib/aws-sqs";
import type { Construct } from "constructs";
import type { Deployment } from "../deployment.ts";
import type { FleetPolicy } from "../domain/model/policy.ts";
import { LOOPS } from "../flow.ts";
import { FUNCTIONS, type FunctionName } from "./bundle.ts";
import { componentWidgets } from "./component-widgets.ts";
import type { ControllerFunction } from "./controller-function.ts";
import { deploymentMetric } from "./own-metric.ts";

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
      title: "Invocations in five minutes: 10, 5, 10, 1 or more; loops that are silent",
      left: LOOPS.map(({ name }) =>
        functions[name].function.metricInvocations({ label: name, period: Duration.minutes(5) }),
      ),
      right: [deploymentMetric(table, "LoopsSilent", { statistic: "Maximum", label: "loops that are silent" })],
      leftYAxis: { min: 0, showUnits: false },
      rightYAxis: { min: 0, max: LOOPS.length, showUnits: false },
      ...size,
    }),
    new cloudwatch.GraphWidget({
      title: "Passes that failed, as a whole or in part; dead letters",
      left: FUNCTIONS.map((name) => functions[name].function.metricErrors({ label: name })),
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

function fleetWidgets(fleet: FleetPolicy, { functions }: DashboardSubjects): cloudwatch.IWidget[] {
  const { name } = fleet;
  const { decision, execution } = functions;
  const graph = (title: string, functionsAsked: readonly ControllerFunction[], message: string, series: string) =>
    logGraph(`Fleet ${name}: ${title}`, functionsAsked, [
      `filter ${message} and Fleet = ${JSON.stringify(name)}`,
      `stats ${series} by bin(5m)`,
    ]);
  return [
    graph(
      "capacity in use of the limit, percent",
      [decision],
      'message = "fleet"',
      "max(ResourceUse) as nearest_limit",
    ),
    graph(
      "efficiency, effectiveness",
      [decision],
      'message = "fleet"',
      "avg(Efficiency) as efficiency, avg(Effectiveness) as effectiveness_of_changes",
    ),
    graph(
      "changes and alerts",
      [decision, execution],
      '(message = "fleet" or message = "executions ended")',
      "sum(ExecutionsSucceeded) as succeeded, sum(ExecutionsFailed) as failed, max(ResourceLimitAlerts) as limit_alerts, max(PerformanceAlerts) as performance_alerts",
    ),
    tasksWidget(fleet, decision),
  ];
}

/** What only people look at is not a metric but a field of the log: asking costs by what is scanned, a few MB. */
function logGraph(
  title: string,
  functions: readonly ControllerFunction[],
  queryLines: string[],
): cloudwatch.LogQueryWidget {
  return new cloudwatch.LogQueryWidget({
    title,
    logGroupNames: functions.map(({ logGroup }) => logGroup.logGroupName),
    view: cloudwatch.LogQueryVisualizationType.LINE,
    queryLines,
    width: 6,
    height: HEIGHT,
  });
}

/** Lines that one graph can hold; each component's own row shows its allocation too. */
const LINES_MAX = 10;

/** The number of tasks over time, from the line that the decision function logs for each fleet once a minute. */
function tasksWidget({ name, components }: FleetPolicy, decision: ControllerFunction): cloudwatch.IWidget {
  const shown = components.slice(0, LINES_MAX);
  // A label may hold letters, digits and underscores only; the number keeps a-b and a_b apart.
  const series = shown.map(
    (each, i) => `max(\`components.${each.name}.tasks\`) as ${each.name.replaceAll(/\W/g, "_")}_${i + 1}`,
  );
  const rest = shown.length < components.length ? ` of the first ${shown.length} components` : "";
  return logGraph(
    `Fleet ${name}: tasks${rest}`,
    [decision],
    [`filter message = "fleet" and Fleet = ${JSON.stringify(name)}`, `stats ${series.join(", ")} by bin(5m)`],
  );
}
