import { Readable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import type { Clock } from "../../lib/ports.ts";
import { hash32, uniformAt } from "../../lib/simulation/prng.ts";
import { Bucket, CallMeter } from "./call-meter.ts";
import { type Answer, StubbedTable } from "./stubbed-table.ts";

type Body = Record<string, unknown>;

/** Default rates of an account: aws API references, "Request throttling"; GetMetricData: CloudWatch quotas. */
const RATES: Readonly<Record<string, { category: string; burst: number; perSecond: number }>> = {
  GetMetricData: { category: "GetMetricData", burst: 500, perSecond: 500 },
  DescribeServices: { category: "services read", burst: 100, perSecond: 20 },
  DescribeTaskDefinition: { category: "task definitions read", burst: 50, perSecond: 20 },
  ListTaskDefinitions: { category: "task definitions read", burst: 50, perSecond: 20 },
  RegisterTaskDefinition: { category: "task definitions write", burst: 20, perSecond: 1 },
  UpdateService: { category: "services write", burst: 50, perSecond: 5 },
  ListServiceDeployments: { category: "deployments read", burst: 50, perSecond: 20 },
};
/** Datapoints can be read so long after their period's end. */
const PUBLISHED_AFTER_MS = 20_000;
const MINUTE_MS = 60_000;
const REGION = "us-east-1";
const ACCOUNT = "111122223333";
const CREATED_S = Date.UTC(2025, 0, 1) / 1000;

/**
 * An AWS account behind the SDK's own clients: every call takes `latencyMs`, is counted, and is throttled where the
 * account's default rates are exceeded. Services have two tasks until they are changed; most are on target.
 */
export class StubbedAccount {
  readonly meter = new CallMeter();
  readonly table = new StubbedTable(this.meter);
  readonly #clock: Clock;
  readonly #latencyMs: number;
  readonly #buckets = new Map<string, Bucket>();
  readonly #tasks = new Map<string, number>();

  constructor({ clock, latencyMs }: { clock: Clock; latencyMs: number }) {
    this.#clock = clock;
    this.#latencyMs = latencyMs;
  }

  /** What every client of the SDK takes. */
  clientConfig(maxAttempts = 3) {
    return {
      region: REGION,
      credentials: { accessKeyId: "bench", secretAccessKey: "bench" },
      maxAttempts,
      requestHandler: {
        handle: async (request: { headers: Record<string, string>; body?: unknown }) => this.#handle(request),
        destroy: () => undefined,
        updateHttpClientConfig: () => undefined,
        httpHandlerConfigs: () => ({}),
      },
    };
  }

  async #handle({ headers, body }: { headers: Record<string, string>; body?: unknown }) {
    await sleep(this.#latencyMs);
    const target = Object.entries(headers).find(([name]) => name.toLowerCase() === "x-amz-target")?.[1] ?? "";
    const [service = "", operation = ""] = target.split(".");
    const text = typeof body === "string" ? body : new TextDecoder().decode(body as Uint8Array);
    const { status, body: answer } = this.#answer(service, operation, JSON.parse(text) as Body);
    const bytes = Buffer.from(JSON.stringify(answer));
    return {
      response: {
        statusCode: status,
        headers: { "content-type": headers["content-type"] ?? "application/x-amz-json-1.0" },
        body: Readable.from([bytes]),
      },
    };
  }

  #answer(service: string, operation: string, body: Body): Answer {
    const nowMs = this.#clock.nowMs();
    if (service.startsWith("DynamoDB")) return this.table.answer(operation, body, nowMs);
    const tally = this.meter.of(operation);
    tally.calls++;
    if (!this.#isAllowed(operation, nowMs)) {
      tally.throttled++;
      return { status: 400, body: { __type: "ThrottlingException", message: "Rate exceeded" } };
    }
    switch (operation) {
      case "GetMetricData":
        return this.#metricData(body, nowMs);
      case "DescribeServices":
        return this.#services(body);
      case "DescribeTaskDefinition":
        tally.minimum++;
        return { status: 200, body: { taskDefinition: definitionOf(String(body["taskDefinition"])) } };
      case "DescribeScalableTargets":
        tally.minimum += (body["ResourceIds"] as unknown[]).length / 50;
        return { status: 200, body: { ScalableTargets: [] } };
      case "UpdateService":
        tally.minimum++;
        this.#tasks.set(String(body["service"]).split("/").at(-1) ?? "", Number(body["desiredCount"]));
        return { status: 200, body: {} };
      default:
        return { status: 400, body: { __type: "ClientException", message: `no ${operation} in this stub` } };
    }
  }

  #isAllowed(operation: string, nowMs: number): boolean {
    const rate = RATES[operation];
    if (rate === undefined) return true;
    const bucket = this.#buckets.get(rate.category) ?? new Bucket(rate.burst, rate.perSecond);
    this.#buckets.set(rate.category, bucket);
    return bucket.take(1, nowMs);
  }

  #services(body: Body): Answer {
    const names = body["services"] as string[];
    this.meter.of("DescribeServices").minimum += names.length / 10;
    const services = names.map((name) => {
      const tasks = this.#tasks.get(name) ?? 2;
      const taskDefinition = `arn:aws:ecs:${REGION}:${ACCOUNT}:task-definition/${name}:1`;
      return {
        serviceArn: `arn:aws:ecs:${REGION}:${ACCOUNT}:service/default/${name}`,
        serviceName: name,
        clusterArn: `arn:aws:ecs:${REGION}:${ACCOUNT}:cluster/default`,
        status: "ACTIVE",
        desiredCount: tasks,
        runningCount: tasks,
        pendingCount: 0,
        launchType: "FARGATE",
        schedulingStrategy: "REPLICA",
        deploymentController: { type: "ECS" },
        createdAt: CREATED_S,
        taskDefinition,
        deployments: [
          {
            id: `ecs-svc/${name}`,
            status: "PRIMARY",
            taskDefinition,
            desiredCount: tasks,
            runningCount: tasks,
            pendingCount: 0,
            rolloutState: "COMPLETED",
            createdAt: CREATED_S,
            updatedAt: CREATED_S,
          },
        ],
      };
    });
    return { status: 200, body: { services, failures: [] } };
  }

  #metricData(body: Body, nowMs: number): Answer {
    const queries = body["MetricDataQueries"] as MetricQuery[];
    this.meter.of("GetMetricData").minimum += queries.length / 500;
    const [fromMs, toMs] = [Number(body["StartTime"]) * 1000, Number(body["EndTime"]) * 1000];
    const service = new Map(queries.map((query) => [query.Id, serviceOf(query)]));
    const results = queries
      .filter(({ ReturnData }) => ReturnData !== false)
      .map((query) => {
        const timestamps: number[] = [];
        const values: number[] = [];
        for (let atMs = fromMs; atMs < toMs && atMs + MINUTE_MS + PUBLISHED_AFTER_MS <= nowMs; atMs += MINUTE_MS) {
          timestamps.push(atMs / 1000);
          values.push(valueOf(query, service, atMs));
        }
        return { Id: query.Id, Label: query.Id, Timestamps: timestamps, Values: values, StatusCode: "Complete" };
      });
    return { status: 200, body: { MetricDataResults: results } };
  }
}

interface MetricQuery {
  readonly Id: string;
  readonly ReturnData?: boolean;
  readonly Expression?: string;
  readonly MetricStat?: {
    readonly Stat: string;
    readonly Metric: {
      readonly MetricName: string;
      readonly Dimensions: readonly { readonly Name: string; readonly Value: string }[];
    };
  };
}

/** The service's name: of ECS metrics the dimension, of the load balancer's a part of the target group. */
function serviceOf({ MetricStat }: MetricQuery): string {
  const dimension = MetricStat?.Metric.Dimensions.find(({ Name }) => Name === "ServiceName" || Name === "TargetGroup");
  return dimension?.Value.split("/").at(dimension.Name === "TargetGroup" ? 1 : 0) ?? "";
}

/** Nineteen of twenty are about on target, one is well above: as a large fleet looks on a busy minute. */
function valueOf(query: MetricQuery, services: ReadonlyMap<string, string>, atMs: number): number {
  if (query.Expression !== undefined) return 0.001;
  const name = services.get(query.Id) ?? "";
  const seed = hash32(1, Number(name.replaceAll(/\D/g, "")));
  const level = uniformAt(seed, 0) < 0.05 ? 1.45 : 0.95 + 0.1 * uniformAt(seed, 1);
  const value = level * (0.98 + 0.04 * uniformAt(seed, atMs / MINUTE_MS));
  switch (query.MetricStat?.Metric.MetricName) {
    case "CPUUtilization":
      return 60 * value;
    case "MemoryUtilization":
      return 65;
    case "TargetResponseTime":
      return query.MetricStat?.Stat === "SampleCount" ? 1200 * value : 0.4;
    case "RequestCount":
      return 1200 * value;
    default:
      return 1;
  }
}

function definitionOf(asked: string): object {
  const [family = "", revision = "1"] = (asked.split("/").at(-1) ?? "").split(":");
  return {
    taskDefinitionArn: `arn:aws:ecs:${REGION}:${ACCOUNT}:task-definition/${family}:${revision}`,
    family,
    revision: Number(revision),
    status: "ACTIVE",
    networkMode: "awsvpc",
    requiresCompatibilities: ["FARGATE"],
    cpu: "512",
    memory: "1024",
    containerDefinitions: [{ name: "app", image: "app:1", essential: true }],
  };
}
