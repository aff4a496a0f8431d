import { SendMessageCommand, type SQSClient } from "@aws-sdk/client-sqs";
import type { TickMessage } from "../../deployment.ts";
import { DependencyError } from "../../domain/model/errors.ts";

/** Wakes the loop that reads a queue. Throws DependencyError when the queue did not take the message. */
export async function sendWake(client: SQSClient, queueUrl: string, scheduledMs: number): Promise<void> {
  const message: TickMessage = { kind: "wake", scheduledMs };
  try {
    await client.send(new SendMessageCommand({ QueueUrl: queueUrl, MessageBody: JSON.stringify(message) }));
  } catch (error) {
    const { name, message: text } = error instanceof Error ? error : { name: "unknown", message: String(error) };
    throw new DependencyError(`the queue ${queueUrl} did not take the wake: ${name}: ${text}`, {}, { cause: error });
  }
}
