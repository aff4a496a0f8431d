/** Why a decision is NO_ACTION. Closed: a new reason is added here, to docs/strategies.md and nowhere else. */
export const HOLD_REASONS = [
  "on-target", // no rule wants anything
  "not-sustained", // a breach is there, but not for long enough
  "no-data", // nothing to judge by
  "incomplete-data", // a shrink is wanted, but data is missing, stale or partial
  "below-confidence", // a candidate, but under the bar
  "cooldown",
  "rate-limit-component",
  "rate-limit-fleet",
  "execution-in-progress",
  "deployment-in-progress",
  "foreign-change", // somebody else changed the service; adopted, cooling down
  "tasks-pending", // tasks asked for do not run yet: no further growth on top
  "service-unavailable", // cannot be described, or refuses writes
  "at-component-limit",
  "at-fleet-limit",
  "at-target-guard", // the shrink would cross a threshold
  "saving-too-small",
  "velocity-limit", // too much was removed from the fleet lately, or too many want to shrink at once
  "backing-off", // the same change failed a while ago
  "paused",
] as const;
export type HoldReason = (typeof HOLD_REASONS)[number];

/** Why a decision with a plan was not carried out or did not end well. */
export const REFUSAL_REASONS = [
  "expired",
  "superseded",
  "paused",
  "mode",
  "not-approved",
  "concurrency",
  "cooldown",
  "rate-limit-component",
  "rate-limit-fleet",
  "fleet-limit",
  "component-busy",
  "baseline-changed",
  "evidence-stale",
  "deployment-in-progress",
  "service-unavailable",
  "call-refused",
  "call-throttled",
  "never-stable",
  "rollout-failed",
  "harmful",
  "restored",
] as const;
export type RefusalReason = (typeof REFUSAL_REASONS)[number];
