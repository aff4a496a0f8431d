import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  defineConfig,
  effectiveConfig,
  inspectConfig,
  loadConfig,
  type WrittenConfig,
} from "../../lib/config/index.ts";
import { renderProblem } from "../../lib/config/problems.ts";
import { TRIGGERS } from "../../lib/domain/model/trigger.ts";

type WrittenComponent = NonNullable<WrittenConfig["fleets"]>[number]["components"][number];

function rulesOf(component: Omit<WrittenComponent, "name">) {
  return loadConfig({ fleets: [{ components: [{ name: "web", ...component }] }] }).fleets[0]?.components[0]?.rules;
}

describe("defaults", () => {
  test("empty input, the documented example and the defaults are the same", () => {
    const example: unknown = JSON.parse(readFileSync("docs/examples/default.json", "utf8"));
    expect(loadConfig({})).toEqual(loadConfig());
    expect(loadConfig(example)).toEqual(loadConfig());
    expect(example).toEqual({ $schema: "../../schema/config.schema.json", ...loadConfig() });
  });

  test("defineConfig gives back what it is given", () => {
    const written = { fleets: [{ components: [{ name: "web" }] }] };
    expect(defineConfig(written)).toBe(written);
  });

  test("the service is the component's name, the strategy's parameters are filled in", () => {
    const written = { components: [{ name: "web", strategy: "AGGRESSIVE", parameters: { stepsUp: 4 } }] };
    expect(loadConfig({ fleets: [written] }).fleets[0]?.components[0]).toMatchObject({
      service: "web",
      parameters: { stepsUp: 4, stepsDown: 2 },
    });
  });
});

describe("the effective configuration is its own effective configuration", () => {
  const range = (max: number) =>
    fc.record({
      min: fc.integer({ min: 0, max: max * 400 }).map((milli) => milli / 1000),
      max: fc.integer({ min: max * 500, max: max * 1000 }).map((milli) => milli / 1000),
    });
  const component = fc.record(
    {
      name: fc.constantFrom("a", "b-1", "C_2"),
      strategy: fc.constantFrom("REACTIVE", "PREDICTIVE", "ADAPTIVE", "AGGRESSIVE"),
      compute: fc.constant("ec2" as const),
      mode: fc.constantFrom("observe", "auto"),
      cpu: range(8),
      memory: range(16),
      target: fc.record({
        cpu: fc.integer({ min: 1, max: 99 }),
        errorRate: fc.double({ min: 0.01, max: 100, noNaN: true }),
      }),
      rules: fc.dictionary(
        fc.constantFrom("queue", "errors", "x9"),
        fc.record({ trigger: fc.constantFrom(...TRIGGERS), enabled: fc.boolean() }, { requiredKeys: ["trigger"] }),
      ),
    },
    { requiredKeys: ["name", "compute"] },
  );

  test("for any valid one, to the letter", () => {
    fc.assert(
      fc.property(component, (written) => {
        const once = effectiveConfig({ fleets: [{ components: [written] }] });
        expect(JSON.stringify(effectiveConfig(once))).toBe(JSON.stringify(once));
        expect(JSON.stringify(effectiveConfig(JSON.parse(JSON.stringify(once))))).toBe(JSON.stringify(once));
      }),
      { numRuns: 200, seed: 4711 },
    );
  });
});

describe("rules", () => {
  test("a default rule is changed field by field, and its thresholds follow its target", () => {
    expect(rulesOf({ rules: { cpu: { target: 50, priority: 3 } } })?.["cpu"]).toMatchObject({
      trigger: "CPU_UTILIZATION",
      target: 50,
      up: 60,
      down: 35,
      priority: 3,
      upAction: "SCALE_UP",
    });
  });

  test("enabled false stays in the effective configuration, so that the rule does not come back", () => {
    expect(rulesOf({ rules: { memory: { enabled: false } } })?.["memory"]?.enabled).toBe(false);
  });

  test.each([
    [95, 99, 80],
    [99, 99, 84],
    [10, 20, 1],
    [1, 11, 1],
  ])("a CPU target of %d %% is up at %d and down at %d: never above 99 or below 1", (cpu, up, down) => {
    expect(rulesOf({ target: { cpu } })?.["cpu"]).toMatchObject({ up, down });
  });

  test.each([
    ["CPU_UTILIZATION", 60, 70, 45, "SCALE_UP", "SCALE_DOWN", 8],
    ["MEMORY_UTILIZATION", 70, 80, 55, "SCALE_UP", "SCALE_DOWN", 7],
    ["NETWORK_UTILIZATION", 60, 70, 45, "SCALE_OUT", "SCALE_IN", 6],
    ["STORAGE_UTILIZATION", 65, 75, 50, "SCALE_UP", "SCALE_DOWN", 6],
    ["RESPONSE_TIME", 500, 750, 350, "SCALE_OUT", "SCALE_IN", 9],
    ["THROUGHPUT", 20, 30, 14, "SCALE_OUT", "SCALE_IN", 6],
    ["QUEUE_LENGTH", 10, 15, 7, "SCALE_OUT", "SCALE_IN", 8],
    ["ERROR_RATE", 2, 3, 0, "SCALE_OUT", "SCALE_IN", 9],
    ["PERFORMANCE_DEGRADATION", 0, 15, 0, "SCALE_OUT", "SCALE_IN", 5],
    ["PREDICTIVE", 60, 70, 45, "SCALE_OUT", "SCALE_IN", 7],
  ] as const)("a rule of one's own on %s", (trigger, target, up, down, upAction, downAction, priority) => {
    const own = rulesOf({ rules: { own: { trigger } } })?.["own"];
    expect(own).toMatchObject({ trigger, target, up, down, upAction, downAction, priority });
  });

  test("without resizing, what a rule does not say is done by the number of tasks", () => {
    const rules = rulesOf({ resize: false, rules: { disk: { trigger: "STORAGE_UTILIZATION" } } }) ?? {};
    for (const { upAction, downAction } of Object.values(rules))
      expect([upAction, downAction]).toEqual(["SCALE_OUT", "SCALE_IN"]);
  });

  test("without resizing, what a rule says must not contradict, unless it is removed", () => {
    const component = {
      name: "web",
      resize: false,
      rules: {
        cpu: { upAction: "SCALE_UP" },
        memory: { downAction: "SCALE_DOWN" },
        disk: { trigger: "STORAGE_UTILIZATION", enabled: false, upAction: "SCALE_UP" },
      },
    };
    const { problems } = inspectConfig({ fleets: [{ components: [component] }] });
    expect(problems.map(renderProblem)).toEqual([
      'fleets[0].components[0].rules.cpu.upAction: got "SCALE_UP", expected SCALE_OUT: the component\'s resize is false',
      'fleets[0].components[0].rules.memory.downAction: got "SCALE_DOWN", expected SCALE_IN: the component\'s resize is false',
    ]);
  });

  test("the default rules come first, then one's own in their order", () => {
    const rules = {
      zebra: { trigger: "QUEUE_LENGTH" },
      memory: { priority: 1 },
      ant: { trigger: "ERROR_RATE" },
    } as const;
    expect(Object.keys(rulesOf({ rules }) ?? {})).toEqual(["cpu", "memory", "response-time", "zebra", "ant"]);
  });
});
