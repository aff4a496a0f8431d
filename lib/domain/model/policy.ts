import type { Resources } from "./resources.ts";
import type { ActionName, Mode, StrategyName, TriggerName } from "./trigger.ts";

/**
 * The configuration as the core reads it: compiled once from the validated file (lib/config/compile.ts), resources in
 * milli-units, percentages as ratios, times in milliseconds. Everything here is data.
 */
export interface FleetPolicy {
  readonly name: string;
  readonly mode: Mode;
  readonly limits: Resources;
  /** Use over allocation above which a fleet alert is raised. */
  readonly thresholds: Readonly<Record<keyof Resources, number>>;
  readonly targets: { readonly efficiency: number; readonly responseTimeMs: number; readonly successRate: number };
  readonly decision: DecisionPolicy;
  readonly monitor: MonitorPolicy;
  readonly execution: ExecutionPolicy;
  readonly optimization: OptimizationPolicy;
  readonly alerts: { readonly cooldownMs: number; readonly perHour: number };
  readonly components: readonly ComponentPolicy[];
}

export interface DecisionPolicy {
  /** 0..100. */
  readonly minimumConfidence: number;
  readonly concurrentExecutions: number;
  readonly decisionsPerHour: number;
  /** Share of `decisionsPerHour` that only growth may use, 0..1. */
  readonly growthReserve: number;
  readonly weights: {
    readonly deviation: number;
    readonly effectiveness: number;
    readonly stability: number;
    readonly headroom: number;
  };
  readonly effectivenessWindow: number;
  readonly effectivenessPrior: number;
  /** A PENDING decision older than this is not carried out. */
  readonly validityMs: number;
  /** How long a decision of mode `recommend` waits for a person. */
  readonly approvalMs: number;
  /** Share of the fleet's booked CPU that may be removed within ten minutes, 0..1. */
  readonly removedShare: number;
  /** When more than this share of the components (and more than 3) want to shrink at once, all of them hold. */
  readonly shrinkingShare: number;
}
export interface MonitorPolicy {
  readonly periodMs: number;
  readonly windowSamples: number;
  /** Older data is stale: it may justify nothing. */
  readonly freshMs: number;
  /** Share of the window that must be present for a shrink, 0..1. */
  readonly completeness: number;
  /** Whether a calm component's metrics may be asked for less often than at every beat. */
  readonly calmReading: boolean;
  /** A value this many times beyond its up threshold wakes the decision loop between beats. */
  readonly severeMultiple: number;
}
export interface ExecutionPolicy {
  readonly settleMs: number;
  readonly stableTimeoutMs: number;
  /** A change of the number of tasks is done when its tasks run; else as soon as ECS wants it. */
  readonly waitForTasks: boolean;
  readonly attempts: number;
  readonly backoffMs: number;
  readonly foreignQuietMs: number;
  /** A changed component whose error rate rises by this much, or whose score falls by this many points, was harmed. */
  readonly harmErrorRate: number;
  readonly harmScore: number;
}
export interface OptimizationPolicy {
  readonly tuning: {
    readonly shiftMax: number;
    readonly stepScaleMin: number;
    readonly stepScaleMax: number;
    readonly decisionsMin: number;
  };
  readonly forecast: {
    readonly historyMs: number;
    readonly horizonMs: number;
    readonly coverage: number;
    readonly refitMs: number;
  };
  readonly rightSizing: { readonly savingMin: number; readonly evidenceMs: number; readonly headroom: number };
  readonly retention: {
    readonly samplesMs: number;
    readonly rollups5mMs: number;
    readonly rollups1hMs: number;
    readonly holdsMs: number;
    readonly actionsMs: number;
  };
}

export type ComputeType = "fargate" | "ec2";

export interface ComponentPolicy {
  readonly name: string;
  readonly mode?: Mode | undefined;
  readonly strategy: StrategyName;
  /** Parsed by the strategy's own schema. */
  readonly parameters: Readonly<Record<string, number>>;
  readonly compute: ComputeType;
  /** Bounds of the TOTAL: tasks x size. */
  readonly min: Resources;
  readonly max: Resources;
  readonly tasksMin: number;
  readonly tasksMax: number;
  /** False: the size of its tasks is left as it is, and everything is done with their number. */
  readonly resize: boolean;
  /** Network bandwidth that one task is counted with, milli-Gbit/s. */
  readonly networkPerTask: number;
  readonly factorUp: number;
  readonly factorDown: number;
  readonly upPerHour: number;
  readonly downPerHour: number;
  readonly cooldownMs: number;
  /** Target response time, ms, and throughput, ops/s: the base of the performance score. */
  readonly responseTimeMs: number;
  readonly throughputPerSecond: number;
  readonly rules: readonly RulePolicy[];
  readonly schedules: readonly SchedulePolicy[];
}

export interface RulePolicy {
  readonly name: string;
  readonly trigger: TriggerName;
  /** In the trigger's unit (ratio 0..1, ms, per second, count). */
  readonly target: number;
  readonly up: number;
  readonly down: number;
  readonly upAction: ActionName;
  readonly downAction: ActionName;
  readonly priority: number;
  readonly breachMs: number;
  readonly reliefMs: number;
  readonly cooldownMs?: number | undefined;
  readonly factorUp?: number | undefined;
  readonly factorDown?: number | undefined;
}

/** While active, raises the minimum and/or sets the maximum. */
export interface SchedulePolicy {
  readonly name: string;
  /** Five-field cron of the START of the window, in `timeZone`. */
  readonly cron: string;
  readonly timeZone: string;
  readonly durationMs: number;
  readonly tasksMin?: number | undefined;
  readonly tasksMax?: number | undefined;
  readonly min?: Partial<Resources> | undefined;
  readonly max?: Partial<Resources> | undefined;
}
