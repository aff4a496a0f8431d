import type { MetricDataResult } from "@aws-sdk/client-cloudwatch";

/** Datapoints of one answer, by the END of their period, epoch ms. */
export interface Series {
  readonly values: ReadonlyMap<number, number>;
  /** End of the newest period; -Infinity without datapoints. */
  readonly newestMs: number;
  /** Whether a datapoint lay in the future; it was dropped. */
  readonly future: boolean;
  /** `partial`: CloudWatch failed over it (InternalError, PartialData); `denied`: Forbidden. */
  readonly status: "complete" | "partial" | "denied";
  /** Whether what stands in for a silent metric (MetricBinding.whenSilent) was asked for, too, and is in it. */
  readonly isSubstituted?: boolean;
}

export const EMPTY_SERIES: Series = {
  values: new Map(),
  newestMs: Number.NEGATIVE_INFINITY,
  future: false,
  status: "complete",
};

/**
 * All pages of one answer as a series. The status is that of the last page: an earlier one is partial only because it is
 * not the last. Order does not matter; of two values for one period the larger counts (doubt never shrinks). A period that
 * has not ended by `nowMs` is dropped without a word, a timestamp after `nowMs` as one in the future.
 */
export function seriesOf(pages: readonly MetricDataResult[], periodMs: number, nowMs: number): Series {
  const values = new Map<number, number>();
  let newestMs = Number.NEGATIVE_INFINITY;
  let future = false;
  for (const { Timestamps = [], Values = [] } of pages) {
    for (let i = 0; i < Math.min(Timestamps.length, Values.length); i++) {
      const atMs = Timestamps[i]?.getTime() ?? Number.NaN;
      const value = Values[i];
      if (value === undefined || Number.isNaN(atMs)) continue;
      if (atMs > nowMs) future = true;
      const endMs = Math.floor(atMs / periodMs) * periodMs + periodMs;
      if (endMs > nowMs) continue;
      const known = values.get(endMs);
      values.set(endMs, known === undefined || Number.isNaN(known) || value > known ? value : known);
      newestMs = Math.max(newestMs, endMs);
    }
  }
  return { values, newestMs, future, status: statusOf(pages.at(-1)) };
}

/** Datapoints of both; the status and the newest are those of the worse and the newer. */
export function joinedSeries(a: Series, b: Series): Series {
  const rank = { complete: 0, partial: 1, denied: 2 } as const;
  return {
    values: new Map([...a.values, ...b.values]),
    newestMs: Math.max(a.newestMs, b.newestMs),
    future: a.future || b.future,
    status: rank[a.status] >= rank[b.status] ? a.status : b.status,
  };
}

function statusOf(page: MetricDataResult | undefined): Series["status"] {
  if (page === undefined) return "partial"; // asked, and not even mentioned in the answer
  if (page.StatusCode === "Forbidden") return "denied";
  // Absent in answers of emulators; every status that is not known is a doubt.
  return page.StatusCode === undefined || page.StatusCode === "Complete" ? "complete" : "partial";
}
