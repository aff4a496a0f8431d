import type { Decision } from "../lib/domain/model/decision.ts";
import type { FleetPolicy } from "../lib/domain/model/policy.ts";
import { BEAT_MS, LOOPS, type LoopName } from "../lib/flow.ts";
import { observeStore } from "../lib/observed-store.ts";
import type { Measurement } from "../lib/own-metrics.ts";
import type { FleetSnapshot, StateStore } from "../lib/ports.ts";
import { measureFleet } from "../lib/report/fleet-measurement.ts";

/** A store, and what its use since the last question says about the fleets. */
export interface MeasuredStore {
  readonly store: StateStore;
  readonly measure: (nowMs: number) => Promise<readonly Measurement[]>;
}

/** A loop runs as long as its last claim is no older than its beat and this: it may come so much later, not more. */
const LATE_MS = 60_000;

/**
 * Measures what the loop reads and writes anyway. The decision loop tells how each fleet stands, and (for the read of four
 * small items) which loops run; the execution loop which changes came to their end; the others have nothing to add.
 */
export function measureTicks(loop: LoopName, store: StateStore, fleets: readonly FleetPolicy[]): MeasuredStore {
  if (loop === "decision") return measureDecisions(store, fleets);
  if (loop === "execution") return measureExecutions(store);
  return { store, measure: async () => [] };
}

function measureDecisions(store: StateStore, fleets: readonly FleetPolicy[]): MeasuredStore {
  let snapshots = new Map<string, FleetSnapshot>();
  let decisions: Decision[] = [];
  const observed = observeStore(store, {
    snapshot: (fleet, snapshot) => snapshots.set(fleet, snapshot),
    decisions: (_, made) => decisions.push(...made),
  });
  const measure = async (nowMs: number): Promise<Measurement[]> => {
    const measurements: Measurement[] = fleets.flatMap((fleet) => {
      const snapshot = snapshots.get(fleet.name);
      if (snapshot === undefined) return [];
      const own = decisions.filter((each) => each.fleet === fleet.name);
      const { fields, ...measurement } = measureFleet(fleet, snapshot, nowMs);
      const changes = own.filter(({ action }) => action !== "NO_ACTION").map(({ id }) => id);
      return [{ ...measurement, fields: { message: "fleet", ...fields, decisions: changes } }];
    });
    snapshots = new Map();
    decisions = [];
    return [...measurements, await measureLoops(store, nowMs)];
  };
  return { store: observed, measure };
}

/** One metric for all loops: this one sees that another is silent, and that its own ticks are all out of date. */
async function measureLoops(store: StateStore, nowMs: number): Promise<Measurement> {
  const claimed = await store.readTicks();
  const silent = LOOPS.filter(({ name, everySeconds }) => {
    const tick = claimed.get(name);
    return tick === undefined || nowMs - tick * BEAT_MS > everySeconds * 1000 + LATE_MS;
  });
  return {
    values: { LoopsSilent: silent.length },
    fields: { message: "loops", silent: silent.map(({ name }) => name) },
  };
}

function measureExecutions(store: StateStore): MeasuredStore {
  let ended = new Map<string, Decision>();
  const observed = observeStore(store, {
    decisions: (_, written) => {
      for (const each of written) if (isEnd(each)) ended.set(each.id, each);
    },
  });
  const measure = async (): Promise<Measurement[]> => {
    const all = [...ended.values()];
    ended = new Map();
    return [...new Set(all.map(({ fleet }) => fleet))].map((fleet) => {
      const own = all.filter((each) => each.fleet === fleet);
      const succeeded = own.filter(({ status }) => status === "MEASURED").length;
      return {
        dimension: { Fleet: fleet },
        values: { ExecutionsSucceeded: succeeded, ExecutionsFailed: own.length - succeeded },
        fields: { message: "executions ended", decisions: own.map(({ id, status }) => ({ id, status })) },
      };
    });
  };
  return { store: observed, measure };
}

/** Of a change that was sent; one that was never begun is neither a success nor a failure. */
function isEnd({ status }: Decision): boolean {
  return status === "MEASURED" || status === "FAILED" || status === "ROLLED_BACK";
}
