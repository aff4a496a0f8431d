import { Duration, Stack, Validations } from "aws-cdk-lib";
import * as iam from "aws-cdk-lib/aws-iam";
import type * as lambda from "aws-cdk-lib/aws-lambda";
import { SqsEventSource } from "aws-cdk-lib/aws-lambda-event-sources";
import * as scheduler from "aws-cdk-lib/aws-scheduler";
import { Universal } from "aws-cdk-lib/aws-scheduler-targets";
import * as sqs from "aws-cdk-lib/aws-sqs";
import type { Construct } from "constructs";
import type { TickMessage } from "../deployment.ts";
import type { LoopName } from "../flow.ts";

/** Messages that could not be handled, of all loops, kept for as long as SQS keeps any. */
export function deadLetterQueue(scope: Construct): sqs.Queue {
  const queue = new sqs.Queue(scope, "DeadLetters", {
    enforceSSL: true,
    encryption: sqs.QueueEncryption.SQS_MANAGED,
    retentionPeriod: Duration.days(14),
  });
  Validations.of(queue).acknowledge({
    id: "Serverless-SQSRedrivePolicy",
    reason: "It is the dead-letter queue itself; an alarm tells when something is in it.",
  });
  return queue;
}

/** Received at most twice: a second receive after a pass that died finds its tick claimed, and ends quietly. */
const RECEIVES_MAX = 2;

/**
 * The queue that feeds a loop's function (docs/adr/0003-aws-runtime.md). A message is hidden for as long as the function
 * may run, and kept for two such runs and a little: a tick is not run when older than a minute anyway.
 */
export function loopQueue(scope: Construct, id: string, timeout: Duration, deadLetters: sqs.IQueue): sqs.Queue {
  return new sqs.Queue(scope, id, {
    enforceSSL: true,
    encryption: sqs.QueueEncryption.SQS_MANAGED,
    visibilityTimeout: timeout,
    retentionPeriod: Duration.seconds(2 * timeout.toSeconds() + 240),
    deadLetterQueue: { queue: deadLetters, maxReceiveCount: RECEIVES_MAX },
  });
}

/** Lets the function take what is in its queue. Each message has an invocation of its own: it is one tick. */
export function feed(fn: lambda.Function, queue: sqs.IQueue): void {
  fn.addEventSource(new SqsEventSource(queue, { batchSize: 1 }));
  Validations.of(fn).acknowledge({
    id: "Serverless-LambdaEventSourceMappingDestination",
    reason: "For streams. What fails is moved by the queue itself, whose redrive policy names the dead-letter queue.",
  });
}

interface BeatProps {
  readonly everySeconds: number;
  readonly queue: sqs.IQueue;
  readonly deadLetters: sqs.IQueue;
  readonly group: scheduler.IScheduleGroup;
  readonly role: iam.IRole;
}

/**
 * The schedule of one loop. EventBridge fires once a minute at most; the half-minute beat is a second message of the same call,
 * which SQS holds back for 30 s. Never tried again: the next beat does what a lost one would have done.
 */
export function beat(scope: Construct, loop: LoopName, props: BeatProps): void {
  const minutes = Math.max(1, props.everySeconds / 60);
  const delays: readonly (0 | 30)[] = props.everySeconds < 60 ? [0, 30] : [0];
  const schedule = new scheduler.Schedule(scope, "Beat", {
    description: `Beat of the ${loop} loop`,
    schedule: scheduler.ScheduleExpression.rate(Duration.minutes(minutes)),
    scheduleGroup: props.group,
    target: new Universal({
      service: "sqs",
      action: "sendMessageBatch",
      input: scheduler.ScheduleTargetInput.fromObject({
        QueueUrl: props.queue.queueUrl,
        Entries: delays.map((delaySeconds) => {
          const message: TickMessage = { kind: "beat", delaySeconds };
          return { Id: `after-${delaySeconds}-s`, MessageBody: JSON.stringify(message), DelaySeconds: delaySeconds };
        }),
      }),
      role: props.role,
      policyStatements: [new iam.PolicyStatement({ actions: ["sqs:SendMessage"], resources: [props.queue.queueArn] })],
      deadLetterQueue: props.deadLetters,
      retryAttempts: 0,
      maxEventAge: Duration.seconds(60),
    }),
  });
  // The template names the group as a text, and the role without its policy: CloudFormation sees neither by itself.
  schedule.node.addDependency(props.group, props.role);
}

/**
 * What EventBridge Scheduler sends the beats as: for schedules of this group only. Each beat adds the permission to send to
 * its own queue and, what could not be sent, to the dead letters.
 */
export function beatRole(scope: Construct, group: scheduler.ScheduleGroup): iam.Role {
  return new iam.Role(scope, "BeatRole", {
    assumedBy: new iam.ServicePrincipal("scheduler.amazonaws.com", {
      conditions: {
        StringEquals: { "aws:SourceAccount": Stack.of(scope).account, "aws:SourceArn": group.scheduleGroupArn },
      },
    }),
  });
}
