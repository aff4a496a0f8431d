import { type Decision, decisionId } from "../domain/model/decision.ts";
import { InvariantError } from "../domain/model/errors.ts";
import type { Resolution } from "../domain/model/sample.ts";
import type { LoopName } from "../flow.ts";

/** Where an item lies. Both adapters use these strings, so both list a fleet's records in the same order. */
export interface Key {
  readonly pk: string;
  readonly sk: string;
}

/** What an item is, read back from its key. */
export type Place =
  | { readonly kind: "ledger" | "scores" | "alerts"; readonly fleet: string }
  | {
      readonly kind: "state" | "learning" | "overlay" | "recommendation";
      readonly fleet: string;
      readonly component: string;
    }
  | { readonly kind: "forecast" | "model"; readonly fleet: string; readonly component: string; readonly metric: string }
  | { readonly kind: "sample"; readonly fleet: string; readonly component: string; readonly timeMs: number }
  | {
      readonly kind: "rollup";
      readonly fleet: string;
      readonly component: string;
      readonly resolution: Resolution;
      readonly timeMs: number;
    }
  | {
      readonly kind: "hold";
      readonly fleet: string;
      readonly component: string;
      readonly timeMs: number;
      readonly id: string;
    }
  | { readonly kind: "action"; readonly fleet: string; readonly timeMs: number; readonly id: string }
  | { readonly kind: "tick"; readonly loop: string };
export type Kind = Place["kind"];

/** Sort-key prefixes of the records that are listed together. */
export const PREFIX = {
  state: "STATE#",
  learning: "LEARNING#",
  overlay: "OVERLAY#",
  forecast: "FORECAST#",
  /** After all others in sort order: large, and read by the optimization loop alone. */
  model: "TRAINED#",
  recommendation: "RECOMMENDATION#",
} as const;
export type Listed = keyof typeof PREFIX;

/** The one item that says who wrote the table. */
export const META: Key = { pk: "META", sk: "META" };

/** Names may hold any character; the separator and the escape sign are escaped so that no two places share a key. */
function part(name: string): string {
  if (!name.includes("#") && !name.includes("%")) return name;
  return name.replace(/[%#]/g, (sign) => (sign === "#" ? "%23" : "%25"));
}
function unpart(text: string): string {
  return text.replaceAll("%23", "#").replaceAll("%25", "%");
}

const DIGITS = 15;
const TIME_END = 10 ** DIGITS;
/** Fixed width, so that text order is time order (until the year 33658). */
export function padTime(timeMs: number): string {
  if (!Number.isSafeInteger(timeMs) || timeMs < 0 || timeMs >= TIME_END)
    throw new InvariantError("a time outside what a key can hold", { timeMs });
  return String(timeMs).padStart(DIGITS, "0");
}

/** Bound of a range of times: any number, also one that no key can hold. Keys are whole, so rounding up is exact. */
export function boundTime(timeMs: number): string {
  return padTime(Math.min(Math.max(Math.ceil(timeMs), 0), TIME_END - 1));
}

export const fleetPk = (fleet: string): string => `FLEET#${part(fleet)}`;
export const ledgerKey = (fleet: string): Key => ({ pk: fleetPk(fleet), sk: "LEDGER" });
export const scoresKey = (fleet: string): Key => ({ pk: fleetPk(fleet), sk: "SCORES" });
export const alertsKey = (fleet: string): Key => ({ pk: fleetPk(fleet), sk: "ALERTS" });
/** Sort key of a record of one component, with the metric where there is one for each. */
export function listedSk(kind: Listed, component: string, metric?: string): string {
  return metric === undefined ? PREFIX[kind] + part(component) : `${PREFIX[kind]}${part(component)}#${part(metric)}`;
}
export const samplesPk = (fleet: string, component: string): string => `SAMPLES#${part(fleet)}#${part(component)}`;
export const rollupsPk = (fleet: string, component: string, resolution: Resolution): string =>
  `ROLLUP#${part(fleet)}#${part(component)}#${resolution}`;
export const holdsPk = (fleet: string, component: string): string => `HOLDS#${part(fleet)}#${part(component)}`;
export const actionsPk = (fleet: string): string => `ACTIONS#${part(fleet)}`;
export const tickKey = (loop: LoopName): Key => ({ pk: `TICK#${loop}`, sk: "TICK" });
export const decisionSk = (timeMs: number, id: string): string => `${padTime(timeMs)}#${part(id)}`;

/** Component and time that an id was made of (see decisionId); undefined for text that never was one. */
export function parseDecisionId(id: string): { component: string; timeMs: number } | undefined {
  const [, component, time] = /^(.+)@(\d{1,15})(?!\d)/.exec(id) ?? [];
  return component === undefined || time === undefined ? undefined : { component, timeMs: Number(time) };
}

/**
 * Key of a decision: actions of a fleet in one partition, for the search of open ones; holds by component, of which
 * there are a thousand times more. A decision is found by its id alone because the id holds component and time.
 */
export function decisionKey(decision: Pick<Decision, "id" | "fleet" | "component" | "decidedAtMs" | "action">): Key {
  const { fleet, component, action } = decision;
  return { pk: action === "NO_ACTION" ? holdsPk(fleet, component) : actionsPk(fleet), sk: ownDecisionSk(decision) };
}

/**
 * Sort key of a decision, in whichever of the two partitions.
 * @throws InvariantError when component and time cannot be read back from its id.
 */
export function ownDecisionSk({
  id,
  component,
  decidedAtMs,
}: Pick<Decision, "id" | "component" | "decidedAtMs">): string {
  // Nearly every id is exactly that, and then it need not be taken apart.
  if (id !== decisionId(component, decidedAtMs)) {
    const parsed = parseDecisionId(id);
    if (parsed?.component !== component || parsed.timeMs !== decidedAtMs) {
      throw new InvariantError("a decision's id must be decisionId(component, decidedAtMs)", {
        id,
        component,
        decidedAtMs,
      });
    }
  }
  return decisionSk(decidedAtMs, id);
}

/** What lies at a key; undefined for a key that no version of this table has written. */
export function placeOf({ pk, sk }: Key): Place | undefined {
  const [head, ...rest] = pk.split("#");
  const [fleet = "", component = "", resolution] = rest.map(unpart);
  switch (head) {
    case "FLEET":
      return rest.length === 1 ? fleetPlace(fleet, sk) : undefined;
    case "SAMPLES": {
      const at = timeOf(sk);
      return rest.length === 2 && at?.id === undefined && at !== undefined
        ? { kind: "sample", fleet, component, timeMs: at.timeMs }
        : undefined;
    }
    case "ROLLUP": {
      const at = timeOf(sk);
      if (rest.length !== 3 || at === undefined || at.id !== undefined || (resolution !== "5m" && resolution !== "1h"))
        return undefined;
      return { kind: "rollup", fleet, component, resolution, timeMs: at.timeMs };
    }
    case "HOLDS": {
      const at = timeOf(sk);
      return rest.length === 2 && at?.id !== undefined
        ? { kind: "hold", fleet, component, timeMs: at.timeMs, id: at.id }
        : undefined;
    }
    case "ACTIONS": {
      const at = timeOf(sk);
      return rest.length === 1 && at?.id !== undefined
        ? { kind: "action", fleet, timeMs: at.timeMs, id: at.id }
        : undefined;
    }
    case "TICK":
      return rest.length === 1 && sk === "TICK" ? { kind: "tick", loop: fleet } : undefined;
    default:
      return undefined;
  }
}

const SINGLE = { LEDGER: "ledger", SCORES: "scores", ALERTS: "alerts" } as const;
function fleetPlace(fleet: string, sk: string): Place | undefined {
  const [head = "", ...names] = sk.split("#");
  const [component = "", metric] = names.map(unpart);
  if (names.length === 0) {
    return Object.hasOwn(SINGLE, head) ? { kind: SINGLE[head as keyof typeof SINGLE], fleet } : undefined;
  }
  const kind = (Object.keys(PREFIX) as Listed[]).find((each) => PREFIX[each] === `${head}#`);
  if (kind === "forecast" || kind === "model")
    return names.length === 2 && metric !== undefined ? { kind, fleet, component, metric } : undefined;
  return kind !== undefined && names.length === 1 ? { kind, fleet, component } : undefined;
}

function timeOf(sk: string): { timeMs: number; id?: string } | undefined {
  const [, time, id] = /^(\d{15})(?:#(.+))?$/s.exec(sk) ?? [];
  if (time === undefined) return undefined;
  return id === undefined ? { timeMs: Number(time) } : { timeMs: Number(time), id: unpart(id) };
}
