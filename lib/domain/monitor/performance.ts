import type { ComponentPolicy } from "../model/policy.ts";
import type { Sample } from "../model/sample.ts";

/** What of a component's policy the score is measured against. */
export type PerformanceTargets = Pick<ComponentPolicy, "responseTimeMs" | "throughputPerSecond">;

/** Weights of the parts; a part that was not observed is left out and the others take its weight. */
const WEIGHT = { response: 0.5, errors: 0.3, served: 0.2 } as const;
/** Failed share at which the error part is worth nothing. */
const ERROR_SHARE_WORTHLESS = 0.1;
const DAY_MS = 86_400_000;

/**
 * How well a component served over one period, 0..100: the weighted mean of
 *
 *   response (0.5)  100 up to the target response time, then 100 x target / value: twice the target = 50
 *   errors   (0.3)  100 x (1 - failed share / 10 %), at least 0: 5 % failed = 50
 *   served   (0.2)  100 x throughput / min(throughput + waiting / period, target throughput), at most 100:
 *                   what was served of what was asked for, where more than the target is not asked for
 *
 * Undefined when neither response time nor error rate was observed (no traffic, or no data): silence is no performance.
 * Low throughput alone is low load, not poor service; only a queue beside it costs points.
 */
export function performanceScore(sample: Sample, targets: PerformanceTargets): number | undefined {
  const { responseTime, errorRate, throughput, queueLength } = sample.values;
  if (responseTime === undefined && errorRate === undefined) return undefined;
  let points = 0;
  let weights = 0;
  if (responseTime !== undefined) {
    points += pointsOf(WEIGHT.response, responseShare(responseTime, targets.responseTimeMs));
    weights += WEIGHT.response;
  }
  if (errorRate !== undefined) {
    points += pointsOf(WEIGHT.errors, 1 - errorRate / ERROR_SHARE_WORTHLESS);
    weights += WEIGHT.errors;
  }
  if (throughput !== undefined && queueLength !== undefined) {
    const asked = Math.min(throughput + queueLength / (sample.periodMs / 1000), targets.throughputPerSecond);
    if (asked > 0) {
      points += pointsOf(WEIGHT.served, throughput / asked);
      weights += WEIGHT.served;
    }
  }
  return points / weights;
}

function pointsOf(weight: number, share: number): number {
  return weight * 100 * Math.min(1, Math.max(0, share));
}

function responseShare(responseMs: number, targetMs: number): number {
  return responseMs <= targetMs ? 1 : targetMs / responseMs;
}

/**
 * Slow exponential mean of the score with a time constant of one day: a drop of an hour moves it by 4 % of the drop.
 * The first score is the first baseline; a period without a score leaves it as it is.
 */
export function nextBaseline(
  previous: number | undefined,
  score: number | undefined,
  elapsedMs: number,
): number | undefined {
  if (score === undefined) return previous;
  if (previous === undefined) return score;
  const share = 1 - Math.exp(-Math.max(0, elapsedMs) / DAY_MS);
  return previous + share * (score - previous);
}
