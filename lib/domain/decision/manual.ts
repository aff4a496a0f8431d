import type { Signal } from "../model/signal.ts";
import type { TriggerName } from "../model/trigger.ts";

/** An operator's or a program's own reading, to be decided on now. Values in the trigger's inner unit (ratio, ms, ...). */
export interface ManualRequest {
  readonly component: string;
  readonly trigger: TriggerName;
  readonly value: number;
  readonly target: number;
  /** Makes the id unique beside the tick's own decision. */
  readonly suffix: string;
}

/** As long as the longest window: whatever a strategy calls sustained, this is. */
const SUSTAINED_POINTS = 60;

/**
 * Puts the given value in place of what the rules on this trigger saw: thresholds keep their distance from the rule's own
 * target, and the value counts as sustained, since the caller says so. Other rules keep what they saw: doubt and growth
 * elsewhere still count.
 */
export function manualSignals(request: ManualRequest, signals: readonly Signal[], nowMs: number): Signal[] {
  return signals.map((signal) => {
    if (signal.trigger !== request.trigger) return signal;
    const moved = request.target - signal.target;
    const proportional = signal.unit === "ratio" || signal.target === 0 ? undefined : request.target / signal.target;
    const minutes = Array.from({ length: SUSTAINED_POINTS }, (_, i) => i);
    const points = {
      atMs: minutes.map((i) => nowMs - (SUSTAINED_POINTS - 1 - i) * signal.periodMs),
      values: minutes.map(() => request.value),
    };
    const { absent: _, ...rest } = signal;
    return {
      ...rest,
      value: request.value,
      target: request.target,
      up: proportional === undefined ? signal.up + moved : signal.up * proportional,
      down: proportional === undefined ? signal.down + moved : signal.down * proportional,
      points,
      ageMs: 0,
      completeness: 1,
    };
  });
}
