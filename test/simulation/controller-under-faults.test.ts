import { expect, test } from "vitest";
import { replayDecision } from "../../lib/domain/decision/replay.ts";
import type { Ports } from "../../lib/ports.ts";
import { drawPresetStorm, drawStorm, type Storm, weather } from "../support/storm.ts";

/**
 * Fleets under random loads and faults, each drawn from a seed, with every promise of the controller asserted on the
 * world's own log. After the storm nothing goes wrong any more, and everything has to come to rest.
 * One seed alone: npx vitest run test/simulation/controller-under-faults -t "seed 7"
 */
const SEEDS = Array.from({ length: 24 }, (_, index) => index + 1);

/** What occurred at least once over all seeds. */
const sometimes: Record<string, number> = {};
function count(what: string, times = 1): void {
  sometimes[what] = (sometimes[what] ?? 0) + times;
}

/** Counts what the ports answered. */
function counted(ports: Ports): Ports {
  const { orchestrator, metrics } = ports;
  return {
    ...ports,
    metrics: {
      read: async (requests, nowMs) => {
        const answers = await metrics.read(requests, nowMs);
        for (const answer of answers) if (answer instanceof Error) count("metrics unreadable");
        return answers;
      },
    },
    orchestrator: {
      describe: async (components) => {
        const answers = await orchestrator.describe(components);
        for (const answer of answers) if (answer instanceof Error) count("describe failed");
        return answers;
      },
      ensureRevision: async (request) => {
        const answer = await orchestrator.ensureRevision(request);
        count(`ensureRevision ${answer.kind}`);
        return answer;
      },
      update: async (request) => {
        const answer = await orchestrator.update(request);
        count(`update ${answer.kind}`);
        return answer;
      },
    },
  };
}

/** Broken promises and decisions that replay otherwise; what occurred is counted. */
async function brokenIn(storm: Storm, seed: number): Promise<readonly string[]> {
  const { bench, promises } = await weather(storm, { seed, wrap: counted });
  const actions = await bench.actions();
  const holds = (await Promise.all(bench.fleet.components.map(({ name }) => bench.holds(name)))).flat();
  const otherwise = [...actions, ...holds].filter((decision) => !replayDecision(decision, bench.fleet).same);
  for (const [what, times] of Object.entries({ ...promises.seen, ...bench.fates })) count(what, times);
  count("foreign changes", bench.effects.filter(({ by }) => by === undefined).length);
  for (const { status, result, action } of actions) {
    count(action);
    count(status);
    if (result?.reason !== undefined) count(`ended for ${result.reason}`);
  }
  for (const { hold } of holds) count(`held for ${hold}`);
  return [...promises.broken, ...otherwise.map(({ id }) => `S21 replays otherwise | ${id}`)];
}

test.each(SEEDS)("seed %i: every promise holds", async (seed) => {
  const broken = await brokenIn(drawStorm(seed, { calmMinute: 110, endMinute: 230 }), seed);
  expect(broken, `seed ${seed}`).toEqual([]);
});

test.each([101, 102])("seed %i: the seven preset components keep every promise", async (seed) => {
  const broken = await brokenIn(drawPresetStorm(seed, { calmMinute: 100, endMinute: 160 }), seed);
  expect(broken, `seed ${seed}`).toEqual([]);
});

/** What must occur in some seed: what happened to calls and ticks, how decisions ended, why they held. */
const NEEDED: Readonly<Record<string, readonly string[]>> = {
  "": [
    "drop, twice, late, killed, describe failed, metrics unreadable, foreign changes, effects after foreign changes",
    "update ok, update unknown, update refused, update throttled, effects, rollbacks, breaches of ten minutes",
    "shrinks judged by their evidence, moves under constant load, SCALE_UP, SCALE_DOWN, SCALE_OUT, SCALE_IN, REBALANCE",
    "MEASURED, ROLLED_BACK, FAILED, SUPERSEDED, EXPIRED",
  ],
  "ended for ": ["harmful, rollout-failed, never-stable, call-refused"],
  "held for ": [
    "incomplete-data, no-data, paused, foreign-change, backing-off, cooldown, rate-limit-component, rate-limit-fleet",
    "at-fleet-limit, service-unavailable",
  ],
};

test("all of it occurred: a fault that never strikes proves nothing", () => {
  const needed = Object.entries(NEEDED).flatMap(([kind, lines]) =>
    lines.flatMap((line) => line.split(", ").map((what) => kind + what)),
  );
  expect(needed.filter((what) => (sometimes[what] ?? 0) === 0)).toEqual([]);
});
