import type { DecisionFacts } from "../model/decision.ts";
import type { ComponentPolicy, FleetPolicy } from "../model/policy.ts";
import type { Allocation } from "../model/resources.ts";
import type { Signal } from "../model/signal.ts";
import type { Mode } from "../model/trigger.ts";

/** Everything one decision depends on: policy, what was seen, and the facts. The same input gives the same decision. */
export interface DecisionInput {
  readonly fleet: FleetPolicy;
  readonly policy: ComponentPolicy;
  /** Fingerprint of `policy`. */
  readonly fingerprint: string;
  readonly mode: Mode;
  readonly current: Allocation;
  readonly signals: readonly Signal[];
  readonly facts: DecisionFacts;
  /** Scheduled time of the tick, ms; the id derives from it. */
  readonly tickMs: number;
  readonly suffix?: string | undefined;
}
