import type { Direction } from "./decision.ts";
import type { Allocation } from "./resources.ts";
import type { Mode } from "./trigger.ts";

/**
 * The fleet's bookings: EVERYTHING a limit depends on, in one compare-and-set item, so that claiming a decision checks
 * and books budget, concurrency, rates and pause in one conditional write.
 */
export interface Ledger {
  readonly v: 1;
  readonly fleet: string;
  /** Compare-and-set version; 0 = not stored yet. */
  readonly version: number;
  /** Raised by restore and by take-over: intents of an older epoch are void. */
  readonly epoch: number;
  readonly paused: boolean;
  readonly pausedBy?: string | undefined;
  /** Set by an operator at run time; undefined = what the configuration says. */
  readonly modeOverride?: Mode | undefined;
  readonly componentModeOverride: Readonly<Record<string, Mode>>;
  /** What each component is known to have. While an execution is open its before AND after count. */
  readonly booked: Readonly<Record<string, Allocation>>;
  /** Identity of the service behind each booking. */
  readonly identity: Readonly<Record<string, string>>;
  /** At most `decision.concurrentExecutions`, at most one for each component. */
  readonly open: readonly OpenExecution[];
  /** Applied decisions of the last hour (or the longest cooldown), ascending by time. */
  readonly recent: readonly RecentExecution[];
  /** Until when a component is left alone after somebody else changed it, or after a failure. */
  readonly quietUntil: Readonly<
    Record<
      string,
      { readonly untilMs: number; readonly why: "foreign-change" | "backing-off"; readonly failures: number }
    >
  >;
  /** All decisions decided before this are terminal: where the search for open ones starts. */
  readonly watermarkMs: number;
}

export interface OpenExecution {
  readonly decision: string;
  readonly decidedAtMs: number;
  readonly component: string;
  readonly direction: Direction | "same";
  /** Index of the step being applied. */
  readonly step: number;
  readonly steps: readonly { readonly component: string; readonly before: Allocation; readonly after: Allocation }[];
  readonly claimedAtMs: number;
  /** Times the current step was sent to ECS; each send is written here BEFORE it happens. */
  readonly attempts: number;
  readonly appliedAtMs?: number | undefined;
  /** Revision to return to. */
  readonly revisionBefore?: string | undefined;
  readonly revisionAfter?: string | undefined;
  readonly rollingBack: boolean;
  readonly epoch: number;
}

export interface RecentExecution {
  readonly decision: string;
  readonly component: string;
  readonly direction: Direction | "same";
  readonly atMs: number;
  /** Removed milli-vCPU, for the velocity limit; 0 when grown. */
  readonly removedCpu: number;
}
