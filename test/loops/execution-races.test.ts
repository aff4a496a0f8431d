import { describe, expect, test } from "vitest";
import { setPaused } from "../../lib/domain/execution/ledger.ts";
import type { Decision } from "../../lib/domain/model/decision.ts";
import { runExecution } from "../../lib/loops/execution.ts";
import type { StateStore } from "../../lib/ports.ts";
import { Bench, component, MINUTE, pending, tasks } from "../support/execution-bench.ts";
import { Watch } from "../support/execution-invariants.ts";

/** Two processes and one decision, in the order in which the story is told. */
const wanted = () => pending("a", { before: tasks(2), after: tasks(3) });

async function scene(): Promise<{ bench: Bench; watch: Watch; decision: Decision }> {
  const bench = new Bench();
  const watch = new Watch(bench);
  await bench.pass();
  const decision = wanted();
  await bench.want(decision);
  return { bench, watch, decision };
}

/** The bench's store with some calls of one process replaced. */
function store(bench: Bench, calls: Partial<StateStore>): StateStore {
  return new Proxy(bench.store, {
    get: (target, name) => {
      const method: unknown = Reflect.get(calls, name) ?? Reflect.get(target, name);
      return typeof method === "function" ? method.bind(target) : method;
    },
  });
}

/** A process that has read ledger and records, and sleeps until the test wakes it. */
async function sleeper(bench: Bench, nowMs: number): Promise<{ wake: () => Promise<unknown> }> {
  let wake = (): void => {};
  const morning = new Promise<void>((resolve) => {
    wake = resolve;
  });
  let pass: Promise<unknown> | undefined;
  await new Promise<void>((asleep) => {
    const readActions: StateStore["readActions"] = async (...given) => {
      const read = await bench.store.readActions(...given);
      asleep();
      await morning;
      return read;
    };
    pass = runExecution(bench.ports({ store: store(bench, { readActions }) }), bench.policy, nowMs);
  });
  return {
    wake: async () => {
      wake();
      await pass;
    },
  };
}

/** A process whose note of the claim on the record is lost. */
function forgetful(bench: Bench): StateStore {
  return store(bench, {
    writeDecision: async (next) => {
      if (next.status === "CLAIMED") throw new Error("lost");
      return bench.store.writeDecision(next);
    },
  });
}

describe("two hands on one record", () => {
  test("claimed, and the note of it is lost: nothing is sent before the record says so", async () => {
    const { bench, watch, decision } = await scene();
    await bench.pass(0, bench.ports({ store: forgetful(bench) }));
    expect((await bench.ledger()).open).toHaveLength(1);
    expect(await bench.status(decision.id)).toBe("PENDING");
    expect(bench.ecs.calls).toEqual([]);

    await bench.pass(30_000);
    expect(bench.ecs.calls).toHaveLength(1);
    expect(await bench.status(decision.id)).toBe("APPLIED");

    await bench.run(6 * MINUTE);
    expect(await bench.status(decision.id)).toBe("MEASURED");
    expect(await watch.quiet()).toEqual([]);
  });

  test("claimed, and the note of it is lost for good: given back when it is too old, never sent", async () => {
    const { bench, watch, decision } = await scene();
    for (let pass = 0; pass < 5; pass++) await bench.pass(30_000, bench.ports({ store: forgetful(bench) }));
    expect(bench.ecs.calls).toEqual([]);
    await bench.pass(30_000);
    expect(await bench.status(decision.id)).toBe("EXPIRED expired");
    expect(bench.ecs.calls).toEqual([]);
    expect(await watch.quiet()).toEqual([]);
  });

  test("a clock ahead finds it too old while the ledger has it open: its record is left alone", async () => {
    const { bench, watch, decision } = await scene();
    const late = await sleeper(bench, decision.expiresAtMs); // has seen a ledger without a claim, and a PENDING record
    await bench.pass(0, bench.ports({ store: forgetful(bench) }));
    await late.wake();
    expect(await bench.status(decision.id)).toBe("PENDING");

    await bench.pass(30_000);
    expect(bench.effects()).toEqual(["a 2x500>3x500"]);
    await bench.run(6 * MINUTE);
    expect(await bench.status(decision.id)).toBe("MEASURED");
    expect(await watch.quiet()).toEqual([]);
  });

  test("ended by another hand between the claim and the call: given back, not sent", async () => {
    const { bench, watch, decision } = await scene();
    const writeDecision: StateStore["writeDecision"] = async (next) => {
      if (next.status === "CLAIMED") {
        const result = { reason: "expired" as const, finishedAtMs: bench.nowMs };
        await bench.store.writeDecision({ ...wanted(), status: "EXPIRED", version: 2, result });
      }
      return bench.store.writeDecision(next);
    };
    await bench.pass(0, bench.ports({ store: store(bench, { writeDecision }) }));
    expect(bench.ecs.calls).toEqual([]);
    expect(await bench.ledger()).toMatchObject({ open: [], recent: [] });
    await bench.run(6 * MINUTE);
    expect(await bench.status(decision.id)).toBe("EXPIRED expired");
    expect(await watch.quiet()).toEqual([]);
  });

  test("given back by one, claimed again by one that read before: the first does not end what the second sent", async () => {
    const { bench, watch, decision } = await scene();
    const second = await sleeper(bench, bench.nowMs);
    // The pause lands between the note on the record and the announcement of the call.
    const pausing: StateStore["writeDecision"] = async (next) => {
      await bench.edit((ledger) => setPaused(ledger, true, "ann"));
      return bench.store.writeDecision(next);
    };
    await bench.pass(0, bench.ports({ store: store(bench, { writeDecision: pausing }) }));
    expect((await bench.ledger()).open).toHaveLength(1);

    // The first gives the claim back; before it can note the end, the pause is over and the second goes on.
    const overtaken: StateStore["writeDecision"] = async (next) => {
      expect(next.status).toBe("EXPIRED");
      await bench.edit((ledger) => setPaused(ledger, false, "ann"));
      await second.wake();
      expect(bench.effects()).toEqual(["a 2x500>3x500"]);
      return bench.store.writeDecision(next);
    };
    await bench.pass(0, bench.ports({ store: store(bench, { writeDecision: overtaken }) }));
    expect(await bench.status(decision.id)).toBe("APPLIED");

    await bench.run(6 * MINUTE);
    expect(await bench.status(decision.id)).toBe("MEASURED");
    expect(bench.ecs.calls).toHaveLength(1);
    expect(await watch.quiet()).toEqual([]);
  });

  test("sent by one while the other brings the records up: what was read before is not told from newer bookings", async () => {
    const bench = new Bench({ components: [component("a"), component("b")] }, { a: tasks(2), b: tasks(2) });
    const watch = new Watch(bench);
    await bench.pass();
    const left = pending("a", { before: tasks(2), after: tasks(3), changes: { status: "CLAIMED" } }); // by a dead process
    const decision = pending("b", { before: tasks(2), after: tasks(3) });
    await bench.want(left, decision);
    let reads = 0;
    const readLedger: StateStore["readLedger"] = async (fleet) => {
      if (++reads === 3) await bench.pass(); // after its view of the ledger, and before the check that ends `left`
      return bench.store.readLedger(fleet);
    };
    await bench.pass(0, bench.ports({ store: store(bench, { readLedger }) }));
    expect(await bench.status(left.id)).toBe("EXPIRED");
    expect(bench.effects()).toEqual(["b 2x500>3x500"]);
    expect(await bench.status(decision.id)).toBe("APPLIED");

    await bench.run(6 * MINUTE);
    expect(await bench.status(decision.id)).toBe("MEASURED");
    expect(await watch.quiet()).toEqual([]);
  });
});

describe("two judges of one change", () => {
  /** Applied and stable; it has settled a minute from now. */
  async function stable(): Promise<{ bench: Bench; watch: Watch; decision: Decision }> {
    const { bench, watch, decision } = await scene();
    await bench.run(3.5 * MINUTE);
    expect(await bench.status(decision.id)).toBe("STABLE");
    return { bench, watch, decision };
  }

  test("taken back by one: the other, that read before the harm, does not end it as measured", async () => {
    const { bench, watch, decision } = await stable();
    const overtaken: StateStore["writeDecision"] = async (next) => {
      expect(next.status).toBe("MEASURED");
      if (bench.effects().length > 1) return bench.store.writeDecision(next);
      bench.used = { a: { errorRate: 0.9 } };
      await bench.pass(2 * MINUTE);
      expect(bench.effects()).toEqual(["a 2x500>3x500", "a 3x500>2x500"]);
      return bench.store.writeDecision(next);
    };
    await bench.pass(MINUTE, bench.ports({ store: store(bench, { writeDecision: overtaken }) }));
    expect(await bench.status(decision.id)).toBe("STABLE harmful");

    await bench.run(2 * MINUTE);
    expect(await bench.status(decision.id)).toBe("ROLLED_BACK harmful");
    expect(await watch.quiet()).toEqual([]);
  });

  test("measured by one just before the other's call: what is there stays", async () => {
    const { bench, watch } = await stable();
    bench.used = { a: { errorRate: 0.9 } };
    await bench.edit((ledger) => setPaused(ledger, true, "ann"));
    await bench.pass(MINUTE / 2); // harm noted, and not taken back under the pause
    await bench.edit((ledger) => setPaused(ledger, false, "ann"));
    const writeDecision: StateStore["writeDecision"] = async (next) => {
      expect(next).toMatchObject({ status: "STABLE", result: { reason: "harmful" } });
      await bench.store.writeDecision({ ...next, status: "MEASURED" });
      return bench.store.writeDecision(next);
    };
    await bench.pass(0, bench.ports({ store: store(bench, { writeDecision }) }));
    const ledger = await bench.ledger();
    expect(ledger.open).toEqual([]);
    expect(ledger.booked["a"]).toEqual(tasks(3));

    await bench.run(6 * MINUTE);
    expect(bench.effects()).toEqual(["a 2x500>3x500"]);
    expect(await watch.quiet()).toEqual([]);
  });
});
