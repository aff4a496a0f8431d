/**
 * How well a change did what it was for, 0..100; the formula, with a worked table, is in docs/effectiveness.md.
 * Nothing is invented: without a fresh value there is no effectiveness.
 */
export interface Effect {
  /** `same`: a change of shape (OPTIMIZE), or a REBALANCE. */
  readonly direction: "grow" | "shrink" | "same";
  /** The trigger's value when it was decided, and after the settle time; undefined when there is no trigger or no data. */
  readonly before?: number | undefined;
  readonly after?: number | undefined;
  /** The rule's thresholds; undefined for a change that no rule asked for. */
  readonly up?: number | undefined;
  readonly down?: number | undefined;
  /** Errors rose, or the performance score fell, beyond what the policy calls harm. */
  readonly harmed: boolean;
  /** Dollars an hour; negative saves. */
  readonly costDeltaPerHour: number;
}

/** Most that a growth loses for having gone too far. */
const OVERSHOOT_POINTS = 40;
/** What an unharmed change of shape is worth when it saved nothing. */
const UNSAVED_POINTS = 50;

/** 0..100, or undefined when what would have to be compared was not observed. */
export function effectiveness(effect: Effect): number | undefined {
  if (effect.harmed) return 0;
  switch (effect.direction) {
    case "grow":
      return ofGrowth(effect);
    case "shrink":
      return ofShrink(effect);
    case "same":
      return ofShape(effect);
  }
}

/**
 * Back at or below the up threshold: 100, less up to 40 points in proportion to how far it fell below the down
 * threshold. Still above: the share of the way from the value before to the threshold that was covered.
 */
function ofGrowth({ before, after, up, down }: Effect): number | undefined {
  if (after === undefined || up === undefined) return undefined;
  if (after <= up) {
    const overshoot = down === undefined || down <= 0 ? 0 : clamp((down - after) / down, 0, 1);
    return Math.round(100 - OVERSHOOT_POINTS * overshoot);
  }
  // It acted ahead of a breach that then came all the same, or there is nothing to compare with.
  if (before === undefined) return undefined;
  return before <= up ? 0 : Math.round(100 * clamp((before - after) / (before - up), 0, 1));
}

/** A shrink is right as long as nothing asks for it back. */
function ofShrink({ after, up }: Effect): number | undefined {
  if (after === undefined || up === undefined) return undefined;
  return after <= up ? 100 : 0;
}

/** A change of shape, unharmed: 100 when it saves, 50 when not. With a trigger (REBALANCE) its value counts as for a growth. */
function ofShape(effect: Effect): number | undefined {
  if (effect.up !== undefined) return ofGrowth(effect);
  return effect.costDeltaPerHour < 0 ? 100 : UNSAVED_POINTS;
}

function clamp(value: number, low: number, high: number): number {
  return Math.min(high, Math.max(low, value));
}
