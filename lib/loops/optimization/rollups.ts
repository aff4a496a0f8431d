import { firstAfter } from "../../domain/forecasting/index.ts";
import type { ComponentPolicy } from "../../domain/model/policy.ts";
import type { RollupBlock, RollupBucket, Sample } from "../../domain/model/sample.ts";
import {
  DAY_MS,
  floorTo,
  HOUR_MS,
  hoursMissing,
  mergeHours,
  rollUpHours,
  rollUpSamples,
} from "../../domain/optimization/rollup.ts";
import type { Job } from "./job.ts";

/** Samples may come this late; the hour they belong to is rolled up again until then. */
const LATE_MS = 15 * 60_000;
/** After an outage: hours looked back for, hours with data made up for in one run, and hours read at once. */
const CATCH_UP_MS = 48 * HOUR_MS;
const CATCH_UP_HOURS = 6;
const READ_HOURS = 6;

export interface RolledUp {
  readonly component: string;
  /** Blocks to be written. */
  readonly blocks: readonly RollupBlock[];
  /** The raw samples that were read, ascending. */
  readonly samples: readonly Sample[];
  /** 1-hour buckets of the past, those just made included; absent when this run did not look at them. */
  readonly hours?: readonly RollupBucket[] | undefined;
}

/**
 * Rolls up one component: always the hour of the last quarter of an hour (one read), and once an hour also the hours into
 * days, with what an outage left undone. Everything is made anew from raw samples, so doing it again changes nothing.
 * @param recentMs how far back raw samples are wanted by the caller, at least
 */
export async function rollUp(job: Job, { name }: ComponentPolicy, recentMs: number): Promise<RolledUp> {
  const { ports, fleet, nowMs } = job;
  const fromMs = floorTo(nowMs - Math.max(LATE_MS, recentMs), HOUR_MS);
  // A sample belongs to the hour of its last millisecond: (from, now] by its end.
  const samples = await ports.store.readSamples(fleet.name, name, fromMs + 1, nowMs + 1);
  if (!job.isHourly) return { component: name, blocks: rollUpSamples(name, newest(samples, nowMs)), samples };
  const fresh = rollUpSamples(name, samples);
  const thisHour = floorTo(nowMs, HOUR_MS);
  const wanted = Math.max(fleet.optimization.rightSizing.evidenceMs + HOUR_MS, catchUpMs(job));
  const sinceMs = floorTo(nowMs - wanted, DAY_MS);
  const days = await ports.store.readRollups(fleet.name, name, "1h", sinceMs, nowMs);
  const late = await missed(job, name, days, fromMs);
  const changed = mergeHours(name, days, rollUpHours([...late, ...fresh].filter(({ startMs }) => startMs < thisHour)));
  const replaced = new Set(changed.map(({ startMs }) => startMs));
  const hours = [...days.filter(({ startMs }) => !replaced.has(startMs)), ...changed].flatMap(({ buckets }) => buckets);
  return { component: name, blocks: [...late, ...fresh, ...changed], samples, hours };
}

/** Samples of the hours that late ones may still change; older samples were read for other reasons. */
function newest(samples: readonly Sample[], nowMs: number): readonly Sample[] {
  const sinceMs = floorTo(nowMs - LATE_MS, HOUR_MS);
  return samples.slice(firstAfter(samples, sinceMs));
}

/** Raw samples that will be purged soon are not worth the catch-up, and could be half gone already. */
function catchUpMs({ fleet }: Job): number {
  return Math.min(CATCH_UP_MS, fleet.optimization.retention.samplesMs - HOUR_MS);
}

/** 5-minute blocks of hours that were never rolled up, newest first, until enough of them had data. */
async function missed(
  { ports, fleet, nowMs, ...job }: Job,
  component: string,
  days: readonly RollupBlock[],
  toMs: number,
): Promise<readonly RollupBlock[]> {
  const missing = new Set(hoursMissing(days, nowMs - catchUpMs({ ports, fleet, nowMs, ...job }), toMs));
  const found: RollupBlock[] = [];
  while (missing.size > 0 && found.length < CATCH_UP_HOURS) {
    const last = Math.max(...missing);
    let first = last;
    while (missing.has(first - HOUR_MS) && last - first < (READ_HOURS - 1) * HOUR_MS) first -= HOUR_MS;
    for (let hour = first; hour <= last; hour += HOUR_MS) missing.delete(hour);
    const samples = await ports.store.readSamples(fleet.name, component, first + 1, last + HOUR_MS + 1);
    found.push(...rollUpSamples(component, samples));
  }
  return found.sort((a, b) => a.startMs - b.startMs);
}
