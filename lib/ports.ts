import type { DemandOutlook, ForecastPath, TrainedModel } from "./domain/forecasting/index.ts";
import type { ComponentState } from "./domain/model/component-state.ts";
import type { Decision } from "./domain/model/decision.ts";
import type { Alert, AlertState, FleetScores, Learning, Overlay, Recommendation } from "./domain/model/learning.ts";
import type { Ledger } from "./domain/model/ledger.ts";
import type { Allocation, Resources } from "./domain/model/resources.ts";
import type { MetricName, Resolution, RollupBlock, Sample } from "./domain/model/sample.ts";
import type { ServiceState } from "./domain/model/service.ts";
import type { LoopName } from "./flow.ts";

/** What the core asks of the world. Adapters: lib/adapters (store, AWS) and lib/simulation (world). */
export interface Ports {
  readonly metrics: MetricSource;
  readonly orchestrator: Orchestrator;
  readonly store: StateStore;
  readonly notifier: Notifier;
  readonly clock: Clock;
  readonly log: Log;
}

export interface Clock {
  /** Epoch milliseconds, UTC. */
  nowMs(): number;
}

export interface MetricSource {
  /**
   * New samples of each component whose period ended after `sinceMs` and at or before now, ascending. A metric without a
   * usable value is absent with a reason. A component that failed as a whole is an Error in its place (never a throw for
   * all). The answer is in the order of the requests.
   */
  read(requests: readonly MetricRequest[], nowMs: number): Promise<readonly (readonly Sample[] | Error)[]>;
}
export interface MetricRequest {
  readonly component: string;
  readonly sinceMs: number;
  /** For turning percentages into absolute use: what the tasks had that served in the period that ended then. */
  readonly allocationAt?: (endMs: number) => Allocation | undefined;
  /** Metrics of which a mean over some minutes will do for now: nothing acts on a single period of theirs. */
  readonly coarse?: readonly MetricName[] | undefined;
}

export interface Orchestrator {
  /**
   * Live state, in the order asked; an Error in the place of each that could not be described, a NotYetError where that is
   * only because of how many were asked for at once: the next call has more of them. `known` is what was last
   * seen: the size of a revision that still runs is taken from there instead of being asked for again.
   */
  describe(
    components: readonly string[],
    known?: ReadonlyMap<string, ServiceState>,
  ): Promise<readonly (ServiceState | Error)[]>;
  /**
   * A revision of the component's task definition with this size, registered at most once for each decision (looked up by
   * the decision's id first), equal to the live one but for size. Returns family:revision.
   */
  ensureRevision(request: { component: string; size: Resources; decision: string }): Promise<RevisionResult>;
  /** One attempt to set absolute values. `unknown`: the answer was lost; only a read settles it. */
  update(request: { component: string; tasks: number; revision: string; decision: string }): Promise<UpdateResult>;
}
export type RevisionResult = { readonly kind: "ok"; readonly revision: string } | Failed;
export type UpdateResult = { readonly kind: "ok" } | Failed;
export type Failed = { readonly kind: "refused" | "throttled" | "unknown"; readonly detail: string };

export interface Notifier {
  /** Delivers; throws when it could not, and the alert stays in the outbox. */
  publish(alert: Alert): Promise<void>;
}

export interface Log {
  (level: "debug" | "info" | "warn" | "error", message: string, fields?: Readonly<Record<string, unknown>>): void;
}

/** A compare-and-set that lost: somebody else wrote in between. Losing is an answer, not an error. */
export type Cas = { readonly won: true } | { readonly won: false };

/**
 * The only state. Conditional single-item writes; no transactions. Reads that limits depend on are consistent. Every
 * method throws DependencyError when the outcome is a failure; a write whose own retry hits its condition counts as won.
 */
export interface StateStore {
  /** True for exactly one caller for each (loop, tick) and only if no later tick of the loop was claimed. */
  claimTick(loop: LoopName, tick: number): Promise<boolean>;
  /** The last tick that was claimed of each loop; a loop that never claimed one is not in it. */
  readTicks(): Promise<ReadonlyMap<LoopName, number>>;

  /** All that decisions and alerts are made from, in one consistent read; models are not in it. */
  readFleet(fleet: string): Promise<FleetSnapshot>;
  readLedger(fleet: string): Promise<Ledger | undefined>;
  /** Stores `next` (its version = expected + 1) if the stored version is `next.version - 1` (absent counts as 0). */
  writeLedger(next: Ledger): Promise<Cas>;

  readStates(fleet: string): Promise<readonly ComponentState[]>;
  writeStates(fleet: string, states: readonly ComponentState[]): Promise<void>;

  /** Append-only; the same (component, endMs) again changes nothing. */
  appendSamples(fleet: string, samples: readonly { component: string; sample: Sample }[]): Promise<void>;
  /** [fromMs, toMs) by endMs, ascending. */
  readSamples(fleet: string, component: string, fromMs: number, toMs: number): Promise<readonly Sample[]>;
  writeRollups(fleet: string, blocks: readonly RollupBlock[]): Promise<void>;
  /** Blocks that start in [fromMs, toMs), ascending. */
  readRollups(
    fleet: string,
    component: string,
    resolution: Resolution,
    fromMs: number,
    toMs: number,
  ): Promise<readonly RollupBlock[]>;

  /** Creates those that do not exist yet (by id); existing ones stay untouched. */
  appendDecisions(fleet: string, decisions: readonly Decision[]): Promise<void>;
  /** Stores `next` if the stored version is `next.version - 1`. */
  writeDecision(next: Decision): Promise<Cas>;
  readDecision(fleet: string, id: string): Promise<Decision | undefined>;
  /** Decisions that are or were to be carried out (action is not NO_ACTION), decided in [fromMs, toMs), ascending. */
  readActions(fleet: string, fromMs: number, toMs: number): Promise<readonly Decision[]>;
  /** Holds of one component decided in [fromMs, toMs), ascending. */
  readHolds(fleet: string, component: string, fromMs: number, toMs: number): Promise<readonly Decision[]>;

  readLearning(fleet: string): Promise<readonly Learning[]>;
  writeLearning(fleet: string, next: Learning): Promise<Cas>;
  readOverlays(fleet: string): Promise<readonly Overlay[]>;
  writeOverlays(fleet: string, overlays: readonly Overlay[]): Promise<void>;
  readForecasts(fleet: string): Promise<readonly ForecastRecord[]>;
  writeForecasts(fleet: string, forecasts: readonly ForecastRecord[]): Promise<void>;
  /** Trained models are read by the optimization loop only. */
  readModels(fleet: string): Promise<readonly ModelRecord[]>;
  writeModels(fleet: string, models: readonly ModelRecord[]): Promise<void>;
  readRecommendations(fleet: string): Promise<readonly Recommendation[]>;
  /** Replaces the recommendations of the fleet. */
  writeRecommendations(fleet: string, recommendations: readonly Recommendation[]): Promise<void>;
  readScores(fleet: string): Promise<FleetScores | undefined>;
  writeScores(scores: FleetScores): Promise<void>;
  readAlerts(fleet: string): Promise<AlertState | undefined>;
  writeAlerts(next: AlertState): Promise<Cas>;

  /** Deletes raw samples, roll-ups and decisions older than the cut-offs; at most `limit` items; returns how many. */
  purge(fleet: string, component: string, before: Retention, limit: number): Promise<number>;
  /** Everything as one document, and back into an empty (or, with `replace`, any) table. */
  exportItems(): Promise<readonly StoredItem[]>;
  importItems(items: readonly StoredItem[], options: { replace: boolean }): Promise<void>;
  countItems(): Promise<number>;
}

/** The small records of a fleet as they stood at one moment; lists in the order of their keys. */
export interface FleetSnapshot {
  readonly ledger?: Ledger | undefined;
  readonly scores?: FleetScores | undefined;
  readonly alerts?: AlertState | undefined;
  readonly states: readonly ComponentState[];
  readonly learning: readonly Learning[];
  readonly overlays: readonly Overlay[];
  readonly forecasts: readonly ForecastRecord[];
  readonly recommendations: readonly Recommendation[];
}

export interface Retention {
  readonly samplesMs: number;
  readonly rollups5mMs: number;
  readonly rollups1hMs: number;
  readonly holdsMs: number;
  readonly actionsMs: number;
}
export type StoredItem = { readonly pk: string; readonly sk: string } & Readonly<Record<string, unknown>>;

export interface ForecastRecord {
  readonly v: 1;
  readonly component: string;
  readonly metric: "cpuUsed" | "memoryUsed" | "networkUsed" | "storageUsed" | "throughput";
  readonly madeAtMs: number;
  /** Absent where no rule is judged by it: there is only the outlook. */
  readonly path?: ForecastPath | undefined;
  /** With `cpuUsed` of a component that is staffed by demand. */
  readonly outlook?: DemandOutlook | undefined;
}
export interface ModelRecord {
  readonly v: 1;
  readonly component: string;
  readonly metric: ForecastRecord["metric"];
  readonly model: TrainedModel;
}
