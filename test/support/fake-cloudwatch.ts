import {
  CloudWatchClient,
  GetMetricDataCommand,
  type GetMetricDataCommandInput,
  type GetMetricDataCommandOutput,
  type MetricDataQuery,
  type MetricDataResult,
  type StatusCode,
} from "@aws-sdk/client-cloudwatch";
import { mockClient } from "aws-sdk-client-mock";
import { valueOfExpression } from "./metric-math.ts";

interface Point {
  readonly startMs: number;
  readonly value: number;
  readonly publishedMs: number;
  /** How many values it is the mean of; 1 without. */
  readonly count?: number;
}
/** Faults by metric name. */
interface Fault {
  readonly status?: StatusCode;
  readonly error?: Error;
}

/**
 * CloudWatch in memory, behind a real client: datapoints that appear some time after their period, GetMetricData with pages
 * and metric math, and the API's own refusals. A name stands for a metric, its dimensions are joined to it as they come.
 */
export class FakeCloudWatch {
  nowMs = 0;
  /** Datapoints of one page; metric math has no pages. */
  pageSize = 100_800;
  readonly client = new CloudWatchClient({ region: "eu-west-1" });
  readonly calls: GetMetricDataCommandInput[] = [];
  readonly faults = new Map<string, Fault>();
  readonly #points = new Map<string, Point[]>();

  constructor() {
    mockClient(this.client)
      .on(GetMetricDataCommand)
      .callsFake((input: GetMetricDataCommandInput) => this.#answer(input));
  }

  /** A datapoint of the period that starts at `startMs`; it can be read from `publishedMs` on. */
  put(name: string, dimensions: Readonly<Record<string, string>>, point: Point): void {
    const key = keyOf(name, Object.entries(dimensions));
    const points = this.#points.get(key);
    if (points === undefined) this.#points.set(key, [point]);
    else points.push(point);
  }

  /** Queries of all calls so far, pages of one call counted once. */
  get queriesAsked(): number {
    return this.calls.reduce(
      (sum, { NextToken, MetricDataQueries = [] }) => sum + (NextToken === undefined ? MetricDataQueries.length : 0),
      0,
    );
  }

  async #answer(input: GetMetricDataCommandInput): Promise<Partial<GetMetricDataCommandOutput>> {
    this.calls.push(input);
    const queries = input.MetricDataQueries ?? [];
    const range = { from: input.StartTime?.getTime() ?? Number.NaN, to: input.EndTime?.getTime() ?? Number.NaN };
    refuse(queries, range);
    const names = new Map(queries.map(({ Id, MetricStat }) => [Id, MetricStat?.Metric?.MetricName ?? ""]));
    const fault = [...names.values()].map((name) => this.faults.get(name)).find((each) => each?.error);
    if (fault?.error !== undefined) throw fault.error;
    const series = new Map<string, Map<number, number>>();
    for (const query of queries) if (query.MetricStat) series.set(query.Id ?? "", this.#statistic(query, range));
    for (const { Id = "", Expression } of queries)
      if (Expression !== undefined) series.set(Id, valueOfExpression(Expression, series));
    const isMath = queries.some(({ Expression }) => Expression !== undefined);
    const offset = Number(input.NextToken ?? "0");
    const size = isMath ? Number.POSITIVE_INFINITY : this.pageSize;
    let position = 0;
    const results = queries
      .filter(({ ReturnData }) => ReturnData !== false)
      .map(({ Id = "" }): MetricDataResult => {
        const points = [...(series.get(Id) ?? [])].sort(([a], [b]) => a - b);
        const page = points.filter(() => {
          const at = position++;
          return at >= offset && at < offset + size;
        });
        const status = this.faults.get(names.get(Id) ?? "")?.status;
        const partial = position > offset + size ? "PartialData" : "Complete";
        return {
          Id,
          StatusCode: status ?? partial,
          Timestamps: page.map(([at]) => new Date(at)),
          Values: page.map(([, value]) => value),
        };
      });
    return { MetricDataResults: results, ...(position > offset + size && { NextToken: String(offset + size) }) };
  }

  #statistic({ MetricStat }: MetricDataQuery, { from, to }: { from: number; to: number }): Map<number, number> {
    const periodMs = (MetricStat?.Period ?? 60) * 1000;
    if (periodMs < 60_000 && from < this.nowMs - 3 * 3_600_000) return new Map();
    const dimensions = (MetricStat?.Metric?.Dimensions ?? []).map(
      ({ Name = "", Value = "" }) => [Name, Value] as const,
    );
    const points = this.#points.get(keyOf(MetricStat?.Metric?.MetricName ?? "", dimensions)) ?? [];
    const byPeriod = new Map<number, { sum: number; count: number }>();
    for (const { startMs, value, publishedMs, count = 1 } of points) {
      if (startMs < from || startMs >= to || publishedMs > this.nowMs) continue;
      const at = Math.floor(startMs / periodMs) * periodMs;
      const before = byPeriod.get(at) ?? { sum: 0, count: 0 };
      byPeriod.set(at, { sum: before.sum + value * count, count: before.count + count });
    }
    const answer = ({ sum, count }: { sum: number; count: number }) =>
      MetricStat?.Stat === "Sum" ? sum : MetricStat?.Stat === "SampleCount" ? count : sum / count;
    return new Map([...byPeriod].map(([at, all]) => [at, answer(all)]));
  }
}

function keyOf(name: string, dimensions: readonly (readonly [string, string])[]): string {
  return JSON.stringify([name, [...dimensions].sort(([a], [b]) => (a < b ? -1 : 1))]);
}

/** What the API refuses. */
function refuse(queries: readonly MetricDataQuery[], { from, to }: { from: number; to: number }): void {
  const problems: string[] = [];
  if (queries.length === 0 || queries.length > 500) problems.push(`${queries.length} queries`);
  if (new Set(queries.map(({ Id }) => Id)).size !== queries.length) problems.push("two queries with one id");
  if (!(from < to)) problems.push(`the start ${from} is not before the end ${to}`);
  for (const { Id = "", MetricStat, Expression } of queries) {
    if (!/^[a-z][a-zA-Z0-9_]*$/.test(Id)) problems.push(`the id ${Id}`);
    if ((MetricStat === undefined) === (Expression === undefined))
      problems.push(`${Id}: either a metric or an expression`);
    for (const [id] of (Expression ?? "").matchAll(/\b[a-z]\w*/g))
      if (!queries.some((each) => each.Id === id)) problems.push(`${Id}: no query ${id}`);
  }
  if (problems.length === 0) return;
  throw Object.assign(new Error(problems.join("; ")), { name: "ValidationError" });
}
