import { describe, expect, test } from "vitest";
import { runExecution } from "../../lib/loops/execution.ts";
import { Bench, component, HOUR, MINUTE, pending, T0, tasks } from "../support/execution-bench.ts";

describe("the world changes", () => {
  test("a duplicate tick does nothing more", async () => {
    const bench = new Bench();
    await bench.want(pending("a", { before: tasks(2), after: tasks(3) }));
    await bench.pass();
    await bench.pass();
    await bench.pass();
    expect(bench.ecs.calls).toHaveLength(1);
  });

  test("two passes at the same time send once", async () => {
    const bench = new Bench();
    await bench.pass();
    await bench.want(pending("a", { before: tasks(2), after: tasks(3) }));
    await Promise.all([bench.pass(), bench.pass(), bench.pass()]);
    expect(bench.ecs.calls).toHaveLength(1);
    await bench.run(6 * MINUTE);
    expect(await bench.status(pending("a", { before: tasks(2), after: tasks(3) }).id)).toBe("MEASURED");
  });

  test("a foreign change is adopted, and the component is left alone for a while", async () => {
    const bench = new Bench();
    await bench.pass();
    bench.ecs.foreign("a", tasks(6));
    await bench.pass(30_000);
    const ledger = await bench.ledger();
    expect(ledger.booked["a"]).toEqual(tasks(6));
    expect(ledger.quietUntil["a"]).toEqual({ untilMs: bench.nowMs + 5 * MINUTE, why: "foreign-change", failures: 0 });
    const decision = pending("a", { at: bench.nowMs, before: tasks(6), after: tasks(5) });
    await bench.want(decision);
    await bench.run(3 * MINUTE);
    expect(await bench.status(decision.id)).toBe("EXPIRED expired");
    expect((await bench.decision(decision.id)).result?.detail).toBe("cooldown");
    expect(bench.effects()).toEqual([]);
  });

  test("a foreign change between decision and execution: superseded and adopted", async () => {
    const bench = new Bench();
    await bench.pass();
    const decision = pending("a", { at: T0, before: tasks(2), after: tasks(3) });
    await bench.want(decision);
    await bench.monitor(10_000);
    bench.ecs.foreign("a", tasks(8)); // the monitor has not seen it yet
    await runExecution(bench.ports(), bench.policy, bench.nowMs);
    expect(await bench.status(decision.id)).toBe("SUPERSEDED baseline-changed");
    expect((await bench.ledger()).booked["a"]).toEqual(tasks(8));
    expect(bench.effects()).toEqual([]);
  });

  test("a foreign change on top of ours: theirs stays", async () => {
    const bench = new Bench();
    const decision = pending("a", { before: tasks(2), after: tasks(3) });
    await bench.want(decision);
    await bench.pass();
    bench.ecs.foreign("a", tasks(9));
    await bench.pass(30_000);
    expect(await bench.status(decision.id)).toBe("SUPERSEDED baseline-changed");
    expect((await bench.ledger()).booked["a"]).toEqual(tasks(9));
    expect((await bench.ledger()).open).toEqual([]);
  });

  test("a service made anew under its name is another service", async () => {
    const bench = new Bench();
    await bench.pass();
    bench.ecs.set("a", { created: 99 });
    await bench.pass(30_000);
    expect((await bench.ledger()).identity["a"]).toBe("arn:a/99");
    expect((await bench.ledger()).quietUntil["a"]?.why).toBe("foreign-change");
  });

  test("a deployment in progress: no resize and no shrink, but a growth by count", async () => {
    const bench = new Bench({ components: [component("a"), component("b")] }, { a: tasks(4), b: tasks(2) });
    bench.ecs.set("a", { resizing: true, readyAtMs: T0 + HOUR });
    bench.ecs.set("b", { resizing: true, readyAtMs: T0 + 90_000 });
    const shrink = pending("a", { before: tasks(4), after: tasks(3) });
    const resize = pending("b", { before: tasks(2), after: tasks(2, { cpu: 1000 }) });
    await bench.want(shrink, resize);
    await bench.pass();
    expect(bench.effects()).toEqual([]);
    await bench.run(2 * MINUTE);
    expect(bench.effects()).toEqual(["b 2x500>2x1000"]);
    await bench.run(MINUTE);
    expect(await bench.status(shrink.id)).toBe("EXPIRED expired");
  });

  test("tasks never start: taken back after the timeout, and the component backs off", async () => {
    const bench = new Bench();
    const decision = pending("a", { before: tasks(2), after: tasks(3) });
    await bench.want(decision);
    await bench.pass();
    bench.ecs.stall("a");
    await bench.run(9.5 * MINUTE);
    expect(await bench.status(decision.id)).toBe("APPLIED");
    await bench.run(2 * MINUTE);
    expect(await bench.status(decision.id)).toBe("ROLLED_BACK never-stable");
    expect(bench.effects()).toEqual(["a 2x500>3x500", "a 3x500>2x500"]);
    const ledger = await bench.ledger();
    expect(ledger.booked["a"]).toEqual(tasks(2));
    expect(ledger.quietUntil["a"]?.why).toBe("backing-off");
    const [learning] = await bench.store.readLearning("test");
    expect(learning).toMatchObject({ rolledBack: 1, history: [{ effectiveness: 0 }] });
  });

  test("a failed rollout of a resize goes back to the very revision before", async () => {
    const bench = new Bench();
    const decision = pending("a", { before: tasks(2), after: tasks(2, { cpu: 1000 }) });
    await bench.want(decision);
    await bench.pass();
    bench.ecs.stall("a");
    bench.ecs.set("a", { rolloutFailed: true });
    await bench.run(2 * MINUTE);
    expect(await bench.status(decision.id)).toBe("ROLLED_BACK rollout-failed");
    expect(bench.ecs.calls.map((each) => each.revision)).toEqual(["a:3", "a:1"]);
  });

  test("the circuit breaker took it back already: noted, nothing is sent", async () => {
    const bench = new Bench();
    const decision = pending("a", { before: tasks(2), after: tasks(2, { cpu: 1000 }) });
    await bench.want(decision);
    await bench.pass();
    bench.ecs.foreign("a", tasks(2));
    bench.ecs.set("a", { rolloutFailed: true });
    await bench.run(MINUTE);
    expect(await bench.status(decision.id)).toBe("ROLLED_BACK rollout-failed");
    expect(bench.ecs.calls).toHaveLength(1);
  });

  test("a change that harms is taken back while it settles, cooldown or not", async () => {
    const bench = new Bench({ components: [component("a", { cooldownMs: HOUR })] }, { a: tasks(4) });
    const decision = pending("a", { before: tasks(4), after: tasks(3) });
    await bench.want(decision);
    await bench.run(1.5 * MINUTE);
    expect(await bench.status(decision.id)).toBe("STABLE");
    bench.used = { a: { errorRate: 0.2 } };
    await bench.run(4 * MINUTE);
    expect(await bench.status(decision.id)).toBe("ROLLED_BACK harmful");
    expect(bench.effects()).toEqual(["a 4x500>3x500", "a 3x500>4x500"]);
  });

  test("a growth under a load that still rises is not taken back, only judged", async () => {
    const bench = new Bench();
    const decision = pending("a", { before: tasks(2), after: tasks(3) });
    await bench.want(decision);
    await bench.run(MINUTE);
    bench.used = { a: { errorRate: 0.3, cpuUsed: 1490 } };
    await bench.run(5 * MINUTE);
    expect(await bench.status(decision.id)).toBe("MEASURED");
    expect((await bench.decision(decision.id)).result?.effectiveness).toBe(0);
    expect(bench.effects()).toHaveLength(1);
  });
});

describe("several", () => {
  const four = ["a", "b", "c", "d"];
  const services = Object.fromEntries(four.map((name) => [name, tasks(2)]));

  test("four pending, three may run: the most urgent three are claimed", async () => {
    const bench = new Bench(
      { components: four.map((name) => component(name)), decision: { concurrentExecutions: 3 } },
      services,
    );
    const wanted = four.map((name, index) =>
      pending(name, {
        before: tasks(2),
        after: tasks(3),
        changes: {
          priority: name === "a" ? 5 : 8,
          confidence: { deviation: 1, effectiveness: 1, stability: 1, headroom: 1, total: 70 + index },
        },
      }),
    );
    await bench.want(...wanted);
    await bench.pass();
    expect(bench.ecs.calls.map((each) => each.component)).toEqual(["d", "c", "b"]);
    expect(await bench.status(wanted[0]?.id ?? "")).toBe("PENDING");
    await bench.run(MINUTE);
    expect(bench.ecs.calls.map((each) => each.component)).toEqual(["d", "c", "b", "a"]);
  });

  test("a newer decision of the same component supersedes the older", async () => {
    const bench = new Bench();
    const older = pending("a", { at: T0 - MINUTE, before: tasks(2), after: tasks(3) });
    await bench.want(older, pending("a", { at: T0, before: tasks(2), after: tasks(4) }));
    await bench.pass();
    expect(await bench.status(older.id)).toBe("SUPERSEDED superseded");
    expect(bench.effects()).toEqual(["a 2x500>4x500"]);
  });

  test("one service that fails stops no other", async () => {
    const bench = new Bench({ components: four.map((name) => component(name)) }, services);
    bench.ecs.set("a", { problem: "denied" });
    await bench.want(...four.map((name) => pending(name, { before: tasks(2), after: tasks(3) })));
    const { errors } = await bench.pass();
    expect(bench.ecs.calls.map((each) => each.component)).toEqual(["b", "c", "d"]);
    expect(errors).toEqual([{ component: "a", message: "not readable: denied" }]);
  });

  test("a service that cannot be read and that nothing is wanted of is the monitor's error alone", async () => {
    const bench = new Bench({ components: four.map((name) => component(name)) }, services);
    bench.ecs.set("a", { problem: "denied" });
    expect((await bench.pass()).errors).toEqual([]);
    expect(Object.keys((await bench.ledger()).booked)).toEqual(["b", "c", "d"]);
  });

  test("a service that the monitor reads and this loop cannot is told", async () => {
    const bench = new Bench({ components: four.map((name) => component(name)) }, services);
    await bench.monitor(0);
    bench.ecs.set("a", { problem: "denied" });
    const { errors } = await runExecution(bench.ports(), bench.policy, bench.nowMs);
    expect(errors).toEqual([{ component: "a", message: "not readable: denied" }]);
  });

  test("what left the configuration is forgotten", async () => {
    const bench = new Bench({ components: four.map((name) => component(name)) }, services);
    await bench.pass();
    bench.policy = { ...bench.policy, components: bench.policy.components.slice(1) };
    await bench.pass(30_000);
    expect(Object.keys((await bench.ledger()).booked)).toEqual(["b", "c", "d"]);
  });
});

describe("rebalance", () => {
  const two = { components: [component("donor"), component("a")], limits: { cpu: 3000 } };
  const services = { donor: tasks(4), a: tasks(2) };
  const wanted = () =>
    pending("a", {
      before: tasks(2),
      after: tasks(3),
      donor: { component: "donor", before: tasks(4), after: tasks(3) },
    });

  test("the donor gives first, and the recipient takes what was confirmed", async () => {
    const bench = new Bench(two, services);
    await bench.want(wanted());
    await bench.pass();
    expect(bench.effects()).toEqual(["donor 4x500>3x500"]);
    await bench.run(MINUTE);
    expect(bench.effects()).toEqual(["donor 4x500>3x500", "a 2x500>3x500"]);
    await bench.run(5 * MINUTE);
    expect(await bench.status(wanted().id)).toBe("MEASURED");
    expect((await bench.ledger()).booked).toEqual({ donor: tasks(3), a: tasks(3) });
  });

  test("the recipient's tasks never start: both are taken back, the recipient first", async () => {
    const bench = new Bench(two, services);
    await bench.want(wanted());
    await bench.run(2 * MINUTE);
    expect(bench.effects()).toHaveLength(2);
    bench.ecs.stall("a");
    await bench.run(12 * MINUTE);
    expect(await bench.status(wanted().id)).toBe("ROLLED_BACK never-stable");
    expect(bench.effects().slice(2)).toEqual(["a 3x500>2x500", "donor 3x500>4x500"]);
    expect((await bench.ledger()).booked).toEqual(services);
  });

  test("the recipient refuses: the donor gets its share back", async () => {
    const bench = new Bench(two, services);
    bench.ecs.updateScript.push("ok", "refused");
    await bench.want(wanted());
    await bench.run(3 * MINUTE);
    expect(bench.effects()).toEqual(["donor 4x500>3x500", "donor 3x500>4x500"]);
    expect(await bench.status(wanted().id)).toBe("ROLLED_BACK call-refused");
  });

  test("limits lowered in the middle: the recipient does not grow", async () => {
    const bench = new Bench(two, services);
    await bench.want(wanted());
    await bench.pass();
    bench.policy = { ...bench.policy, limits: { ...bench.policy.limits, cpu: 2600 } };
    await bench.run(3 * MINUTE);
    expect(bench.effects()[1]).toBe("donor 3x500>4x500"); // back to what it had: booked all the while
    expect(await bench.status(wanted().id)).toBe("ROLLED_BACK fleet-limit");
  });
});
