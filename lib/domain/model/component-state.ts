import type { Allocation } from "./resources.ts";
import type { SampleWindow } from "./sample-window.ts";
import type { ServiceState } from "./service.ts";

/** From a period's end to when its metrics can be read. */
export interface PublicationLag {
  readonly ms: number;
  /** Requests in a row, one beat sooner, that were in vain. */
  readonly sooner: number;
  /** Answers in a row that came later than that. */
  readonly later: number;
}

/** Tasks that served from a look of the monitor on, and their size. */
export interface Served {
  readonly sinceMs: number;
  readonly allocation: Allocation;
}

/**
 * What the monitor last saw of a component; one small item, overwritten. Holds the recent window of samples so that a
 * decision needs no range query. Written by the monitor only.
 */
export interface ComponentState {
  readonly v: 1;
  readonly component: string;
  readonly updatedAtMs: number;
  /** Absent while the service could never be described. Looks that show nothing new leave the earlier one for five minutes. */
  readonly service?: ServiceState | undefined;
  /** What served before, ascending; absent while that has not changed for a quarter of an hour. */
  readonly served?: readonly Served[] | undefined;
  /** Why the service could not be described at the last try. */
  readonly serviceProblem?: string | undefined;
  /** Ascending by endMs, at most `monitor.windowSamples`. */
  readonly window: SampleWindow;
  /** End of the newest period asked for and answered: nothing is read twice. */
  readonly readThroughMs: number;
  /** How long after its end a period is published, as far as known: domain/monitor/publication-lag.ts. */
  readonly lag?: PublicationLag | undefined;
  /** Set while the component is left alone for several periods: until when nothing newer is to be expected. */
  readonly restUntilMs?: number | undefined;
  /** 0..100, see domain/monitor/performance.ts; absent while unknown. */
  readonly performanceScore?: number | undefined;
  /** Slow mean of the score (per day), the base of PERFORMANCE_DEGRADATION. */
  readonly performanceBaseline?: number | undefined;
}
