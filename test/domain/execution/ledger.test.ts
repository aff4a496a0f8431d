import { describe, expect, test } from "vitest";
import { claim } from "../../../lib/domain/execution/claim.ts";
import {
  adopt,
  baseline,
  bookedTotals,
  emptyLedger,
  forget,
  prune,
  raiseEpoch,
  setMode,
  setPaused,
  type Transition,
} from "../../../lib/domain/execution/ledger.ts";
import {
  confirmApplied,
  fail,
  failUnknown,
  giveBack,
  type Mark,
  markOf,
  recordAttempt,
  reopenToRollBack,
  startRollback,
} from "../../../lib/domain/execution/transitions.ts";
import type { Ledger } from "../../../lib/domain/model/ledger.ts";
import { component, fleet, HOUR, MINUTE, pending, T0, tasks } from "../../support/execution-bench.ts";

const POLICY = fleet();
const wanted = pending("a", { before: tasks(2), after: tasks(3) });

function ok(transition: Transition): Ledger {
  if (transition.kind === "refused") throw new Error(`refused: ${transition.reason}`);
  return transition.ledger;
}

const first = ok(baseline(emptyLedger("test"), [{ component: "a", allocation: tasks(2), identity: "arn:a" }]));
const claimed = ok(claim(first, wanted, POLICY, component("a"), T0));

function mark(ledger: Ledger): Mark {
  const [open] = ledger.open;
  if (open === undefined) throw new Error("nothing open");
  return markOf(open);
}

function send(ledger: Ledger, nowMs = T0): Ledger {
  return ok(recordAttempt(ledger, mark(ledger), { policy: POLICY, approved: false, revisionBefore: "a:1", nowMs }));
}

describe("the ledger", () => {
  test("each transition makes the next version", () => {
    expect(first.version).toBe(1);
    expect(claimed.version).toBe(2);
    expect(send(claimed).version).toBe(3);
  });

  test("what somebody else moved on is not moved a second time", () => {
    const sent = send(claimed);
    const late = recordAttempt(sent, mark(claimed), {
      policy: POLICY,
      approved: false,
      revisionBefore: undefined,
      nowMs: T0,
    });
    expect(late).toMatchObject({ kind: "refused", reason: "superseded" });
    expect(giveBack(sent, mark(claimed))).toMatchObject({ kind: "refused", reason: "superseded" });
  });

  test("an attempt moves rate and cooldown to the time of the call", () => {
    expect(send(claimed, T0 + MINUTE).recent[0]?.atMs).toBe(T0 + MINUTE);
    expect(send(send(claimed, T0 + MINUTE), T0).recent[0]?.atMs).toBe(T0 + MINUTE); // a clock that steps back takes nothing off
  });

  test.each([
    ["paused", ok(setPaused(claimed, true, "ann")), "paused"],
    ["observe", ok(setMode(claimed, "observe")), "mode"],
    ["recommend, not approved", ok(setMode(claimed, "recommend", "a")), "not-approved"],
    ["restored", ok(raiseEpoch(claimed)), "restored"],
  ])("no attempt is announced when %s", (_what, ledger, reason) => {
    const answer = recordAttempt(ledger, mark(ledger), {
      policy: POLICY,
      approved: false,
      revisionBefore: undefined,
      nowMs: T0,
    });
    expect(answer).toMatchObject({ kind: "refused", reason });
  });

  test("given back: slot, rate and cooldown are as before", () => {
    const back = ok(giveBack(claimed, mark(claimed)));
    expect({ ...back, version: 0 }).toEqual({ ...first, version: 0 });
  });

  test("given back only before anything was sent", () => {
    const sent = send(claimed);
    expect(giveBack(sent, mark(sent))).toMatchObject({ kind: "refused", reason: "superseded" });
  });

  test("failed without effect: rate given back, resting twice as long each time, an hour at most", () => {
    let ledger = first;
    const rests: number[] = [];
    for (let time = T0; rests.length < 5; time += 3 * HOUR) {
      const open = ok(
        claim(ledger, pending("a", { at: time, before: tasks(2), after: tasks(3) }), POLICY, component("a"), time),
      );
      ledger = ok(fail(send(open, time), { ...mark(open), attempts: 1 }, POLICY, time));
      rests.push(((ledger.quietUntil["a"]?.untilMs ?? 0) - time) / MINUTE);
    }
    expect(rests).toEqual([10, 20, 40, 60, 60]);
    expect(ledger.recent).toEqual([]);
  });

  test("unknown for too long: the larger of both stays booked", () => {
    const sent = send(claimed);
    expect(ok(failUnknown(sent, mark(sent), POLICY, T0)).booked["a"]).toEqual(tasks(3));
  });

  test("taking back needs both until it is confirmed", () => {
    const sent = send(claimed);
    const live = {
      identity: "arn:a",
      desired: tasks(3),
      running: 3,
      pending: 0,
      revision: "a:1",
      deploying: false,
      rolloutFailed: false,
      observedAtMs: T0,
    };
    const applied = ok(confirmApplied(sent, mark(sent), live, T0));
    const back = ok(startRollback(applied, mark(applied)));
    expect(back.open[0]).toMatchObject({ rollingBack: true, attempts: 0 });
    expect(bookedTotals(back).cpu).toBe(1500);
  });

  test("a harmful change is opened again past cooldown and rates, not past pause, slots or limits", () => {
    const shrunk: Ledger = { ...first, booked: { a: tasks(1) }, recent: claimed.recent };
    const decision = pending("a", { before: tasks(2), after: tasks(1) });
    const reopen = (ledger: Ledger, policy = POLICY) => {
      const answer = reopenToRollBack(ledger, decision, policy, T0);
      return answer.kind === "ok" ? "opened" : answer.reason;
    };
    expect(reopen(shrunk)).toBe("opened");
    expect(reopen(ok(setPaused(shrunk, true, "ann")))).toBe("paused");
    expect(reopen(shrunk, fleet({ decision: { concurrentExecutions: 0 } }))).toBe("concurrency");
    expect(reopen(shrunk, fleet({ limits: { cpu: 999 } }))).toBe("fleet-limit");
    expect(
      reopen(
        shrunk,
        fleet({ limits: { cpu: 1000 }, components: [component("a", { cooldownMs: HOUR, upPerHour: 0 })] }),
      ),
    ).toBe("opened");
  });
});

describe("what others do", () => {
  test("a foreign change is adopted once", () => {
    const change = { component: "a", allocation: tasks(7), identity: "arn:a", quietMs: MINUTE, nowMs: T0 };
    const adopted = ok(adopt(first, change));
    expect(adopted.booked["a"]).toEqual(tasks(7));
    expect(adopted.quietUntil["a"]).toEqual({ untilMs: T0 + MINUTE, why: "foreign-change", failures: 0 });
    expect(adopt(adopted, change)).toMatchObject({ kind: "refused", reason: "superseded" });
  });

  test("not while an execution of ours touches it", () => {
    const change = { component: "a", allocation: tasks(7), identity: "arn:a", quietMs: MINUTE, nowMs: T0 };
    expect(adopt(claimed, change)).toMatchObject({ reason: "component-busy" });
    expect(forget(claimed, "a")).toMatchObject({ reason: "component-busy" });
  });

  test("forgotten: nothing of it counts any more", () => {
    expect(bookedTotals(ok(forget(first, "a"))).cpu).toBe(0);
  });

  test("a pause ends only when a person ends it", () => {
    const paused = ok(setPaused(first, true, "ann"));
    expect(ok(raiseEpoch(paused)).paused).toBe(true);
    expect(ok(setPaused(paused, false, "bob"))).toMatchObject({ paused: false, pausedBy: undefined });
  });

  test("a mode is set and removed, for the fleet and for one", () => {
    expect(ok(setMode(first, "observe")).modeOverride).toBe("observe");
    const one = ok(setMode(first, "recommend", "a"));
    expect(one.componentModeOverride).toEqual({ a: "recommend" });
    expect(ok(setMode(one, undefined, "a")).componentModeOverride).toEqual({});
  });
});

describe("prune", () => {
  const long = fleet({ components: [component("a", { cooldownMs: 2 * HOUR })] });

  test("keeps an hour, or the longest cooldown", () => {
    const ledger = { ...claimed, open: [] };
    expect(prune(ledger, POLICY, T0 + HOUR - 1, 0)).toMatchObject({ kind: "refused" });
    expect(ok(prune(ledger, POLICY, T0 + HOUR, 0)).recent).toEqual([]);
    expect(prune(ledger, long, T0 + HOUR, 0)).toMatchObject({ kind: "refused" });
    expect(ok(prune(ledger, long, T0 + 2 * HOUR, 0)).recent).toEqual([]);
  });

  test("keeps what is open", () => {
    expect(prune(claimed, POLICY, T0 + 9 * HOUR, 0)).toMatchObject({ kind: "refused" });
  });

  test("the watermark never goes back", () => {
    const moved = ok(prune(first, POLICY, T0, 500));
    expect(moved.watermarkMs).toBe(500);
    expect(prune(moved, POLICY, T0, 400)).toMatchObject({ kind: "refused" });
  });

  test("a back-off is remembered for the next failure to double it", () => {
    const resting: Ledger = { ...first, quietUntil: { a: { untilMs: T0, why: "backing-off", failures: 2 } } };
    expect(prune(resting, POLICY, T0 + HOUR - 1, 0)).toMatchObject({ kind: "refused" });
    expect(ok(prune(resting, POLICY, T0 + HOUR, 0)).quietUntil).toEqual({});
  });
});
