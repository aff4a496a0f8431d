import { Cron } from "croner";
import type { ComponentPolicy, SchedulePolicy } from "../model/policy.ts";
import { RESOURCE_NAMES, type Resources } from "../model/resources.ts";

/*
 * Windows in which a component has a higher minimum or a lower maximum. A window starts where its cron expression fires in
 * its time zone (the library knows daylight saving) and stays open for its duration in elapsed time.
 *
 * Of windows that are open together the highest minimum and the lowest maximum hold. A schedule never loosens the
 * component's own bounds, and where a minimum and a maximum cross, the maximum wins: a cap is a promise about cost.
 */

export interface ScheduledPolicy {
  readonly policy: ComponentPolicy;
  /** Names of the open windows. */
  readonly active: readonly string[];
}

/** What holds from `fromMs` until just before `untilMs`. */
interface Span<T> {
  readonly fromMs: number;
  readonly untilMs: number;
  readonly value: T;
}

const DAY_MS = 86_400_000;
/** Longer than any change of clocks. */
const LEAD_MS = 3 * 3_600_000;
const NONE: readonly string[] = [];
const CACHED_MAX = 10_000;
const crons = new Map<string, Cron>();
const starts = new Map<string, readonly number[]>();
const windows = new Map<string, Span<boolean>>();
const applied = new WeakMap<ComponentPolicy, Span<ScheduledPolicy>>();

/** The policy as it holds at `nowMs`; the same object as long as no window is open. Depends on its arguments alone. */
export function withSchedules(policy: ComponentPolicy, nowMs: number): ScheduledPolicy {
  if (policy.schedules.length === 0) return { policy, active: NONE };
  const cached = applied.get(policy);
  if (cached && holdsAt(cached, nowMs)) return cached.value;
  const spans = policy.schedules.map((schedule) => ({ schedule, span: windowAt(schedule, nowMs) }));
  const open = spans.filter(({ span }) => span.value).map(({ schedule }) => schedule);
  const fresh = {
    fromMs: Math.max(...spans.map(({ span }) => span.fromMs)),
    untilMs: Math.min(...spans.map(({ span }) => span.untilMs)),
    value: { policy: open.length > 0 ? bounded(policy, open) : policy, active: open.map(({ name }) => name) },
  };
  applied.set(policy, fresh);
  return fresh.value;
}

/** Why an expression or time zone cannot be used, if so. */
export function scheduleProblem({ cron, timeZone }: { cron: string; timeZone: string }): ScheduleProblem | undefined {
  const fields = cron.trim().split(/\s+/);
  if (fields.length !== 5) return { field: "cron", message: "five fields: minute hour day-of-month month day-of-week" };
  if (cron.includes("?")) return { field: "cron", message: "a cron expression without ?: * stands for any value" };
  if (!isTimeZone(timeZone)) return { field: "timeZone", message: "an IANA time zone, such as Europe/Berlin or UTC" };
  try {
    // A span of 28 years in which each date has been each weekday, from a fixed day on: the answer never changes.
    if (cronOf(cron, timeZone).nextRun(new Date(Date.UTC(2000, 0, 1)))) return undefined;
    return { field: "cron", message: "an expression that starts at some time; this one never does" };
  } catch (error) {
    return { field: "cron", message: `a cron expression (${error instanceof Error ? error.message : String(error)})` };
  }
}

export interface ScheduleProblem {
  readonly field: "cron" | "timeZone";
  /** What is expected. */
  readonly message: string;
}

function isTimeZone(timeZone: string): boolean {
  try {
    return timeZone !== "" && new Intl.DateTimeFormat("en", { timeZone }).format(0) !== "";
  } catch {
    return false;
  }
}

function holdsAt({ fromMs, untilMs }: Span<unknown>, nowMs: number): boolean {
  return fromMs <= nowMs && nowMs < untilMs;
}

/** Whether the window is open at `nowMs`, and from when until when this answer holds at least. */
function windowAt({ cron, timeZone, durationMs }: SchedulePolicy, nowMs: number): Span<boolean> {
  const key = `${durationMs} ${timeZone} ${cron}`;
  const cached = windows.get(key);
  if (cached && holdsAt(cached, nowMs)) return cached;
  const today = Math.floor(nowMs / DAY_MS);
  for (let day = today; (day + 1) * DAY_MS > nowMs - durationMs; day--) {
    const startMs = startsOn(cron, timeZone, day).findLast((start) => start <= nowMs);
    if (startMs === undefined) continue;
    if (startMs + durationMs <= nowMs) break;
    return remember(windows, key, { fromMs: startMs, untilMs: startMs + durationMs, value: true });
  }
  const nextMs = startsOn(cron, timeZone, today).find((start) => start > nowMs) ?? (today + 1) * DAY_MS;
  return remember(windows, key, { fromMs: nowMs, untilMs: nextMs, value: false });
}

/**
 * All starts within a day of UTC. Where the clocks change, the library's next start depends on where it is asked from
 * (a start that the clocks skip is found from before the gap only), so it is asked from one fixed place for each day.
 */
function startsOn(cron: string, timeZone: string, day: number): readonly number[] {
  const key = `${day} ${timeZone} ${cron}`;
  const cached = starts.get(key);
  if (cached) return cached;
  const parsed = cronOf(cron, timeZone);
  const [fromMs, untilMs] = [day * DAY_MS, (day + 1) * DAY_MS];
  const found: number[] = [];
  let next = parsed.nextRun(new Date(fromMs - LEAD_MS));
  while (next && next.getTime() < untilMs) {
    if (next.getTime() >= fromMs) found.push(next.getTime());
    next = parsed.nextRun(next);
  }
  return remember(starts, key, found);
}

function cronOf(cron: string, timeZone: string): Cron {
  const key = `${timeZone} ${cron}`;
  return crons.get(key) ?? remember(crons, key, new Cron(cron, { timezone: timeZone, paused: true }));
}

function remember<T>(cache: Map<string, T>, key: string, value: T): T {
  if (cache.size >= CACHED_MAX) cache.clear();
  cache.set(key, value);
  return value;
}

function bounded(policy: ComponentPolicy, open: readonly SchedulePolicy[]): ComponentPolicy {
  const tasksMax = lowest(policy.tasksMax, open, (schedule) => schedule.tasksMax);
  const tasksMin = highest(policy.tasksMin, open, (schedule) => schedule.tasksMin);
  const max: Record<keyof Resources, number> = { ...policy.max };
  const min: Record<keyof Resources, number> = { ...policy.min };
  for (const name of RESOURCE_NAMES) {
    max[name] = lowest(policy.max[name], open, (schedule) => schedule.max?.[name]);
    min[name] = Math.min(
      max[name],
      highest(policy.min[name], open, (schedule) => schedule.min?.[name]),
    );
  }
  return { ...policy, tasksMax, tasksMin: Math.min(tasksMax, tasksMin), min, max };
}

type Bound = (schedule: SchedulePolicy) => number | undefined;

function lowest(own: number, open: readonly SchedulePolicy[], bound: Bound): number {
  return Math.min(own, ...open.map((schedule) => bound(schedule) ?? own));
}

function highest(own: number, open: readonly SchedulePolicy[], bound: Bound): number {
  return Math.max(own, ...open.map((schedule) => bound(schedule) ?? own));
}
