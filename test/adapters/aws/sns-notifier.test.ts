import { PublishCommand, SNSClient } from "@aws-sdk/client-sns";
import { SendMessageCommand, SQSClient } from "@aws-sdk/client-sqs";
import { mockClient } from "aws-sdk-client-mock";
import { describe, expect, test } from "vitest";
import { SnsNotifier } from "../../../lib/adapters/aws/sns-notifier.ts";
import { sendWake } from "../../../lib/adapters/aws/sqs-wake.ts";
import type { Alert } from "../../../lib/domain/model/learning.ts";

const TOPIC = "arn:aws:sns:us-east-1:123456789012:alerts";
const ALERT: Alert = {
  id: "shop/resource-limit:fleet:cpu@1800000000000",
  fleet: "shop",
  component: "price_feeds",
  kind: "resource-limit:price_feeds:cpu",
  type: "resource-limit",
  severity: "critical",
  atMs: 1_800_000_000_000,
  message: "price_feeds uses 97 % of its cpu and is at its maximum of 4 vCPU.",
};

function aNotifier() {
  const client = new SNSClient({ region: "us-east-1" });
  return { sns: mockClient(client), notifier: new SnsNotifier({ client, topicArn: TOPIC }) };
}

describe("an alert to SNS", () => {
  test("has a subject and a text for people, and attributes for filters", async () => {
    const { sns, notifier } = aNotifier();
    sns.on(PublishCommand).resolves({ MessageId: "1" });
    await notifier.publish(ALERT);
    const text = (StringValue: string) => ({ DataType: "String", StringValue });
    expect(sns.commandCalls(PublishCommand)[0]?.args[0].input).toEqual({
      TopicArn: TOPIC,
      Subject: "[critical] resource-limit: price_feeds",
      Message: [
        "price_feeds uses 97 % of its cpu and is at its maximum of 4 vCPU.",
        "",
        "severity: critical",
        "type: resource-limit",
        "fleet: shop",
        "component: price_feeds",
        "kind: resource-limit:price_feeds:cpu",
        "at: 2027-01-15T08:00:00.000Z",
        "id: shop/resource-limit:fleet:cpu@1800000000000",
      ].join("\n"),
      MessageAttributes: {
        severity: text("critical"),
        type: text("resource-limit"),
        component: text("price_feeds"),
        fleet: text("shop"),
        kind: text("resource-limit:price_feeds:cpu"),
        id: text("shop/resource-limit:fleet:cpu@1800000000000"),
      },
    });
  });

  test("without a component has no such attribute: an empty one would be refused", async () => {
    const { sns, notifier } = aNotifier();
    sns.on(PublishCommand).resolves({});
    await notifier.publish({ ...ALERT, component: undefined });
    const { Subject, MessageAttributes } = sns.commandCalls(PublishCommand)[0]?.args[0].input ?? {};
    expect(Subject).toBe("[critical] resource-limit: shop");
    expect(Object.keys(MessageAttributes ?? {})).not.toContain("component");
  });

  test.each([
    ["long", "x".repeat(300)],
    ["not ASCII", "prix\n€ 価格"],
  ])("a %s name makes a subject that SNS takes", async (_, component) => {
    const { sns, notifier } = aNotifier();
    sns.on(PublishCommand).resolves({});
    await notifier.publish({ ...ALERT, component });
    expect(sns.commandCalls(PublishCommand)[0]?.args[0].input.Subject).toMatch(/^[\x21-\x7e][\x20-\x7e]{0,99}$/);
  });

  test("that is not taken is thrown with topic and reason, so that it stays in the outbox", async () => {
    const { sns, notifier } = aNotifier();
    sns.on(PublishCommand).rejects(Object.assign(new Error("not authorized"), { name: "AuthorizationErrorException" }));
    await expect(notifier.publish(ALERT)).rejects.toThrow(
      `the topic ${TOPIC} did not take the alert ${ALERT.id}: AuthorizationErrorException: not authorized (the function needs sns:Publish on the topic)`,
    );
  });
});

describe("a wake by SQS", () => {
  const url = "https://sqs.us-east-1.amazonaws.com/123456789012/decision";

  test("is one message to the queue of the loop", async () => {
    const client = new SQSClient({ region: "us-east-1" });
    const sqs = mockClient(client);
    sqs.on(SendMessageCommand).resolves({});
    await sendWake(client, url, 1_800_000_017_000);
    expect(sqs.commandCalls(SendMessageCommand).map(({ args }) => args[0].input)).toEqual([
      { QueueUrl: url, MessageBody: '{"kind":"wake","scheduledMs":1800000017000}' },
    ]);
  });

  test("that is not taken is thrown, naming the queue", async () => {
    const client = new SQSClient({ region: "us-east-1" });
    mockClient(client).on(SendMessageCommand).rejects(new Error("gone"));
    await expect(sendWake(client, url, 1)).rejects.toThrow(`the queue ${url} did not take the wake: Error: gone`);
  });
});
