/**
 * START HERE. How a metric becomes a scaled service: four loops that never call each other's code and talk through
 * records only.
 *
 *   monitor      CloudWatch, ECS               -> component states (service + recent samples), samples, alerts
 *   decision     states, forecasts, overlays   -> decisions: PENDING with a plan, or HELD with a reason
 *   execution    PENDING decisions, ledger     -> claim -> ECS -> stable -> measured: outcomes, effectiveness
 *   optimization outcomes, samples             -> overlays, forecasts, roll-ups, recommendations, scores
 */
export const LOOPS = [
  { name: "monitor", everySeconds: 30 },
  { name: "decision", everySeconds: 60 },
  { name: "execution", everySeconds: 30 },
  { name: "optimization", everySeconds: 300 },
] as const;
export type LoopName = (typeof LOOPS)[number]["name"];

/** Ticks are numbered by the shortest beat, so that a wake between two beats of a slower loop has a number of its own. */
export const BEAT_MS = 30_000;
export function tickNumber(scheduledMs: number): number {
  return Math.floor(scheduledMs / BEAT_MS);
}

/** What a loop's run came to: errors are isolated to a component, counted, and never swallowed. */
export interface LoopOutcome {
  /** False when the tick was stale or claimed before: nothing was done. */
  readonly ran: boolean;
  readonly errors: readonly { readonly component?: string | undefined; readonly message: string }[];
  /** The loop to run before its next beat: a severe breach, or a new decision. */
  readonly wake?: LoopName | undefined;
}
