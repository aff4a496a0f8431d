import { describe, expect, test } from "vitest";
import { claim } from "../../../lib/domain/execution/claim.ts";
import {
  adopt,
  baseline,
  bookedTotals,
  emptyLedger,
  setMode,
  setPaused,
} from "../../../lib/domain/execution/ledger.ts";
import { confirmApplied, confirmStable, markOf, recordAttempt } from "../../../lib/domain/execution/transitions.ts";
import type { Decision } from "../../../lib/domain/model/decision.ts";
import type { Ledger, RecentExecution } from "../../../lib/domain/model/ledger.ts";
import type { ComponentPolicy, FleetPolicy } from "../../../lib/domain/model/policy.ts";
import type { Allocation } from "../../../lib/domain/model/resources.ts";
import {
  type Changes,
  CPU_RULE,
  component,
  fleet,
  HOUR,
  MINUTE,
  pending,
  T0,
  tasks,
} from "../../support/execution-bench.ts";

const grow = pending("a", { before: tasks(2), after: tasks(3) });
const shrink = pending("a", { before: tasks(2), after: tasks(1) });

function booked(bookings: Record<string, Allocation>, changes: Partial<Ledger> = {}): Ledger {
  const seen = Object.entries(bookings).map(([name, allocation]) => ({
    component: name,
    allocation,
    identity: `arn:${name}`,
  }));
  return { ...ok(baseline(emptyLedger("test"), seen)), ...changes };
}

function ok(transition: { kind: string; ledger?: Ledger; reason?: string }): Ledger {
  if (transition.ledger === undefined) throw new Error(`refused: ${transition.reason}`);
  return transition.ledger;
}

function ask(ledger: Ledger, decision: Decision, policy: FleetPolicy = fleet(), nowMs = T0): string {
  const own = policy.components.find((each) => each.name === decision.component) as ComponentPolicy;
  const answer = claim(ledger, decision, policy, own, nowMs);
  return answer.kind === "ok" ? "claimed" : answer.reason;
}

function done(agoMs: number, changes: Partial<RecentExecution> = {}): RecentExecution {
  return {
    decision: `a@${T0 - agoMs}`,
    component: "a",
    direction: "grow",
    atMs: T0 - agoMs,
    removedCpu: 0,
    ...changes,
  };
}

function withRule(cooldownMs: number | undefined, own: Partial<ComponentPolicy> = {}): Changes {
  return { components: [component("a", { rules: [{ ...CPU_RULE, cooldownMs }], ...own })] };
}

describe("a claim under a wide open policy", () => {
  test("opens the execution and takes slot, rate and cooldown in one write", () => {
    const before = booked({ a: tasks(2) });
    const after = ok(claim(before, grow, fleet(), component("a"), T0));
    expect(after.version).toBe(before.version + 1);
    expect(after.open).toEqual([
      {
        decision: grow.id,
        decidedAtMs: T0,
        component: "a",
        direction: "grow",
        step: 0,
        steps: [{ component: "a", before: tasks(2), after: tasks(3) }],
        claimedAtMs: T0,
        attempts: 0,
        rollingBack: false,
        epoch: 1,
      },
    ]);
    expect(after.recent).toEqual([{ decision: grow.id, component: "a", direction: "grow", atMs: T0, removedCpu: 0 }]);
    expect(after.booked).toEqual({ a: tasks(2) }); // what it is known to have; the larger of both is counted
    expect(bookedTotals(after).cpu).toBe(1500);
  });

  test("a shrink notes what it removes, and releases nothing yet", () => {
    const after = ok(claim(booked({ a: tasks(2) }), shrink, fleet(), component("a"), T0));
    expect(after.recent[0]?.removedCpu).toBe(500);
    expect(bookedTotals(after).cpu).toBe(1000);
  });
});

/** Each guard alone: the same claim is refused with it and goes through without it. */
describe("each guard alone", () => {
  const two = booked({ a: tasks(2), b: tasks(2) });
  const both = { components: [component("a"), component("b")] };
  const openB = ok(claim(two, pending("b", { before: tasks(2), after: tasks(3) }), fleet(both), component("b"), T0));

  test.each<[guard: string, refused: string, with_: string, without: string]>([
    ["paused", "paused", ask(ok(setPaused(two, true, "ann")), grow), ask(two, grow)],
    ["mode of the fleet", "mode", ask(two, grow, fleet({ mode: "observe" })), ask(two, grow)],
    [
      "mode of the component",
      "mode",
      ask(two, grow, fleet({ components: [component("a", { mode: "observe" })] })),
      ask(two, grow),
    ],
    [
      "mode set by a person",
      "mode",
      ask(ok(setMode(two, "observe", "a")), grow),
      ask(ok(setMode(two, "observe", "b")), grow),
    ],
    [
      "approval",
      "not-approved",
      ask(two, grow, fleet({ mode: "recommend" })),
      ask(two, { ...grow, approvedBy: "ann" }, fleet({ mode: "recommend" })),
    ],
    [
      "approval, mode changed since",
      "not-approved",
      ask(two, { ...grow, mode: "recommend" }),
      ask(two, { ...grow, mode: "recommend", approvedBy: "ann" }),
    ],
    ["expiry", "expired", ask(two, grow, fleet(), T0 + 150_000), ask(two, grow, fleet(), T0 + 149_999)],
    ["status", "superseded", ask(two, { ...grow, status: "AWAITING_APPROVAL" }), ask(two, grow)],
    [
      "known to the ledger",
      "superseded",
      ask({ ...two, recent: [done(0)] }, grow),
      ask({ ...two, recent: [done(1)] }, grow),
    ],
    [
      "tasks above the maximum",
      "superseded",
      ask(two, grow, fleet({ components: [component("a", { tasksMax: 2 })] })),
      ask(two, grow, fleet({ components: [component("a", { tasksMax: 3 })] })),
    ],
    [
      "tasks below the minimum",
      "superseded",
      ask(two, shrink, fleet({ components: [component("a", { tasksMin: 2 })] })),
      ask(two, shrink),
    ],
    [
      "total above the maximum",
      "superseded",
      ask(
        two,
        grow,
        fleet({ components: [component("a", { max: { cpu: 1499, memory: 9e6, network: 0, storage: 0 } })] }),
      ),
      ask(
        two,
        grow,
        fleet({ components: [component("a", { max: { cpu: 1500, memory: 9e6, network: 0, storage: 0 } })] }),
      ),
    ],
    [
      "total below the minimum",
      "superseded",
      ask(
        two,
        shrink,
        fleet({ components: [component("a", { min: { cpu: 501, memory: 0, network: 0, storage: 0 } })] }),
      ),
      ask(two, shrink),
    ],
    [
      "busy",
      "component-busy",
      ask(openB, pending("b", { at: T0 + 1, before: tasks(2), after: tasks(4) }), fleet(both)),
      ask(openB, grow, fleet(both)),
    ],
    [
      "concurrency",
      "concurrency",
      ask(openB, grow, fleet({ ...both, decision: { concurrentExecutions: 1 } })),
      ask(openB, grow, fleet({ ...both, decision: { concurrentExecutions: 2 } })),
    ],
    [
      "quiet after a foreign change",
      "cooldown",
      ask(quiet(MINUTE), grow, fleet(), T0 + MINUTE - 1),
      ask(quiet(MINUTE), grow, fleet(), T0 + MINUTE),
    ],
    ["baseline", "baseline-changed", ask(booked({ a: tasks(4) }), grow), ask(two, grow)],
    ["never read", "service-unavailable", ask(booked({ b: tasks(2) }), grow), ask(two, grow)],
    [
      "cooldown of the component",
      "cooldown",
      ask({ ...two, recent: [done(4 * MINUTE)] }, grow, fleet(withRule(undefined, { cooldownMs: 5 * MINUTE }))),
      ask({ ...two, recent: [done(5 * MINUTE)] }, grow, fleet(withRule(undefined, { cooldownMs: 5 * MINUTE }))),
    ],
    [
      "cooldown of the rule",
      "cooldown",
      ask({ ...two, recent: [done(9 * MINUTE)] }, grow, fleet(withRule(10 * MINUTE))),
      ask({ ...two, recent: [done(9 * MINUTE)] }, grow, fleet(withRule(5 * MINUTE, { cooldownMs: HOUR }))),
    ],
    [
      "cooldown, the clock stepped back",
      "cooldown",
      ask({ ...two, recent: [done(-MINUTE)] }, grow, fleet(withRule(MINUTE))),
      ask(two, grow, fleet(withRule(MINUTE))),
    ],
    [
      "fleet's rate",
      "rate-limit-fleet",
      ask({ ...two, recent: tenOthers(10) }, grow, fleet({ decision: { decisionsPerHour: 10 } })),
      ask({ ...two, recent: tenOthers(9) }, grow, fleet({ decision: { decisionsPerHour: 10 } })),
    ],
    [
      "fleet's rate slides",
      "rate-limit-fleet",
      ask({ ...two, recent: [done(HOUR - 1)] }, grow, fleet({ decision: { decisionsPerHour: 1 } })),
      ask({ ...two, recent: [done(HOUR)] }, grow, fleet({ decision: { decisionsPerHour: 1 } })),
    ],
    [
      "ups of the component",
      "rate-limit-component",
      ask({ ...two, recent: [done(1)] }, grow, fleet({ components: [component("a", { upPerHour: 1 })] })),
      ask({ ...two, recent: [done(1)] }, shrink, fleet({ components: [component("a", { upPerHour: 1 })] })),
    ],
    [
      "downs of the component",
      "rate-limit-component",
      ask(
        { ...two, recent: [done(1, { direction: "shrink" })] },
        shrink,
        fleet({ components: [component("a", { downPerHour: 1 })] }),
      ),
      ask(
        { ...two, recent: [done(1, { direction: "shrink" })] },
        grow,
        fleet({ components: [component("a", { downPerHour: 1 })] }),
      ),
    ],
    [
      "fleet's limit",
      "fleet-limit",
      ask(two, grow, fleet({ ...both, limits: { cpu: 2499 } })),
      ask(two, grow, fleet({ ...both, limits: { cpu: 2500 } })),
    ],
    [
      "fleet's limit, another's growth under way",
      "fleet-limit",
      ask(openB, grow, fleet({ ...both, limits: { cpu: 2999 } })),
      ask(openB, grow, fleet({ ...both, limits: { cpu: 3000 } })),
    ],
    [
      "fleet's limit by memory",
      "fleet-limit",
      ask(two, grow, fleet({ ...both, limits: { memory: 4999 } })),
      ask(two, grow, fleet({ ...both, limits: { memory: 5000 } })),
    ],
  ])("%s: %s", (_guard, refused, with_, without) => {
    expect(with_).toBe(refused);
    expect(without).toBe("claimed");
  });

  test("an excess caused by others never blocks a shrink", () => {
    expect(ask(two, shrink, fleet({ ...both, limits: { cpu: 100, memory: 100 } }))).toBe("claimed");
  });

  test("a component outside its bounds may come back towards them", () => {
    const over = booked({ a: tasks(9) });
    const back = pending("a", { before: tasks(9), after: tasks(8) });
    expect(ask(over, back, fleet({ components: [component("a", { tasksMax: 4 })] }))).toBe("claimed");
  });

  test("a schedule's maximum may exceed the component's", () => {
    const open = { name: "sale", cron: "0 8 * * *", timeZone: "UTC", durationMs: HOUR, tasksMax: 3 };
    expect(ask(two, grow, fleet({ components: [component("a", { tasksMax: 2, schedules: [open] })] }))).toBe("claimed");
  });
});

describe("a rebalance", () => {
  const components = [component("donor"), component("a")];
  const ledger = booked({ donor: tasks(4), a: tasks(2) });
  const wanted = pending("a", {
    before: tasks(2),
    after: tasks(3),
    donor: { component: "donor", before: tasks(4), after: tasks(3) },
  });

  test("occupies both components and counts for both", () => {
    const policy = fleet({ components });
    const after = ok(claim(ledger, wanted, policy, component("a"), T0));
    expect(after.recent.map((each) => [each.component, each.direction])).toEqual([
      ["donor", "shrink"],
      ["a", "grow"],
    ]);
    expect(ask(after, pending("donor", { at: T0 + 1, before: tasks(4), after: tasks(5) }), policy)).toBe(
      "component-busy",
    );
    expect(ask(after, pending("a", { at: T0 + 1, before: tasks(2), after: tasks(5) }), policy)).toBe("component-busy");
  });

  test("fits exactly: the recipient's growth is booked by the write that confirms the donor's shrink", () => {
    const policy = fleet({ components, limits: { cpu: 3000 } });
    const claimed = ok(claim(ledger, wanted, policy, component("a"), T0));
    expect(bookedTotals(claimed).cpu).toBe(3000);
    const sent = ok(
      recordAttempt(claimed, markOf(claimed.open[0] as Ledger["open"][number]), {
        policy,
        approved: false,
        revisionBefore: "donor:1",
        nowMs: T0,
      }),
    );
    const live = {
      identity: "arn:donor",
      desired: tasks(3),
      running: 3,
      pending: 0,
      revision: "donor:1",
      deploying: false,
      rolloutFailed: false,
      observedAtMs: T0,
    };
    const applied = ok(confirmApplied(sent, markOf(sent.open[0] as Ledger["open"][number]), live, T0));
    expect(bookedTotals(applied).cpu).toBe(3000); // wanted, but not confirmed to be gone
    const next = ok(confirmStable(applied, markOf(applied.open[0] as Ledger["open"][number]), policy));
    expect(next.booked["donor"]).toEqual(tasks(3));
    expect(next.open[0]).toMatchObject({ step: 1, attempts: 0 });
    expect(next.open[0]?.appliedAtMs).toBeUndefined();
    expect(bookedTotals(next).cpu).toBe(3000);
  });

  test("is not started when the recipient would not fit", () => {
    expect(ask(ledger, wanted, fleet({ components, limits: { cpu: 2999 } }))).toBe("fleet-limit");
  });

  test("a donor in its cooldown is left alone", () => {
    const cool = { components: [component("donor", { cooldownMs: 5 * MINUTE }), component("a")] };
    expect(ask({ ...ledger, recent: [done(MINUTE, { component: "donor" })] }, wanted, fleet(cool))).toBe("cooldown");
  });
});

function quiet(forMs: number): Ledger {
  const changed = adopt(booked({ a: tasks(5) }), {
    component: "a",
    allocation: tasks(2),
    identity: "arn:a",
    quietMs: forMs,
    nowMs: T0,
  });
  return ok(changed);
}

function tenOthers(count: number): RecentExecution[] {
  return Array.from({ length: count }, (_, index) => done(index + 1, { component: "b", decision: `b@${index}` }));
}
