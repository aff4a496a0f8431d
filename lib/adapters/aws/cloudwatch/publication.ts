/*
 * How late CloudWatch is. AWS promises nothing; metrics of a minute are seen about two minutes behind through the API
 * (https://docs.datadoghq.com/integrations/guide/cloud-metric-delay/), each service's at its own time. A sample is final
 * once it was handed out, so a period is held back until nothing more is to be expected of it.
 */

/** From a period's end: what other metrics of the same publisher have by now, one that counts events has as well. */
export const SIBLING_GRACE_MS = 60_000;
/**
 * From a period's end: a count that was silent before has nothing to say about it either, one that has said something
 * about a later period will not come back to it, and a failed answer stays one.
 */
export const SILENT_GRACE_MS = 120_000;
/** From a period's end: nothing more is waited for. */
export const LAST_GRACE_MS = 180_000;
/** A metric that had a datapoint within this time before a period is expected to have one for it. */
export const RECENT_MS = 300_000;

/**
 * The longest that a value may be carried into shorter samples after it, from its period's end to the sample's: until the
 * next one is given up.
 */
export function carryMs(periodMs: number): number {
  return periodMs + LAST_GRACE_MS;
}
