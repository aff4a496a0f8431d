import { describe, expect, test } from "vitest";
import { approve } from "../../../lib/domain/execution/approve.ts";
import { type Revalidation, revalidate } from "../../../lib/domain/execution/revalidate.ts";
import type { ComponentState } from "../../../lib/domain/model/component-state.ts";
import type { PlanStep } from "../../../lib/domain/model/decision.ts";
import type { Sample } from "../../../lib/domain/model/sample.ts";
import { SampleWindow } from "../../../lib/domain/model/sample-window.ts";
import type { ServiceState } from "../../../lib/domain/model/service.ts";
import { CPU_RULE, component, fleet, MINUTE, pending, T0, tasks } from "../../support/execution-bench.ts";

const grow: PlanStep = { component: "a", before: tasks(2), after: tasks(3) };
const shrink: PlanStep = { component: "a", before: tasks(4), after: tasks(3) };
const resize: PlanStep = { component: "a", before: tasks(2), after: tasks(2, { cpu: 1000 }) };

function live(step: PlanStep, changes: Partial<ServiceState> = {}): ServiceState {
  const base = { identity: "arn:a", desired: step.before, running: step.before.tasks, pending: 0, revision: "a:1" };
  return { ...base, deploying: false, rolloutFailed: false, observedAtMs: T0, ...changes };
}

function samples(count: number, values: Sample["values"] = {}, newestAgoMs = 0): Sample[] {
  return Array.from({ length: count }, (_, index) => ({
    endMs: T0 - newestAgoMs - (count - 1 - index) * MINUTE,
    periodMs: MINUTE,
    values: { cpuUsed: 500, memoryUsed: 500, ...values },
    absent: {},
  }));
}

function state(window: readonly Sample[]): ComponentState {
  return { v: 1, component: "a", updatedAtMs: T0, window: SampleWindow.of(window), readThroughMs: T0 };
}

function ask(step: PlanStep, changes: Partial<Revalidation> = {}): string {
  const base: Revalidation = {
    decision: pending("a", step),
    step,
    index: 0,
    live: live(step),
    identity: "arn:a",
    state: state(samples(15)),
    component: component("a"),
    monitor: fleet().monitor,
    nowMs: T0,
  };
  return revalidate({ ...base, ...changes }) ?? "ok";
}

const holes = samples(15).filter((_, index) => index % 3 !== 1);
const error = { ...CPU_RULE, name: "errors", trigger: "ERROR_RATE", target: 0.01, up: 0.05, down: 0 } as const;

describe("revalidate", () => {
  test.each<[what: string, got: string, expected: string]>([
    ["growth, all well", ask(grow), "ok"],
    ["shrink, all well", ask(shrink), "ok"],
    ["resize, all well", ask(resize), "ok"],
    ["too old", ask(grow, { nowMs: T0 + 150_000 }), "expired"],
    ["the recipient of a rebalance does not grow old", ask(grow, { nowMs: T0 + 150_000, index: 1 }), "ok"],
    ["refuses writes", ask(grow, { live: live(grow, { refusal: "CODE_DEPLOY" }) }), "service-unavailable"],
    ["another service", ask(grow, { live: live(grow, { identity: "arn:new" }) }), "baseline-changed"],
    ["another count", ask(grow, { live: live(grow, { desired: tasks(5) }) }), "baseline-changed"],
    ["another size", ask(grow, { live: live(grow, { desired: tasks(2, { memory: 2000 }) }) }), "baseline-changed"],
    ["deploying, growth by count", ask(grow, { live: live(grow, { deploying: true }) }), "ok"],
    ["deploying, shrink", ask(shrink, { live: live(shrink, { deploying: true }) }), "deployment-in-progress"],
    ["deploying, resize", ask(resize, { live: live(resize, { deploying: true }) }), "deployment-in-progress"],
    ["tasks pending, growth", ask(grow, { live: live(grow, { running: 1, pending: 1 }) }), "deployment-in-progress"],
    ["nothing runs, growth", ask(grow, { live: live(grow, { running: 0 }) }), "service-unavailable"],
    ["scaled to zero, growth", ask({ ...grow, before: tasks(0) }), "ok"],
    ["no data, growth", ask(grow, { state: undefined }), "ok"],
    ["no state, shrink", ask(shrink, { state: undefined }), "evidence-stale"],
    ["no samples, shrink", ask(shrink, { state: state([]) }), "evidence-stale"],
    ["stale, shrink", ask(shrink, { state: state(samples(15, {}, 211_000)) }), "evidence-stale"],
    ["just fresh, shrink", ask(shrink, { state: state(samples(15, {}, 210_000)) }), "ok"],
    ["newest from the future, shrink", ask(shrink, { state: state(samples(15, {}, -MINUTE)) }), "evidence-stale"],
    ["holes, shrink", ask(shrink, { state: state(holes) }), "evidence-stale"],
    [
      "newest without CPU, shrink",
      ask(shrink, { state: state(samples(15, { cpuUsed: undefined })) }),
      "evidence-stale",
    ],
    [
      "newest without memory, shrink",
      ask(shrink, { state: state(samples(15, { memoryUsed: undefined })) }),
      "evidence-stale",
    ],
    [
      "CPU at the threshold of what is left, shrink",
      ask(shrink, { state: state(samples(15, { cpuUsed: 1275 })) }),
      "ok",
    ],
    [
      "CPU above the threshold of what is left, shrink",
      ask(shrink, { state: state(samples(15, { cpuUsed: 1276 })) }),
      "evidence-stale",
    ],
    [
      "memory does not fit what is left, shrink",
      ask(shrink, { state: state(samples(15, { memoryUsed: 3001 })) }),
      "evidence-stale",
    ],
    [
      "errors now, shrink",
      ask(shrink, {
        state: state(samples(15, { errorRate: 0.06 })),
        component: component("a", { rules: [CPU_RULE, error] }),
      }),
      "evidence-stale",
    ],
    [
      "errors now, growth",
      ask(grow, {
        state: state(samples(15, { errorRate: 0.06 })),
        component: component("a", { rules: [CPU_RULE, error] }),
      }),
      "ok",
    ],
  ])("%s: %s", (_what, got, expected) => {
    expect(got).toBe(expected);
  });
});

describe("approve", () => {
  const waiting = pending("a", { ...grow, changes: { status: "AWAITING_APPROVAL", mode: "recommend" } });

  test("makes the decision PENDING under the person's name", () => {
    const approval = approve(waiting, "ann", T0);
    expect(approval).toEqual({
      kind: "ok",
      decision: { ...waiting, status: "PENDING", approvedBy: "ann", version: 2 },
    });
  });

  test("is refused when it is too late, or nothing waits", () => {
    expect(approve(waiting, "ann", waiting.expiresAtMs)).toEqual({ kind: "refused", reason: "expired" });
    expect(approve({ ...waiting, status: "EXPIRED" }, "ann", T0)).toEqual({ kind: "refused", reason: "superseded" });
  });
});
