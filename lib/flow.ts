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

/** The shortest beat. */
export const BEAT_MS = 30_000;
/** Two ticks of a loop within one of these are the same tick. */
export const TICK_MS = 1000;

/**
 * Ticks are numbered by the shortest beat: whole numbers are beats. A wake comes when it is needed, mostly in a half-minute
 * whose beat is done already, so it has a number of its own: a fraction, told apart by the second.
 */
export function tickNumber(scheduledMs: number): number {
  return (Math.floor(scheduledMs / TICK_MS) * TICK_MS) / BEAT_MS;
}

/** What a loop's run came to: errors are isolated to a component, counted, and never swallowed. */
export interface LoopOutcome {
  /** False when the tick was stale or claimed before: nothing was done. */
  readonly ran: boolean;
  /** Why it did not run: its time is over (or not yet), or it was claimed before. */
  readonly skipped?: "out-of-date" | "claimed" | undefined;
  readonly errors: readonly { readonly component?: string | undefined; readonly message: string }[];
  /** The loop to run before its next beat: a severe breach, or a new decision. */
  readonly wake?: LoopName | undefined;
}
