import { ForgetfulStore } from "../adapters/memory/forgetful-store.ts";
import { compileFleet, loadConfig, type WrittenConfig } from "../config/index.ts";
import type { FleetPolicy } from "../domain/model/policy.ts";
import { BEAT_MS } from "../flow.ts";
import { runLoop } from "../loops/run-loop.ts";
import type { Ports } from "../ports.ts";
import { runBeat } from "../scheduler.ts";
import type { Scenario } from "./scenario.ts";
import { type Score, Scorer } from "./score.ts";
import { SERVICE, Stage, type Step } from "./stage.ts";

/** The fleet with one component that is put before a scenario, as the loops read it. */
export function fleetFor(written: WrittenConfig): FleetPolicy {
  const [fleet] = loadConfig(written).fleets.map(compileFleet);
  if (fleet === undefined) throw new Error("a configuration has a fleet");
  return fleet;
}

/**
 * Runs the real loops over a scenario, at their own beats, with a store in memory that forgets holds: the engine that runs in Lambda, with
 * other adapters. The component must be named SERVICE.
 */
export async function runController(
  scenario: Scenario,
  fleet: FleetPolicy,
  { watch }: { readonly watch?: ((step: Step) => void) | undefined } = {},
): Promise<{ score: Score; ports: Ports }> {
  const stage = new Stage(scenario, { periodMs: fleet.monitor.periodMs });
  const ports: Ports = {
    store: new ForgetfulStore(),
    metrics: stage.metrics,
    orchestrator: stage.orchestrator,
    notifier: { publish: async () => undefined },
    clock: { nowMs: () => stage.nowMs },
    log: () => undefined,
  };
  const scorer = new Scorer(scenario);
  const bill = () => stage.bill();
  const problems = new Set<string>();
  while (stage.nowMs < scenario.endMs) {
    if (stage.nowMs % BEAT_MS === 0) {
      await runBeat(stage.nowMs, async (name, scheduledMs) => {
        const outcome = await runLoop(name, { ports, fleets: [fleet], scheduledMs });
        for (const { message } of outcome.errors) problems.add(message);
        return outcome;
      });
    }
    const before = stage.nowMs === scenario.scoredFromMs ? bill() : undefined;
    const step = stage.step();
    scorer.add(step, () => before ?? bill());
    watch?.(step);
  }
  if (problems.size > 0) throw new Error(`the loops failed in part: ${[...problems].slice(0, 3).join("; ")}`);
  return { score: scorer.result(bill()), ports };
}

export { SERVICE };
