/**
 * The CDK app: one stack with one controller.
 *
 *   npx cdk synth  -c config=my.json
 *   npx cdk deploy -c config=my.json -c taskRoles=arn:aws:iam::111122223333:role/web-task,arn:...
 *
 * Context: `config`, a configuration file, .json or .ts (default: the preset); `taskRoles`, task and execution roles of
 * services that may be resized, separated by commas, empty if their task definitions name none; `stackName` (default
 * ScalingController); `bundles`, a folder of ready-made bundles (default: bundled from the sources).
 */
import { App, CfnOutput, Stack } from "aws-cdk-lib";
import * as iam from "aws-cdk-lib/aws-iam";
import { readConfigFile } from "../lib/config/file.ts";
import type { WrittenConfig } from "../lib/config/index.ts";
import { ControllerError, InputError } from "../lib/domain/model/errors.ts";
import { ScalingController } from "../lib/infrastructure/scaling-controller.ts";

const ROLE_ARN = /^arn:[\w-]+:iam::\d{12}:role\/[\w+=,.@/-]+$/;

async function main(): Promise<void> {
  // Synthesized below, or not at all: by itself CDK would also write what there is of a stack that failed.
  const app = new App({ autoSynth: false });
  const [config, bundles] = [contextText(app, "config"), contextText(app, "bundles")];
  // Checked by the construct, which reports all problems at once.
  const configuration = config === undefined ? {} : ((await readConfigFile(config)) as WrittenConfig);
  const stack = new Stack(app, contextText(app, "stackName") ?? "ScalingController", {
    description: "Scaling controller: an autoscaler for Amazon ECS",
  });
  const roles = taskRoles(stack, app);
  const controller = new ScalingController(stack, "Controller", {
    configuration,
    ...(roles === undefined ? {} : { taskRoles: roles }),
    ...(bundles === undefined ? {} : { bundles }),
  });
  new CfnOutput(stack, "Table", {
    value: controller.table.tableName,
    description: "For the operator's commands: --table",
  });
  new CfnOutput(stack, "Alerts", { value: controller.alertTopic.topicArn, description: "Subscribe here" });
  new CfnOutput(stack, "Dashboard", { value: controller.dashboard.dashboardName });
  app.synth();
}

function contextText(app: App, key: string): string | undefined {
  const value: unknown = app.node.tryGetContext(key);
  if (value === undefined) return undefined;
  if (typeof value === "string") return value;
  throw new InputError("the context cannot be used", [`${key}: ${JSON.stringify(value)}, expected a text`]);
}

function taskRoles(stack: Stack, app: App): iam.IRole[] | undefined {
  const text = contextText(app, "taskRoles");
  if (text === undefined) return undefined;
  const arns = text.split(",").filter((each) => each !== "");
  const wrong = arns.filter((arn) => !ROLE_ARN.test(arn));
  if (wrong.length > 0) {
    const expected = "expected ARNs of roles: arn:aws:iam::ACCOUNT:role/NAME";
    throw new InputError(
      "the context cannot be used",
      wrong.map((arn) => `taskRoles: ${arn}, ${expected}`),
    );
  }
  return arns.map((arn, i) => iam.Role.fromRoleArn(stack, `TaskRole${i + 1}`, arn, { mutable: false }));
}

try {
  await main();
} catch (error) {
  if (!(error instanceof ControllerError)) throw error;
  // A stack trace would bury what is to be done.
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
}
