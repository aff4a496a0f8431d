import { compileTargets, loadConfig } from "../../lib/config/index.ts";
import type { ServiceTarget } from "../../lib/deployment.ts";
import type { Allocation } from "../../lib/domain/model/resources.ts";
import type { FakeCloudWatch } from "./fake-cloudwatch.ts";

export const MINUTE = 60_000;
export const START = Date.UTC(2026, 0, 5);
/** Two tasks of half a vCPU, 1 GiB. */
export const ALLOCATION: Allocation = { tasks: 2, size: { cpu: 500, memory: 1000, network: 100, storage: 5000 } };
export const SOURCE = { targetGroup: "targetgroup/web/a1", loadBalancer: "app/front/b2" };
const BALANCER = { TargetGroup: SOURCE.targetGroup, LoadBalancer: SOURCE.loadBalancer };

/** The target of a component as written. */
export function targetOf(written: object = {}, periodSeconds: 20 | 60 = 60): ServiceTarget {
  const components = [{ name: "web", cluster: "main", ...written }];
  const [fleet] = loadConfig({ fleets: [{ monitor: { periodSeconds }, components }] }).fleets;
  const [target] = fleet === undefined ? [] : compileTargets(fleet);
  if (target === undefined) throw new Error("no target");
  return target;
}

/** What CloudWatch has of a service over one period, in its own units; what is not given has no datapoint. */
export interface Period {
  readonly cpu?: number;
  readonly memory?: number;
  readonly requests?: number;
  /** Answers by targets, which are what response times are taken of; as many as requests without. */
  readonly answers?: number;
  readonly errors?: number;
  readonly seconds?: number;
  readonly waiting?: number;
  readonly received?: number;
  readonly sent?: number;
  readonly storage?: readonly [used: number, reserved: number];
}
/** From a period's end to its datapoints, ms: of ECS, of all others. */
export interface Delays {
  readonly ecs: number;
  readonly others: number;
}
export const PROMPT: Delays = { ecs: 0, others: 0 };

/** Publishes the period that ends at `endMs`. */
export function publish(
  cloudwatch: FakeCloudWatch,
  endMs: number,
  period: Period,
  {
    delays = PROMPT,
    service = "web",
    periodMs = MINUTE,
  }: { delays?: Delays; service?: string; periodMs?: number } = {},
): void {
  const ecs = { ClusterName: "main", ServiceName: service };
  const put = (
    name: string,
    value: number | undefined,
    dimensions: Record<string, string>,
    delayMs: number,
    count = 1,
  ) => {
    if (value !== undefined)
      cloudwatch.put(name, dimensions, { startMs: endMs - periodMs, value, publishedMs: endMs + delayMs, count });
  };
  put("CPUUtilization", period.cpu, ecs, delays.ecs);
  put("MemoryUtilization", period.memory, ecs, delays.ecs);
  put("RequestCount", period.requests, BALANCER, delays.others);
  put("HTTPCode_Target_5XX_Count", period.errors, BALANCER, delays.others);
  put("TargetResponseTime", period.seconds, BALANCER, delays.others, period.answers ?? period.requests);
  put("ApproximateNumberOfMessagesVisible", period.waiting, { QueueName: "orders" }, delays.others);
  put("NetworkRxBytes", period.received, ecs, delays.others);
  put("NetworkTxBytes", period.sent, ecs, delays.others);
  put("EphemeralStorageUtilized", period.storage?.[0], ecs, delays.others);
  put("EphemeralStorageReserved", period.storage?.[1], ecs, delays.others);
}

/** A period of a busy service. */
export const BUSY: Period = { cpu: 50, memory: 40, requests: 600, errors: 6, seconds: 0.2 };
