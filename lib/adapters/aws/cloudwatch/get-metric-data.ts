import { type CloudWatchClient, GetMetricDataCommand, type MetricDataResult } from "@aws-sdk/client-cloudwatch";
import { DependencyError } from "../../../domain/model/errors.ts";
import type { Log } from "../../../ports.ts";
import type { QueryBatch } from "./queries.ts";

/** A call that has more pages than this is not answered as the API says. */
const PAGES_MAX = 1000;
const THROTTLED = /throttl|TooManyRequests|RequestLimitExceeded|LimitExceeded|SlowDown/i;
const DENIED = /AccessDenied|Unauthorized|NotAuthorized|Forbidden/i;

/** From `startMs` (inclusive) to `endMs` (exclusive), epoch ms; by timestamps, which are the STARTS of periods. */
export interface TimeRange {
  readonly startMs: number;
  readonly endMs: number;
}

/**
 * One GetMetricData, all pages of it: the pages of each answer by its id, oldest first.
 *
 * @throws DependencyError when a page could not be had: what came before it is not enough to judge by.
 */
export async function getMetricData(
  client: CloudWatchClient,
  { queries }: QueryBatch<unknown>,
  { startMs, endMs }: TimeRange,
  log: Log,
): Promise<ReadonlyMap<string, readonly MetricDataResult[]>> {
  const pages = new Map<string, MetricDataResult[]>();
  const messages = new Set<string>();
  let token: string | undefined;
  for (let page = 0; page === 0 || token !== undefined; page++) {
    if (page === PAGES_MAX) throw new DependencyError("GetMetricData does not come to an end", { pages: page });
    const command = new GetMetricDataCommand({
      MetricDataQueries: [...queries],
      StartTime: new Date(startMs),
      EndTime: new Date(endMs),
      ScanBy: "TimestampAscending",
      ...(token !== undefined && { NextToken: token }),
    });
    // A retry of the same page is the SDK's business: reading twice does no harm.
    const answer = await client.send(command).catch((error: unknown) => {
      throw failureOf(error);
    });
    for (const result of answer.MetricDataResults ?? []) {
      if (result.Id === undefined) continue;
      const known = pages.get(result.Id);
      if (known === undefined) pages.set(result.Id, [result]);
      else known.push(result);
      for (const { Code, Value } of result.Messages ?? []) messages.add(`${Code ?? ""}: ${Value ?? ""}`);
    }
    for (const { Code, Value } of answer.Messages ?? []) messages.add(`${Code ?? ""}: ${Value ?? ""}`);
    token = answer.NextToken === "" ? undefined : answer.NextToken;
  }
  if (messages.size > 0) log("warn", "CloudWatch has remarks", { messages: [...messages].slice(0, 20) });
  return pages;
}

function failureOf(error: unknown): DependencyError {
  const name = error instanceof Error ? error.name : "";
  const message = error instanceof Error ? error.message : String(error);
  const options = { cause: error };
  if (DENIED.test(name))
    return new DependencyError(`metrics denied: allow cloudwatch:GetMetricData on * (${message})`, { name }, options);
  if (THROTTLED.test(name)) return new DependencyError(`metrics throttled: ${message}`, { name }, options);
  return new DependencyError(`metrics could not be read: ${name}: ${message}`, { name }, options);
}
