import * as fc from "fast-check";
import type { Plan } from "../../../lib/domain/model/decision.ts";
import type { ComponentPolicy } from "../../../lib/domain/model/policy.ts";
import {
  type Allocation,
  FREE_STORAGE_MILLI,
  type ResourceName,
  type Resources,
} from "../../../lib/domain/model/resources.ts";
import { FARGATE_SIZES } from "../../../lib/domain/planning/fargate-sizes.ts";
import type { PlanRequest, PlanResult } from "../../../lib/domain/planning/request.ts";

export const EVERYTHING: Resources = { cpu: 1e9, memory: 1e9, network: 1e9, storage: 1e9 };

/** Wide bounds: what a test is about, it narrows. */
export function aPolicy(overrides: Partial<ComponentPolicy> = {}): ComponentPolicy {
  return {
    name: "api",
    strategy: "REACTIVE",
    parameters: {},
    compute: "ec2",
    min: { cpu: 100, memory: 100, network: 0, storage: 0 },
    max: { cpu: 100_000, memory: 500_000, network: 10_000, storage: 1_000_000 },
    tasksMin: 1,
    tasksMax: 50,
    resize: true,
    networkPerTask: 100,
    factorUp: 1.5,
    factorDown: 0.7,
    upPerHour: 4,
    downPerHour: 2,
    cooldownMs: 300_000,
    responseTimeMs: 200,
    throughputPerSecond: 20,
    rules: [],
    schedules: [],
    ...overrides,
  };
}

export function tasksOf(tasks: number, cpu: number, memory: number, storage = 0, network = 100): Allocation {
  return { tasks, size: { cpu, memory, network, storage } };
}

export function aRequest(overrides: Partial<PlanRequest> = {}): PlanRequest {
  return {
    policy: aPolicy(),
    current: tasksOf(2, 1000, 2000),
    action: "SCALE_UP",
    resource: "cpu",
    factor: 1.5,
    used: { cpu: 0, memory: 0, network: 0, storage: 0 },
    ceilings: {},
    room: EVERYTHING,
    ...overrides,
  };
}

/** The one step of a plan; fails the test on none. */
export function afterOf(result: PlanResult): Allocation {
  return planOf(result).steps.at(-1)?.after ?? fail();
}

export function planOf(result: PlanResult): Plan {
  if (result.kind === "none") throw new Error(`no plan: ${JSON.stringify(result)}`);
  return result.plan;
}

function fail(): never {
  throw new Error("a plan without steps");
}

export function total({ tasks, size }: Allocation, name: ResourceName): number {
  return tasks * size[name];
}

/** What use is measured against: the free storage of each task included. */
export function capacity({ tasks, size }: Allocation, name: ResourceName): number {
  return tasks * (size[name] + (name === "storage" ? FREE_STORAGE_MILLI : 0));
}

export const SHAPES = FARGATE_SIZES.flatMap(({ cpu, memory }) => memory.map((each) => ({ cpu, memory: each })));

export function onGrid({ cpu, memory, storage }: Resources): boolean {
  return (
    SHAPES.some((each) => each.cpu === cpu && each.memory === memory) && storage % 1000 === 0 && storage <= 180_000
  );
}

const resources = (max: number): fc.Arbitrary<Resources> =>
  fc.record({ cpu: fc.nat(max), memory: fc.nat(max), network: fc.nat(max), storage: fc.nat(max) });

export const partial = (of: fc.Arbitrary<number>): fc.Arbitrary<Partial<Resources>> =>
  fc.record({ cpu: of, memory: of, network: of, storage: of }, { requiredKeys: [] });

const shape = fc.constantFrom(...SHAPES);
const fargateSize = fc.record({ shape, gib: fc.nat(180) }).map(({ shape: { cpu, memory }, gib }) => ({
  cpu,
  memory,
  network: 100,
  storage: gib * 1000,
}));
const ec2Size = fc.record({
  cpu: fc.integer({ min: 1, max: 20_000 }),
  memory: fc.integer({ min: 1, max: 60_000 }),
  network: fc.nat(500),
  storage: fc.nat(60_000),
});

/**
 * Any request of planChange: bounds that may lie anywhere around the present totals, room that may be negative, use that
 * may be unknown.
 */
export function anyRequest(compute: "ec2" | "fargate"): fc.Arbitrary<PlanRequest> {
  const size = compute === "ec2" ? ec2Size : fargateSize;
  const delta = fc.integer({ min: -40_000, max: 200_000 });
  const resize = fc.constantFrom(true, true, true, false);
  const policy = fc
    .record({ min: resources(20_000), span: resources(400_000), tasksMin: fc.nat(4), tasksSpan: fc.nat(30), resize })
    .map(({ min, span, tasksMin, tasksSpan, resize }) =>
      aPolicy({
        compute,
        min,
        max: {
          cpu: min.cpu + span.cpu,
          memory: min.memory + span.memory,
          network: min.network + span.network,
          storage: min.storage + span.storage,
        },
        tasksMin,
        tasksMax: tasksMin + tasksSpan,
        resize,
      }),
    );
  const wish = fc.oneof(
    fc.record({
      action: fc.constantFrom("SCALE_UP" as const, "SCALE_OUT" as const),
      factor: fc.double({ min: 1.001, max: 4, noNaN: true }),
    }),
    fc.record({
      action: fc.constantFrom("SCALE_DOWN" as const, "SCALE_IN" as const),
      factor: fc.double({ min: 0, max: 0.999, noNaN: true }),
    }),
  );
  return fc
    .record({
      policy,
      current: fc.record({ tasks: fc.integer({ min: 0, max: 12 }), size }),
      wish,
      resource: fc.constantFrom("cpu" as const, "memory" as const, "storage" as const),
      used: partial(fc.nat(30_000)),
      ceilings: partial(fc.double({ min: 0.05, max: 1, noNaN: true })),
      room: fc.record({ cpu: delta, memory: delta, network: delta, storage: delta }),
    })
    .map(({ wish: { action, factor }, ...rest }) => ({ ...rest, action, factor }));
}

/** What fast-check says about the smallest counterexample; undefined when the property holds. */
export function counterexample<T>(property: fc.IProperty<T>, numRuns: number): string | undefined {
  const details = fc.check(property, { numRuns });
  return details.failed ? `${fc.defaultReportMessage(details)}\n${String(details.errorInstance)}` : undefined;
}

/** Fails the property with a sentence. */
export function promised(holds: boolean, what: string): void {
  if (!holds) throw new Error(`broken: ${what}`);
}
