import { CloudWatchClient, PutMetricDataCommand } from "@aws-sdk/client-cloudwatch";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import {
  CreateClusterCommand,
  CreateServiceCommand,
  DescribeServicesCommand,
  DescribeTaskDefinitionCommand,
  ECSClient,
  ListTaskDefinitionsCommand,
  RegisterTaskDefinitionCommand,
  type Tag,
  type TaskDefinition,
} from "@aws-sdk/client-ecs";
import { SNSClient, SubscribeCommand } from "@aws-sdk/client-sns";
import {
  CreateQueueCommand,
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  GetQueueUrlCommand,
  type Message,
  PurgeQueueCommand,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  type SendMessageBatchRequestEntry,
  SQSClient,
} from "@aws-sdk/client-sqs";
import { FUNCTION_ENVIRONMENT } from "../../lib/deployment.ts";
import { LOOPS, type LoopName } from "../../lib/flow.ts";
import type { FunctionName } from "../../lib/infrastructure/bundle.ts";
import type { DeployedFunction } from "./deployed-function.ts";

export const REGION = "us-east-1";
export const CREDENTIALS = { accessKeyId: "testing", secretAccessKey: "testing" };

/** A service that the scenario makes: everything before the controller came. */
export interface ServiceSetup {
  readonly cluster: string;
  readonly service: string;
  readonly tasks: number;
  /** CPU units and MiB of a task. */
  readonly cpu: number;
  readonly memory: number;
}

/** What a service has, as the emulator itself keeps it. */
export interface LiveService {
  readonly tasks: number;
  /** family:revision */
  readonly revision: string;
}

/** The account in the emulator: made and looked at without the functions and without what stands before them. */
export class Account {
  readonly #ecs: ECSClient;
  readonly #cloudwatch: CloudWatchClient;
  readonly #sns: SNSClient;
  readonly #sqs: SQSClient;
  readonly dynamo: DynamoDBClient;
  readonly queues = new Map<LoopName | "alerts", string>();
  table = "";

  constructor(endpoint: string) {
    const options = { endpoint, region: REGION, credentials: CREDENTIALS };
    this.#ecs = new ECSClient(options);
    this.#cloudwatch = new CloudWatchClient(options);
    this.#sns = new SNSClient(options);
    this.#sqs = new SQSClient(options);
    this.dynamo = new DynamoDBClient(options);
  }

  /** Takes the names of what the stack made, and a queue that hears its alerts. */
  async adopt(functions: Readonly<Record<FunctionName, DeployedFunction>>): Promise<void> {
    for (const { name } of LOOPS) {
      const { QueueUrl = "" } = await this.#sqs.send(new GetQueueUrlCommand({ QueueName: functions[name].queue }));
      this.queues.set(name, QueueUrl);
    }
    const { environment } = functions.monitor;
    this.table = environment[FUNCTION_ENVIRONMENT.table] ?? "";
    const { QueueUrl = "" } = await this.#sqs.send(new CreateQueueCommand({ QueueName: "subscriber" }));
    this.queues.set("alerts", QueueUrl);
    const { Attributes } = await this.#sqs.send(
      new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ["QueueArn"] }),
    );
    const TopicArn = environment[FUNCTION_ENVIRONMENT.topic];
    await this.#sns.send(new SubscribeCommand({ TopicArn, Protocol: "sqs", Endpoint: Attributes?.["QueueArn"] }));
  }

  /** Attributes of the queue that a function reads. */
  async queueAttributes(name: LoopName): Promise<Readonly<Record<string, string>>> {
    const { Attributes = {} } = await this.#sqs.send(
      new GetQueueAttributesCommand({ QueueUrl: this.queueOf(name), AttributeNames: ["All"] }),
    );
    return Attributes;
  }

  queueOf(name: LoopName | "alerts"): string {
    const url = this.queues.get(name);
    if (url === undefined) throw new Error(`no queue ${name}`);
    return url;
  }

  async makeCluster(clusterName: string): Promise<void> {
    await this.#ecs.send(new CreateClusterCommand({ clusterName }));
  }

  async makeService({ cluster, service, tasks, cpu, memory }: ServiceSetup): Promise<void> {
    await this.#ecs.send(
      new RegisterTaskDefinitionCommand({
        family: service,
        requiresCompatibilities: ["FARGATE"],
        networkMode: "awsvpc",
        cpu: String(cpu),
        memory: String(memory),
        executionRoleArn: "arn:aws:iam::123456789012:role/execution",
        containerDefinitions: [
          {
            name: "app",
            image: "registry.example/app:1",
            environment: [{ name: "LEVEL", value: "info" }],
            portMappings: [{ containerPort: 8080 }],
          },
        ],
        tags: [{ key: "owner", value: "trading" }],
      }),
    );
    await this.#ecs.send(
      new CreateServiceCommand({
        cluster,
        serviceName: service,
        taskDefinition: `${service}:1`,
        desiredCount: tasks,
        launchType: "FARGATE",
      }),
    );
  }

  async liveService(cluster: string, service: string): Promise<LiveService> {
    const { services = [] } = await this.#ecs.send(new DescribeServicesCommand({ cluster, services: [service] }));
    const [{ desiredCount = -1, taskDefinition = "" } = {}] = services;
    return { tasks: desiredCount, revision: taskDefinition.slice(taskDefinition.lastIndexOf("/") + 1) };
  }

  async definition(revision: string): Promise<{ definition: TaskDefinition; tags: readonly Tag[] }> {
    const { taskDefinition, tags = [] } = await this.#ecs.send(
      new DescribeTaskDefinitionCommand({ taskDefinition: revision, include: ["TAGS"] }),
    );
    if (taskDefinition === undefined) throw new Error(`no task definition ${revision}`);
    return { definition: taskDefinition, tags };
  }

  async revisionsOf(family: string): Promise<number> {
    const { taskDefinitionArns = [] } = await this.#ecs.send(new ListTaskDefinitionsCommand({ familyPrefix: family }));
    return taskDefinitionArns.length;
  }

  /** Publishes metrics of one period as ECS would, in percent. */
  async publish(
    { cluster, service }: { cluster: string; service: string },
    startMs: number,
    metrics: Readonly<Record<string, number>>,
  ): Promise<void> {
    const Dimensions = [
      { Name: "ClusterName", Value: cluster },
      { Name: "ServiceName", Value: service },
    ];
    await this.#cloudwatch.send(
      new PutMetricDataCommand({
        Namespace: "AWS/ECS",
        MetricData: Object.entries(metrics).map(([MetricName, Value]) => ({
          MetricName,
          Value,
          Dimensions,
          Timestamp: new Date(startMs),
        })),
      }),
    );
  }

  /** Sends messages to a function's queue in one call; what can be taken at once, and how many are held back. */
  async sendOnce(name: LoopName, entries: readonly SendMessageBatchRequestEntry[]): Promise<[Message[], number]> {
    const QueueUrl = this.queueOf(name);
    const { Failed = [] } = await this.#sqs.send(new SendMessageBatchCommand({ QueueUrl, Entries: [...entries] }));
    if (Failed.length > 0) throw new Error(`not taken: ${JSON.stringify(Failed)}`);
    const taken = await this.drain(name);
    const { ApproximateNumberOfMessagesDelayed: delayed } = await this.queueAttributes(name);
    await this.#sqs.send(new PurgeQueueCommand({ QueueUrl }));
    return [taken, Number(delayed)];
  }

  /** Takes what is in a queue. */
  async drain(name: LoopName | "alerts"): Promise<Message[]> {
    const QueueUrl = this.queueOf(name);
    const taken: Message[] = [];
    for (;;) {
      const { Messages = [] } = await this.#sqs.send(
        new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10, MessageSystemAttributeNames: ["All"] }),
      );
      if (Messages.length === 0) return taken;
      taken.push(...Messages);
      for (const { ReceiptHandle } of Messages) {
        await this.#sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }));
      }
    }
  }

  close(): void {
    for (const client of [this.#ecs, this.#cloudwatch, this.#sns, this.#sqs, this.dynamo]) client.destroy();
  }
}
