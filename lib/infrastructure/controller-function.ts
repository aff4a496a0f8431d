import { type Duration, RemovalPolicy, type Size, Validations } from "aws-cdk-lib";
import * as iam from "aws-cdk-lib/aws-iam";
import * as lambda from "aws-cdk-lib/aws-lambda";
import * as logs from "aws-cdk-lib/aws-logs";
import { Construct } from "constructs";
import { type Permission, permit } from "./permission.ts";

interface ControllerFunctionProps {
  readonly code: lambda.Code;
  readonly description: string;
  readonly memory: Size;
  readonly timeout: Duration;
  readonly environment: Readonly<Record<string, string>>;
  readonly logRetention: logs.RetentionDays;
  /** @default - CloudFormation names it */
  readonly functionName?: string;
}

/** A function with a role and a log group of its own: no AWS managed policy, nothing that Lambda creates by itself. */
export class ControllerFunction extends Construct {
  readonly role: iam.Role;
  readonly function: lambda.Function;
  readonly logGroup: logs.LogGroup;

  constructor(scope: Construct, id: string, props: ControllerFunctionProps) {
    super(scope, id);
    this.role = new iam.Role(this, "Role", { assumedBy: new iam.ServicePrincipal("lambda.amazonaws.com") });
    this.logGroup = new logs.LogGroup(this, "Log", {
      retention: props.logRetention,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    permit(this.role, [
      {
        sid: "WriteLog",
        actions: ["logs:CreateLogStream", "logs:PutLogEvents"],
        resources: [this.logGroup.logGroupArn],
        because: "The function's own log group, which the stack creates.",
      },
    ]);
    this.function = new lambda.Function(this, "Function", {
      description: props.description,
      runtime: lambda.Runtime.NODEJS_24_X,
      architecture: lambda.Architecture.ARM_64,
      code: props.code,
      handler: "index.handler",
      memorySize: props.memory.toMebibytes(),
      timeout: props.timeout,
      role: this.role,
      environment: { ...props.environment },
      logGroup: this.logGroup,
      loggingFormat: lambda.LoggingFormat.JSON,
      // Lambda's own start, end and report lines would be a third of the log; its metrics say the same. Those of failures are
      // WARN, and counted (function-errors.ts).
      systemLogLevelV2: lambda.SystemLogLevel.WARN,
      applicationLogLevelV2: lambda.ApplicationLogLevel.INFO,
      ...(props.functionName === undefined ? {} : { functionName: props.functionName }),
      // No reserved concurrency: it is taken from the account's, which in a new account is ten in all, and the deployment
      // would fail. Two copies that run at once do no harm: a tick is claimed by one of them.
    });
    this.#acknowledge();
  }

  permit(permissions: readonly Permission[]): void {
    permit(this.role, permissions);
  }

  #acknowledge(): void {
    Validations.of(this.function).acknowledge(
      {
        id: "Serverless-LambdaTracing",
        reason:
          "Functions hand on records, not requests: a trace would end with each of them. Every log line bears the ids of its tick and decision.",
      },
      {
        id: "Serverless-LambdaDLQ",
        reason:
          "For asynchronous invocation, of which there is none: loops are fed by queues with a dead-letter queue, the widget's caller waits for its answer.",
      },
    );
  }
}
