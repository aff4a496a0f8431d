import * as z from "zod";
import { InputError } from "../domain/model/errors.ts";
import { type Trace, timeFrom } from "../simulation/trace.ts";
import { type TraceOptions, TraceRows } from "../simulation/trace-rows.ts";

const RESULT = z.object({
  Id: z.string(),
  Label: z.string().optional(),
  Timestamps: z.array(z.union([z.string(), z.number()])),
  Values: z.array(z.number()),
  StatusCode: z.string().optional(),
});
const METRIC_DATA = z.object({ MetricDataResults: z.array(RESULT).min(1), NextToken: z.string().optional() });
type Result = z.infer<typeof RESULT>;

/**
 * The JSON that `aws cloudwatch get-metric-data` prints, of one metric: its pages joined, its datapoints put into the order of
 * time where it gave them newest first (its default). Datapoints that CloudWatch does not have are gaps like any other.
 *
 * @throws {InputError} that lists all problems: several metrics, an incomplete answer, what is wrong with the datapoints.
 */
export function parseMetricData(text: string, name: string, options: TraceOptions = {}): Trace {
  const results = resultsFrom(text, name);
  const [first] = results;
  const ids = [...new Set(results.map(({ Id }) => Id))];
  const problems: string[] = [];
  if (ids.length > 1)
    problems.push(`${ids.length} metrics (${ids.slice(0, 10).join(", ")}): a trace is one; ask for one at a time`);
  const status = results.at(-1)?.StatusCode ?? "Complete";
  if (status !== "Complete") problems.push(`CloudWatch answered ${status}: the history is incomplete`);
  for (const { Id, Timestamps, Values } of results)
    if (Timestamps.length !== Values.length)
      problems.push(`${Id}: ${Timestamps.length} timestamps for ${Values.length} values`);
  if (first === undefined || problems.length > 0) throw new InputError(`the trace ${name} cannot be used`, problems);
  return traceOf(results, name, options);
}

function resultsFrom(text: string, name: string): readonly Result[] {
  const fail = (problems: readonly string[], cause?: unknown): InputError =>
    new InputError(`the trace ${name} cannot be used`, problems, { cause });
  let parsed: unknown;
  try {
    parsed = JSON.parse(text.replace(/^\uFEFF/, ""));
  } catch (error) {
    throw fail([`not JSON: ${error instanceof Error ? error.message : String(error)}`], error);
  }
  const checked = METRIC_DATA.safeParse(parsed);
  if (!checked.success) {
    const shown = checked.error.issues
      .slice(0, 20)
      .map(({ path, message }) => `${path.join(".") || "document"}: ${message}`);
    const more = checked.error.issues.length - shown.length;
    throw fail([
      "not the answer of `aws cloudwatch get-metric-data --output json`",
      ...shown,
      ...(more > 0 ? [`and ${more} more`] : []),
    ]);
  }
  if (checked.data.NextToken !== undefined) throw fail(["there is a NextToken: further pages are missing"]);
  return checked.data.MetricDataResults;
}

function traceOf(results: readonly Result[], name: string, options: TraceOptions): Trace {
  const rows = new TraceRows(name, options, "datapoint");
  const points = results.flatMap(({ Timestamps, Values }) =>
    Timestamps.map((time, at) => ({ time, value: Values[at] ?? Number.NaN })),
  );
  const times = points.map(({ time }) => timeFrom(String(time)) ?? Number.NaN);
  const isNewestFirst = times.length > 1 && times.every((ms, at) => at === 0 || ms < (times[at - 1] ?? 0));
  const order = isNewestFirst ? points.map((_, at) => points.length - 1 - at) : points.map((_, at) => at);
  for (const at of order) {
    const point = points[at];
    const atMs = times[at];
    if (point === undefined || atMs === undefined) continue;
    const line = at + 1;
    const written = String(point.time);
    if (Number.isNaN(atMs)) {
      rows.problem(line, `not a timestamp: ${JSON.stringify(written)}`);
      continue;
    }
    if (point.value < 0) rows.problem(line, `negative: ${point.value}`);
    rows.add({ line, text: written, atMs, value: point.value < 0 ? undefined : point.value });
  }
  return rows.finish();
}
