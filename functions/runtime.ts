import "./heap.ts";
import { fileURLToPath } from "node:url";
import { ApplicationAutoScalingClient } from "@aws-sdk/client-application-auto-scaling";
import { CloudWatchClient } from "@aws-sdk/client-cloudwatch";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { ECSClient } from "@aws-sdk/client-ecs";
import { SNSClient } from "@aws-sdk/client-sns";
import { SQSClient } from "@aws-sdk/client-sqs";
import { CloudWatchMetricSource } from "../lib/adapters/aws/cloudwatch/index.ts";
import { EcsOrchestrator } from "../lib/adapters/aws/ecs/index.ts";
import { jsonLog, logLevelOf } from "../lib/adapters/aws/logging.ts";
import { emfLine } from "../lib/adapters/aws/own-metrics.ts";
import { SnsNotifier } from "../lib/adapters/aws/sns-notifier.ts";
import { sendWake } from "../lib/adapters/aws/sqs-wake.ts";
import { type Deployment, FUNCTION_ENVIRONMENT } from "../lib/deployment.ts";
import { InputError } from "../lib/domain/model/errors.ts";
import type { LoopName } from "../lib/flow.ts";
import type { Clock, Log, Orchestrator } from "../lib/ports.ts";
import type { WidgetSource } from "../lib/widget/answer.ts";
import { readDeployment } from "./deployment-document.ts";
import { type Edges, refusedEdges } from "./refused-ports.ts";
import { purgedAfterTtl, timeToLive } from "./retention.ts";
import type { Stage } from "./stage.ts";

/*
 * The composition root of the functions: environment and Deployment document become ports. Clients are made when a
 * function starts; the code of store and loops is loaded with its first event. Each function takes one factory from here,
 * and the bundler drops what the others need.
 */

const clock: Clock = { nowMs: () => Date.now() };

/** A call that hangs must not take the pass with it: three tries of at most six seconds, within any function's time. */
const CALLS = {
  maxAttempts: 3,
  requestHandler: { connectionTimeout: 1000, requestTimeout: 5000, throwOnRequestTimeout: true },
};
interface Given {
  readonly deployment: Deployment;
  readonly log: Log;
}

/** Reads CloudWatch and ECS, publishes alerts, wakes decisions. */
export function monitorStage(): Stage {
  const { topic } = environment("topic");
  const cloudwatch = new CloudWatchClient(CALLS);
  const orchestrator = ecs();
  const sns = new SNSClient(CALLS);
  const wakes = { loop: "decision", send: wakeQueue() } as const;
  return stage("monitor", wakes, (given) => {
    const live = orchestrator(given);
    return {
      metrics: new CloudWatchMetricSource({ client: cloudwatch, targets: given.deployment.targets, log: given.log }),
      orchestrator: { ...refusedEdges("monitor").orchestrator, describe: (...asked) => live.describe(...asked) },
      notifier: new SnsNotifier({ client: sns, topicArn: topic }),
    };
  });
}

/** Reads and writes the table only, wakes executions. */
export function decisionStage(): Stage {
  const wakes = { loop: "execution", send: wakeQueue() } as const;
  return stage("decision", wakes, () => refusedEdges("decision"));
}

/** The only one that may write to ECS. */
export function executionStage(): Stage {
  const orchestrator = ecs();
  return stage("execution", undefined, (given) => ({
    ...refusedEdges("execution"),
    orchestrator: orchestrator(given),
  }));
}

/** Reads and writes the table only. */
export function optimizationStage(): Stage {
  return stage("optimization", undefined, () => refusedEdges("optimization"));
}

/** What the widget shows: the deployed fleets, and the table, read only. */
export function widgetSource(): WidgetSource {
  const { table } = environment("table");
  const dynamo = new DynamoDBClient(CALLS);
  const { log } = jsonLog({ write, clock, level: logLevelOf(process.env["AWS_LAMBDA_LOG_LEVEL"]) });
  return {
    clock,
    log,
    open: async () => {
      const deployment = readDeployment(deploymentPath());
      const { DynamoStore } = await import("../lib/adapters/dynamo/dynamo-store.ts");
      return { fleets: deployment.fleets, store: await DynamoStore.open(dynamo, table, { readOnly: true }) };
    },
  };
}

function stage(loop: LoopName, wakes: Stage["wakes"], edges: (given: Given) => Edges): Stage {
  const { table } = environment("table");
  const dynamo = new DynamoDBClient(CALLS);
  const { log, bind, bound } = jsonLog({ write, clock, level: logLevelOf(process.env["AWS_LAMBDA_LOG_LEVEL"]) });
  return {
    loop,
    clock,
    log,
    bind,
    emit: (measurement) => {
      const fields = { ...bound(), ...measurement.fields };
      write(emfLine(table, { ...measurement, fields }, clock.nowMs()));
    },
    wakes,
    open: async () => {
      const deployment = readDeployment(deploymentPath());
      const [{ DynamoStore }, { runLoop }, { measureTicks }] = await Promise.all([
        import("../lib/adapters/dynamo/dynamo-store.ts"),
        import("../lib/loops/run-loop.ts"),
        import("./tick-measurements.ts"),
      ]);
      const fleets = loop === "optimization" ? deployment.fleets.map(purgedAfterTtl) : deployment.fleets;
      const opened = await DynamoStore.open(dynamo, table, { timeToLive: timeToLive(deployment.fleets) });
      const { store, measure } = measureTicks(loop, opened, fleets);
      return { ports: { ...edges({ deployment, log }), store, clock, log }, fleets, runLoop, measure };
    },
  };
}

function wakeQueue(): (scheduledMs: number) => Promise<void> {
  const { wakeQueue: url } = environment("wakeQueue");
  const client = new SQSClient(CALLS);
  return (scheduledMs) => sendWake(client, url, scheduledMs);
}

function ecs(): (given: Given) => Orchestrator {
  const client = new ECSClient(CALLS);
  // A write is sent once: whether a lost answer's call was carried out is for the loop to find out.
  const writeClient = new ECSClient({ ...CALLS, maxAttempts: 1 });
  const autoscaling = new ApplicationAutoScalingClient(CALLS);
  return ({ deployment, log }) =>
    new EcsOrchestrator({ client, writeClient, autoscaling, targets: deployment.targets, log, clock });
}

type Setting = keyof typeof FUNCTION_ENVIRONMENT;

/** @throws InputError that names every variable that is not set. */
function environment<K extends Setting>(...names: readonly K[]): Record<K, string> {
  const missing = names.filter((name) => (process.env[FUNCTION_ENVIRONMENT[name]] ?? "") === "");
  if (missing.length > 0)
    throw new InputError(
      "The function's environment is incomplete",
      missing.map((name) => `${FUNCTION_ENVIRONMENT[name]} is not set`),
    );
  return Object.fromEntries(names.map((name) => [name, process.env[FUNCTION_ENVIRONMENT[name]]])) as Record<K, string>;
}

function deploymentPath(): string {
  const path = process.env[FUNCTION_ENVIRONMENT.deployment];
  return path === undefined || path === "" ? fileURLToPath(new URL("deployment.json", import.meta.url)) : path;
}

/** Straight to the stream: Lambda's console would wrap the line, and a wrapped line is no metric. */
function write(line: string): void {
  process.stdout.write(`${line}\n`);
}
