import { expect, test } from "vitest";
import { compileFleet, loadConfig } from "../../lib/config/index.ts";

const written = {
  name: "shop",
  mode: "auto",
  decision: { validitySeconds: 200, approvalSeconds: 600, removedPercent: 7, shrinkingPercent: 55 },
  monitor: { periodSeconds: 20, windowSamples: 45, freshSeconds: 90, completenessPercent: 29 },
  execution: { settleSeconds: 120, harmErrorPoints: 0.3, harmScorePoints: 20 },
  optimization: { shiftPoints: 2.5, coveragePercent: 95, historyDays: 2, horizonMinutes: 30, rawHours: 3 },
  alerts: { cooldownMinutes: 2.5 },
  components: [
    {
      name: "web",
      compute: "ec2",
      mode: "observe",
      cpu: { min: 0.1, max: 1.1 },
      memory: { min: 0.3, max: 2.675 },
      networkPerTask: 0.25,
      storage: { max: 1.005 },
      cooldownSeconds: 90,
      rules: {
        memory: { enabled: false },
        errors: { trigger: "ERROR_RATE", target: 0.7 },
        score: { trigger: "PERFORMANCE_DEGRADATION" },
        flow: { trigger: "THROUGHPUT", target: 12.5, cooldownSeconds: 45 },
        queue: { trigger: "QUEUE_LENGTH" },
        future: { trigger: "PREDICTIVE" },
      },
      schedules: [{ name: "day", cron: "0 8 * * *", durationMinutes: 90, tasks: { min: 2 }, cpu: { max: 0.7 } }],
    },
  ],
};
const fleet = loadConfig({ fleets: [written] }).fleets[0];
if (!fleet) throw new Error("one fleet was written");
const policy = compileFleet(fleet);
const web = policy.components[0];

test("quantities become whole thousandths: 0.1 vCPU is 100, 1.005 GiB is 1005", () => {
  expect(web?.min).toEqual({ cpu: 100, memory: 300, network: 0, storage: 0 });
  expect(web?.max).toEqual({ cpu: 1100, memory: 2675, network: 4000, storage: 1005 });
  expect(web?.networkPerTask).toBe(250);
});

test("percentages become ratios without binary dust: 7 % is 0.07, 29 % is 0.29", () => {
  expect(policy.decision).toMatchObject({ removedShare: 0.07, shrinkingShare: 0.55, minimumConfidence: 70 });
  expect(policy.monitor.completeness).toBe(0.29);
  expect(policy.execution).toMatchObject({ harmErrorRate: 0.003, harmScore: 20 });
  expect(policy.optimization.tuning.shiftMax).toBe(0.025);
  expect(policy.optimization.forecast.coverage).toBe(0.95);
  expect(policy.thresholds).toEqual({ cpu: 0.8, memory: 0.85, network: 0.75, storage: 0.8 });
  expect(policy.targets).toEqual({ efficiency: 0.85, responseTimeMs: 1000, successRate: 0.95 });
});

test("times become milliseconds", () => {
  expect(policy.decision).toMatchObject({ validityMs: 200_000, approvalMs: 600_000 });
  expect(policy.monitor).toMatchObject({ periodMs: 20_000, freshMs: 90_000 });
  expect(policy.execution.settleMs).toBe(120_000);
  expect(policy.optimization.forecast).toMatchObject({ historyMs: 172_800_000, horizonMs: 1_800_000 });
  expect(policy.optimization.retention.samplesMs).toBe(10_800_000);
  expect(policy.alerts.cooldownMs).toBe(150_000);
  expect(web?.cooldownMs).toBe(90_000);
});

test("a rule's numbers get the unit of its trigger; removed rules are gone", () => {
  const numbers = web?.rules.map(({ name, target, up, down, cooldownMs }) => [name, target, up, down, cooldownMs]);
  expect(numbers).toEqual([
    ["cpu", 0.6, 0.7, 0.45, 90_000],
    ["response-time", 500, 750, 350, 90_000],
    ["errors", 0.007, 0.0105, 0, 90_000],
    ["score", 0, 15, 0, 90_000],
    ["flow", 12.5, 18.75, 8.75, 45_000],
    ["queue", 10, 15, 7, 90_000],
    ["future", 0.6, 0.7, 0.45, 90_000],
  ]);
});

test("schedules and modes are carried over", () => {
  expect([policy.mode, web?.mode]).toEqual(["auto", "observe"]);
  expect(web?.schedules).toEqual([
    { name: "day", cron: "0 8 * * *", timeZone: "UTC", durationMs: 5_400_000, tasksMin: 2, max: { cpu: 700 } },
  ]);
});
