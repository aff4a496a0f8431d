/**
 * List prices of AWS, us-east-1, USD, before tax. Compiled 2026-11-23 from secondary sources (price lists quoted in public
 * repositories and articles), not from a live price page: check them before quoting a bill to somebody.
 */
export const PRICES_OF = { region: "us-east-1", compiled: "2026-11-23" } as const;

export interface Price {
  readonly usd: number;
  /** What `usd` is for. */
  readonly per: string;
  /** How many of these a month every account has for free, for ever; 0 = none. Shared with all else in the account. */
  readonly free: number;
}

export const PRICES = {
  /** Up to five statistics of one metric in one request count once; every further five, or another metric, again. */
  metricRequest: { usd: 0.01 / 1000, per: "metric requested", free: 0 },
  /** Prorated by the hour: an hour without a value costs nothing. Of the first 10,000. */
  customMetric: { usd: 0.3, per: "metric-month", free: 10 },
  alarm: { usd: 0.1, per: "alarm-month", free: 10 },
  dashboard: { usd: 3, per: "dashboard-month", free: 3 },
  logGigabyte: { usd: 0.5, per: "GB ingested", free: 5 },
  invocation: { usd: 0.2 / 1e6, per: "invocation", free: 1e6 },
  /** arm64; x86 is $0.0000166667. */
  gigabyteSecond: { usd: 0.0000133334, per: "GB-second", free: 400_000 },
  writeUnit: { usd: 0.625 / 1e6, per: "write unit", free: 0 },
  readUnit: { usd: 0.125 / 1e6, per: "read unit", free: 0 },
  tableGigabyte: { usd: 0.25, per: "GB-month", free: 25 },
  recoveryGigabyte: { usd: 0.2, per: "GB-month", free: 0 },
  queueRequest: { usd: 0.4 / 1e6, per: "request", free: 1e6 },
  schedule: { usd: 1 / 1e6, per: "invocation", free: 14e6 },
  notification: { usd: 0.5 / 1e6, per: "notification", free: 1e6 },
} as const satisfies Readonly<Record<string, Price>>;

export type PriceName = keyof typeof PRICES;

/** A month is 30 days here. */
export const HOURS_IN_MONTH = 720;
