import type { MetricBinding, ServiceTarget } from "../../../deployment.ts";
import { DependencyError } from "../../../domain/model/errors.ts";
import type { Allocation } from "../../../domain/model/resources.ts";
import type { MetricName, Sample } from "../../../domain/model/sample.ts";
import { carryMs, RECENT_MS } from "./publication.ts";
import { type Bindings, groupsOf } from "./queries.ts";
import { samplesFrom } from "./samples.ts";
import { joinedSeries } from "./series.ts";
import type { SeriesByMetric, SeriesReader } from "./series-reader.ts";
import { substitutes, withSubstitutes } from "./silence.ts";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** Datapoints of one page (CWAPI API_GetMetricData); with metric math there is only one page. */
const DATAPOINTS_MAX = 100_800;

/**
 * How finely CloudWatch still knows what is so old: shorter periods than these give no datapoints at all (CWAPI
 * API_MetricStat): 15, 63 and 455 days. An hour is kept clear of each border, so that nothing falls over it while it is read.
 */
const KEPT = [
  { periodMs: 60_000, untilMs: 15 * DAY_MS - HOUR_MS },
  { periodMs: 300_000, untilMs: 63 * DAY_MS - HOUR_MS },
  { periodMs: 3_600_000, untilMs: 455 * DAY_MS - HOUR_MS },
] as const;

export interface HistoryRequest {
  readonly component: string;
  readonly metrics: readonly MetricName[];
  /** Periods that ended after `fromMs` and at or before `toMs`, epoch ms. */
  readonly fromMs: number;
  readonly toMs: number;
  readonly nowMs: number;
  /** What the tasks had in the period that ended then: without it a percentage is absent. */
  readonly allocationAt: (endMs: number) => Allocation | undefined;
}

/** @throws DependencyError when a part could not be read. */
export async function readHistory(
  reader: SeriesReader,
  target: ServiceTarget,
  request: HistoryRequest,
): Promise<readonly Sample[]> {
  const samples: Sample[] = [];
  let newerMs = 0;
  const tiers: Sample[][] = [];
  for (const { periodMs, untilMs } of KEPT) {
    const fromMs = Math.max(request.fromMs, request.nowMs - untilMs);
    const toMs = Math.min(request.toMs, request.nowMs - newerMs);
    newerMs = untilMs;
    const from = Math.ceil(fromMs / periodMs) * periodMs;
    if (from < toMs) tiers.push(await readTier(reader, target, request, { periodMs, fromMs: from, toMs }));
  }
  for (const tier of tiers.reverse()) {
    const after = samples.at(-1)?.endMs ?? Number.NEGATIVE_INFINITY;
    samples.push(...tier.filter((sample) => sample.endMs - sample.periodMs >= after));
  }
  return samples;
}

async function readTier(
  reader: SeriesReader,
  target: ServiceTarget,
  { metrics, allocationAt, nowMs }: HistoryRequest,
  { periodMs, fromMs, toMs }: { periodMs: number; fromMs: number; toMs: number },
): Promise<Sample[]> {
  const bindings = coarser(target.metrics, metrics, periodMs);
  const others = substitutes(bindings);
  const queries = [...groupsOf(bindings), ...groupsOf(others)].reduce((sum, { size }) => sum + size, 0);
  if (queries === 0) return [];
  const chunkMs = Math.floor(DATAPOINTS_MAX / queries) * periodMs;
  const series: SeriesByMetric = {};
  const leadMs = RECENT_MS + carryMs(periodMs) + periodMs;
  for (let startMs = fromMs - leadMs; startMs < toMs; startMs += chunkMs) {
    const untilMs = Math.min(startMs + chunkMs, toMs, nowMs);
    const questions = [bindings, others].map((each) => ({ bindings: each, fromMs: startMs }));
    const [answer, other = {}] = await reader.read(questions, untilMs, nowMs);
    if (answer === undefined) continue;
    if (answer instanceof Error) throw answer;
    if (other instanceof Error) throw other;
    const joined = withSubstitutes(answer, other, others);
    for (const [name, part] of Object.entries(joined) as [MetricName, SeriesByMetric[MetricName]][]) {
      if (part?.status === "partial")
        throw new DependencyError(`the history of ${target.component} is incomplete: CloudWatch failed over ${name}`);
      const known = series[name];
      series[name] = known !== undefined && part !== undefined ? joinedSeries(known, part) : part;
    }
  }
  const all = samplesFrom({ target: { periodMs, metrics: bindings }, series, allocationAt, nowMs }, fromMs);
  return all.filter(({ endMs }) => endMs <= toMs);
}

/** The wanted bindings, none with a shorter period than `periodMs`; sums are brought back to the shorter one. */
function coarser(metrics: Bindings, wanted: readonly MetricName[], periodMs: number): Bindings {
  const entries = wanted.flatMap((name): [MetricName, MetricBinding][] => {
    const binding = metrics[name];
    if (binding === undefined) return [];
    const [first] = binding.inputs;
    const isSum = binding.expression === undefined && /^(Sum|SampleCount)$/.test(first?.statistic ?? "");
    const longer = Math.max(1, ...binding.inputs.map((input) => roundedUp(input.periodMs, periodMs) / input.periodMs));
    return [
      [
        name,
        {
          ...binding,
          inputs: binding.inputs.map((input) => ({ ...input, periodMs: roundedUp(input.periodMs, periodMs) })),
          factor: isSum ? binding.factor / longer : binding.factor,
          ...(binding.whenSilent !== undefined && {
            whenSilent: { ...binding.whenSilent, periodMs: roundedUp(binding.whenSilent.periodMs, periodMs) },
          }),
        },
      ],
    ];
  });
  return Object.fromEntries(entries);
}

function roundedUp(ms: number, stepMs: number): number {
  return Math.ceil(ms / stepMs) * stepMs;
}
