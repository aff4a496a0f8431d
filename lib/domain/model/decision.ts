import type { HoldReason, RefusalReason } from "./reasons.ts";
import type { Allocation, Resources, ResourceType } from "./resources.ts";
import type { Signal } from "./signal.ts";
import type { ActionName, Mode, StrategyName, TriggerName } from "./trigger.ts";

/** Life of a decision (architecture.md). NO_ACTION is born HELD, which is terminal. */
export const STATUSES = [
  "PENDING",
  "AWAITING_APPROVAL",
  "CLAIMED",
  "APPLIED",
  "STABLE",
  "MEASURED",
  "HELD",
  "OBSERVED",
  "EXPIRED",
  "SUPERSEDED",
  "FAILED",
  "ROLLED_BACK",
] as const;
export type DecisionStatus = (typeof STATUSES)[number];
export const TERMINAL: ReadonlySet<DecisionStatus> = new Set([
  "MEASURED",
  "HELD",
  "OBSERVED",
  "EXPIRED",
  "SUPERSEDED",
  "FAILED",
  "ROLLED_BACK",
]);

export type Direction = "grow" | "shrink";

/** The four factors of confidence, each 0..100, and their weighted mean. */
export interface Confidence {
  readonly deviation: number;
  readonly effectiveness: number;
  readonly stability: number;
  readonly headroom: number;
  /** Weighted mean, 0..100. */
  readonly total: number;
}

/** What one rule said, and why: data from which the sentence is rendered. */
export interface Verdict {
  readonly rule: string;
  readonly trigger: TriggerName;
  readonly priority: number;
  readonly want: Direction | "hold";
  /** Closed list; see docs/strategies.md. */
  readonly because: string;
  /** Strategy that really judged: PREDICTIVE without a trusted forecast judges as REACTIVE and says so here. */
  readonly judgedAs: StrategyName;
  /** The value that was compared (now, projected or forecast) and the threshold it was compared with. */
  readonly compared?: number | undefined;
  readonly threshold?: number | undefined;
  /** Wanted multiple of the resource, > 1 to grow, < 1 to shrink. */
  readonly factor?: number | undefined;
  /** Exactly so many tasks are wanted; absent where the factor says how far. */
  readonly tasks?: number | undefined;
}

/** A limit that cut or stopped a plan. */
export interface LimitHit {
  readonly limit:
    | "component-max"
    | "component-min"
    | "fleet-max"
    | "tasks-min"
    | "tasks-max"
    | "fargate-size"
    | "target-guard"
    | "step";
  readonly resource?: string | undefined;
  /** In the resource's edge unit, or tasks. */
  readonly bound: number;
  readonly wanted: number;
}

/** One absolute change of one service. */
export interface PlanStep {
  readonly component: string;
  readonly before: Allocation;
  readonly after: Allocation;
}

/** The absolute ECS values that realise a decision; a REBALANCE has two steps, the donor first. */
export interface Plan {
  readonly steps: readonly PlanStep[];
  readonly limits: readonly LimitHit[];
  /** Change of the hourly price, dollars; negative saves. */
  readonly costDeltaPerHour: number;
}

/** What the controller expects of the change; judged after the settle time. */
export interface ExpectedImpact {
  /** Trigger's value expected after the change at unchanged load. */
  readonly value?: number | undefined;
  readonly costDeltaPerHour: number;
}

export interface DecisionResult {
  readonly finishedAtMs: number;
  readonly reason?: RefusalReason | undefined;
  /** Trigger's value before and after. */
  readonly valueBefore?: number | undefined;
  readonly valueAfter?: number | undefined;
  /** 0..100, see domain/execution/effectiveness.ts. */
  readonly effectiveness?: number | undefined;
  readonly detail?: string | undefined;
}

/** What a decision depended on besides signals and policy; plain data, stored with it. */
export interface DecisionFacts {
  readonly paused: boolean;
  /** Absent while the service could not be described. */
  readonly service?:
    | { readonly running: number; readonly pending: number; readonly deploying: boolean; readonly refused: boolean }
    | undefined;
  /** Recent peak of absolute use, milli-units, where known. */
  readonly used: Partial<Resources>;
  /** Smallest share of the window that is present over all rules' metrics, 0..1. */
  readonly completeness: number;
  /** Mean measured effectiveness of the last decisions, blended with the prior, 0..100. */
  readonly effectiveness: number;
  /** Since the component's last executed decision; undefined = none in memory. */
  readonly sinceLastMs?: number | undefined;
  readonly upsLastHour: number;
  readonly downsLastHour: number;
  readonly fleetLastHour: number;
  readonly open: boolean;
  readonly quiet?: "foreign-change" | "backing-off" | undefined;
  /** The live service differs from what is booked. */
  readonly foreign: boolean;
  /** Fleet limits - bookings, after the decisions ranked before this one; milli-units. */
  readonly room: Resources;
  /** Milli-vCPU that may still be removed from the fleet within ten minutes. */
  readonly removable: number;
  /** Too many components want to shrink at once. */
  readonly shrinkStampede: boolean;
  readonly overlay?: { readonly upShift: number; readonly downShift: number; readonly stepScale: number } | undefined;
  readonly recommendation?: { readonly allocation: Allocation; readonly savingPerHour: number } | undefined;
  /** Names of the schedules that are open. */
  readonly schedules: readonly string[];
  /** Bounds that held, with schedules applied. */
  readonly bounds: {
    readonly min: Resources;
    readonly max: Resources;
    readonly tasksMin: number;
    readonly tasksMax: number;
  };
  /** Who could give, when the fleet's limits bound. */
  readonly donors?: readonly DonorFact[] | undefined;
}
export interface DonorFact {
  readonly component: string;
  readonly current: Allocation;
  readonly used: Partial<Resources>;
  readonly ceilings: Partial<Resources>;
  /** 1 - use over allocation of the scarcest resource. */
  readonly idle: number;
}

/**
 * What the fleet settled on for one component at one tick, or that it held, and why. Immutable but for status, result
 * and the execution's own marks. `id` derives from (component, tick): redelivery is harmless.
 */
export interface Decision {
  readonly v: 1;
  readonly id: string;
  readonly fleet: string;
  readonly component: string;
  readonly decidedAtMs: number;
  readonly action: ActionName;
  readonly strategy: StrategyName;
  readonly mode: Mode;
  readonly direction?: Direction | undefined;
  readonly resource?: ResourceType | undefined;
  /** Rule whose verdict it realises; absent on NO_ACTION, manual and OPTIMIZE decisions. */
  readonly rule?: string | undefined;
  readonly trigger?: TriggerName | undefined;
  readonly priority: number;
  /** Closed list; present exactly when action is NO_ACTION. */
  readonly hold?: HoldReason | undefined;
  readonly confidence?: Confidence | undefined;
  readonly plan?: Plan | undefined;
  readonly expected?: ExpectedImpact | undefined;
  /** What it saw. */
  readonly signals: readonly Signal[];
  readonly verdicts: readonly Verdict[];
  readonly current: Allocation;
  /** All else that the verdict depended on: with `signals`, `current` and the policy it replays to the same result. */
  readonly facts: DecisionFacts;
  /** Fingerprint of the component's policy: a replay under another policy says so. */
  readonly policy: string;
  readonly status: DecisionStatus;
  /** Compare-and-set version, from 1. */
  readonly version: number;
  readonly expiresAtMs: number;
  readonly result?: DecisionResult | undefined;
  readonly approvedBy?: string | undefined;
}

/** `component@tickMs`, the id of the decision of a component at a tick. Manual ones add a suffix. */
export function decisionId(component: string, tickMs: number, suffix = ""): string {
  return `${component}@${tickMs}${suffix}`;
}
