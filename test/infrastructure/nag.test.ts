import { type App, Validations } from "aws-cdk-lib";
import * as iam from "aws-cdk-lib/aws-iam";
import { AwsSolutionsChecks, ServerlessChecks } from "cdk-nag";
import { describe, expect, test } from "vitest";
import { ENVIRONMENT, fleetOf, MIXED, synthesized, TASK_ROLE } from "./synthesized.ts";

/** Both packs; a finding without a reason makes synthesis throw. */
function check(app: App): void {
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app), new ServerlessChecks(app));
}

describe("cdk-nag finds nothing that is not explained beside its cause", { timeout: 60_000 }, () => {
  test.each([
    ["with the preset, in mode observe", {}, undefined],
    ["when it may change everything", { configuration: MIXED }, ENVIRONMENT],
    ["with more statements than one policy holds", { configuration: fleetOf(50) }, undefined],
    ["with clusters in place of services", { configuration: fleetOf(200, 3) }, undefined],
  ])("%s", (_, props, env) => {
    const build = () =>
      synthesized((stack) => ({ ...props, taskRoles: [iam.Role.fromRoleArn(stack, "TaskRole", TASK_ROLE)] }), {
        prepare: check,
        ...(env === undefined ? {} : { env }),
      });
    expect(build).not.toThrow();
  });

  test("and would find what is not", () => {
    const build = () =>
      synthesized(
        {},
        {
          prepare: (app, { controller }) => {
            check(app);
            // The same wildcard as one of the controller's own, elsewhere.
            new iam.Role(controller, "Careless", { assumedBy: new iam.AccountRootPrincipal() }).addToPolicy(
              new iam.PolicyStatement({ actions: ["cloudwatch:GetMetricData"], resources: ["*"] }),
            );
          },
        },
      );
    expect(build).toThrow(/Controller\/Careless\/.*\n.*AwsSolutions-IAM5\[Resource::\*\]/);
  });
});
