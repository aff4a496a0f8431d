import { describe, expect, test } from "vitest";
import { MemoryStore } from "../../../lib/adapters/memory/memory-store.ts";
import { runExecution } from "../../../lib/loops/execution.ts";
import { runMonitor } from "../../../lib/loops/monitor.ts";
import type { MetricRequest, Ports } from "../../../lib/ports.ts";
import { anEcsBench, aTarget } from "../../support/ecs-bench.ts";
import { component, fleet, pending, tasks } from "../../support/execution-bench.ts";
import { awsError } from "../../support/fake-ecs-api.ts";

const HALF_MINUTE = 30_000;
const LARGER = { cpu: 1000, memory: 2000 };

/** Monitor and execution over ECS in memory, beat after beat; samples are calm. */
function loops() {
  const { api, makeOrchestrator } = anEcsBench([aTarget("web", { networkPerTask: 0 })]);
  api.addService({ name: "web" });
  const policy = fleet({ components: [component("web")] });
  const store = new MemoryStore();
  const values = { cpuUsed: 500, memoryUsed: 500, errorRate: 0, responseTime: 100 };
  let adapter = makeOrchestrator();
  const restart = () => {
    adapter = makeOrchestrator();
  };
  const ports: Ports = {
    metrics: {
      read: async (requests: readonly MetricRequest[], nowMs: number) =>
        requests.map(() => [{ endMs: Math.floor(nowMs / 60_000) * 60_000, periodMs: 60_000, values, absent: {} }]),
    },
    get orchestrator() {
      return adapter;
    },
    store,
    notifier: { publish: async () => {} },
    clock: { nowMs: () => api.nowMs },
    log: () => {},
  };
  const beats = async (count: number) => {
    const errors: string[] = [];
    for (let beat = 0; beat < count; beat++) {
      api.nowMs += HALF_MINUTE;
      for (const run of [runMonitor, runExecution]) {
        errors.push(...(await run(ports, policy, api.nowMs)).errors.map(({ message }) => message));
      }
    }
    return errors;
  };
  const want = async (after: ReturnType<typeof tasks>) => {
    const decision = pending("web", { at: api.nowMs, before: tasks(2), after });
    await store.appendDecisions(policy.name, [decision]);
    return async () => {
      const { status, result } = (await store.readDecision(policy.name, decision.id)) ?? {};
      return result?.reason === undefined ? status : `${status} ${result.reason}`;
    };
  };
  return { api, beats, want, restart };
}

describe("decisions carried out on ECS", () => {
  test("a scale-out", async () => {
    const { api, beats, want } = loops();
    expect(await beats(2)).toEqual([]);
    const status = await want(tasks(5));
    expect(await beats(12)).toEqual([]);
    expect(await status()).toBe("MEASURED");
    expect(api.service("web")).toMatchObject({ desired: 5, running: 5 });
    expect([api.count("UpdateService"), api.count("RegisterTaskDefinition")]).toEqual([1, 0]);
    expect(api.count("DescribeTaskDefinition")).toBe(1);
  });

  test("a resize: one revision, one deployment", async () => {
    const { api, beats, want } = loops();
    await beats(2);
    const status = await want(tasks(2, LARGER));
    expect(await beats(12)).toEqual([]);
    expect(await status()).toBe("MEASURED");
    expect(api.service("web").primary.taskDefinition).toMatch(/web:2$/);
    expect([api.count("UpdateService"), api.count("RegisterTaskDefinition")]).toEqual([1, 1]);
  });

  test("a resize whose answers are lost, by a process that is then replaced: still one of each", async () => {
    const { api, beats, want, restart } = loops();
    await beats(2);
    const status = await want(tasks(2, LARGER));
    api.fail("RegisterTaskDefinition", awsError("TimeoutError", 0), true);
    api.fail("UpdateService", awsError("TimeoutError", 0), true);
    await beats(1);
    restart();
    await beats(14);
    expect(await status()).toBe("MEASURED");
    expect([api.count("UpdateService"), api.revisions("web").length]).toEqual([1, 2]);
  });

  test("a resize that the circuit breaker takes back is seen as failed, and not fought", async () => {
    const { api, beats, want } = loops();
    await beats(2);
    const status = await want(tasks(2, LARGER));
    await beats(1);
    api.service("web").stall();
    await beats(2);
    expect(api.service("web").rollBack(api, "circuit breaker")).toBe(true);
    await beats(8);
    expect(await status()).toBe("ROLLED_BACK rollout-failed");
    expect(api.service("web").primary.taskDefinition).toMatch(/web:1$/);
    expect(api.service("web").deployments).toHaveLength(1);
    expect([api.count("UpdateService"), api.count("StopServiceDeployment")]).toEqual([1, 0]);
  });

  test("a resize that never becomes stable is stopped, back to the tasks that still run", async () => {
    const { api, beats, want } = loops();
    await beats(2);
    const status = await want(tasks(2, LARGER));
    await beats(1);
    api.service("web").stall();
    await beats(30);
    expect(await status()).toBe("ROLLED_BACK never-stable");
    expect(api.service("web").primary.taskDefinition).toMatch(/web:1$/);
    expect([api.count("UpdateService"), api.count("StopServiceDeployment")]).toEqual([1, 1]);
  });
});
