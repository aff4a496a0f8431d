import { describe, expect, test } from "vitest";
import { approve } from "../../lib/domain/execution/approve.ts";
import { raiseEpoch, setMode, setPaused } from "../../lib/domain/execution/ledger.ts";
import { Bench, MINUTE, pending, T0, tasks } from "../support/execution-bench.ts";

/** Told minute by minute; a pass every half minute unless said otherwise. */
describe("one change", () => {
  test("the first pass books what is there, and touches nothing", async () => {
    const bench = new Bench();
    expect((await bench.pass()).errors).toEqual([]);
    expect((await bench.ledger()).booked).toEqual({ a: tasks(2) });
    expect((await bench.ledger()).quietUntil).toEqual({});
    expect(bench.effects()).toEqual([]);
  });

  test("scale-out: sent at once, stable when its tasks run, measured after the settle time", async () => {
    const bench = new Bench();
    const { id } = pending("a", { before: tasks(2), after: tasks(3) });
    bench.used = { a: { cpuUsed: 950 } };
    await bench.want(pending("a", { before: tasks(2), after: tasks(3) }));
    await bench.pass();
    expect(await bench.status(id)).toBe("APPLIED");
    expect(bench.effects()).toEqual(["a 2x500>3x500"]);
    await bench.pass(30_000);
    expect(await bench.status(id)).toBe("APPLIED"); // tasks take 40 s to start
    await bench.pass(30_000);
    expect(await bench.status(id)).toBe("STABLE");
    expect((await bench.ledger()).open).toEqual([]);
    await bench.run(2.5 * MINUTE);
    expect(await bench.status(id)).toBe("STABLE");
    await bench.run(MINUTE);
    const done = await bench.decision(id);
    expect(done.status).toBe("MEASURED");
    expect(done.result?.valueAfter).toBeCloseTo(950 / 1500);
    expect(done.result?.effectiveness).toBe(100);
    const [learning] = await bench.store.readLearning("test");
    expect(learning).toMatchObject({
      succeeded: 1,
      byStatus: { MEASURED: 1 },
      history: [{ decision: id, direction: "grow", effectiveness: 100 }],
    });
    expect(bench.effects()).toHaveLength(1);
  });

  test("resize: one new revision, rolled out task by task", async () => {
    const bench = new Bench();
    const bigger = tasks(2, { cpu: 1000 });
    const decision = pending("a", { before: tasks(2), after: bigger });
    await bench.want(decision);
    await bench.pass();
    expect(bench.ecs.revisions).toBe(2);
    const open = (await bench.ledger()).open[0];
    expect(open?.revisionBefore).toBe("a:1");
    expect(open?.revisionAfter).toBe(bench.ecs.calls[0]?.revision);
    await bench.run(MINUTE);
    expect(await bench.status(decision.id)).toBe("STABLE");
    expect((await bench.ledger()).booked["a"]).toEqual(bigger);
    expect(bench.ecs.revisions).toBe(2);
  });

  test("scale-in with fresh evidence", async () => {
    const bench = new Bench({}, { a: tasks(4) });
    const decision = pending("a", { before: tasks(4), after: tasks(3) });
    await bench.want(decision);
    await bench.run(5 * MINUTE);
    expect(await bench.status(decision.id)).toBe("MEASURED");
    expect(bench.effects()).toEqual(["a 4x500>3x500"]);
  });

  test("no data after the change: measured without an effectiveness, three settle times later", async () => {
    const bench = new Bench();
    const decision = pending("a", { before: tasks(2), after: tasks(3) });
    await bench.want(decision);
    await bench.pass();
    bench.blind.add("a");
    await bench.run(9.5 * MINUTE);
    expect(await bench.status(decision.id)).toBe("STABLE");
    await bench.run(MINUTE);
    const { status, result } = await bench.decision(decision.id);
    expect(status).toBe("MEASURED");
    expect(result?.effectiveness).toBeUndefined();
    expect(result?.detail).toBe("no data after the change");
  });
});

describe("answers that fail", () => {
  test("applied, but the answer was lost: a read settles it, nothing is sent again", async () => {
    const bench = new Bench();
    const decision = pending("a", { before: tasks(2), after: tasks(3) });
    bench.ecs.updateScript.push("applied-lost");
    await bench.want(decision);
    await bench.pass();
    expect(await bench.status(decision.id)).toBe("APPLIED");
    await bench.run(MINUTE);
    expect(bench.ecs.calls).toHaveLength(1);
  });

  test("never arrived: sent again after the retry delay, while the evidence is fresh", async () => {
    const bench = new Bench();
    const decision = pending("a", { before: tasks(2), after: tasks(3) });
    bench.ecs.updateScript.push("lost");
    await bench.want(decision);
    const outcome = await bench.pass();
    expect(outcome.errors).toEqual([{ component: "a", message: "unknown: scripted" }]);
    expect(await bench.status(decision.id)).toBe("CLAIMED");
    await bench.pass(10_000);
    expect(bench.ecs.calls).toHaveLength(1);
    await bench.pass(20_000);
    expect(bench.ecs.calls).toHaveLength(2);
    expect(await bench.status(decision.id)).toBe("APPLIED");
  });

  test("throttled until the attempts are used up: failed, given back, and the component backs off", async () => {
    const bench = new Bench();
    const decision = pending("a", { before: tasks(2), after: tasks(3) });
    bench.ecs.updateScript.push("throttled", "throttled", "throttled");
    await bench.want(decision);
    await bench.run(2.5 * MINUTE);
    expect(await bench.status(decision.id)).toBe("FAILED call-throttled");
    expect(bench.ecs.calls).toHaveLength(3);
    const ledger = await bench.ledger();
    expect(ledger.recent).toEqual([]);
    expect(ledger.quietUntil["a"]).toMatchObject({ why: "backing-off", failures: 1 });
    const [learning] = await bench.store.readLearning("test");
    expect(learning).toMatchObject({ failed: 1, history: [] });
  });

  test("refused: failed at once; the second failure in a row rests twice as long", async () => {
    const bench = new Bench();
    bench.ecs.updateScript.push("refused", "refused");
    await bench.want(pending("a", { before: tasks(2), after: tasks(3) }));
    await bench.pass();
    const first = (await bench.ledger()).quietUntil["a"];
    expect(first).toEqual({ untilMs: T0 + 10 * MINUTE, why: "backing-off", failures: 1 });
    await bench.run(11 * MINUTE);
    const again = pending("a", { at: bench.nowMs, before: tasks(2), after: tasks(3) });
    await bench.want(again);
    await bench.pass();
    expect(await bench.status(again.id)).toBe("FAILED call-refused");
    expect((await bench.ledger()).quietUntil["a"]).toEqual({
      untilMs: bench.nowMs + 20 * MINUTE,
      why: "backing-off",
      failures: 2,
    });
  });

  test("no revision to be had: fails without a call", async () => {
    const bench = new Bench();
    const decision = pending("a", { before: tasks(2), after: tasks(2, { cpu: 1000 }) });
    bench.ecs.registerScript.push("refused");
    await bench.want(decision);
    await bench.pass();
    expect(await bench.status(decision.id)).toBe("FAILED call-refused");
    expect(bench.ecs.calls).toEqual([]);
  });

  test("the answer of the registration was lost: the revision is found again, not made again", async () => {
    const bench = new Bench();
    const decision = pending("a", { before: tasks(2), after: tasks(2, { cpu: 1000 }) });
    bench.ecs.registerScript.push("applied-lost");
    await bench.want(decision);
    await bench.run(2 * MINUTE);
    expect(await bench.status(decision.id)).toBe("STABLE");
    expect(bench.ecs.revisions).toBe(2);
  });

  test("the service cannot be read: waits, and says so", async () => {
    const bench = new Bench();
    const decision = pending("a", { before: tasks(2), after: tasks(3) });
    bench.ecs.updateScript.push("applied-lost");
    await bench.want(decision);
    await bench.monitor(0);
    await bench.pass();
    bench.ecs.set("a", { problem: "denied" });
    const outcome = await bench.pass(30_000);
    expect(outcome.errors).toContainEqual({ component: "a", message: "not readable: denied" });
    expect((await bench.ledger()).open).toHaveLength(1);
    await bench.run(41 * MINUTE);
    expect(await bench.status(decision.id)).toBe("FAILED service-unavailable");
    expect((await bench.ledger()).booked["a"]).toEqual(tasks(3)); // the larger of the two, until a read tells
  });
});

describe("people", () => {
  test("a pause between decision and call: nothing is sent", async () => {
    const bench = new Bench();
    await bench.pass();
    const decision = pending("a", { before: tasks(2), after: tasks(3) });
    await bench.want(decision);
    await bench.edit((ledger) => setPaused(ledger, true, "ann"));
    await bench.run(3 * MINUTE);
    expect(bench.ecs.calls).toEqual([]);
    expect(await bench.status(decision.id)).toBe("EXPIRED expired");
    expect((await bench.decision(decision.id)).result?.detail).toBe("paused");
  });

  test("a pause right after the claim: given back, the hour's rate included", async () => {
    const bench = new Bench();
    await bench.pass();
    const decision = pending("a", { before: tasks(2), after: tasks(3) });
    await bench.want(decision);
    // The pause lands in the very moment between the claim and the announcement of the call.
    const { store } = bench;
    const write = store.writeDecision.bind(store);
    store.writeDecision = async (next) => {
      if (next.status === "CLAIMED") await bench.edit((ledger) => setPaused(ledger, true, "ann"));
      return write(next);
    };
    await bench.pass(30_000);
    expect(bench.ecs.calls).toEqual([]);
    await bench.pass(30_000);
    expect(await bench.status(decision.id)).toBe("EXPIRED paused");
    expect((await bench.ledger()).open).toEqual([]);
    expect((await bench.ledger()).recent).toEqual([]);
  });

  test("paused in the middle: what was sent is watched, nothing new is sent, not even a rollback", async () => {
    const bench = new Bench();
    const decision = pending("a", { before: tasks(2), after: tasks(3) });
    await bench.want(decision);
    await bench.pass();
    bench.ecs.stall("a");
    await bench.edit((ledger) => setPaused(ledger, true, "ann"));
    await bench.run(12 * MINUTE);
    expect(bench.effects()).toHaveLength(1);
    await bench.edit((ledger) => setPaused(ledger, false, "ann"));
    await bench.run(2 * MINUTE);
    expect(bench.effects()).toHaveLength(2);
    expect(await bench.status(decision.id)).toBe("ROLLED_BACK never-stable");
  });

  test("mode observe set at run time holds everything back", async () => {
    const bench = new Bench();
    await bench.pass();
    await bench.edit((ledger) => setMode(ledger, "observe"));
    await bench.want(pending("a", { before: tasks(2), after: tasks(3) }));
    await bench.run(2 * MINUTE);
    expect(bench.ecs.calls).toEqual([]);
  });

  test("mode recommend waits for a person", async () => {
    const bench = new Bench({ mode: "recommend" });
    const decision = pending("a", {
      before: tasks(2),
      after: tasks(3),
      changes: { mode: "recommend", status: "AWAITING_APPROVAL", expiresAtMs: T0 + 15 * MINUTE },
    });
    await bench.want(decision);
    await bench.run(5 * MINUTE);
    expect(bench.ecs.calls).toEqual([]);
    const approved = approve(await bench.decision(decision.id), "ann", bench.nowMs);
    if (approved.kind === "refused") throw new Error(approved.reason);
    await bench.store.writeDecision(approved.decision);
    await bench.pass(30_000);
    expect(bench.effects()).toEqual(["a 2x500>3x500"]);
    expect((await bench.decision(decision.id)).approvedBy).toBe("ann");
  });

  test("after a restore the intents before it are void", async () => {
    const bench = new Bench();
    const decision = pending("a", { before: tasks(2), after: tasks(3) });
    bench.ecs.updateScript.push("lost");
    await bench.want(decision);
    await bench.pass();
    await bench.edit(raiseEpoch);
    await bench.run(MINUTE);
    expect(await bench.status(decision.id)).toBe("SUPERSEDED restored");
    expect(bench.effects()).toEqual([]);
  });
});
