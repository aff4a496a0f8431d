import { roomOf } from "../domain/decision/decide-fleet.ts";
import type { Decision } from "../domain/model/decision.ts";
import type { Overlay, Recommendation } from "../domain/model/learning.ts";
import type { FleetPolicy } from "../domain/model/policy.ts";
import { rightSize, stillStands } from "../domain/optimization/right-size.ts";
import { floorTo, HOUR_MS } from "../domain/optimization/rollup.ts";
import { fleetScores } from "../domain/optimization/score.ts";
import { tune, unlearned } from "../domain/optimization/tune.ts";
import { withSchedules } from "../domain/planning/schedules.ts";
import type { LoopOutcome } from "../flow.ts";
import type { Ports, Retention } from "../ports.ts";
import { isForecast, RECENT_MS, runForecasts } from "./optimization/forecasts.ts";
import { attempt, forEachComponent, type Job } from "./optimization/job.ts";
import { type RolledUp, rollUp } from "./optimization/rollups.ts";

/** The hour is looked back on this long after its end: what is late has come by then. */
const HOUR_SETTLED_MS = 10 * 60_000;
/** Every component is cleaned up once in so many runs, and then of at most so many items. */
const PURGE_EVERY_RUNS = 12;
const PURGE_MAX = 400;
const RUN_MS = 300_000;

/**
 * Looks back: rolls samples up, trains and forecasts, tunes adaptive components, recommends cheaper allocations, scores,
 * cleans up. Nothing here touches a service, and every part is worth having without the others: a part or a component
 * that fails is told in `errors` and the rest goes on.
 */
export async function runOptimization(ports: Ports, fleet: FleetPolicy, nowMs: number): Promise<LoopOutcome> {
  const [states, before] = await Promise.all([ports.store.readStates(fleet.name), ports.store.readScores(fleet.name)]);
  const job: Job = {
    ports,
    fleet,
    states: new Map(states.map((state) => [state.component, state])),
    nowMs,
    isHourly: before === undefined || hourOf(before.atMs) !== hourOf(nowMs),
    errors: [],
  };
  const rolledUp = await forEachComponent(job, "roll-up", fleet.components, async (policy) =>
    rollUp(job, policy, isForecast(policy) ? RECENT_MS : 0),
  );
  const blocks = rolledUp.flatMap((each) => each.blocks);
  if (blocks.length > 0) await attempt(job, "roll-up", async () => ports.store.writeRollups(fleet.name, blocks));
  await attempt(job, "forecast", async () => runForecasts(job, rolledUp));
  await attempt(job, "tuning", async () => runTuning(job));
  await attempt(job, "right-sizing", async () => runRightSizing(job, rolledUp));
  await runCleanUp(job);
  await attempt(job, "scores", async () => {
    const scores = fleetScores(fleet, states, nowMs);
    if (scores !== undefined) await ports.store.writeScores(scores);
  });
  return { ran: true, errors: job.errors };
}

/** Changes when an hour is settled, so that the first run after that does the hourly work, however late it comes. */
function hourOf(timeMs: number): number {
  return floorTo(timeMs - HOUR_SETTLED_MS, HOUR_MS);
}

/** Decisions are read only when there is something new to learn from. */
async function runTuning(job: Job): Promise<void> {
  const { ports, fleet, nowMs } = job;
  const adaptive = fleet.components.filter(({ strategy }) => strategy === "ADAPTIVE");
  if (adaptive.length === 0) return;
  const [learned, overlays] = await Promise.all([
    ports.store.readLearning(fleet.name),
    ports.store.readOverlays(fleet.name),
  ]);
  const bounds = fleet.optimization.tuning;
  const changed = await forEachComponent(job, "tuning", adaptive, async (policy): Promise<Overlay | undefined> => {
    const learning = learned.find(({ component }) => component === policy.name);
    const overlay = overlays.find(({ component }) => component === policy.name);
    if (learning === undefined) return undefined;
    const fresh = unlearned(overlay, learning, bounds);
    if (fresh.length === 0 && overlay === undefined) return undefined;
    const decisions = await Promise.all(fresh.map(async (each) => ports.store.readDecision(fleet.name, each.decision)));
    const known = decisions.filter((each): each is Decision => each !== undefined);
    const next = tune(overlay, learning, policy, bounds, nowMs, known);
    return next === overlay ? undefined : next;
  });
  if (changed.length > 0) await ports.store.writeOverlays(fleet.name, changed);
}

/**
 * Once an hour from the full evidence; between that, recommendations that no longer hold are withdrawn. Written only
 * when something changed.
 */
async function runRightSizing(job: Job, rolledUp: readonly RolledUp[]): Promise<void> {
  const { ports, fleet, states, nowMs } = job;
  const [ledger, before] = await Promise.all([
    ports.store.readLedger(fleet.name),
    ports.store.readRecommendations(fleet.name),
  ]);
  if (ledger === undefined) return;
  const room = roomOf(fleet, ledger);
  const { headroom } = fleet.optimization.rightSizing;
  const next = await forEachComponent(job, "right-sizing", fleet.components, async (base) => {
    const state = states.get(base.name);
    const service = state?.service;
    const current = ledger.booked[base.name];
    if (state === undefined || service === undefined || current === undefined) return undefined;
    const standing = before.find(({ component }) => component === base.name);
    const { window } = state;
    const stands = standing !== undefined && stillStands(standing, { ledger, window, headroom });
    const hours = rolledUp.find(({ component }) => component === base.name)?.hours;
    if (hours === undefined) return stands ? standing : undefined;
    const isBusy = service.deploying || service.pending > 0 || service.refusal !== undefined;
    if (isBusy || state.serviceProblem !== undefined) return undefined;
    const { policy } = withSchedules(base, nowMs);
    const made = rightSize({ fleet, policy, current, hours, state, room, nowMs });
    // The same advice again is the old one: when it was first given is worth knowing.
    return made !== undefined && stands && sameAdvice(made, standing) ? standing : made;
  });
  const isSame = next.length === before.length && next.every((each, index) => each === before[index]);
  if (!isSame) await ports.store.writeRecommendations(fleet.name, next);
}

function sameAdvice(a: Recommendation, b: Recommendation): boolean {
  return JSON.stringify(a.allocation) === JSON.stringify(b.allocation);
}

/** A twelfth of the components in each run, so that every one is cleaned up once an hour. */
async function runCleanUp(job: Job): Promise<void> {
  const { ports, fleet, nowMs } = job;
  const turn = Math.floor(nowMs / RUN_MS) % PURGE_EVERY_RUNS;
  const components = fleet.components.filter((_, index) => index % PURGE_EVERY_RUNS === turn);
  const { samplesMs, rollups5mMs, rollups1hMs, holdsMs, actionsMs } = fleet.optimization.retention;
  const cutOffs: Retention = {
    samplesMs: nowMs - samplesMs,
    rollups5mMs: nowMs - rollups5mMs,
    rollups1hMs: nowMs - rollups1hMs,
    holdsMs: nowMs - holdsMs,
    actionsMs: nowMs - actionsMs,
  };
  await forEachComponent(job, "clean-up", components, async ({ name }) => {
    await ports.store.purge(fleet.name, name, cutOffs, PURGE_MAX);
    return undefined;
  });
}
