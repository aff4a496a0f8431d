import type { Decision, DecisionResult } from "../model/decision.ts";
import type { Learning, Overlay } from "../model/learning.ts";
import type { ComponentPolicy, OptimizationPolicy } from "../model/policy.ts";
import type { TriggerName } from "../model/trigger.ts";

type Bounds = OptimizationPolicy["tuning"];
type Measured = Learning["history"][number];

/** One point of percent, and one tenth of a step: what a single decision may teach. */
const POINT = 0.01;
const STEP_CHANGE = 1.1;
/** Effectiveness under which a change helped too little (growth) or harmed (shrink), and from which it was good. */
const POOR = 40;
const GOOD = 70;
/** Good shrinks in a row before the down threshold moves back by a point. */
const HARMLESS_IN_A_ROW = 3;

const UTILIZATION: ReadonlySet<TriggerName> = new Set([
  "CPU_UTILIZATION",
  "MEMORY_UTILIZATION",
  "NETWORK_UTILIZATION",
  "STORAGE_UTILIZATION",
]);

/** Thresholds and step as configured. */
export function noOverlay(component: string, nowMs: number): Overlay {
  return {
    v: 1,
    component,
    updatedAtMs: nowMs,
    upShift: 0,
    downShift: 0,
    stepScale: 1,
    learnedFrom: [],
    because: "Nothing learned yet: thresholds and steps are as configured.",
  };
}

/**
 * What the component's measured decisions teach about its thresholds and steps (docs/tuning.md). Each decision that was
 * not learned from yet moves the overlay by one small step, in the order in which they were measured:
 *
 *   growth that helped too little (< 40)         1 point earlier, steps 10 % larger
 *   growth that overshot (under the down mark)   1 point later (at most back to as configured), steps 10 % smaller
 *   shrink that harmed (< 40, or rolled back)    down threshold 1 point lower, steps 10 % smaller
 *   third good shrink (>= 70) in a row           down threshold 1 point back towards as configured
 *
 * Never beyond the configured bounds, never over half-way from an up threshold to its target, never under half of a down
 * threshold. The same learning again changes nothing: the same object comes back. For components with strategy ADAPTIVE.
 *
 * @param decisions the decisions behind the history, as far as they are at hand: they tell overshoot and roll-backs.
 */
export function tune(
  overlay: Overlay | undefined,
  learning: Learning,
  policy: ComponentPolicy,
  bounds: Bounds,
  nowMs: number,
  decisions: readonly Decision[] = [],
): Overlay {
  const before = overlay ?? noOverlay(policy.name, nowMs);
  const fresh = unlearned(before, learning, bounds);
  let next = bounded(before, policy, bounds);
  const lessons: string[] = [];
  for (const measured of fresh) {
    const decision = decisions.find(({ id }) => id === measured.decision);
    const { change, lesson } = learn(next, measured, learning, policy, decision);
    next = bounded({ ...next, ...change }, policy, bounds);
    if (lesson !== undefined) lessons.push(lesson);
  }
  if (fresh.length === 0 && sameNumbers(before, next)) return before;
  const remembered = new Set(learning.history.map(({ decision }) => decision));
  return {
    ...next,
    updatedAtMs: nowMs,
    learnedFrom: [...before.learnedFrom.filter((id) => remembered.has(id)), ...fresh.map(({ decision }) => decision)],
    because: sentence(fresh.length, lessons, next, sameNumbers(before, next)),
  };
}

/** Measured decisions that nothing was learned from yet, oldest first; none before there are enough to judge by. */
export function unlearned(overlay: Overlay | undefined, learning: Learning, bounds: Bounds): readonly Measured[] {
  if (learning.history.length < bounds.decisionsMin) return [];
  const known = new Set(overlay?.learnedFrom);
  return learning.history.filter(({ decision }) => !known.has(decision));
}

type Change = Partial<Pick<Overlay, "upShift" | "downShift" | "stepScale">>;
interface Lesson {
  readonly change: Change;
  readonly lesson?: string | undefined;
}

function learn(
  overlay: Overlay,
  measured: Measured,
  learning: Learning,
  policy: ComponentPolicy,
  decision: Decision | undefined,
): Lesson {
  const { upShift, downShift, stepScale } = overlay;
  const score = `${Math.round(measured.effectiveness)} of 100`;
  switch (measured.direction) {
    case "grow":
      // Overshoot first: it is often measured as poor, and more of the same would be the wrong lesson.
      if (overshot(policy, decision)) {
        return {
          change: { upShift: Math.min(0, upShift + POINT), stepScale: stepScale / STEP_CHANGE },
          lesson: `${measured.decision} grew too far`,
        };
      }
      if (measured.effectiveness >= POOR) return { change: {} };
      return {
        change: { upShift: upShift - POINT, stepScale: stepScale * STEP_CHANGE },
        lesson: `${measured.decision} helped too little (${score})`,
      };
    case "shrink":
      if (measured.effectiveness < POOR || wasHarmful(decision)) {
        return {
          change: { downShift: downShift - POINT, stepScale: stepScale / STEP_CHANGE },
          lesson: `${measured.decision} shrank too much (${score})`,
        };
      }
      if (downShift === 0 || !isGoodInARow(measured, learning)) return { change: {} };
      return {
        change: { downShift: Math.min(0, downShift + POINT) },
        lesson: `${HARMLESS_IN_A_ROW} shrinks in a row did no harm`,
      };
    case "same":
      return { change: {} };
  }
}

/** The value landed under the rule's down threshold: the next thing would have been a shrink. */
function overshot(policy: ComponentPolicy, decision: Decision | undefined): boolean {
  const rule = policy.rules.find(({ name }) => name === decision?.rule);
  const after: DecisionResult["valueAfter"] = decision?.result?.valueAfter;
  return rule !== undefined && after !== undefined && after < rule.down;
}

function wasHarmful(decision: Decision | undefined): boolean {
  return decision?.status === "ROLLED_BACK" || decision?.result?.reason === "harmful";
}

function isGoodInARow(measured: Measured, { history }: Learning): boolean {
  const shrinks = history.filter(({ direction }) => direction === "shrink");
  const index = shrinks.findIndex(({ decision }) => decision === measured.decision);
  const late = shrinks.slice(Math.max(0, index - HARMLESS_IN_A_ROW + 1), index + 1);
  return late.length === HARMLESS_IN_A_ROW && late.every(({ effectiveness }) => effectiveness >= GOOD);
}

/** Rounded to thousandths and within every bound; also for an overlay made under wider bounds. */
function bounded(overlay: Overlay, policy: ComponentPolicy, bounds: Bounds): Overlay {
  const rules = policy.rules.filter(({ trigger }) => UTILIZATION.has(trigger));
  const upMost = Math.min(
    bounds.shiftMax,
    ...rules.map(({ up, target }) => Math.max(0, thousandths((up - target) / 2))),
  );
  const downMost = Math.min(bounds.shiftMax, ...rules.map(({ down }) => Math.max(0, thousandths(down / 2))));
  return {
    ...overlay,
    upShift: within(overlay.upShift, -upMost, 0),
    downShift: within(overlay.downShift, -downMost, 0),
    stepScale: within(overlay.stepScale, bounds.stepScaleMin, bounds.stepScaleMax),
  };
}

function sentence(count: number, lessons: readonly string[], next: Overlay, isUnchanged: boolean): string {
  const now = `thresholds ${points(next.upShift)} (up) and ${points(next.downShift)} (down), steps x ${next.stepScale}`;
  if (count === 0) return `Brought within the configured bounds: ${now}.`;
  const from = `Learned from ${count} decision${count === 1 ? "" : "s"}`;
  if (lessons.length === 0) return `${from}: they went well, nothing changes; ${now}.`;
  return `${from}: ${lessons.join("; ")}; ${isUnchanged ? "already at the bounds, " : ""}now ${now}.`;
}

function points(shift: number): string {
  return `${(shift * 100).toFixed(1)} points`;
}
function sameNumbers(a: Overlay, b: Overlay): boolean {
  return a.upShift === b.upShift && a.downShift === b.downShift && a.stepScale === b.stepScale;
}
function thousandths(value: number): number {
  return Math.round(value * 1000) / 1000;
}
/** Rounded, but a bound is met exactly: doing it again changes nothing. */
function within(value: number, min: number, max: number): number {
  const clamped = clamp(value, min, max);
  return clamped === min || clamped === max ? clamped : clamp(thousandths(clamped), min, max);
}
function clamp(value: number, min: number, max: number): number {
  // `+ 0` turns -0 into 0, which is not the same to Object.is.
  return Math.min(max, Math.max(min, value)) + 0;
}
