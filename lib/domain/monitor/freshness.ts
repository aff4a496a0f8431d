import type { ComponentState } from "../model/component-state.ts";
import type { MonitorPolicy } from "../model/policy.ts";

/**
 * The time at which a component's window is to be looked at, for freshness and completeness: now, except while the monitor
 * leaves the component alone (reading.ts). Nothing newer was asked for then, because nothing could follow from it, so what
 * is known stands as at the last moment at which it was fresh. What takes something away on the strength of it does not look
 * at this, but at its age.
 */
export function asOfMs(
  { window, restUntilMs }: Pick<ComponentState, "window" | "restUntilMs">,
  { freshMs }: Pick<MonitorPolicy, "freshMs">,
  nowMs: number,
): number {
  const { endMs } = window;
  if (restUntilMs === undefined || endMs === undefined || nowMs > restUntilMs) return nowMs;
  return Math.min(nowMs, endMs + freshMs);
}
