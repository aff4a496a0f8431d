import { Names, RemovalPolicy, Stack, Validations } from "aws-cdk-lib";
import type * as cloudwatch from "aws-cdk-lib/aws-cloudwatch";
import type * as dynamodb from "aws-cdk-lib/aws-dynamodb";
import type * as ecs from "aws-cdk-lib/aws-ecs";
import * as iam from "aws-cdk-lib/aws-iam";
import * as logs from "aws-cdk-lib/aws-logs";
import * as scheduler from "aws-cdk-lib/aws-scheduler";
import type * as sns from "aws-cdk-lib/aws-sns";
import type * as sqs from "aws-cdk-lib/aws-sqs";
import { Construct } from "constructs";
import type { WrittenConfig } from "../config/index.ts";
import { type Deployment, FUNCTION_ENVIRONMENT } from "../deployment.ts";
import { LOOPS, type LoopName } from "../flow.ts";
import { addAlarms } from "./alarms.ts";
import { alertTopic } from "./alert-topic.ts";
import { beat, beatRole, deadLetterQueue, feed, loopQueue } from "./beat.ts";
import type { FunctionName } from "./bundle.ts";
import { configuredDeployment } from "./configured-deployment.ts";
import { ControllerFunction } from "./controller-function.ts";
import { addDashboard } from "./dashboard.ts";
import { withFunctionCode } from "./function-code.ts";
import { functionSize } from "./function-size.ts";
import { deploymentMetric, type FleetMetricName, fleetMetric } from "./own-metric.ts";
import { loopPermissions, OPERATE_ACTIONS, READ_STATE_ACTIONS, widgetPermissions } from "./permissions.ts";
import { reachedServices, reachOf } from "./service-reach.ts";
import { stateTable } from "./state-table.ts";

export interface ScalingControllerProps {
  /**
   * What to scale and how, docs/configuration.md. Checked when the template is made.
   *
   * @default - the preset of seven components, in mode observe
   */
  readonly configuration?: WrittenConfig;
  /**
   * Services by component, where they are constructs. Service and cluster need names that are known before deploying.
   *
   * @default - found by the names of cluster and service in the configuration
   */
  readonly services?: Readonly<Record<string, ecs.IBaseService>>;
  /**
   * Task and execution roles that the task definitions of resizable services name: the only ones that may be passed.
   *
   * @default - those of `services`; required when a service that may be resized is known by name only
   */
  readonly taskRoles?: readonly iam.IRole[];
  /**
   * Where alerts and alarms go. Its policy must let CloudWatch alarms publish.
   *
   * @default - a topic of the controller's own
   */
  readonly alertTopic?: sns.ITopic;
  /**
   * How long the functions' logs are kept.
   *
   * @default RetentionDays.ONE_MONTH
   */
  readonly logRetention?: logs.RetentionDays;
  /**
   * How many components have a row of their own in the dashboard, in the order of the configuration; 0 to 100.
   *
   * @default 50
   */
  readonly dashboardComponents?: number;
  /**
   * Folder of ready-made bundles, one folder for each function.
   *
   * @default - bundled from the sources with esbuild
   */
  readonly bundles?: string;
}

/** Which loop a loop may wake between beats. */
const WAKES: Readonly<Partial<Record<LoopName, LoopName>>> = { monitor: "decision", decision: "execution" };

/**
 * The whole controller: table, four functions on their beats, alerts, alarms, dashboard. In mode observe, the default, no
 * statement of its roles allows a change to ECS.
 *
 * @example
 * new ScalingController(stack, "Scaling", { configuration: { fleets: [{ components: [{ name: "web", cluster: "prod" }] }] } });
 */
export class ScalingController extends Construct {
  /** The state; retained when the stack is deleted. */
  readonly table: dynamodb.Table;
  /** Where alerts and alarms go. */
  readonly alertTopic: sns.ITopic;
  /** Messages that no function could handle. */
  readonly deadLetters: sqs.Queue;
  readonly dashboard: cloudwatch.Dashboard;
  /** What the functions read: the configuration, compiled. */
  readonly deployment: Deployment;
  readonly #functions: Readonly<Record<FunctionName, ControllerFunction>>;

  constructor(scope: Construct, id: string, props: ScalingControllerProps = {}) {
    super(scope, id);
    const { configuration = {}, services = {}, taskRoles, dashboardComponents = 50 } = props;
    const configured = configuredDeployment({ configuration, services, taskRoles, dashboardComponents });
    this.deployment = configured.deployment;
    this.table = stateTable(this);
    this.deadLetters = deadLetterQueue(this);
    this.alertTopic = props.alertTopic ?? alertTopic(this);
    const queues = byLoop((loop) =>
      loopQueue(this, `${titled(loop)}Queue`, functionSize(loop, 0).timeout, this.deadLetters),
    );
    this.#functions = withFunctionCode(this.deployment, props.bundles, (code) => ({
      ...byLoop((loop) => this.#loopFunction(loop, code[loop], queues, props)),
      widget: this.#widgetFunction(code.widget, props),
    }));
    const reached = reachedServices(Stack.of(this), this.deployment, configured.arns);
    const subjects = {
      services: reached,
      taskRoleArns: configured.taskRoles.map(({ roleArn }) => roleArn),
      tableArn: this.table.tableArn,
      topicArn: this.alertTopic.topicArn,
      queueArns: byLoop((loop) => queues[loop].queueArn),
    };
    for (const { name } of LOOPS) this.#functions[name].permit(loopPermissions(this, name, subjects));
    this.#functions.widget.permit(widgetPermissions(this.table.tableArn));
    this.#startBeats(queues);
    addAlarms(this, {
      deployment: this.deployment,
      table: this.table,
      deadLetters: this.deadLetters,
      functions: this.#functions,
      topic: this.alertTopic,
    });
    this.dashboard = addDashboard(this, {
      deployment: this.deployment,
      table: this.table,
      deadLetters: this.deadLetters,
      functions: this.#functions,
      components: dashboardComponents,
    });
    this.#warn(
      configured.warnings,
      reachOf(
        Stack.of(this),
        reached.filter(({ isWritten }) => isWritten),
      ).isExact,
    );
  }

  /** Lets someone look: read decisions, states and the ledger. */
  grantReadState(grantee: iam.IGrantable): iam.Grant {
    return this.#grantState(grantee, READ_STATE_ACTIONS);
  }

  /** Lets someone operate: pause and resume, change modes, approve decisions, and look. */
  grantOperate(grantee: iam.IGrantable): iam.Grant {
    return this.#grantState(grantee, OPERATE_ACTIONS);
  }

  /** Lets someone see the decisions in the dashboard: CloudWatch calls the widget's function as whoever looks. */
  grantInvokeWidget(grantee: iam.IGrantable): iam.Grant {
    const { functionArn } = this.#functions.widget.function;
    return iam.Grant.addToPrincipal({ grantee, actions: ["lambda:InvokeFunction"], resourceArns: [functionArn] });
  }

  /** How many of the four loops are silent, as the decision loop tells; no datapoint: none, or it is silent itself. */
  metricLoopsSilent(props?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return deploymentMetric(this.table, "LoopsSilent", { statistic: "Maximum", ...props });
  }

  /** Passes of a loop that failed, as a whole or for some component. */
  metricErrors(loop: LoopName, props?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.#functions[loop].function.metricErrors(props);
  }

  /** Alert conditions of a fleet that hold, of one type; no datapoint: none. Maximum unless the options say otherwise. */
  metricAlerts(fleet: string, type: FleetMetricName, props?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return fleetMetric(this.table, type, fleet, { statistic: "Maximum", ...props });
  }

  /** Messages that no function could handle. */
  metricDeadLetters(props?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.deadLetters.metricApproximateNumberOfMessagesVisible(props);
  }

  #grantState(grantee: iam.IGrantable, actions: readonly string[]): iam.Grant {
    return iam.Grant.addToPrincipal({ grantee, actions: [...actions], resourceArns: [this.table.tableArn] });
  }

  #loopFunction(
    loop: LoopName,
    code: ConstructorParameters<typeof ControllerFunction>[2]["code"],
    queues: Readonly<Record<LoopName, sqs.Queue>>,
    props: ScalingControllerProps,
  ): ControllerFunction {
    const next = WAKES[loop];
    const { nodeOptions, ...size } = functionSize(loop, this.deployment.targets.length);
    const made = new ControllerFunction(this, titled(loop), {
      code,
      description: `Scaling controller: the ${loop} loop`,
      ...size,
      environment: {
        ...(nodeOptions === "" ? {} : { NODE_OPTIONS: nodeOptions }),
        [FUNCTION_ENVIRONMENT.table]: this.table.tableName,
        ...(loop === "monitor" ? { [FUNCTION_ENVIRONMENT.topic]: this.alertTopic.topicArn } : {}),
        ...(next === undefined ? {} : { [FUNCTION_ENVIRONMENT.wakeQueue]: queues[next].queueUrl }),
      },
      logRetention: props.logRetention ?? logs.RetentionDays.ONE_MONTH,
    });
    feed(made.function, queues[loop]);
    return made;
  }

  #widgetFunction(
    code: ConstructorParameters<typeof ControllerFunction>[2]["code"],
    props: ScalingControllerProps,
  ): ControllerFunction {
    const { memory, timeout } = functionSize("widget", this.deployment.targets.length);
    return new ControllerFunction(this, "Widget", {
      code,
      description: "Scaling controller: decisions in the CloudWatch dashboard",
      memory,
      timeout,
      environment: { [FUNCTION_ENVIRONMENT.table]: this.table.tableName },
      logRetention: props.logRetention ?? logs.RetentionDays.ONE_MONTH,
      // CloudWatch offers functions of this name when somebody adds a custom widget.
      functionName: `customWidget-${Names.uniqueResourceName(this, { maxLength: 48, separator: "-" })}`,
    });
  }

  #startBeats(queues: Readonly<Record<LoopName, sqs.Queue>>): void {
    const group = new scheduler.ScheduleGroup(this, "Beats", { removalPolicy: RemovalPolicy.DESTROY });
    const role = beatRole(this, group);
    for (const { name, everySeconds } of LOOPS)
      beat(this.#functions[name], name, {
        everySeconds,
        queue: queues[name],
        deadLetters: this.deadLetters,
        group,
        role,
      });
  }

  #warn(warnings: readonly string[], isExact: boolean): void {
    const found = Validations.of(this);
    if (warnings.length > 0) found.addWarning("ScalingController-Configuration", listed(warnings));
    if (isExact) return;
    found.addWarning(
      "ScalingController-ClustersInsteadOfServices",
      "there are more services than a role's policies can list: the execution function may update every service in their clusters (docs/deploy.md, Permissions)",
    );
  }
}

function byLoop<T>(of: (loop: LoopName) => T): Record<LoopName, T> {
  return {
    monitor: of("monitor"),
    decision: of("decision"),
    execution: of("execution"),
    optimization: of("optimization"),
  };
}

function titled(loop: LoopName): string {
  return loop.charAt(0).toUpperCase() + loop.slice(1);
}

const WARNINGS_MAX = 20;

function listed(warnings: readonly string[]): string {
  const rest = warnings.length - WARNINGS_MAX;
  const more = rest > 0 ? [`and ${rest} more; "scaling-controller config validate" tells all`] : [];
  const lines = [...warnings.slice(0, WARNINGS_MAX), ...more].map((each) => `\n  ${each}`);
  return `the configuration can be deployed, but${lines.join("")}`;
}
