/** An SQS message as Lambda hands it over, with all its fields. */
export function aMessage(body: unknown, sentMs: number, receives = 1): Readonly<Record<string, unknown>> {
  return {
    messageId: `00000000-0000-4000-8000-${String(sentMs).slice(-12).padStart(12, "0")}`,
    receiptHandle: "AQEBwJnKyrHigUMZj6rYigCgxlaS3SLy0a",
    body: typeof body === "string" ? body : JSON.stringify(body),
    attributes: {
      ApproximateReceiveCount: String(receives),
      SentTimestamp: String(sentMs),
      SenderId: "AROAEXAMPLE:scheduler",
      ApproximateFirstReceiveTimestamp: String(sentMs + 12),
    },
    messageAttributes: {},
    md5OfBody: "7b270e59b47ff90a553787216d55d91d",
    eventSource: "aws:sqs",
    eventSourceARN: "arn:aws:sqs:us-east-1:123456789012:scaling-controller-decision",
    awsRegion: "us-east-1",
  };
}

export function anEvent(...messages: readonly unknown[]): { readonly Records: readonly unknown[] } {
  return { Records: messages };
}
