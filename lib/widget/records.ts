import type { Decision } from "../domain/model/decision.ts";
import type { Allocation } from "../domain/model/resources.ts";
import type { StateStore } from "../ports.ts";
import type { WidgetRequest } from "./request.ts";

/** Reading is all that the widget does. */
export type WidgetStore = Pick<StateStore, "readActions" | "readHolds" | "readLedger">;

/** What the page is made from. */
export interface WidgetRecords {
  /** Decisions to change something, ascending. */
  readonly actions: readonly Decision[];
  /** Holds of the component asked for, ascending; none when the whole fleet was asked for. */
  readonly holds: readonly Decision[];
  /** What each component has at the end of the range, where that is now. */
  readonly booked: Readonly<Record<string, Allocation>>;
  readonly mode: string;
  readonly paused: boolean;
}

/** There is a hold for each component and minute, of some kilobytes: the newest part of a long range must do. */
const HOLDS_RANGE_MS = 3 * 3_600_000;

export async function readRecords(store: WidgetStore, request: WidgetRequest): Promise<WidgetRecords> {
  const { fleet, component, fromMs, toMs } = request;
  const holdsFromMs = Math.max(fromMs, toMs - HOLDS_RANGE_MS);
  const [actions, holds, ledger] = await Promise.all([
    store.readActions(fleet.name, fromMs, toMs + 1),
    component === undefined ? [] : store.readHolds(fleet.name, component, holdsFromMs, toMs + 1),
    store.readLedger(fleet.name),
  ]);
  return {
    actions: component === undefined ? actions : actions.filter((each) => concerns(each, component)),
    holds,
    booked: request.isLive ? (ledger?.booked ?? {}) : {},
    mode: ledger?.modeOverride ?? fleet.mode,
    paused: ledger?.paused ?? false,
  };
}

/** Its own decisions, and those of others that gave to or took from it. */
export function concerns({ component, plan }: Decision, name: string): boolean {
  return component === name || (plan?.steps.some((step) => step.component === name) ?? false);
}
