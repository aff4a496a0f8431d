import type { ContainerDefinition, TaskDefinition } from "@aws-sdk/client-ecs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { registrationOf } from "../../../lib/adapters/aws/ecs/registration.ts";
import { milliOfUnits, sizeOf, type TaskSize, unitsOfMilli } from "../../../lib/adapters/aws/ecs/task-size.ts";
import type { ComputeType } from "../../../lib/domain/model/policy.ts";
import { FARGATE_SIZES } from "../../../lib/domain/planning/fargate-sizes.ts";

const app: ContainerDefinition = { name: "app", image: "app:1", environment: [{ name: "A", value: "1" }] };
const onFargate: TaskDefinition = {
  family: "web",
  revision: 7,
  taskDefinitionArn: "arn:aws:ecs:eu-west-1:1:task-definition/web:7",
  status: "ACTIVE",
  requiresAttributes: [{ name: "x" }],
  compatibilities: ["EC2", "FARGATE"],
  registeredAt: new Date(0),
  registeredBy: "me",
  deregisteredAt: new Date(1),
  deleteRequestedAt: new Date(2),
  requiresCompatibilities: ["FARGATE"],
  networkMode: "awsvpc",
  executionRoleArn: "execution",
  taskRoleArn: "task",
  volumes: [{ name: "v", host: {} }],
  placementConstraints: [],
  runtimePlatform: { cpuArchitecture: "ARM64" },
  enableFaultInjection: false,
  cpu: "512",
  memory: "1024",
  containerDefinitions: [app, { ...app, name: "sidecar", cpu: 64, memoryReservation: 128 }],
};
/** An EC2 task that is sized by its only container. */
const onEc2: TaskDefinition = { family: "web", revision: 7, containerDefinitions: [{ ...app, cpu: 100, memory: 300 }] };

function register(definition: TaskDefinition, size: TaskSize, compute: ComputeType = "fargate") {
  return registrationOf({ definition, tags: [] }, size, { decision: "d", compute });
}
function registered(definition: TaskDefinition, size: TaskSize, compute?: ComputeType) {
  const registration = register(definition, size, compute);
  if (registration.kind === "refused") throw new Error(registration.detail);
  return registration.input;
}
const again = (input: object): TaskDefinition => ({ ...input });

describe("units of ECS", () => {
  test("every thousandth survives being written and read", () => {
    const changed: number[] = [];
    for (let milli = 0; milli <= 400_000; milli++) {
      if (milliOfUnits(unitsOfMilli(milli)) !== milli) changed.push(milli);
    }
    expect(changed).toEqual([]);
  });

  test.each([
    [256, 250],
    [1024, 1000],
    [512, 500],
    [249_856, 244_000],
    [1, 1],
    [100, 98],
  ])("%d units are %d thousandths", (units, milli) => {
    expect(milliOfUnits(units)).toBe(milli);
  });
});

describe("size of a task", () => {
  test.each<[string, TaskDefinition, TaskSize]>([
    ["of the task", onFargate, { cpu: 500, memory: 1000, storage: 0 }],
    [
      "with storage",
      { ...onFargate, ephemeralStorage: { sizeInGiB: 35 } },
      { cpu: 500, memory: 1000, storage: 15_000 },
    ],
    ["free storage", { ...onFargate, ephemeralStorage: { sizeInGiB: 20 } }, { cpu: 500, memory: 1000, storage: 0 }],
    ["in words", { ...onFargate, cpu: "1 vCPU", memory: ".5 GB" }, { cpu: 1000, memory: 500, storage: 0 }],
    ["in decimals", { ...onFargate, cpu: "0.25 vcpu", memory: "2GB" }, { cpu: 250, memory: 2000, storage: 0 }],
    [
      "of its containers, limit before reservation",
      {
        containerDefinitions: [
          { cpu: 256, memory: 512, memoryReservation: 128 },
          { cpu: 256, memoryReservation: 512 },
        ],
      },
      { cpu: 500, memory: 1000, storage: 0 },
    ],
    [
      "memory of the task, CPU of its container",
      { memory: "2048", containerDefinitions: [{ cpu: 512, memory: 100 }] },
      { cpu: 500, memory: 2000, storage: 0 },
    ],
  ])("%s", (_name, definition, size) => {
    expect(sizeOf(definition)).toEqual(size);
  });

  test("one that is stated nowhere is not zero", () => {
    const definition = { family: "web", revision: 3, containerDefinitions: [{ ...app, memory: 100 }] };
    expect(() => sizeOf(definition)).toThrow(/web:3 states no CPU, neither for the task nor for its containers/);
    expect(() => sizeOf({ family: "web", revision: 3 })).toThrow(/no CPU and no memory/);
    expect(() => sizeOf({ ...onFargate, cpu: "a lot" })).toThrow(/web:7 states no CPU/);
  });
});

describe("a revision with another size", () => {
  test("is read back exactly as it was asked for, every size of Fargate with every storage", () => {
    const shapes = FARGATE_SIZES.flatMap(({ cpu, memory }) => memory.map((each) => ({ cpu, memory: each })));
    const live = { ...onFargate, containerDefinitions: [app] };
    fc.assert(
      fc.property(fc.constantFrom(...shapes), fc.integer({ min: 0, max: 180 }), (shape, gib) => {
        const size = { ...shape, storage: gib * 1000 };
        expect(sizeOf(again(registered(live, size)))).toEqual(size);
      }),
    );
  });

  test("is read back exactly as it was asked for, any thousandth on EC2, by the task or by its container", () => {
    const milli = fc.integer({ min: 1, max: 200_000 });
    fc.assert(
      fc.property(
        fc.constantFrom(onEc2, { ...onEc2, cpu: "100", memory: "300" }),
        milli,
        milli,
        (live, cpu, memory) => {
          const fits = {
            ...live,
            containerDefinitions: [live.cpu === undefined ? { ...app, cpu: 100, memory: 300 } : app],
          };
          const size = { cpu, memory, storage: 0 };
          expect(sizeOf(again(registered(fits, size, "ec2")))).toEqual(size);
        },
      ),
    );
  });

  test("differs in nothing but size and tags, and repeats no field that ECS sets", () => {
    const { cpu, memory, ephemeralStorage, tags, ...same } = registered(onFargate, {
      cpu: 1000,
      memory: 2000,
      storage: 1000,
    });
    expect({ cpu, memory, ephemeralStorage }).toEqual({
      cpu: "1024",
      memory: "2048",
      ephemeralStorage: { sizeInGiB: 21 },
    });
    expect(tags).toEqual([
      { key: "scaling-controller:decision", value: "d" },
      { key: "scaling-controller:managed-by", value: "scaling-controller" },
    ]);
    const { networkMode, executionRoleArn, taskRoleArn, volumes, placementConstraints, runtimePlatform } = onFargate;
    expect(same).toEqual({
      family: "web",
      requiresCompatibilities: ["FARGATE"],
      networkMode,
      executionRoleArn,
      taskRoleArn,
      volumes,
      placementConstraints,
      runtimePlatform,
      enableFaultInjection: false,
      containerDefinitions: onFargate.containerDefinitions,
    });
  });

  test("tags are sent again, but those of AWS and of an earlier decision", () => {
    const tags = [
      { key: "team", value: "blue" },
      { key: "aws:cloudformation:stack-name", value: "s" },
      { key: "scaling-controller:decision", value: "earlier" },
    ];
    const size = { cpu: 1000, memory: 2000, storage: 0 };
    const registration = registrationOf({ definition: onFargate, tags }, size, { decision: "d", compute: "fargate" });
    expect(registration).toMatchObject({
      input: {
        tags: [
          { key: "team", value: "blue" },
          { key: "scaling-controller:decision", value: "d" },
          { key: "scaling-controller:managed-by", value: "scaling-controller" },
        ],
      },
    });
  });

  test("a quantity that stays is not rounded", () => {
    const odd = { ...onEc2, containerDefinitions: [{ ...app, cpu: 1025, memory: 333 }] };
    const { containerDefinitions } = registered(odd, { ...sizeOf(odd), memory: 500 }, "ec2");
    expect(containerDefinitions).toEqual([{ ...app, cpu: 1025, memory: 512 }]);
  });

  test("a container without a hard limit keeps being without one", () => {
    const soft = { ...onEc2, containerDefinitions: [{ ...app, cpu: 100, memoryReservation: 300 }] };
    const { containerDefinitions } = registered(soft, { ...sizeOf(soft), memory: 500 }, "ec2");
    expect(containerDefinitions).toEqual([{ ...app, cpu: 100, memoryReservation: 512 }]);
  });

  test("storage that is no longer reserved is not mentioned", () => {
    const live = { ...onFargate, ephemeralStorage: { sizeInGiB: 40 } };
    expect(registered(live, { cpu: 500, memory: 1000, storage: 0 }).ephemeralStorage).toBeUndefined();
  });

  const small = { cpu: 250, memory: 500, storage: 0 };
  const large = { cpu: 1000, memory: 2000, storage: 0 };
  const withContainers = (...containers: ContainerDefinition[]) => ({ ...onFargate, containerDefinitions: containers });
  test.each<[string, TaskDefinition, TaskSize, ComputeType, RegExp]>([
    [
      "CPU below what containers reserve",
      withContainers({ ...app, cpu: 300 }),
      small,
      "fargate",
      /300 CPU units.* 256/,
    ],
    [
      "memory below a hard limit",
      withContainers({ ...app, memory: 800 }),
      small,
      "fargate",
      /app is limited to 800 MiB, the task would have 512/,
    ],
    [
      "memory below all reservations",
      withContainers({ ...app, memoryReservation: 300 }, { ...app, memoryReservation: 300 }),
      small,
      "fargate",
      /reserve 600 MiB, the task would have 512/,
    ],
    [
      "memory that no container may use",
      withContainers({ ...app, memory: 1024 }),
      large,
      "fargate",
      /own limits, 1024 MiB in all, would keep them from using 2048 MiB/,
    ],
    [
      "several containers without a task's size",
      { ...onEc2, containerDefinitions: [...(onEc2.containerDefinitions ?? []), app] },
      large,
      "ec2",
      /no cpu of its own and has 2 containers.*no memory/,
    ],
    [
      "a limit below the reservation",
      { ...onEc2, containerDefinitions: [{ ...app, cpu: 100, memory: 900, memoryReservation: 800 }] },
      { cpu: 98, memory: 500, storage: 0 },
      "ec2",
      /reserves 800 MiB, its limit would be 512/,
    ],
    ["storage on EC2", onEc2, { ...sizeOf(onEc2), storage: 1000 }, "ec2", /for Fargate tasks only/],
    [
      "part of a GiB",
      onFargate,
      { ...large, storage: 500 },
      "fargate",
      /20.5 GiB is not a whole number from 20 to 200/,
    ],
    ["too much storage", onFargate, { ...large, storage: 181_000 }, "fargate", /201 GiB/],
  ])("%s is refused", (_name, definition, size, compute, detail) => {
    expect(register(definition, size, compute)).toEqual({ kind: "refused", detail: expect.stringMatching(detail) });
  });
});
