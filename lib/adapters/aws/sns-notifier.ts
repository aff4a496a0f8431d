import { PublishCommand, type SNSClient } from "@aws-sdk/client-sns";
import { DependencyError } from "../../domain/model/errors.ts";
import type { Alert } from "../../domain/model/learning.ts";
import type { Notifier } from "../../ports.ts";

/** SNS takes at most so many characters, printable ASCII, beginning with none of the blanks. */
const SUBJECT_MAX = 100;
/** String attributes may be longer, but what filters look at are short names. */
const ATTRIBUTE_MAX = 256;

/**
 * Alerts to an SNS topic: a subject and a text for people; severity, type, component, fleet, kind and id as message
 * attributes for filters. It throws whenever delivery is not certain: the alert then stays in the outbox and is sent again
 * under the same id.
 */
export class SnsNotifier implements Notifier {
  readonly #client: SNSClient;
  readonly #topicArn: string;

  constructor({ client, topicArn }: { readonly client: SNSClient; readonly topicArn: string }) {
    this.#client = client;
    this.#topicArn = topicArn;
  }

  async publish(alert: Alert): Promise<void> {
    const input = {
      TopicArn: this.#topicArn,
      Subject: subjectOf(alert),
      Message: textOf(alert),
      MessageAttributes: attributesOf(alert),
    };
    try {
      await this.#client.send(new PublishCommand(input));
    } catch (error) {
      const { name, message } = error instanceof Error ? error : { name: "unknown", message: String(error) };
      const hint = /AccessDenied|AuthorizationError/.test(name) ? " (the function needs sns:Publish on the topic)" : "";
      throw new DependencyError(
        `the topic ${this.#topicArn} did not take the alert ${alert.id}: ${name}: ${message}${hint}`,
        { topic: this.#topicArn, alert: alert.id },
        { cause: error },
      );
    }
  }
}

function subjectOf({ severity, type, component, fleet }: Alert): string {
  const subject = `[${severity}] ${type}: ${component ?? fleet}`;
  const ascii = subject.replace(/[^\x20-\x7e]/g, "?");
  return ascii.length <= SUBJECT_MAX ? ascii : `${ascii.slice(0, SUBJECT_MAX - 3)}...`;
}

function textOf({ id, fleet, component, kind, severity, type, atMs, message }: Alert): string {
  const lines = [
    message,
    "",
    `severity: ${severity}`,
    `type: ${type}`,
    `fleet: ${fleet}`,
    ...(component === undefined ? [] : [`component: ${component}`]),
    `kind: ${kind}`,
    `at: ${new Date(atMs).toISOString()}`,
    `id: ${id}`,
  ];
  return lines.join("\n");
}

function attributesOf(alert: Alert): Record<string, { DataType: "String"; StringValue: string }> {
  const { severity, type, component, fleet, kind, id } = alert;
  const named = { severity, type, fleet, kind, id, ...(component === undefined ? {} : { component }) };
  return Object.fromEntries(
    Object.entries(named).map(([name, value]) => [
      name,
      { DataType: "String" as const, StringValue: value.slice(0, ATTRIBUTE_MAX) },
    ]),
  );
}
