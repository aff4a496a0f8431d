import { describe, expect, test } from "vitest";
import { inspectConfig, loadConfig } from "../../lib/config/index.ts";
import { renderProblem } from "../../lib/config/problems.ts";
import { InputError } from "../../lib/domain/model/errors.ts";

function problemsOf(input: unknown): string[] {
  return inspectConfig(input).problems.map(renderProblem);
}
const fleet = (written: object) => ({ fleets: [{ components: [{ name: "web" }], ...written }] });
const component = (written: object) => ({ fleets: [{ components: [{ name: "web", ...written }] }] });
const schedule = (written: object) =>
  component({ schedules: [{ name: "s", cron: "0 8 * * *", tasks: { min: 2 }, ...written }] });

const AT = "fleets[0].components[0]";

describe("one problem: its path, value and bound", () => {
  test.each<[string, unknown, string]>([
    ["no object", null, "configuration: got null, expected an object"],
    ["a list", [], "configuration: got an empty list, expected an object"],
    ["another version", { version: 2 }, "version: got 2, expected 1"],
    ["unknown key", { flets: [] }, 'flets: got the unknown key "flets", expected a known one: did you mean fleets?'],
    [
      "unknown key, nothing near",
      component({ cpu: { zzz: 1 } }),
      `${AT}.cpu.zzz: got the unknown key "zzz", expected one of min, max`,
    ],
    [
      "unknown key in camel case",
      component({ cooldown_seconds: 1 }),
      `${AT}.cooldown_seconds: got the unknown key "cooldown_seconds", expected a known one: did you mean cooldownSeconds?`,
    ],
    ["no fleets", { fleets: [] }, "fleets: got an empty list, expected a list of 1 to 100"],
    [
      "text for a number",
      component({ cpu: { min: "1" } }),
      `${AT}.cpu.min: got the text "1", expected a number from 0 to 10000 (vCPU)`,
    ],
    [
      "NaN",
      fleet({ limits: { cpu: Number.NaN } }),
      "fleets[0].limits.cpu: got NaN, expected a number from 0.1 to 100000 (vCPU)",
    ],
    [
      "Infinity",
      component({ memory: { max: Infinity } }),
      `${AT}.memory.max: got Infinity, expected a number from 0 to 100000 (GiB)`,
    ],
    [
      "a fraction",
      component({ tasks: { max: 1.5 } }),
      `${AT}.tasks.max: got 1.5, expected a whole number from 0 to 5000 (tasks)`,
    ],
    [
      "too large",
      fleet({ decision: { minimumConfidence: 170 } }),
      "fleets[0].decision.minimumConfidence: got 170, expected a number from 0 to 100 (0-100)",
    ],
    [
      "factor up",
      component({ factor: { up: 1 } }),
      `${AT}.factor.up: got 1, expected a number from 1.01 to 4 (multiple)`,
    ],
    [
      "factor down",
      component({ factor: { down: 1 } }),
      `${AT}.factor.down: got 1, expected a number from 0.1 to 0.99 (multiple)`,
    ],
    [
      "factor of a rule",
      component({ rules: { cpu: { factorUp: 9 } } }),
      `${AT}.rules.cpu.factorUp: got 9, expected a number from 1.01 to 4 (multiple)`,
    ],
    [
      "blank name",
      component({ name: "" }),
      `${AT}.name: got "", expected 1 to 63 letters, digits, - or _, the first one a letter or digit`,
    ],
    [
      "blank service",
      component({ service: " " }),
      `${AT}.service: got " ", expected 1 to 255 characters without blanks`,
    ],
    [
      "missing name",
      { fleets: [{ components: [{}] }] },
      `${AT}.name: got nothing, expected 1 to 63 letters, digits, - or _, the first one a letter or digit`,
    ],
    [
      "mistyped word",
      fleet({ mode: "atuo" }),
      'fleets[0].mode: got "atuo", expected one of observe, recommend, auto: did you mean auto?',
    ],
    [
      "period",
      fleet({ monitor: { periodSeconds: 30 } }),
      "fleets[0].monitor.periodSeconds: got 30, expected one of 20, 60",
    ],
    [
      "min > max",
      component({ cpu: { min: 5, max: 2 } }),
      `${AT}.cpu.min: got 5, expected at most ${AT}.cpu.max, 2 vCPU`,
    ],
    [
      "tasks min > max",
      component({ tasks: { min: 3, max: 1 } }),
      `${AT}.tasks.min: got 3, expected at most ${AT}.tasks.max, 1 tasks`,
    ],
    [
      "nothing to run on",
      component({ compute: "ec2", cpu: { min: 0, max: 0 } }),
      `${AT}.cpu.max: got 0, expected more than 0 vCPU: a task needs some`,
    ],
    ["too fine", component({ cpu: { min: 0.3333 } }), `${AT}.cpu.min: got 0.3333, expected at most 3 decimals`],
    [
      "all weights 0",
      fleet({ decision: { weights: { deviation: 0, effectiveness: 0, stability: 0, headroom: 0 } } }),
      "fleets[0].decision.weights: got four zeros, expected at least one weight above 0",
    ],
    [
      "never fresh",
      fleet({ monitor: { freshSeconds: 60 } }),
      "fleets[0].monitor.freshSeconds: got 60, expected at least two periods, 120 seconds: metrics arrive a period late",
    ],
    [
      "history not kept",
      fleet({ optimization: { fiveMinuteDays: 7 } }),
      "fleets[0].optimization.historyDays: got 14, expected at most what is kept, fiveMinuteDays, 7 days",
    ],
    [
      "minima above the limit",
      fleet({ limits: { cpu: 1 }, components: [0, 1, 2].map((n) => ({ name: `c${n}`, cpu: { min: 0.4 } })) }),
      "fleets[0].components: got 1.2 vCPU as the sum of all cpu.min, expected at most the fleet's limits.cpu, 1 vCPU",
    ],
    [
      "one name in two fleets",
      {
        fleets: [
          { name: "a", components: [{ name: "web" }] },
          { name: "b", components: [{ name: "web" }] },
        ],
      },
      `fleets[1].components[0].name: got "web", expected a name that no other component in all fleets has; ${AT}.name is the same`,
    ],
    [
      "two fleets of one name",
      { fleets: [{ components: [{ name: "a" }] }, { components: [{ name: "b" }] }] },
      'fleets[1].name: got "default", expected a name that no other fleet has; fleets[0].name is the same',
    ],
    [
      "one service twice",
      fleet({ components: [{ name: "a" }, { name: "b", service: "a" }] }),
      `fleets[0].components[1].service: got "a", expected a service that no other component steers; ${AT} has it in cluster default`,
    ],
    [
      "unreachable on Fargate",
      component({ cpu: { min: 0.1, max: 0.2 } }),
      `${AT}.compute: got "fargate", expected a range that can be had: no task size of Fargate fits 0.1-0.2 vCPU and 0.5-8 GiB with 1-20 tasks; cpu.max stands in the way`,
    ],
  ])("%s", (_, input, expected) => {
    expect(problemsOf(input)).toEqual([expected]);
  });
});

describe("rules", () => {
  test.each<[string, object, string]>([
    ["down above up", { cpu: { down: 90 } }, "cpu.down: got 90, expected less than up, 70 percent"],
    ["up = down", { cpu: { up: 60, down: 60 } }, "cpu.down: got 60, expected less than up, 60 percent"],
    ["up below target", { cpu: { up: 50 } }, "cpu.up: got 50, expected at least the target, 60 percent"],
    ["down above target", { cpu: { down: 65 } }, "cpu.down: got 65, expected at most the target, 60 percent"],
    ["above 100 %", { cpu: { up: 130 } }, "cpu.up: got 130, expected at most 100 percent"],
    [
      "another trigger",
      { cpu: { trigger: "QUEUE_LENGTH" } },
      'cpu.trigger: got "QUEUE_LENGTH", expected CPU_UTILIZATION, that of the default rule; name a rule of your own for another',
    ],
    [
      "network by size",
      { net: { trigger: "NETWORK_UTILIZATION", upAction: "SCALE_UP" } },
      'net.upAction: got "SCALE_UP", expected SCALE_OUT: network bandwidth follows the number of tasks',
    ],
    [
      "longer than is seen",
      { cpu: { reliefSeconds: 1800 } },
      "cpu.reliefSeconds: got 1800, expected at most what rules see, the fleet's monitor.windowSamples x periodSeconds, 900 seconds",
    ],
    [
      "an action that is no rule's",
      { cpu: { upAction: "REBALANCE" } },
      'cpu.upAction: got "REBALANCE", expected one of SCALE_UP, SCALE_OUT',
    ],
    [
      "a bad name",
      { "a b": { trigger: "QUEUE_LENGTH" } },
      'a b: got the name "a b", expected 1 to 63 letters, digits, - or _, the first one a letter or digit',
    ],
  ])("%s", (_, rules, expected) => {
    expect(problemsOf(component({ rules }))).toEqual([`${AT}.rules.${expected}`]);
  });

  test("a rule of one's own needs a trigger; a misspelt default rule is noticed", () => {
    const [problem] = problemsOf(component({ rules: { responsetime: { up: 900 } } }));
    expect(problem).toContain(`${AT}.rules.responsetime.trigger: got nothing, expected one of CPU_UTILIZATION`);
    expect(problem).toContain("did you mean the default rule response-time?");
  });

  test("a removed rule need not be consistent", () => {
    expect(problemsOf(component({ rules: { cpu: { enabled: false, down: 90 } } }))).toEqual([]);
  });
});

describe("parameters of the strategy", () => {
  test.each<[string, object, string]>([
    [
      "misspelt",
      { smothing: 0.5 },
      'smothing: got the unknown key "smothing", expected a parameter of ADAPTIVE: smoothing; did you mean smoothing?',
    ],
    ["out of bounds", { smoothing: 3 }, "smoothing: got 3, expected a number from 0.1 to 1"],
  ])("%s", (_, parameters, expected) => {
    expect(problemsOf(component({ parameters }))).toEqual([`${AT}.parameters.${expected}`]);
  });

  test("evidence that does not fit into the window would be waited for without end", () => {
    const components = [{ name: "web", strategy: "CONSERVATIVE" }];
    expect(problemsOf(fleet({ monitor: { windowSamples: 10 }, components }))).toEqual([
      `${AT}.parameters.sustainDownSeconds: got 900, expected at most what rules see, the fleet's monitor.windowSamples x periodSeconds, 600 seconds`,
    ]);
  });
});

describe("schedules", () => {
  test.each<[string, object, string]>([
    [
      "bad minute",
      { cron: "99 8 * * *" },
      '.cron: got "99 8 * * *", expected a cron expression (CronPattern: Invalid value for minute: 99)',
    ],
    [
      "six fields",
      { cron: "0 0 8 * * *" },
      '.cron: got "0 0 8 * * *", expected five fields: minute hour day-of-month month day-of-week',
    ],
    ["blank", { cron: "" }, '.cron: got "", expected five fields: minute hour day-of-month month day-of-week'],
    [
      "never",
      { cron: "0 0 31 2 *" },
      '.cron: got "0 0 31 2 *", expected an expression that starts at some time; this one never does',
    ],
    [
      "depends on the clock",
      { cron: "? 8 * * *" },
      '.cron: got "? 8 * * *", expected a cron expression without ?: * stands for any value',
    ],
    [
      "unknown zone",
      { timeZone: "Europe/Berlln" },
      '.timeZone: got "Europe/Berlln", expected an IANA time zone, such as Europe/Berlin or UTC',
    ],
    ["blank zone", { timeZone: "" }, '.timeZone: got "", expected an IANA time zone, such as Europe/Berlin or UTC'],
    ["no bounds", { tasks: {} }, ": got a window without bounds, expected tasks, cpu or memory with min or max"],
    ["min > max", { tasks: { min: 5, max: 3 } }, `.tasks.min: got 5, expected at most ${AT}.schedules[0].tasks.max, 3`],
    [
      "beyond the component's",
      { tasks: { max: 50 } },
      ".tasks.max: got 50, expected within the component's tasks, 1 to 20: a schedule only narrows it",
    ],
    [
      "below the component's",
      { cpu: { min: 0 } },
      ".cpu.min: got 0, expected within the component's cpu, 0.25 to 4: a schedule only narrows it",
    ],
  ])("%s", (_, written, expected) => {
    expect(problemsOf(schedule(written))).toEqual([`${AT}.schedules[0]${expected}`]);
  });

  test("minima that would not fit together are a warning: their windows may never meet", () => {
    const schedules = [{ name: "s", cron: "0 8 * * *", cpu: { min: 3 } }];
    const components = ["a", "b"].map((name) => ({ name, schedules }));
    const { config, warnings } = inspectConfig(fleet({ limits: { cpu: 4 }, components }));
    expect(config).toBeDefined();
    expect(warnings.map(({ path, message }) => `${path}: ${message}`)).toEqual([
      "fleets[0].components: if all windows were open together, the minima would come to 6 vCPU, more than limits.cpu, 4",
    ]);
  });
});

describe("several problems", () => {
  const input = {
    flet: 1,
    fleets: [
      {
        mode: "atuo",
        components: [
          { name: "a", cpu: { min: 5, max: 2 } },
          { name: "b", cpu: { min: "x" }, memory: { min: 5, max: 1 } },
          7,
          { name: "a", schedules: [{ name: "s", cron: "x", tasks: { min: 2 } }], parameters: { nope: 1 } },
          {},
        ],
      },
    ],
  };

  test("are all told, those of the schema and those between fields, and none that only follows from another", () => {
    expect(
      inspectConfig(input)
        .problems.map(({ path }) => path)
        .sort(),
    ).toEqual([
      "fleets[0].components[0].cpu.min",
      "fleets[0].components[1].cpu.min",
      "fleets[0].components[1].memory.min",
      "fleets[0].components[2]",
      "fleets[0].components[3].name",
      "fleets[0].components[3].parameters.nope",
      "fleets[0].components[3].schedules[0].cron",
      "fleets[0].components[4].name",
      "fleets[0].mode",
      "flet",
    ]);
  });

  test("are thrown as one error", () => {
    const thrown = (() => {
      try {
        return loadConfig(input);
      } catch (error) {
        return error;
      }
    })();
    expect(thrown).toBeInstanceOf(InputError);
    expect((thrown as InputError).problems).toHaveLength(10);
    expect((thrown as InputError).message).toMatch(/^the configuration has 10 problems\n {2}fleets/);
  });

  test("a configuration that contains itself has an end", () => {
    const endless: Record<string, unknown> = { ...component({}) };
    endless["again"] = endless;
    expect(problemsOf(endless)).toEqual([
      'again: got the unknown key "again", expected one of $schema, version, fleets',
    ]);
  });
});

test("the sum of maxima may exceed the fleet's limits", () => {
  expect(problemsOf(fleet({ limits: { cpu: 5 }, components: [{ name: "a" }, { name: "b" }] }))).toEqual([]);
});
