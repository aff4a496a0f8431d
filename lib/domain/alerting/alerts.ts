import type { Alert, AlertState } from "../model/learning.ts";
import type { FleetPolicy } from "../model/policy.ts";
import type { RaisedAlert } from "./conditions.ts";

const HOUR_MS = 3_600_000;
const RECENT_MAX = 50;
/** More undelivered alerts than this are not kept: they count as suppressed. Bounds the item. */
export const OUTBOX_MAX = 100;

export function noAlerts(fleet: string): AlertState {
  return {
    v: 1,
    fleet,
    version: 0,
    lastSentMs: {},
    sentMs: [],
    sent: 0,
    suppressed: 0,
    suppressedByKind: {},
    outbox: [],
    recent: [],
  };
}

/**
 * Lets raised alerts through to the outbox, in their order: at most one of a kind in each cooldown, at most `perHour` in
 * a sliding hour, none when the outbox is full. What is held back is counted: sent + suppressed = raised, always.
 * Returns the same object when there is nothing to record.
 */
export function admit(
  state: AlertState,
  raised: readonly RaisedAlert[],
  policy: FleetPolicy["alerts"],
  nowMs: number,
): AlertState {
  if (raised.length === 0) return state;
  const lastSentMs = still(state.lastSentMs, nowMs - policy.cooldownMs);
  const sentMs = state.sentMs.filter((atMs) => atMs > nowMs - HOUR_MS);
  const suppressedByKind = { ...state.suppressedByKind };
  const admitted: Alert[] = [];
  for (const each of raised) {
    const isQuiet = lastSentMs[each.kind] === undefined;
    const hasRoom = sentMs.length < policy.perHour && state.outbox.length + admitted.length < OUTBOX_MAX;
    if (isQuiet && hasRoom) {
      admitted.push({ ...each, id: `${state.fleet}/${each.kind}@${nowMs}`, fleet: state.fleet, atMs: nowMs });
      lastSentMs[each.kind] = nowMs;
      sentMs.push(nowMs);
    } else {
      suppressedByKind[each.kind] = (suppressedByKind[each.kind] ?? 0) + 1;
    }
  }
  return {
    v: state.v,
    fleet: state.fleet,
    version: state.version + 1,
    lastSentMs,
    sentMs: sentMs.sort((a, b) => a - b),
    sent: state.sent + admitted.length,
    suppressed: state.suppressed + raised.length - admitted.length,
    suppressedByKind,
    outbox: [...state.outbox, ...admitted],
    recent: [...state.recent, ...admitted].slice(-RECENT_MAX),
  };
}

/** Takes delivered alerts out of the outbox. Returns the same object when none of them is in it. */
export function delivered(state: AlertState, ids: readonly string[]): AlertState {
  const outbox = state.outbox.filter(({ id }) => !ids.includes(id));
  return outbox.length === state.outbox.length ? state : { ...state, version: state.version + 1, outbox };
}

/** Kinds still in their cooldown; the others are forgotten, which keeps the item small. */
function still(lastSentMs: AlertState["lastSentMs"], sinceMs: number): Record<string, number> {
  return Object.fromEntries(Object.entries(lastSentMs).filter(([, atMs]) => atMs > sinceMs));
}
