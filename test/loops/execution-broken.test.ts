import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { setPaused } from "../../lib/domain/execution/ledger.ts";
import type { Decision } from "../../lib/domain/model/decision.ts";
import { runExecution } from "../../lib/loops/execution.ts";
import { type Break, Breaker } from "../support/breaking.ts";
import { Bench, component, MINUTE, pending, T0, tasks } from "../support/execution-bench.ts";
import { Watch } from "../support/execution-invariants.ts";
import type { Outcome } from "../support/fake-ecs.ts";
import { seeded, slowToRead, unreliable } from "../support/swarm.ts";

const names = ["grows", "resizes", "takes", "shrinks", "donor"];
const services = { grows: tasks(2), resizes: tasks(2), takes: tasks(2), shrinks: tasks(4), donor: tasks(4) };
const bigger = tasks(2, { cpu: 1000 });

/** One of each kind of change, under limits that leave room for exactly them; 3 at once, 5 minutes apart. */
function scene(): { bench: Bench; watch: Watch } {
  const components = names.map((name) =>
    component(name, { cooldownMs: 5 * MINUTE, upPerHour: 2, downPerHour: 2, tasksMax: 6 }),
  );
  const decision = { concurrentExecutions: 3, decisionsPerHour: 10 };
  const bench = new Bench({ components, decision, limits: { cpu: 8500 }, execution: { backoffMs: MINUTE } }, services);
  return { bench, watch: new Watch(bench) };
}

const wanted = (at: number) => [
  pending("grows", { at, before: tasks(2), after: tasks(3) }),
  pending("resizes", { at, before: tasks(2), after: bigger }),
  pending("shrinks", { at, before: tasks(4), after: tasks(3) }),
  pending("takes", {
    at,
    before: tasks(2),
    after: tasks(3),
    donor: { component: "donor", before: tasks(4), after: tasks(3) },
  }),
];

/** Eleven minutes: time for everything to be applied, to settle and to be measured. */
async function play(plan?: Break): Promise<{ breaker: Breaker; bench: Bench; broken: string[] }> {
  const { bench, watch } = scene();
  const breaker = new Breaker(plan);
  await bench.want(...wanted(T0));
  for (let pass = 0; pass < 22; pass++) {
    // A killed process is followed by a fresh one at the next beat; a second pass of the same beat comes at once.
    // Without a state the pass throws before it did anything; its caller counts that.
    await bench.pass(pass === 0 ? 0 : 30_000, breaker.process(bench.ports())).catch(() => {});
  }
  return { breaker, bench, broken: await watch.quiet() };
}

describe("one thing breaks", () => {
  test("unbroken: each of the four is applied once and measured", async () => {
    const { bench, broken } = await play();
    expect(broken).toEqual([]);
    expect(bench.effects().toSorted()).toEqual([
      "donor 4x500>3x500",
      "grows 2x500>3x500",
      "resizes 2x500>2x1000",
      "shrinks 4x500>3x500",
      "takes 2x500>3x500",
    ]);
    for (const { id } of wanted(T0)) expect(await bench.status(id)).toBe("MEASURED");
  });

  for (const how of ["killed", "lost", "unanswered"] as const) {
    test(`${how} at every single call: nothing twice, nothing lost, no promise broken`, {
      timeout: 60_000,
    }, async () => {
      let at = 0;
      for (; ; at++) {
        const { breaker, bench, broken } = await play({ at, how });
        if (!breaker.broken) break;
        expect(broken, `${how} at call ${at}`).toEqual([]);
        for (const { id } of wanted(T0)) expect(await bench.status(id), `${how} at call ${at}: ${id}`).toBe("MEASURED");
        const learned = await bench.store.readLearning("test");
        const history = learned.flatMap((each) => each.history.map((entry) => entry.decision));
        expect(history.toSorted(), `${how} at call ${at}`).toEqual(
          wanted(T0)
            .map(({ id }) => id)
            .toSorted(),
        );
      }
      expect(at).toBeGreaterThan(100);
    });
  }
});

/** Chances of a run, drawn once: swarm testing reaches what a mean of all faults never does. */
const storm = fc.record({
  seed: fc.integer(),
  odds: fc.record({
    lost: fc.constantFrom(0, 0.02, 0.2),
    unanswered: fc.constantFrom(0, 0.02, 0.1),
    killed: fc.constantFrom(0, 0.01, 0.05),
  }),
  outcomes: fc.array(fc.constantFrom<Outcome>("ok", "ok", "refused", "throttled", "applied-lost", "lost"), {
    maxLength: 12,
  }),
  foreign: fc.constantFrom(0, 0, 0.05),
  paused: fc.constantFrom(0, 0, 0.1),
  stalled: fc.constantFrom(0, 0, 0.1),
  harm: fc.constantFrom(0, 0, 0.1),
  slow: fc.constantFrom(0, 0, 0.3),
});

describe("everything breaks", () => {
  test("two processes at once, in a storm, then calm: every promise is kept and everything comes to its end", {
    timeout: 60_000,
  }, async () => {
    const seen = { foreign: 0, rolledBack: 0, failed: 0, measured: 0 };
    await fc.assert(
      fc.asyncProperty(storm, async ({ seed, odds, outcomes, foreign, paused, stalled, harm, slow }) => {
        const random = seeded(seed);
        const { bench, watch } = scene();
        bench.ecs.updateScript.push(...outcomes);
        await bench.pass();
        let late: Promise<unknown>[] = [];
        for (let beat = 0; beat < 60; beat++) {
          const name = names[Math.floor(random() * names.length)] ?? "grows";
          if (beat % 10 === 0) await bench.want(...(await again(bench)));
          if (random() < foreign) bench.ecs.foreign(name, tasks(1 + Math.floor(random() * 5)));
          if (random() < stalled) bench.ecs.stall(name);
          if (random() < harm) bench.used[name] = { errorRate: random() < 0.5 ? 0.9 : 0 };
          const pauses = random() < paused;
          if (pauses) late = await over(late); // a pause calls no call back
          if (pauses) await bench.edit((ledger) => setPaused(ledger, random() < 0.5, "ann")).catch(() => {});
          await bench.monitor(30_000);
          const process = (ports = bench.ports()) =>
            runExecution(unreliable(ports, random, odds), bench.policy, bench.nowMs).catch(() => {});
          if (random() < slow) late.push(process(slowToRead(bench.ports(), random)));
          await Promise.all([process(), process()]);
          if (random() < 0.3) late = await over(late);
        }
        late = await over(late);
        bench.used = {};
        await bench.edit((ledger) => setPaused(ledger, false, "ann"));
        bench.ecs.updateScript.length = 0;
        await bench.run(60 * MINUTE);
        expect(await watch.quiet()).toEqual([]);
        for (const each of await bench.store.readActions("test", 0, Number.MAX_SAFE_INTEGER)) {
          if (each.status === "MEASURED") seen.measured++;
          if (each.status === "ROLLED_BACK") seen.rolledBack++;
          if (each.status === "FAILED") seen.failed++;
        }
        seen.foreign += bench.ecs.effects.filter((each) => each.by === undefined).length;
      }),
      { numRuns: 100 },
    );
    // A storm that never hit anything would prove nothing.
    for (const [what, count] of Object.entries(seen)) expect(count, what).toBeGreaterThan(0);
  });
});

/** Waits for processes of earlier beats. */
async function over(late: readonly Promise<unknown>[]): Promise<Promise<unknown>[]> {
  await Promise.all(late);
  return [];
}

/** What the decision loop would want next: from what is booked, up or down by one. */
async function again(bench: Bench): Promise<Decision[]> {
  const { booked } = await bench.ledger();
  const decisions: Decision[] = [];
  for (const name of names) {
    const before = booked[name];
    if (before === undefined || name === "donor") continue;
    const more = before.tasks < 3 || name === "resizes";
    decisions.push(
      pending(name, {
        at: bench.nowMs,
        before,
        after: { ...before, tasks: before.tasks + (more && before.tasks < 6 ? 1 : -1) },
      }),
    );
  }
  return decisions;
}
