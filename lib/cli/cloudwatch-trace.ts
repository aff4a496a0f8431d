import { CloudWatchClient } from "@aws-sdk/client-cloudwatch";
import { CloudWatchMetricSource } from "../adapters/aws/cloudwatch/index.ts";
import { readConfigFile } from "../config/file.ts";
import { compileDeployment, loadConfig } from "../config/index.ts";
import { DependencyError, InputError } from "../domain/model/errors.ts";
import type { Trace } from "../simulation/trace.ts";
import { type TraceOptions, TraceRows } from "../simulation/trace-rows.ts";

export interface HistoryOptions extends TraceOptions {
  readonly component: string;
  readonly days: number;
  readonly region?: string | undefined;
  /** The configuration that says where its metrics come from; default: the preset. */
  readonly config?: string | undefined;
}

const DAY_MS = 86_400_000;
/** A person waits: an endpoint that does not answer is told after seconds, not minutes. */
const CONNECT_MS = 3_000;
const ANSWER_MS = 30_000;

/**
 * The throughput of a component over the last days, from CloudWatch, as a trace. Use of CPU is not taken in its place: it was
 * recorded under another number of tasks, and stops at what these had.
 *
 * @throws InputError when the component has no source of throughput or its history has gaps; DependencyError when CloudWatch
 * does not answer.
 */
export async function readCloudWatchTrace({
  component,
  days,
  region,
  config: file,
  ...options
}: HistoryOptions): Promise<Trace> {
  const { targets } = compileDeployment(loadConfig(file === undefined ? {} : await readConfigFile(file)));
  const target = targets.find((each) => each.component === component);
  const fail = (problem: string): InputError => new InputError(`no history of ${component}`, [problem]);
  if (target === undefined)
    throw fail(`the configuration has no such component; it has ${targets.map((each) => each.component).join(", ")}`);
  if (target.metrics.throughput === undefined)
    throw fail("the component has no source of throughput (metrics.throughput): the load is not known");
  const client = new CloudWatchClient({
    ...(region === undefined ? {} : { region }),
    requestHandler: { connectionTimeout: CONNECT_MS, requestTimeout: ANSWER_MS },
  });
  try {
    const source = new CloudWatchMetricSource({ client, targets: [target], log: () => undefined });
    return await historyTrace(source, { component, days, nowMs: Date.now(), ...options });
  } catch (error) {
    if (error instanceof InputError || error instanceof DependencyError) throw error;
    throw new DependencyError(
      `the history of ${component} cannot be read: ${error instanceof Error ? error.message : String(error)}`,
      {},
      { cause: error },
    );
  } finally {
    client.destroy();
  }
}

/** Throughput period by period; a period that CloudWatch does not have is a gap. */
export async function historyTrace(
  source: Pick<CloudWatchMetricSource, "readHistory">,
  { component, days, nowMs, ...options }: TraceOptions & { component: string; days: number; nowMs: number },
): Promise<Trace> {
  const samples = await source.readHistory({
    component,
    metrics: ["throughput"],
    fromMs: nowMs - days * DAY_MS,
    toMs: nowMs,
    nowMs,
    allocationAt: () => undefined,
  });
  const rows = new TraceRows(`${component} (CloudWatch)`, options, "sample");
  for (const [at, { endMs, periodMs, values }] of samples.entries()) {
    const atMs = endMs - periodMs;
    if (values.throughput !== undefined)
      rows.add({ line: at + 1, text: new Date(atMs).toISOString(), atMs, value: values.throughput });
  }
  return rows.finish();
}
