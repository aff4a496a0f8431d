import { CloudWatchMetricSource } from "../../lib/adapters/aws/cloudwatch/index.ts";
import { World } from "../../lib/simulation/world.ts";
import { BUSY, MINUTE, publish, SOURCE, START, targetOf } from "../support/cloudwatch-service.ts";
import { FakeCloudWatch } from "../support/fake-cloudwatch.ts";
import { metricSourceContract } from "./metric-source.contract.ts";

const size = { cpu: 500, memory: 1000, network: 100, storage: 0 };

metricSourceContract("the simulated world", () => {
  const service = (name: string, rate: number) =>
    ({ name, initial: { tasks: 2, size }, load: { kind: "constant", rate } }) as const;
  const world = new World({ seed: 1, startMs: START, services: [service("busy", 10), service("idle", 0)] });
  return { source: world.metrics, startMs: START, advanceTo: (nowMs) => world.advanceTo(nowMs) };
});

metricSourceContract("CloudWatch", () => {
  const cloudwatch = new FakeCloudWatch();
  const other = { targetGroup: "targetgroup/idle/c3", loadBalancer: SOURCE.loadBalancer };
  const targets = [targetOf({ name: "busy", source: SOURCE }), targetOf({ name: "idle", source: other })];
  for (let endMs = START + MINUTE; endMs <= START + 60 * MINUTE; endMs += MINUTE) {
    // ECS is sooner than the load balancer, and neither has a fixed delay.
    const delays = { ecs: 50_000 + (endMs % 7) * 1000, others: 80_000 + ((endMs / MINUTE) % 5) * 5000 };
    publish(cloudwatch, endMs, BUSY, { delays, service: "busy" });
    publish(cloudwatch, endMs, { cpu: 1, memory: 40 }, { delays, service: "idle" });
  }
  return {
    source: new CloudWatchMetricSource({ client: cloudwatch.client, targets, log: () => {} }),
    startMs: START,
    advanceTo: (nowMs) => {
      cloudwatch.nowMs = nowMs;
    },
  };
});
