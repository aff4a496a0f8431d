import { describe, expect, test } from "vitest";
import { refusedEdges } from "../../functions/refused-ports.ts";
import { measureTicks } from "../../functions/tick-measurements.ts";
import { MemoryStore } from "../../lib/adapters/memory/memory-store.ts";
import { InvariantError } from "../../lib/domain/model/errors.ts";
import { type LoopName, tickNumber } from "../../lib/flow.ts";
import { aFleet, NOW_MS } from "../support/fleet-builders.ts";
import { aDecision } from "../support/optimization-builders.ts";

describe("changes that came to their end", () => {
  const action = { action: "SCALE_OUT", hold: undefined, status: "PENDING" } as const;

  test("are counted once, by how they ended, and only once they are stored", async () => {
    const { store, measure } = measureTicks("execution", new MemoryStore(), [aFleet({ name: "default" })]);
    const pending = [1, 2, 3, 4].map((n) => aDecision(n, action));
    await store.appendDecisions("default", pending);
    const statuses = ["MEASURED", "FAILED", "ROLLED_BACK", "EXPIRED"] as const;
    for (const [i, each] of pending.entries())
      await store.writeDecision({ ...each, status: statuses[i] ?? "EXPIRED", version: 2 });
    // Lost against what is there already.
    await store.writeDecision({ ...aDecision(1, action), status: "FAILED", version: 2 });
    expect(await measure(NOW_MS)).toEqual([
      {
        dimension: { Fleet: "default" },
        values: { ExecutionsSucceeded: 1, ExecutionsFailed: 2 },
        fields: {
          message: "executions ended",
          decisions: [
            { id: "api@1", status: "MEASURED" },
            { id: "api@2", status: "FAILED" },
            { id: "api@3", status: "ROLLED_BACK" },
          ],
        },
      },
    ]);
    expect(await measure(NOW_MS)).toEqual([]);
  });

  test("are nobody's business in the other loops, and a fleet that was not read is not measured", async () => {
    for (const loop of ["monitor", "optimization", "decision"] as const) {
      const { store, measure } = measureTicks(loop, new MemoryStore(), [aFleet({ name: "default" })]);
      await store.appendDecisions("default", [aDecision(1, { ...action, status: "FAILED" })]);
      expect((await measure(NOW_MS)).filter(({ dimension }) => dimension !== undefined)).toEqual([]);
    }
  });
});

describe("which loops are silent", () => {
  const silent = async (agesSeconds: Partial<Record<LoopName, number>>) => {
    const memory = new MemoryStore();
    for (const [loop, age] of Object.entries(agesSeconds))
      await memory.claimTick(loop as LoopName, tickNumber(NOW_MS - age * 1000));
    const [measured] = await measureTicks("decision", memory, []).measure(NOW_MS);
    return [measured?.values.LoopsSilent, measured?.fields["silent"]];
  };

  test("is told by the decision loop, from the ticks that were claimed", async () => {
    expect(await silent({ monitor: 90, decision: 0, execution: 17, optimization: 360 })).toEqual([0, []]);
    expect(await silent({ monitor: 91, decision: 0, execution: 17, optimization: 361 })).toEqual([
      2,
      ["monitor", "optimization"],
    ]);
    expect(await silent({ decision: 0 })).toEqual([3, ["monitor", "execution", "optimization"]]);
  });

  test("is told by no other loop", async () => {
    for (const loop of ["monitor", "execution", "optimization"] as const)
      expect(await measureTicks(loop, new MemoryStore(), []).measure(NOW_MS)).toEqual([]);
  });
});

test("a port that a function must not use throws, whatever is asked", async () => {
  const { metrics, orchestrator, notifier } = refusedEdges("decision");
  const request = { component: "a", tasks: 1, revision: "a:1", decision: "a@1" };
  await expect(metrics.read([], 0)).rejects.toThrow("the decision function must not use the port metrics");
  await expect(orchestrator.describe([])).rejects.toThrow(InvariantError);
  await expect(orchestrator.update(request)).rejects.toThrow("port orchestrator");
  await expect(notifier.publish({} as never)).rejects.toThrow("port notifier");
});
