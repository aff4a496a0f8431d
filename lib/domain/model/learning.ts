import type { TriggerName } from "./trigger.ts";

/** What a component's own past taught: effectiveness history and counts. Written by the execution loop. */
export interface Learning {
  readonly v: 1;
  readonly component: string;
  readonly version: number;
  /** Newest last, at most 10 (decision.effectivenessWindow). */
  readonly history: readonly {
    readonly decision: string;
    readonly atMs: number;
    readonly trigger?: TriggerName | undefined;
    readonly direction: "grow" | "shrink" | "same";
    readonly effectiveness: number;
  }[];
  readonly succeeded: number;
  readonly failed: number;
  readonly rolledBack: number;
  /** Decisions counted by action, status on ending, and hold reason. */
  readonly byAction: Readonly<Record<string, number>>;
  readonly byStatus: Readonly<Record<string, number>>;
  readonly byReason: Readonly<Record<string, number>>;
}

/** What the optimization loop learned for a component, within configured bounds: laid over the policy when deciding. */
export interface Overlay {
  readonly v: 1;
  readonly component: string;
  readonly updatedAtMs: number;
  /** Points of ratio added to the up / down thresholds of utilization rules, e.g. -0.05. */
  readonly upShift: number;
  readonly downShift: number;
  /** Multiplies (factor - 1): 1 = as configured. */
  readonly stepScale: number;
  /** Decisions already learned from (ids newest last), so that none counts twice. */
  readonly learnedFrom: readonly string[];
  readonly because: string;
}

/** A change the optimization loop recommends when no rule wants anything. */
export interface Recommendation {
  readonly v: 1;
  readonly component: string;
  readonly madeAtMs: number;
  readonly kind: "OPTIMIZE";
  readonly allocation: {
    readonly tasks: number;
    readonly size: {
      readonly cpu: number;
      readonly memory: number;
      readonly network: number;
      readonly storage: number;
    };
  };
  /** Dollars an hour; positive. */
  readonly savingPerHour: number;
  readonly because: string;
}

/** Scores of a fleet against the performance targets; written by the optimization loop. */
export interface FleetScores {
  readonly v: 1;
  readonly fleet: string;
  readonly atMs: number;
  /** Used over allocated, weighted over resources, 0..1. */
  readonly efficiency: number;
  /** Request-weighted mean, ms; absent without traffic. */
  readonly responseTimeMs?: number | undefined;
  /** 1 - failed share; absent without traffic. */
  readonly successRate?: number | undefined;
  /** 0..100. */
  readonly score: number;
  readonly components: Readonly<Record<string, { readonly efficiency: number; readonly score: number }>>;
}

export interface Alert {
  readonly id: string;
  readonly fleet: string;
  readonly component?: string | undefined;
  readonly kind: string;
  readonly type: "resource-limit" | "scaling-failure" | "performance-degradation";
  readonly severity: "warning" | "critical";
  readonly atMs: number;
  readonly message: string;
}

/** Alert bookkeeping of a fleet: what was said when, what the limits held back, and what is still to be delivered. */
export interface AlertState {
  readonly v: 1;
  readonly fleet: string;
  readonly version: number;
  /** Last time each kind (type + component + subject) was sent. */
  readonly lastSentMs: Readonly<Record<string, number>>;
  /** Times of the alerts of the last hour, ascending. */
  readonly sentMs: readonly number[];
  readonly sent: number;
  readonly suppressed: number;
  readonly suppressedByKind: Readonly<Record<string, number>>;
  readonly outbox: readonly Alert[];
  /** Newest last, at most 50. */
  readonly recent: readonly Alert[];
}
