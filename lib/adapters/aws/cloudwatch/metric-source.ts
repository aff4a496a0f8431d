import type { CloudWatchClient } from "@aws-sdk/client-cloudwatch";
import type { ServiceTarget } from "../../../deployment.ts";
import { DependencyError } from "../../../domain/model/errors.ts";
import type { MetricName, Sample } from "../../../domain/model/sample.ts";
import type { Log, MetricRequest, MetricSource } from "../../../ports.ts";
import {
  type CoarseAnswer,
  type CoarseSplit,
  coarseCarried,
  coarseFromMs,
  coarseSplit,
  isStillCoarse,
} from "./coarse.ts";
import { type HistoryRequest, readHistory } from "./history.ts";
import { carryMs, LAST_GRACE_MS, RECENT_MS } from "./publication.ts";
import type { Bindings } from "./queries.ts";
import type { Answers } from "./readings.ts";
import { samplesFrom, streamsOf } from "./samples.ts";
import { type Question, type SeriesByMetric, SeriesReader } from "./series-reader.ts";
import { silentBindings, withSubstitutes } from "./silence.ts";

/** The first read of a component, and one after a long silence, go back so many periods. */
const LOOKBACK_PERIODS = 20;
/** A beat may come so much sooner after the one before than it should. */
const BEAT_JITTER_MS = 10_000;

/** What was last read of the metrics with a longer period than the samples'. */
interface SlowAnswer {
  readonly askedAtMs: number;
  readonly fromMs: number;
  readonly series: SeriesByMetric;
}

/** A read of one component on its way. */
interface Plan {
  readonly request: MetricRequest;
  readonly target: ServiceTarget;
  readonly sinceMs: number;
  readonly question: Question;
  /** Whether the slow metrics are asked for, too; otherwise the last answer still holds. */
  readonly slow: SlowAnswer | "asked";
  /** The same of what is wanted coarsely; undefined: nothing is. */
  readonly coarse: CoarseAnswer | CoarseSplit | undefined;
}

/**
 * Metrics of ECS services from Amazon CloudWatch: GetMetricData, all components' queries together in as few calls as they
 * fit in. Which metric comes from where is the targets' business; what a sample waits for is that of readings.ts.
 */
export class CloudWatchMetricSource implements MetricSource {
  readonly #targets: ReadonlyMap<string, ServiceTarget>;
  readonly #reader: SeriesReader;
  /** Of this process only: a new one asks once more. */
  readonly #slow = new Map<string, SlowAnswer>();
  readonly #coarse = new Map<string, CoarseAnswer>();

  constructor({
    client,
    targets,
    log,
  }: {
    client: CloudWatchClient;
    targets: readonly ServiceTarget[];
    log: Log;
  }) {
    this.#targets = new Map(targets.map((target) => [target.component, target]));
    this.#reader = new SeriesReader(client, log);
  }

  async read(requests: readonly MetricRequest[], nowMs: number): Promise<readonly (readonly Sample[] | Error)[]> {
    const plans = requests.map((request) => this.#planOf(request, nowMs));
    const due = plans.filter((plan): plan is Plan => plan !== undefined && !(plan instanceof Error));
    const answers = await this.#reader.read(
      due.map(({ question }) => question),
      nowMs,
      nowMs,
    );
    await this.#askWhereSilent(due, answers, nowMs);
    const answerOf = new Map(due.map((plan, i) => [plan, answers[i]]));
    return plans.map((plan) => {
      if (plan === undefined) return [];
      return plan instanceof Error ? plan : this.#samplesOf(plan, answerOf.get(plan), nowMs);
    });
  }

  /** A second request for the few that need it: what stands in for metrics that are silent joins their answers. */
  async #askWhereSilent(plans: readonly Plan[], answers: (SeriesByMetric | Error)[], nowMs: number): Promise<void> {
    const asked = plans.flatMap(({ target, question: { bindings, fromMs }, sinceMs }, i) => {
      const answer = answers[i];
      if (answer === undefined || answer instanceof Error) return [];
      const silent = silentBindings({ ...target, metrics: bindings }, answer, sinceMs, nowMs);
      return Object.keys(silent).length === 0 ? [] : [{ i, answer, question: { bindings: silent, fromMs } }];
    });
    if (asked.length === 0) return;
    const questions = asked.map(({ question }) => question);
    const others = await this.#reader.read(questions, nowMs, nowMs);
    for (const [k, { i, answer, question }] of asked.entries())
      answers[i] = withSubstitutes(answer, others[k] ?? {}, question.bindings);
  }

  /**
   * Samples of up to 455 days, for a backtest: at 60 s while CloudWatch keeps minutes (15 days), coarser before. Metrics
   * that have no source, and periods without data, are left out.
   *
   * @throws DependencyError when a part could not be read: a history with holes of our own making misleads.
   */
  async readHistory(request: HistoryRequest): Promise<readonly Sample[]> {
    const target = this.#targets.get(request.component);
    if (target === undefined) throw new DependencyError(`no metrics of ${request.component}: it is not deployed`);
    return await readHistory(this.#reader, target, request);
  }

  /** Undefined: no new period can have ended. */
  #planOf(request: MetricRequest, nowMs: number): Plan | Error | undefined {
    const deployed = this.#targets.get(request.component);
    if (deployed === undefined) return new DependencyError(`no metrics of ${request.component}: it is not deployed`);
    const split = coarseSplit(deployed, request.coarse ?? []);
    const target = split.rest;
    const { periodMs, metrics } = target;
    const endMs = Math.floor(nowMs / periodMs) * periodMs;
    const sinceMs = Math.max(request.sinceMs, endMs - LOOKBACK_PERIODS * periodMs);
    if (sinceMs + periodMs > endMs || Object.keys(deployed.metrics).length === 0) return undefined;
    const { prompt, slow } = streamsOf(metrics, periodMs);
    const recent = sinceMs - RECENT_MS;
    const slowFromMs = Math.min(...slow.map((stream) => recent - carryMs(stream.periodMs) - stream.periodMs));
    const last = this.#slow.get(request.component);
    const holds = last !== undefined && slow.length > 0 && isStillNew(last, slow, nowMs) && last.fromMs <= slowFromMs;
    const asked: Bindings = holds ? prompt : metrics;
    const fromMs = Math.min(recent - 2 * periodMs, holds ? Number.POSITIVE_INFINITY : slowFromMs);
    const plan = { request, target, sinceMs, slow: holds ? last : ("asked" as const) };
    if (Object.keys(split.bindings).length === 0)
      return { ...plan, question: { bindings: asked, fromMs }, coarse: undefined };
    const known = this.#coarse.get(request.component);
    if (known !== undefined && isStillCoarse(known, split.bindings, nowMs))
      return { ...plan, question: { bindings: asked, fromMs }, coarse: known };
    // Whether there was traffic is a part of it.
    const { throughput } = metrics;
    const bindings = { ...asked, ...(throughput && { throughput }), ...split.bindings };
    return { ...plan, question: { bindings, fromMs: Math.min(fromMs, coarseFromMs(nowMs)) }, coarse: split };
  }

  #samplesOf(plan: Plan, answer: SeriesByMetric | Error | undefined, nowMs: number): readonly Sample[] | Error {
    const { request, target, sinceMs, question, slow, coarse: wanted } = plan;
    if (answer === undefined || answer instanceof Error)
      return answer ?? new DependencyError(`no metrics of ${request.component}: no answer`);
    const asked = Object.values(answer);
    if (asked.length > 0 && asked.every(({ status }) => status === "denied")) {
      const message = `metrics of ${request.component} denied: allow cloudwatch:GetMetricData on *`;
      return new DependencyError(message);
    }
    const streams = streamsOf(target.metrics, target.periodMs).slow;
    if (slow === "asked" && streams.length > 0) {
      const names = streams.flatMap(({ bindings }) => Object.keys(bindings));
      const series = Object.fromEntries(Object.entries(answer).filter(([name]) => names.includes(name)));
      this.#slow.set(request.component, { askedAtMs: nowMs, fromMs: question.fromMs, series });
    }
    const answers = { target, series: answer, allocationAt: request.allocationAt ?? (() => undefined), nowMs };
    const coarse = wanted === undefined || "carried" in wanted ? wanted : coarseAnswerOf(answers, wanted);
    if (coarse !== undefined) this.#coarse.set(request.component, coarse);
    if (slow === "asked") return samplesFrom(answers, sinceMs, { coarse: coarse?.carried });
    const series = { ...slow.series, ...answer };
    const options = { slowAskedAtMs: slow.askedAtMs, coarse: coarse?.carried };
    return samplesFrom({ ...answers, series }, sinceMs, options);
  }
}

function coarseAnswerOf(answers: Answers, { bindings }: CoarseSplit): CoarseAnswer {
  const metrics = { ...answers.target.metrics, ...bindings };
  const carried = coarseCarried({ ...answers, target: { ...answers.target, metrics } }, bindings);
  return { askedAtMs: answers.nowMs, carried };
}

/**
 * The slow metrics were asked for, and no new period of theirs can have been published since. Those of minutes are asked for
 * a period later, those that are longer than publication takes once the next one is settled.
 */
function isStillNew(
  { askedAtMs, series }: SlowAnswer,
  slow: readonly { periodMs: number; bindings: Bindings }[],
  nowMs: number,
): boolean {
  const settled = (periodMs: number, atMs: number) => Math.floor((atMs - LAST_GRACE_MS) / periodMs);
  const isNew = (periodMs: number) =>
    periodMs > LAST_GRACE_MS
      ? settled(periodMs, nowMs) === settled(periodMs, askedAtMs)
      : nowMs - askedAtMs < periodMs - BEAT_JITTER_MS;
  const isAsked = (name: string) => series[name as MetricName] !== undefined;
  return (
    nowMs >= askedAtMs &&
    slow.every(({ periodMs, bindings }) => isNew(periodMs) && Object.keys(bindings).every(isAsked))
  );
}
