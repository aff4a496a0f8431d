import type { PublishedPoint } from "../scaler.ts";

/** A CloudWatch alarm on CPU utilization, N out of N datapoints, missing data treated as missing. */
export interface MetricAlarm {
  /** Datapoints that must all breach; whole, >= 1. */
  readonly datapoints: number;
  /** ms */
  readonly periodMs: number;
  /** From a datapoint's publication until the alarm and what it calls have acted on it, ms. */
  readonly evaluationDelayMs: number;
  breaches(cpu: number): boolean;
}

/** Periods beyond the datapoints needed that CloudWatch looks back for when some are missing. */
const RANGE_EXTRA = 2;
/**
 * Silence after which there is no data: AWS holds on INSUFFICIENT_DATA (application/userguide, target tracking
 * overview).
 */
const SILENT_PERIODS = 3;

/**
 * Whether the alarm is in ALARM: the last N datapoints it can see breach, and lie within the evaluation range of N + 2
 * periods. `points` ascend by endMs.
 */
export function inAlarm(alarm: MetricAlarm, points: readonly PublishedPoint[], nowMs: number): boolean {
  const { datapoints, periodMs, evaluationDelayMs } = alarm;
  let newest: PublishedPoint | undefined;
  let breaching = 0;
  for (let i = points.length - 1; i >= 0 && breaching < datapoints; i--) {
    const point = points[i] as PublishedPoint;
    if (point.cpu === undefined || point.publishedMs + evaluationDelayMs > nowMs) continue;
    newest ??= point;
    if (newest.endMs - point.endMs >= (datapoints + RANGE_EXTRA) * periodMs || !alarm.breaches(point.cpu)) return false;
    breaching++;
  }
  if (newest === undefined || breaching < datapoints) return false;
  return nowMs - (newest.publishedMs + evaluationDelayMs) < SILENT_PERIODS * periodMs;
}

/** Appends what is new, and forgets what no alarm of up to `datapoints` will look at again. */
export function remember(
  points: PublishedPoint[],
  news: readonly PublishedPoint[],
  { datapoints, periodMs, evaluationDelayMs }: Omit<MetricAlarm, "breaches">,
): void {
  for (const point of news) points.push(point);
  const reach = datapoints + RANGE_EXTRA + SILENT_PERIODS + Math.ceil(evaluationDelayMs / periodMs);
  // Not for each new point: removing from the front moves all others.
  if (points.length > 2 * reach) points.splice(0, points.length - reach);
}
