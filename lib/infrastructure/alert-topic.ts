import { Stack } from "aws-cdk-lib";
import * as iam from "aws-cdk-lib/aws-iam";
import * as sns from "aws-cdk-lib/aws-sns";
import type { Construct } from "constructs";

/**
 * Where alerts and alarms go. Not encrypted with a KMS key: CloudWatch alarms cannot use the one that AWS owns, and a key of
 * one's own costs more than the rest of the alarms; messages hold names and numbers of services. Bring a topic of your own
 * (`alertTopic`) where that is not enough.
 */
export function alertTopic(scope: Construct): sns.Topic {
  const topic = new sns.Topic(scope, "Alerts", { enforceSSL: true });
  const { account } = Stack.of(scope);
  // A policy of one's own replaces the default one, by which alarms of the account may publish.
  topic.addToResourcePolicy(
    new iam.PolicyStatement({
      sid: "AllowAlarms",
      principals: [new iam.ServicePrincipal("cloudwatch.amazonaws.com")],
      actions: ["sns:Publish"],
      resources: [topic.topicArn],
      conditions: { StringEquals: { "aws:SourceAccount": account } },
    }),
  );
  return topic;
}
