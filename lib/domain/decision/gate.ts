import type { FleetPolicy } from "../model/policy.ts";
import type { HoldReason } from "../model/reasons.ts";
import type { Candidate } from "./candidate.ts";
import type { DecisionInput } from "./decision-input.ts";
import { areComplete } from "./verdicts.ts";

type Gate = (input: DecisionInput, candidate: Candidate) => boolean;

/**
 * What closes the way for a candidate before anything is planned, in the order in which an operator would want to be
 * told. The claim in the fleet's ledger checks limits and rates again: these gates explain, that one protects.
 */
const GATES: readonly (readonly [HoldReason, Gate])[] = [
  ["service-unavailable", ({ facts }) => facts.service === undefined || facts.service.refused],
  ["paused", ({ facts }) => facts.paused],
  ["foreign-change", ({ facts }) => facts.foreign || facts.quiet === "foreign-change"],
  ["backing-off", ({ facts }) => facts.quiet === "backing-off"],
  ["execution-in-progress", ({ facts }) => facts.open],
  ["deployment-in-progress", ({ facts }, { action }) => facts.service?.deploying === true && action !== "SCALE_OUT"],
  [
    "tasks-pending",
    // An exact number does not grow upon itself while the tasks asked for do not run yet. But until they do, the use of the
    // others shows less than is wanted: what was asked for stays.
    ({ facts }, { direction, tasks }) =>
      (facts.service?.pending ?? 0) > 0 && (direction === "grow" ? tasks === undefined : tasks !== undefined),
  ],
  [
    "cooldown",
    ({ facts, policy }, { rule }) =>
      facts.sinceLastMs !== undefined && facts.sinceLastMs < (rule?.cooldownMs ?? policy.cooldownMs),
  ],
  ["rate-limit-component", isRateLimited],
  ["rate-limit-fleet", isFleetRateLimited],
  ["velocity-limit", ({ facts }, { direction }) => direction === "shrink" && facts.shrinkStampede],
  ["incomplete-data", isIncomplete],
];

/** The first gate that is closed; undefined = all open. */
export function gate(input: DecisionInput, candidate: Candidate): HoldReason | undefined {
  return GATES.find(([, closed]) => closed(input, candidate))?.[0];
}

function isFleetRateLimited({ facts, fleet }: DecisionInput, { direction }: Candidate): boolean {
  const { decision } = fleet;
  return facts.fleetLastHour >= (direction === "grow" ? decision.decisionsPerHour : shrinksPerHour(decision));
}

/**
 * Decisions of any direction in an hour after which a fleet shrinks no more. The rest is kept for growth: a quiet hour's
 * savings must not use up what a sudden load needs.
 */
export function shrinksPerHour({
  decisionsPerHour,
  growthReserve,
}: Pick<FleetPolicy["decision"], "decisionsPerHour" | "growthReserve">): number {
  return Math.max(1, Math.floor(decisionsPerHour * (1 - growthReserve)));
}

function isRateLimited({ facts, policy }: DecisionInput, { direction }: Candidate): boolean {
  return direction === "grow" ? facts.upsLastHour >= policy.upPerHour : facts.downsLastHour >= policy.downPerHour;
}

/** Doubt never shrinks: every rule's data must be there, not only that of the rule which wants the shrink. */
function isIncomplete({ signals, fleet }: DecisionInput, { direction }: Candidate): boolean {
  return direction === "shrink" && !areComplete(signals, fleet.monitor.completeness);
}
