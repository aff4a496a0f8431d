import { LOOPS, type LoopName } from "../flow.ts";
import type { FleetRecords } from "./fleet-records.ts";

export interface LoopHealth {
  /** When the loop last left a record; the execution loop leaves one only when it changes something. */
  readonly seenMs?: number | undefined;
  readonly late: boolean;
}

/** The monitor writes a state that did not change only this often. */
const STATE_WRITTEN_MS = 300_000;
const BEATS_MAX = 3;

/**
 * A loop is late when the record that it leaves on every beat is older than three beats; the execution loop, which mostly
 * has nothing to record, when a pending decision is past its time and nobody said so.
 * @param decidedMs time of the newest decision, holds included
 */
export function healthOf(
  { states, scores, ledger, actions }: FleetRecords,
  decidedMs: number | undefined,
  nowMs: number,
): Readonly<Record<LoopName, LoopHealth>> {
  const health = (name: LoopName, seenMs: number | undefined, quietMs = 0): LoopHealth => {
    const allowedMs = BEATS_MAX * beatOf(name) + quietMs;
    return { seenMs, late: seenMs === undefined || nowMs - seenMs > allowedMs };
  };
  const left = actions.some(
    ({ status, expiresAtMs }) => status === "PENDING" && nowMs > expiresAtMs + BEATS_MAX * beatOf("execution"),
  );
  return {
    monitor: health("monitor", newest(states.map(({ updatedAtMs }) => updatedAtMs)), STATE_WRITTEN_MS),
    decision: health("decision", decidedMs),
    execution: { seenMs: newest((ledger?.recent ?? []).map(({ atMs }) => atMs)), late: left },
    optimization: health("optimization", scores?.atMs),
  };
}

function beatOf(name: LoopName): number {
  return (LOOPS.find((loop) => loop.name === name)?.everySeconds ?? 0) * 1000;
}

function newest(times: readonly number[]): number | undefined {
  return times.length === 0 ? undefined : Math.max(...times);
}
