import { type Config, compileFleet } from "./config/index.ts";
import { explainDecision } from "./domain/decision/explain.ts";
import { type Replay, replayDecision } from "./domain/decision/replay.ts";
import { TRIGGERS_BY_NAME } from "./domain/decision/triggers/index.ts";
import { approve } from "./domain/execution/approve.ts";
import { emptyLedger, setMode, setPaused, type Transition } from "./domain/execution/ledger.ts";
import type { Decision } from "./domain/model/decision.ts";
import { DependencyError, InputError } from "./domain/model/errors.ts";
import type { Ledger } from "./domain/model/ledger.ts";
import type { FleetPolicy } from "./domain/model/policy.ts";
import { type Mode, TRIGGERS, type TriggerName } from "./domain/model/trigger.ts";
import type { LoopName, LoopOutcome } from "./flow.ts";
import { decideAndRecord } from "./loops/decision.ts";
import { runLoop } from "./loops/run-loop.ts";
import type { Ports } from "./ports.ts";
import { type DashboardData, type ScalingMetrics, scalingDashboardData, scalingMetrics } from "./report/index.ts";
import { runBeat, type Scheduler, TimerScheduler } from "./scheduler.ts";
import { exportState, restoreState, type StateDocument } from "./state-document.ts";

/** What one loop's tick came to, for whoever watches. */
export interface TickReport {
  readonly loop: LoopName;
  readonly scheduledMs: number;
  readonly outcome: LoopOutcome;
}

export interface ScalingControllerOptions {
  /** The effective configuration, from loadConfig. */
  readonly config: Config;
  readonly ports: Ports;
  /** Default: the wall clock. */
  readonly scheduler?: Scheduler;
  readonly onTick?: (report: TickReport) => void;
}

/** A decision with everything that explains it. */
export interface Explanation {
  readonly decision: Decision;
  readonly sentence: string;
}

const CAS_ATTEMPTS = 8;

/**
 * The controller as a program uses it: the four loops on their beats, and every question and order that an operator has.
 * It keeps no state of its own: everything is in the store, and any number of these may look at the same one.
 *
 * @example
 * const controller = new ScalingController({ config: loadConfig(), ports });
 * controller.start();
 * await controller.makeScalingDecision("price_feeds", "CPU_UTILIZATION", 92, 65);
 * await controller.stop();
 */
export class ScalingController {
  readonly fleets: readonly FleetPolicy[];
  readonly #ports: Ports;
  readonly #scheduler: Scheduler;
  readonly #onTick: ((report: TickReport) => void) | undefined;
  #started = false;

  constructor({ config, ports, scheduler, onTick }: ScalingControllerOptions) {
    this.fleets = config.fleets.map(compileFleet);
    this.#ports = ports;
    this.#scheduler = scheduler ?? new TimerScheduler(() => ports.clock.nowMs());
    this.#onTick = onTick;
  }

  /** Runs the loops on their beats until stopped. A second start does nothing; a stopped controller is not started again. */
  start(): void {
    if (this.#started) return;
    this.#started = true;
    this.#scheduler.start((scheduledMs) => runBeat(scheduledMs, (name, ms) => this.#tickSafely(name, ms)));
  }

  /** No tick begins after this; resolves when the running one has ended. Services stay exactly as they are. */
  async stop(): Promise<void> {
    if (this.#started) await this.#scheduler.stop();
  }

  /** One tick of one loop over all fleets, at most once for each (loop, scheduled time). */
  async tick(name: LoopName, scheduledMs: number): Promise<LoopOutcome> {
    const outcome = await runLoop(name, { ports: this.#ports, fleets: this.fleets, scheduledMs });
    this.#onTick?.({ loop: name, scheduledMs, outcome });
    return outcome;
  }

  /**
   * Decides for one component now, as if the trigger read `currentValue` where `targetValue` is wanted: the same rules,
   * limits and confidence as any other decision, recorded and carried out like one. Values in the unit that people use:
   * percent, ms, operations/s, count, points.
   *
   * @throws InputError for an unknown component or trigger, a value that is no number, or a trigger without a rule.
   */
  async makeScalingDecision(
    component: string,
    trigger: TriggerName,
    currentValue: number,
    targetValue: number,
  ): Promise<Decision> {
    const fleet = this.#fleetOf(component);
    checkManual(fleet, component, trigger, currentValue, targetValue);
    const scale = TRIGGERS_BY_NAME[trigger].unit === "ratio" ? 0.01 : 1;
    const request = {
      component,
      trigger,
      value: currentValue * scale,
      target: targetValue * scale,
      // The same question at the same time is the same decision.
      suffix: `-manual-${trigger}-${currentValue}-${targetValue}`,
    };
    const [decision] = await decideAndRecord(this.#ports, fleet, this.#ports.clock.nowMs(), request);
    if (decision === undefined)
      throw new InputError("no decision was made", [
        `nothing is known of the fleet ${fleet.name} yet: let the monitor run first`,
      ]);
    return (await this.#ports.store.readDecision(fleet.name, decision.id)) ?? decision;
  }

  /** Activity, effect, success and failure, by component and over all. */
  async getScalingMetrics(): Promise<ScalingMetrics> {
    return scalingMetrics(this.#ports, this.fleets, this.#ports.clock.nowMs());
  }

  /** The same and the recent past, ready to be drawn. */
  async getScalingDashboardData(): Promise<DashboardData> {
    return scalingDashboardData(this.#ports, this.fleets, this.#ports.clock.nowMs());
  }

  /** Works at once: nothing is claimed or sent any more, decisions are still made and recorded. */
  async pause(reason: string): Promise<void> {
    await this.#changeLedgers(this.fleets, (ledger) => setPaused(ledger, true, reason));
  }

  async resume(): Promise<void> {
    await this.#changeLedgers(this.fleets, (ledger) => setPaused(ledger, false, ""));
  }

  /** Sets the mode of a component, or of all fleets; undefined returns to what the configuration says. */
  async setMode(mode: Mode | undefined, component?: string): Promise<void> {
    const fleets = component === undefined ? this.fleets : [this.#fleetOf(component)];
    await this.#changeLedgers(fleets, (ledger) => setMode(ledger, mode, component));
  }

  /** Lets a decision of mode `recommend` be carried out. @throws InputError when there is none, or it is too late. */
  async approve(id: string, who: string): Promise<Decision> {
    for (let attempt = 0; attempt < CAS_ATTEMPTS; attempt++) {
      const { decision } = await this.#find(id);
      const approval = approve(decision, who, this.#ports.clock.nowMs());
      if (approval.kind === "refused") {
        throw new InputError(`the decision ${id} cannot be approved`, [
          approval.reason === "expired" ? "it has expired" : `its status is ${decision.status}`,
        ]);
      }
      const { won } = await this.#ports.store.writeDecision(approval.decision);
      if (won) return approval.decision;
    }
    throw new DependencyError(`the decision ${id} is written by others all the time`);
  }

  /** What it saw, each rule's verdict, the factors and limits, and a sentence. @throws InputError for an unknown id. */
  async explain(id: string): Promise<Explanation> {
    const { decision } = await this.#find(id);
    return { decision, sentence: explainDecision(decision) };
  }

  /** Decides again from what the stored decision says it saw: under the same policy the result must be the same. */
  async replay(id: string): Promise<Replay> {
    const { decision, fleet } = await this.#find(id);
    return replayDecision(decision, fleet);
  }

  /** The whole state as one JSON document. */
  async exportState(): Promise<StateDocument> {
    return exportState(this.#ports.store, this.#ports.clock.nowMs());
  }

  /**
   * Puts a document into an empty store or, with `replace`, in place of the whole state. Intents of before are void, and the
   * controller only observes until an operator gives it its mode back.
   */
  async restoreState(
    document: unknown,
    options: { readonly replace: boolean } = { replace: false },
  ): Promise<{ items: number }> {
    return restoreState(this.#ports.store, document, options);
  }

  /** A loop that throws must not end the others' beats: it is told, and tried again at its next one. */
  async #tickSafely(name: LoopName, scheduledMs: number): Promise<LoopOutcome> {
    try {
      return await this.tick(name, scheduledMs);
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      this.#ports.log("error", "tick failed", { loop: name, scheduledMs, error: message });
      const outcome: LoopOutcome = { ran: false, errors: [{ message }] };
      this.#onTick?.({ loop: name, scheduledMs, outcome });
      return outcome;
    }
  }

  async #changeLedgers(fleets: readonly FleetPolicy[], change: (ledger: Ledger) => Transition): Promise<void> {
    for (const { name } of fleets) await this.#changeLedger(name, change);
  }

  async #changeLedger(fleet: string, change: (ledger: Ledger) => Transition): Promise<void> {
    for (let attempt = 0; attempt < CAS_ATTEMPTS; attempt++) {
      const transition = change((await this.#ports.store.readLedger(fleet)) ?? emptyLedger(fleet));
      if (transition.kind === "refused")
        throw new InputError(`the fleet ${fleet} cannot be changed`, [transition.detail ?? transition.reason]);
      const { won } = await this.#ports.store.writeLedger(transition.ledger);
      if (won) return;
    }
    throw new DependencyError(`the ledger of ${fleet} is written by others all the time`);
  }

  #fleetOf(component: string): FleetPolicy {
    const fleet = this.fleets.find(({ components }) => components.some(({ name }) => name === component));
    if (fleet !== undefined) return fleet;
    const known = this.fleets.flatMap(({ components }) => components.map(({ name }) => name));
    throw new InputError(`no component ${component}`, [`there are ${known.join(", ")}`]);
  }

  async #find(id: string): Promise<{ decision: Decision; fleet: FleetPolicy }> {
    for (const fleet of this.fleets) {
      const decision = await this.#ports.store.readDecision(fleet.name, id);
      if (decision !== undefined) return { decision, fleet };
    }
    throw new InputError(`no decision ${id}`, [
      "ids look like price_feeds@1767603600000; `scaling-controller decisions` lists them",
    ]);
  }
}

function checkManual(
  fleet: FleetPolicy,
  component: string,
  trigger: TriggerName,
  currentValue: number,
  targetValue: number,
): void {
  const problems: string[] = [];
  if (!TRIGGERS.includes(trigger)) problems.push(`no trigger ${String(trigger)}; there are ${TRIGGERS.join(", ")}`);
  else {
    const rules = fleet.components.find(({ name }) => name === component)?.rules ?? [];
    const watched = [...new Set(rules.map((rule) => rule.trigger))];
    if (!watched.includes(trigger))
      problems.push(`no rule of ${component} looks at ${trigger}; its rules look at ${watched.join(", ")}`);
  }
  if (!Number.isFinite(currentValue) || currentValue < 0)
    problems.push(`the current value must be a number from 0 on, not ${currentValue}`);
  if (!Number.isFinite(targetValue) || targetValue <= 0)
    problems.push(`the target must be a number above 0, not ${targetValue}`);
  if (problems.length > 0) throw new InputError("this cannot be decided on", problems);
}
