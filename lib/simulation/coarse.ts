import type { Absence, MetricName, Sample } from "../domain/model/sample.ts";

/** As the deployed controller reads coarsely: the mean of ten whole minutes, carried until the next ten are over. */
const COARSE_MS = 600_000;
/** What a reader needs besides the new samples: those of the ten minutes before the first. */
export const COARSE_LEAD_MS = 2 * COARSE_MS;

/**
 * The samples after `sinceMs`, in which each of these metrics is its mean over the last whole ten minutes (MetricRequest,
 * `coarse`). Of a period without any value it is absent for the reason of its last sample.
 *
 * @param published Samples that can be read, from `COARSE_LEAD_MS` before `sinceMs` on, ascending.
 */
export function coarseSamples(published: readonly Sample[], sinceMs: number, metrics: readonly MetricName[]): Sample[] {
  const fresh = published.filter(({ endMs }) => endMs > sinceMs);
  if (metrics.length === 0) return fresh;
  return fresh.map((sample) => {
    const endMs = Math.floor(sample.endMs / COARSE_MS) * COARSE_MS;
    const whole = published.filter((each) => each.endMs > endMs - COARSE_MS && each.endMs <= endMs);
    const values: Partial<Record<MetricName, number>> = { ...sample.values };
    const absent: Partial<Record<MetricName, Absence>> = { ...sample.absent };
    for (const metric of metrics) {
      const known = whole.map((each) => each.values[metric]).filter((value) => value !== undefined);
      delete values[metric];
      delete absent[metric];
      if (known.length > 0) values[metric] = rounded(known.reduce((sum, value) => sum + value, 0) / known.length);
      else absent[metric] = whole.at(-1)?.absent[metric] ?? "missing";
    }
    return { ...sample, values, absent };
  });
}

/** Samples are stored in millionths at the finest. */
function rounded(value: number): number {
  return Math.round(value * 1e6) / 1e6;
}
