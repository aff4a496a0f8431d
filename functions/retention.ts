import type { FleetPolicy, OptimizationPolicy } from "../lib/domain/model/policy.ts";

type Retention = OptimizationPolicy["retention"];

/** DynamoDB deletes what its `ttl` says within days and for free; the purge, which costs, only sweeps up after it. */
const PURGE_AFTER_TTL_MS = 4 * 86_400_000;

/** How long items are kept before DynamoDB may delete them: in one table, as long as any of its fleets wants. */
export function timeToLive(fleets: readonly FleetPolicy[]): Retention {
  const all = fleets.map(({ optimization }) => optimization.retention);
  return retention((name) => Math.max(...all.map((each) => each[name])));
}

/** The fleet, its histories purged some days after their `ttl`. */
export function purgedAfterTtl(fleet: FleetPolicy): FleetPolicy {
  const { optimization } = fleet;
  const later = retention((name) => optimization.retention[name] + PURGE_AFTER_TTL_MS);
  return { ...fleet, optimization: { ...optimization, retention: later } };
}

function retention(of: (name: keyof Retention) => number): Retention {
  return {
    samplesMs: of("samplesMs"),
    rollups5mMs: of("rollups5mMs"),
    rollups1hMs: of("rollups1hMs"),
    holdsMs: of("holdsMs"),
    actionsMs: of("actionsMs"),
  };
}
