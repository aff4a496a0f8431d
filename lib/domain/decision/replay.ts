import type { Decision } from "../model/decision.ts";
import type { FleetPolicy } from "../model/policy.ts";
import { decideComponent } from "./decide.ts";
import { fingerprintOf } from "./fingerprint.ts";
import { sameData } from "./same-data.ts";

export interface Replay {
  readonly same: boolean;
  /** The component's policy is no longer the one that the decision was made under. */
  readonly policyChanged: boolean;
  /** Fields that came out otherwise. */
  readonly differences: readonly string[];
  readonly decision?: Decision | undefined;
}

const DECIDED = [
  "action",
  "hold",
  "direction",
  "resource",
  "rule",
  "trigger",
  "priority",
  "confidence",
  "plan",
  "expected",
  "verdicts",
] as const;

/** Decides again from what a stored decision says it saw; under the same policy the result must be the same. */
export function replayDecision(stored: Decision, fleet: FleetPolicy): Replay {
  const policy = fleet.components.find(({ name }) => name === stored.component);
  if (policy === undefined)
    return { same: false, policyChanged: true, differences: ["component is no longer configured"] };
  const fingerprint = fingerprintOf(policy);
  const { mode, current, signals, facts, decidedAtMs: tickMs } = stored;
  const decision = decideComponent({ fleet, policy, fingerprint, mode, current, signals, facts, tickMs });
  const differences = DECIDED.filter((field) => !sameData(decision[field], stored[field]));
  return { same: differences.length === 0, policyChanged: fingerprint !== stored.policy, differences, decision };
}
