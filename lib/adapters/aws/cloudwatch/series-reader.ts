import type { CloudWatchClient } from "@aws-sdk/client-cloudwatch";
import pLimit from "p-limit";
import type { MetricName } from "../../../domain/model/sample.ts";
import type { Log } from "../../../ports.ts";
import { getMetricData } from "./get-metric-data.ts";
import { type Bindings, batchesOf, groupsOf, type QueryBatch } from "./queries.ts";
import { type Series, seriesOf } from "./series.ts";

/** Calls under way at the same time. The account's default is 500 a second (CWUG cloudwatch_limits). */
const CALLS_AT_ONCE = 8;

/** What is asked of one component. */
export interface Question {
  readonly bindings: Bindings;
  /** Timestamps from here are wanted, epoch ms. */
  readonly fromMs: number;
}
export type SeriesByMetric = Partial<Record<MetricName, Series>>;

/** Asks CloudWatch many questions in few calls. */
export class SeriesReader {
  readonly #client: CloudWatchClient;
  readonly #log: Log;
  readonly #limit = pLimit(CALLS_AT_ONCE);

  constructor(client: CloudWatchClient, log: Log) {
    this.#client = client;
    this.#log = log;
  }

  /**
   * The series of each question, in the order asked; an Error in the place of each that had a part in a call that failed.
   * `untilMs` bounds the periods' ends; every call asks for the longest range that one of its questions wants.
   */
  async read(questions: readonly Question[], untilMs: number, nowMs: number): Promise<(SeriesByMetric | Error)[]> {
    const answers: (SeriesByMetric | Error)[] = questions.map(() => ({}));
    const groups = questions.flatMap(({ bindings }, owner) => groupsOf(bindings).map((group) => ({ owner, group })));
    await Promise.all(
      batchesOf(groups).map((batch) =>
        this.#limit(async () => {
          try {
            await this.#readBatch(batch, questions, { untilMs, nowMs }, answers);
          } catch (error) {
            this.#fail(batch, error, answers);
          }
        }),
      ),
    );
    return answers;
  }

  async #readBatch(
    batch: QueryBatch<number>,
    questions: readonly Question[],
    { untilMs, nowMs }: { untilMs: number; nowMs: number },
    answers: (SeriesByMetric | Error)[],
  ): Promise<void> {
    const periods = batch.answers.map(({ periodMs }) => periodMs);
    const [shortest, longest] = [Math.min(...periods), Math.max(...periods)];
    const fromMs = Math.min(...batch.answers.map(({ owner }) => questions[owner]?.fromMs ?? untilMs));
    const range = {
      startMs: Math.floor(fromMs / longest) * longest,
      endMs: Math.floor(untilMs / shortest) * shortest,
    };
    const pages = await getMetricData(this.#client, batch, range, this.#log);
    for (const { id, owner, metric, periodMs } of batch.answers) {
      const answer = answers[owner];
      if (answer === undefined || answer instanceof Error) continue;
      answer[metric] = seriesOf(pages.get(id) ?? [], periodMs, nowMs);
    }
  }

  #fail(batch: QueryBatch<number>, error: unknown, answers: (SeriesByMetric | Error)[]): void {
    const problem = error instanceof Error ? error : new Error(String(error));
    const owners = new Set(batch.answers.map(({ owner }) => owner));
    this.#log("error", problem.message, { components: owners.size, queries: batch.queries.length });
    for (const owner of owners) answers[owner] = problem;
  }
}
