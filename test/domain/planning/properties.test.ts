import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { PlanStep } from "../../../lib/domain/model/decision.ts";
import { RESOURCE_NAMES, type ResourceName, sameSize } from "../../../lib/domain/model/resources.ts";
import { planChange, planToBounds } from "../../../lib/domain/planning/plan-change.ts";
import type { PlanRequest } from "../../../lib/domain/planning/request.ts";
import { anyRequest, capacity, counterexample, onGrid, promised, SHAPES, total } from "./builders.ts";

/** The step of the plan, if there is one. */
function stepOf(request: PlanRequest): PlanStep | undefined {
  const result = planChange(request);
  return result.kind === "plan" ? result.plan.steps[0] : undefined;
}

function grows({ action }: PlanRequest): boolean {
  return action === "SCALE_UP" || action === "SCALE_OUT";
}

describe.each(["ec2", "fargate"] as const)("whatever is asked on %s", (compute) => {
  /** A counterexample among the plans of one direction. */
  const among = (direction: "grow" | "shrink" | "any", check: (request: PlanRequest, step: PlanStep) => void) =>
    counterexample(
      fc.property(anyRequest(compute), (request) => {
        if (direction !== "any" && grows(request) !== (direction === "grow")) return;
        const step = stepOf(request);
        if (step !== undefined) check(request, step);
      }),
      3000,
    );

  test("growth stays below every maximum and inside the room, grows something and shrinks nothing", () => {
    const found = among("grow", ({ policy, room }, { before, after }) => {
      const more = after.tasks > before.tasks;
      promised(more || RESOURCE_NAMES.some((name) => after.size[name] > before.size[name]), "grows something");
      promised(after.tasks >= before.tasks, "no fewer tasks");
      promised(!more || after.tasks <= policy.tasksMax, "tasks max");
      for (const name of RESOURCE_NAMES) {
        const growth = total(after, name) - total(before, name);
        promised(after.size[name] >= before.size[name], `${name} of a task does not shrink`);
        promised(growth === 0 || total(after, name) <= policy.max[name], `${name} max`);
        promised(growth === 0 || growth <= room[name], `${name} room`);
      }
    });
    expect(found).toBeUndefined();
  });

  test("a shrink stays above every minimum, shrinks something and grows nothing", () => {
    const found = among("shrink", ({ policy }, { before, after }) => {
      const fewer = after.tasks < before.tasks;
      promised(fewer || RESOURCE_NAMES.some((name) => after.size[name] < before.size[name]), "shrinks something");
      promised(after.tasks <= before.tasks, "no more tasks");
      promised(!fewer || after.tasks >= policy.tasksMin, "tasks min");
      for (const name of RESOURCE_NAMES) {
        promised(after.size[name] <= before.size[name], `${name} of a task does not grow`);
        const shrinks = total(after, name) < total(before, name);
        promised(!shrinks || total(after, name) >= policy.min[name], `${name} min`);
      }
    });
    expect(found).toBeUndefined();
  });

  test("nothing shrinks on unknown use, nor past its ceiling", () => {
    const found = among("shrink", ({ used, ceilings }, { before, after }) => {
      for (const name of RESOURCE_NAMES) {
        const use = used[name];
        // Network and storage of tasks that go need be known only where a rule watches them.
        const counted =
          (name === "network" || name === "storage") && ceilings[name] === undefined && after.tasks < before.tasks;
        promised(total(after, name) === total(before, name) || use !== undefined || counted, `${name} is known`);
        const ceiling = ceilings[name];
        const has = capacity(after, name);
        if (ceiling === undefined || use === undefined || has === capacity(before, name)) continue;
        promised(use <= has * ceiling + 1e-3, `${name} guard`);
      }
    });
    expect(found).toBeUndefined();
  });

  test("no step is longer than the factor, rounded up to one unit or one size", () => {
    const found = among("any", (request, { before, after }) => {
      const { factor, resource } = request;
      if (after.tasks !== before.tasks) {
        const wanted = Math.ceil(before.tasks * factor - 1e-6);
        if (grows(request)) promised(after.tasks <= Math.max(before.tasks + 1, wanted), "tasks up");
        else promised(after.tasks >= Math.min(before.tasks - 1, wanted), "tasks down");
        return;
      }
      const one = { ...before, tasks: 1 };
      const now = before.size[resource];
      const wanted = capacity(one, resource) * factor - (capacity(one, resource) - now);
      const reached = after.size[resource];
      if (grows(request)) promised(reached <= unitUp(compute, resource, Math.max(wanted, now + 1)), "size up");
      else promised(reached >= Math.min(Math.floor(wanted), sizeBelow(compute, resource, before.size)), "size down");
    });
    expect(found).toBeUndefined();
  });

  test("tasks that are not to be resized keep their size, also on the way back to the bounds", () => {
    const kept = fc.property(anyRequest(compute), ({ policy, ...rest }) => {
      const request = { ...rest, policy: { ...policy, resize: false } };
      const step = stepOf(request);
      promised(step === undefined || sameSize(step.after.size, step.before.size), "by a rule");
      const { current, room, used, ceilings } = request;
      const back = planToBounds(request.policy, current, room, { used, ceilings });
      promised(
        back.kind === "none" || back.plan.steps.every(({ after }) => sameSize(after.size, current.size)),
        "to the bounds",
      );
    });
    expect(counterexample(kept, 1000)).toBeUndefined();
  });

  test("everything stays a whole number, and on Fargate a valid size", () => {
    const found = among("any", (_, { after }) => {
      promised([after.tasks, ...Object.values(after.size)].every(Number.isSafeInteger), "whole numbers");
      promised(compute === "ec2" || onGrid(after.size), "a Fargate size");
    });
    expect(found).toBeUndefined();
  });

  test("more room never yields a smaller growth", () => {
    const reached = (request: PlanRequest): number => {
      const after = stepOf(request)?.after ?? request.current;
      return request.action === "SCALE_OUT" ? after.tasks : after.size[request.resource];
    };
    const more = fc.property(
      anyRequest(compute).filter(grows),
      fc.constantFrom(...RESOURCE_NAMES),
      fc.nat(50_000),
      (request, name, extra) => {
        const room = { ...request.room, [name]: request.room[name] + extra };
        promised(reached({ ...request, room }) >= reached(request), "no smaller");
      },
    );
    expect(counterexample(more, 3000)).toBeUndefined();
  });

  test("the way back to the bounds crosses no maximum and ends", () => {
    const way = fc.property(anyRequest(compute), ({ policy, current, room, used, ceilings }) => {
      let at = current;
      let left = room;
      for (let pass = 0; pass < 200; pass += 1) {
        const result = planToBounds(policy, at, left, { used, ceilings });
        const step = result.kind === "plan" ? result.plan.steps[0] : undefined;
        if (step === undefined) return;
        for (const name of RESOURCE_NAMES) {
          const growth = total(step.after, name) - total(at, name);
          promised(growth <= 0 || total(step.after, name) <= policy.max[name], `${name} max`);
          promised(growth <= 0 || growth <= left[name], `${name} room`);
          left = { ...left, [name]: left[name] - growth };
        }
        at = step.after;
      }
      throw new Error("does not settle");
    });
    expect(counterexample(way, 3000)).toBeUndefined();
  });
});

/** The largest size that "rounded up to one unit / one size" allows. */
function unitUp(compute: "ec2" | "fargate", name: ResourceName, wanted: number): number {
  if (compute === "ec2") return Math.ceil(wanted);
  if (name === "storage") return Math.ceil(wanted / 1000 + 1) * 1000;
  if (name === "network") return wanted;
  const above = SHAPES.map((each) => each[name]).filter((value) => value >= wanted - 1e-6);
  // Some memory sizes come with some CPU only: the next one in the same row may be the next but two in the whole table.
  return name === "memory" ? Math.max(wanted + 8000, wanted * 2.04) : Math.min(...above, 32_000);
}

/** The next smaller size that there is, loosely for memory, whose sizes depend on the CPU. */
function sizeBelow(compute: "ec2" | "fargate", name: ResourceName, size: PlanRequest["current"]["size"]): number {
  if (compute === "ec2") return size[name] - 1;
  if (name === "storage") return size.storage - 1000;
  if (name === "network") return size.network;
  const row = SHAPES.filter((each) => (name === "cpu" ? each.memory === size.memory : each.cpu === size.cpu));
  const beside = row.map((each) => each[name]).filter((value) => value < size[name]);
  if (beside.length > 0) return Math.max(...beside);
  const other = name === "cpu" ? "memory" : "cpu";
  const below = SHAPES.filter((each) => each[name] < size[name] && each[other] <= size[other]);
  return Math.max(...below.map((each) => each[name]));
}
