import type { ClairvoyantContext } from "../scaler.ts";
import { clairvoyantScaler } from "../scaler-definition.ts";

/**
 * The clairvoyant: the least tasks that keep the service level at every moment of the demand that comes, with the same
 * start-up delay and drain as everybody has. A task is started its start-up delay before it is needed. One that is not
 * needed is stopped unless it would be again within drain and start-up, as stopping and starting would then cost as
 * much as keeping it. Each rank of task (the first, the second ...) is decided for itself, and knowing when it is next
 * needed its choice is optimal; so is the sum. What it cannot know is how long a single task takes to start: it allows
 * for `startUpMs`.
 */
export const oracle = clairvoyantScaler({
  name: "oracle",
  parameters: {
    share: { initial: 1, min: 0.1, max: 10, meaning: "Tasks it has, as a multiple of those needed." },
  },
  sweep: { parameter: "share", values: [0.8, 0.85, 0.9, 0.95, 1, 1.05, 1.1, 1.2, 1.3] },
  begin: ({ share }, context) => {
    const { startUpMs, drainMs } = context.clairvoyance;
    const everyMs = 10_000;
    const peak = (fromMs: number, toMs: number): number | undefined => {
      const most = mostTasksNeeded(context, fromMs, toMs);
      return most === undefined ? undefined : Math.round(most * share);
    };
    return {
      everyMs,
      metrics: { periodMs: 60_000 },
      decide: ({ nowMs, tasks: { desired } }) => {
        // What is asked for now is there until the next call.
        const untilMs = nowMs + startUpMs + everyMs;
        const soon = peak(nowMs, untilMs);
        if (soon === undefined) return undefined;
        if (desired < soon) return soon;
        const later = Math.max(soon, peak(untilMs, untilMs + drainMs) ?? 0);
        return desired > later ? later : undefined;
      },
    };
  },
});

/** Most tasks needed from one moment to the other, both included; undefined outside the trace. */
export function mostTasksNeeded(
  { clairvoyance, startMs }: ClairvoyantContext,
  fromMs: number,
  toMs: number,
): number | undefined {
  const { stepMs } = clairvoyance;
  let most: number | undefined;
  // Steps of the trace, so that none is missed.
  for (let ms = startMs + Math.floor((fromMs - startMs) / stepMs) * stepMs; ms <= toMs; ms += stepMs) {
    const needed = clairvoyance.tasksNeededAt(ms);
    if (needed !== undefined) most = Math.max(most ?? 0, needed);
  }
  return most;
}
