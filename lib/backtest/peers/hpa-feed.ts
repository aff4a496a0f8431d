import type { MetricFeed, ParameterSpec } from "../scaler.ts";

/**
 * How an HPA is fed. By default with what everybody gets; in a cluster the metrics server samples every 15 s and the
 * controller looks every 15 s, so its own period and delay can be set.
 */
export const HPA_FEED = {
  syncSeconds: { initial: 15, min: 1, max: 3600, whole: true, meaning: "Time between two looks, seconds." },
  metricPeriodSeconds: { initial: 20, min: 1, max: 3600, whole: true, meaning: "Length of a metric period, seconds." },
  publicationDelaySeconds: {
    initial: -1,
    min: -1,
    max: 3600,
    meaning: "From the end of a period to its publication, seconds; below zero: as for everybody.",
  },
} as const satisfies Record<string, ParameterSpec>;

/** Periods without anything new after which a metric counts as failed. */
export const SILENT_PERIODS = 3;

export function hpaFeed(parameters: Readonly<Record<keyof typeof HPA_FEED, number>>): {
  readonly everyMs: number;
  readonly metrics: MetricFeed;
} {
  const { publicationDelaySeconds: delay } = parameters;
  return {
    everyMs: parameters.syncSeconds * 1000,
    metrics: {
      periodMs: parameters.metricPeriodSeconds * 1000,
      publicationDelayMs: delay < 0 ? undefined : delay * 1000,
    },
  };
}
