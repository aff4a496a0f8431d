import { setImmediate } from "node:timers/promises";
import { EcsOrchestrator } from "../../lib/adapters/aws/ecs/ecs-orchestrator.ts";
import type { ServiceTarget } from "../../lib/deployment.ts";
import { FakeEcsApi } from "./fake-ecs-api.ts";

/** Where a component of the tests lives: a service of its own name in cluster "main". */
export function aTarget(component: string, changes: Partial<ServiceTarget> = {}): ServiceTarget {
  return {
    component,
    fleet: "f",
    cluster: "main",
    service: component,
    compute: "fargate",
    networkPerTask: 100,
    resizable: true,
    otherAutoscaler: "refuse",
    periodMs: 60_000,
    metrics: {},
    ...changes,
  };
}

export interface LogLine {
  readonly level: string;
  readonly message: string;
  readonly fields?: Readonly<Record<string, unknown>> | undefined;
}

/** The adapter over an ECS in memory; time passes as it waits for its turn. */
export function anEcsBench(targets: readonly ServiceTarget[]) {
  const api = new FakeEcsApi();
  const log: LogLine[] = [];
  const waits: number[] = [];
  const makeOrchestrator = () =>
    new EcsOrchestrator({
      client: api.client,
      writeClient: api.writeClient,
      autoscaling: api.autoscaling,
      targets,
      log: (level, message, fields) => void log.push({ level, message, fields }),
      clock: { nowMs: () => api.nowMs },
      pause: async (ms) => {
        waits.push(ms);
        const overAtMs = api.nowMs + ms;
        await setImmediate(); // others begin to wait meanwhile
        api.nowMs = Math.max(api.nowMs, overAtMs);
      },
    });
  return { api, log, waits, makeOrchestrator, orchestrator: makeOrchestrator() };
}
