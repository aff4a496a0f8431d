import * as iam from "aws-cdk-lib/aws-iam";
import { describe, expect, test } from "vitest";
import { checkWithNag, mixed, preset, sixty, synthesized, twoHundred } from "./synthesized.ts";

describe("cdk-nag finds nothing that is not explained beside its cause", { timeout: 60_000 }, () => {
  test.each([
    ["with the preset, in mode observe", preset],
    ["when it may change everything", mixed],
    ["with more statements than one policy holds", sixty],
    ["with clusters in place of services", twoHundred],
  ])("%s", (_, build) => {
    expect(build).not.toThrow();
  });

  test("and would find what is not", () => {
    const build = () =>
      synthesized(
        {},
        {
          prepare: (app, { controller }) => {
            checkWithNag(app);
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
