import { ForgetfulStore } from "../adapters/memory/forgetful-store.ts";
import { compileFleet, loadConfig, type WrittenConfig } from "../config/index.ts";
import type { Decision } from "../domain/model/decision.ts";
import type { FleetPolicy } from "../domain/model/policy.ts";
import { BEAT_MS, type LoopName, type LoopOutcome } from "../flow.ts";
import { runLoop } from "../loops/run-loop.ts";
import type { Ports } from "../ports.ts";
import { runBeat } from "../scheduler.ts";
import { play } from "./play.ts";
import type { Scenario } from "./scenario.ts";
import type { Score } from "./score.ts";
import { Stage, type Step } from "./stage.ts";

/** The fleet with one component that is put before a scenario, as the loops read it. */
export function fleetFor(written: WrittenConfig): FleetPolicy {
  const [fleet] = loadConfig(written).fleets.map(compileFleet);
  if (fleet === undefined) throw new Error("a configuration has a fleet");
  return fleet;
}

interface Watching {
  /** Sees every step. */
  readonly watch?: ((step: Step) => void) | undefined;
  /** Told of each action as it was in the end, ascending by the time of the decision. */
  readonly ended?: ((decision: Decision) => void) | undefined;
}

/**
 * Runs the real loops over a scenario, at their own beats, with a store in memory that forgets holds and old actions: the
 * engine that runs in Lambda, with other adapters. The component must have the name that the stage has for its service.
 */
export async function runController(
  scenario: Scenario,
  fleet: FleetPolicy,
  { watch, ended = () => undefined }: Watching = {},
): Promise<{ score: Score; ports: Ports }> {
  const stage = new Stage(scenario, { periodMs: fleet.monitor.periodMs });
  const ports: Ports = {
    store: new ForgetfulStore(ended),
    metrics: stage.metrics,
    orchestrator: stage.orchestrator,
    notifier: { publish: async () => undefined },
    clock: { nowMs: () => stage.nowMs },
    log: () => undefined,
  };
  const problems = new Set<string>();
  const tick = async (name: LoopName, scheduledMs: number): Promise<LoopOutcome> => {
    const outcome = await runLoop(name, { ports, fleets: [fleet], scheduledMs });
    for (const { message } of outcome.errors) problems.add(message);
    return outcome;
  };
  const act = () => (stage.nowMs % BEAT_MS === 0 ? runBeat(stage.nowMs, tick) : undefined);
  const score = await play(stage, act, watch);
  for (const decision of await ports.store.readActions(fleet.name, scenario.startMs, scenario.endMs)) ended(decision);
  if (problems.size > 0) throw new Error(`the loops failed in part: ${[...problems].slice(0, 3).join("; ")}`);
  return { score, ports };
}
