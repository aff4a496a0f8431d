import { describe, expect, test } from "vitest";
import { compileFleet, loadConfig } from "../../lib/config/index.ts";

// The table of the requirements, section 6, typed from there.
const TABLE = [
  // name, strategy, cpu min max target, memory min max target, factor up down, per hour up down, response ms, ops/s
  ["arbitrage_engine", "PROACTIVE", 0.5, 6.0, 75, 0.5, 4.0, 70, 1.5, 0.7, 5, 3, 200, 25],
  ["bridge_monitor", "REACTIVE", 0.2, 2.0, 60, 0.3, 2.0, 65, 1.3, 0.8, 3, 2, 800, 15],
  ["cross_chain_mev", "ADAPTIVE", 0.3, 3.0, 70, 0.3, 3.0, 70, 1.4, 0.75, 4, 2, 400, 12],
  ["price_feeds", "PREDICTIVE", 0.4, 4.0, 65, 0.5, 6.0, 80, 1.2, 0.85, 6, 3, 100, 50],
  ["wallet_manager", "CONSERVATIVE", 0.1, 1.0, 50, 0.1, 1.0, 60, 1.1, 0.9, 2, 1, 1500, 5],
  ["memory_system", "ADAPTIVE", 0.2, 2.0, 55, 1.0, 8.0, 85, 1.3, 0.8, 4, 2, 200, 30],
  ["health_monitor", "CONSERVATIVE", 0.1, 0.5, 30, 0.1, 0.5, 40, 1.1, 0.9, 1, 1, 2000, 8],
] as const;

const fleet = loadConfig().fleets[0];
if (!fleet) throw new Error("the preset has a fleet");

describe("the seven components", () => {
  test("are those of the table, in its order", () => {
    const rows = fleet.components.map(({ name, strategy, cpu, memory, target, factor, perHour }) => [
      name,
      strategy,
      cpu.min,
      cpu.max,
      target.cpu,
      memory.min,
      memory.max,
      target.memory,
      factor.up,
      factor.down,
      perHour.up,
      perHour.down,
      target.responseTimeMs,
      target.throughput,
    ]);
    expect(rows).toEqual(TABLE);
    expect(new Set(fleet.components.map(({ compute }) => compute))).toEqual(new Set(["ec2"]));
  });

  test.each(TABLE.map((row) => ({ name: row[0], row })))("$name has the three default rules", ({ name, row }) => {
    const [, , , , cpu, , , memory, factorUp, factorDown, , , response] = row;
    const component = fleet.components.find((each) => each.name === name);
    const rule = (trigger: string, target: number, up: number, down: number, priority: number) => ({
      enabled: true,
      trigger,
      target,
      up,
      down,
      priority,
      factorUp,
      factorDown,
      breachSeconds: 60,
      reliefSeconds: 300,
      cooldownSeconds: 300,
    });
    const size = { upAction: "SCALE_UP", downAction: "SCALE_DOWN" };
    expect(component?.rules).toEqual({
      cpu: { ...rule("CPU_UTILIZATION", cpu, cpu + 10, cpu - 15, 8), ...size },
      memory: { ...rule("MEMORY_UTILIZATION", memory, memory + 10, memory - 15, 7), ...size },
      "response-time": {
        ...rule("RESPONSE_TIME", response, response * 1.5, response * 0.7, 9),
        upAction: "SCALE_OUT",
        downAction: "SCALE_IN",
      },
    });
  });
});

describe("the numbers of the requirements, sections 8, 10, 11", () => {
  test("limits, thresholds, targets", () => {
    expect(fleet.limits).toEqual({ cpu: 16, memory: 32, network: 8, storage: 20 });
    expect(fleet.thresholds).toEqual({ cpu: 80, memory: 85, network: 75, storage: 80 });
    expect(fleet.targets).toEqual({ efficiency: 85, responseTimeMs: 1000, successRate: 95 });
  });
  test("decisions and alerts", () => {
    const { minimumConfidence, concurrentExecutions, decisionsPerHour, weights } = fleet.decision;
    expect([minimumConfidence, concurrentExecutions, decisionsPerHour]).toEqual([70, 3, 10]);
    expect(weights).toEqual({ deviation: 1, effectiveness: 1, stability: 1, headroom: 1 });
    expect(fleet.components.map(({ cooldownSeconds }) => cooldownSeconds)).toEqual(Array(7).fill(300));
    expect(fleet.alerts).toEqual({ cooldownMinutes: 10, perHour: 15 });
    expect(fleet.mode).toBe("observe");
  });
});

test("the whole preset compiles into thousandths and ratios", () => {
  const policy = compileFleet(fleet);
  expect(policy.limits).toEqual({ cpu: 16_000, memory: 32_000, network: 8000, storage: 20_000 });
  const wallet = policy.components[4];
  expect([wallet?.min.cpu, wallet?.max.memory]).toEqual([100, 1000]);
  expect(wallet?.rules[0]).toMatchObject({ name: "cpu", target: 0.5, up: 0.6, down: 0.35, cooldownMs: 300_000 });
});
