import { describe, expect, test } from "vitest";
import { compileFleet, inspectConfig, loadConfig } from "../../lib/config/index.ts";
import { reachOf } from "../../lib/config/reach.ts";
import { FARGATE_SIZES } from "../../lib/domain/planning/fargate-sizes.ts";

function reach(written: object): string[] {
  const { config, problems, warnings } = inspectConfig({ fleets: [{ components: [{ name: "web", ...written }] }] });
  expect(problems).toEqual([]);
  expect(config).toBeDefined();
  return warnings.map(({ path, message }) => `${path.replace("fleets[0].components[0].", "")}: ${message}`);
}
const range = (min: number, max: number) => ({ min, max });

describe("the sizes of Fargate", () => {
  test("are those of the developer guide, up to 32 vCPU", () => {
    const rows = FARGATE_SIZES.map(({ cpu, memory }) => [cpu, memory[0], memory[memory.length - 1], memory.length]);
    expect(rows).toEqual([
      [250, 500, 2000, 3],
      [500, 1000, 4000, 4],
      [1000, 2000, 8000, 7],
      [2000, 4000, 16_000, 13],
      [4000, 8000, 30_000, 23],
      [8000, 16_000, 60_000, 12],
      [16_000, 32_000, 120_000, 12],
      [32_000, 60_000, 244_000, 3],
    ]);
  });
});

describe("what cannot be reached", () => {
  test.each<[string, object, string[]]>([
    ["the defaults can", {}, []],
    ["any range on EC2", { compute: "ec2", cpu: range(0.1, 6), memory: range(0.1, 4) }, []],
    [
      "0.1 vCPU",
      { cpu: range(0.1, 1), memory: range(0.5, 2) },
      ["cpu.min: 0.1 vCPU cannot be had on Fargate: the least is 0.25 vCPU, 1 x (0.25 vCPU, 0.5 GiB)"],
    ],
    [
      "6 vCPU within 4 GiB",
      { cpu: range(0.25, 6), memory: range(0.5, 4) },
      [
        "cpu.max: 6 vCPU cannot be reached on Fargate: the most is 2 vCPU, 8 x (0.25 vCPU, 0.5 GiB); memory.max stands in the way",
      ],
    ],
    [
      "8 GiB with half a vCPU",
      { cpu: range(0.25, 0.5), memory: range(0.5, 8) },
      [
        "memory.max: 8 GiB cannot be reached on Fargate: the most is 4 GiB, 2 x (0.25 vCPU, 2 GiB); cpu.max stands in the way",
      ],
    ],
    [
      "many small tasks are more than the least",
      { tasks: range(4, 8) },
      [
        "cpu.min: 0.25 vCPU cannot be had on Fargate: the least is 1 vCPU, 4 x (0.25 vCPU, 0.5 GiB); tasks.min stands in the way",
        "memory.min: 0.5 GiB cannot be had on Fargate: the least is 2 GiB, 4 x (0.25 vCPU, 0.5 GiB); tasks.min stands in the way",
      ],
    ],
    [
      "more than the largest task",
      { cpu: range(1, 64), memory: range(2, 128), tasks: range(1, 1) },
      [
        "cpu.max: 64 vCPU cannot be reached on Fargate: the most is 32 vCPU, 1 x (32 vCPU, 60 GiB); tasks.max stands in the way",
        "memory.max: 128 GiB cannot be reached on Fargate: the most is 120 GiB, 1 x (16 vCPU, 120 GiB); tasks.max stands in the way",
      ],
    ],
    [
      "both ends, but not at the same time",
      { cpu: range(1, 5), memory: range(2, 11) },
      [
        "memory.max: 5 vCPU and 11 GiB cannot be had at the same time on Fargate: with all CPU the most is 10 GiB, 20 x (0.25 vCPU, 0.5 GiB)",
      ],
    ],
    [
      "200 GiB of storage on one task",
      { storage: range(0, 200), tasks: range(1, 1) },
      ["storage.max: 200 GiB cannot be reached on Fargate: the most is 180 GiB, 1 x 180 GiB"],
    ],
    ["nothing at all, when nothing is wanted", { cpu: range(0, 4), memory: range(0, 8), tasks: range(0, 4) }, []],
  ])("%s", (_, written, expected) => {
    expect(reach(written)).toEqual(expected);
  });
});

describe("when nothing can be had it is a problem", () => {
  test.each<[string, object, string]>([
    ["no pair", { cpu: range(0.25, 0.25), memory: range(3, 8) }, "compute"],
    ["storage in whole GiB", { storage: range(0.2, 0.9) }, "compute"],
    ["network of too few tasks", { compute: "ec2", network: range(3, 4) }, "network.min"],
    ["network of too many tasks", { compute: "ec2", network: range(0, 0.1), tasks: range(2, 4) }, "network.max"],
    ["no tasks", { compute: "ec2", tasks: range(0, 0) }, "tasks.max"],
  ])("%s", (_, written, path) => {
    const { config, problems } = inspectConfig({ fleets: [{ components: [{ name: "web", ...written }] }] });
    expect(config).toBeUndefined();
    expect(problems.map((problem) => problem.path)).toEqual([`fleets[0].components[0].${path}`]);
  });
});

// The slow way: every size, every number of tasks.
test("the ends that are told are those that trying everything finds", () => {
  const components = loadConfig().fleets.flatMap((fleet) => compileFleet(fleet).components);
  for (const component of components) {
    const policy = { ...component, compute: "fargate" as const };
    const totals = FARGATE_SIZES.flatMap(({ cpu, memory }) =>
      memory.flatMap((each) =>
        Array.from({ length: policy.tasksMax }, (_, index) => ({ cpu: cpu * (index + 1), memory: each * (index + 1) })),
      ),
    ).filter(({ cpu, memory }) =>
      [cpu >= policy.min.cpu, cpu <= policy.max.cpu, memory >= policy.min.memory, memory <= policy.max.memory].every(
        Boolean,
      ),
    );
    const expected = (["cpu", "memory"] as const).flatMap((name) => {
      const least = Math.min(...totals.map((total) => total[name]));
      const most = Math.max(...totals.map((total) => total[name]));
      return [
        ...(least > policy.min[name] ? [`${name}.min ${least}`] : []),
        ...(most < policy.max[name] ? [`${name}.max ${most}`] : []),
      ];
    });
    const told = reachOf(policy)
      .filter(({ message }) => !message.includes("at the same time"))
      .map(
        ({ path, message }) =>
          `${path} ${Math.round(Number(/the (?:least|most) is ([\d.]+)/.exec(message)?.[1]) * 1000)}`,
      );
    expect(told, policy.name).toEqual(expected);
  }
});
