import { PeerFeed } from "./peer-feed.ts";
import { play } from "./play.ts";
import type { Clairvoyance, ClairvoyantContext, Parameters, Scaler, ScalerFactory } from "./scaler.ts";
import type { Scenario } from "./scenario.ts";
import type { Score } from "./score.ts";
import { Stage, type Step } from "./stage.ts";

/** Runs a peer over a scenario, and scores it. `watch` sees every step. */
export async function runPeer(
  factory: ScalerFactory,
  scenario: Scenario,
  { parameters = {}, watch }: { parameters?: Parameters | undefined; watch?: ((step: Step) => void) | undefined } = {},
): Promise<{ parameters: Parameters; score: Score }> {
  const scaler = create(factory, scenario, parameters);
  const stage = new Stage(scenario, { periodMs: 60_000 });
  const feed = new PeerFeed(scaler.metrics, scenario);
  let dueMs = scenario.startMs;
  const act = (last: Step | undefined): Promise<void> | undefined => {
    if (last !== undefined) feed.add(last);
    if (stage.nowMs < dueMs) return undefined;
    dueMs += Math.max(scaler.everyMs, scenario.stepMs);
    const counts = stage.counts();
    const wanted = scaler.decide({ nowMs: stage.nowMs, metrics: feed.take(stage.nowMs), tasks: counts });
    return wanted === undefined || wanted === counts.desired ? undefined : stage.setTasks(wanted);
  };
  return { parameters: scaler.parameters, score: await play(stage, act, watch) };
}

function create(factory: ScalerFactory, scenario: Scenario, parameters: Parameters): Scaler {
  const { tasksMin, tasksMax, startMs, scoredFromMs, profile } = scenario;
  const context = {
    tasksMin,
    tasksMax,
    startMs,
    scoredFromMs,
    taskRequestsPerSecond: 1000 / profile.cpuMsPerOp,
    taskWorkers: 1,
  };
  if (factory.sees === "metrics") return factory.create(parameters, context);
  const clairvoyant: ClairvoyantContext = { ...context, clairvoyance: clairvoyanceOf(scenario) };
  return factory.create(parameters, clairvoyant);
}

/** What only the oracle is told: the trace itself. It allows for a start as slow as 95 of 100. */
function clairvoyanceOf({ startMs, trace, factor, demand, lifecycle }: Scenario): Clairvoyance {
  return {
    tasksNeededAt: (ms) => {
      const value = trace.values[Math.floor((ms - startMs) / trace.stepMs)];
      return value === undefined ? undefined : demand.tasksFor(value * factor);
    },
    stepMs: trace.stepMs,
    startUpMs: lifecycle.startP95Ms + lifecycle.healthCheckMs,
    drainMs: lifecycle.drainMs,
  };
}
