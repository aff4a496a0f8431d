import { STRATEGIES_BY_NAME } from "../../domain/decision/strategies/index.ts";
import type { StaffingNeed } from "../../domain/decision/strategies/strategy.ts";
import {
  type DemandOutlook,
  type DemandSeries,
  demandSeries,
  type GrowthModel,
  outlookOf,
  trainGrowth,
} from "../../domain/forecasting/index.ts";
import type { ComponentPolicy } from "../../domain/model/policy.ts";
import type { Job } from "./job.ts";

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
/** What a model learns from, and how far back the same time of former days is looked at. */
const HISTORY_MS = 7 * DAY_MS;
/** Around the same time of a former day: what growth-features.ts looks at, and the minutes that the outlook covers. */
const BEFORE_MS = 10 * MINUTE_MS;
const AFTER_MS = 45 * MINUTE_MS;
const LAST_HOUR_MS = 70 * MINUTE_MS;

/** How the component is staffed by demand; undefined for all that are not. */
export function needOf({ strategy, rules, parameters }: ComponentPolicy): StaffingNeed | undefined {
  const chosen = STRATEGIES_BY_NAME[strategy];
  for (const rule of rules) {
    const need = chosen.staffing?.(rule, parameters);
    if (need !== undefined) return need;
  }
  return undefined;
}

/**
 * What a component's decisions need to staff by demand: a model of its growth, learned again when it is older than the
 * policy's refit time or does not fit any more, and what former days say about the minutes to come.
 */
export async function outlookFor(
  job: Job,
  policy: ComponentPolicy,
  previous: DemandOutlook | undefined,
): Promise<DemandOutlook | undefined> {
  const need = needOf(policy);
  const taskCpu = job.states.get(policy.name)?.service?.desired.size.cpu;
  if (need === undefined || taskCpu === undefined || taskCpu <= 0) return undefined;
  const { nowMs } = job;
  const { quantile, leadMinutes } = need;
  const known = previous?.taskCpu === taskCpu ? previous.model : undefined;
  const isDue = known === undefined || !isCurrent(known, need, job);
  if (!isDue) return outlookOf(await readParts(job, policy, taskCpu), known, { taskCpu, leadMinutes, nowMs });
  const whole = await readDemand(job, policy, taskCpu, { fromMs: nowMs - HISTORY_MS - LAST_HOUR_MS, toMs: nowMs });
  const model = trainGrowth(whole, { quantile, leadMinutes, nowMs }) ?? known;
  return outlookOf([whole], model, { taskCpu, leadMinutes, nowMs });
}

function isCurrent({ trainedAtMs, quantile, leadMinutes }: GrowthModel, need: StaffingNeed, job: Job): boolean {
  const { refitMs } = job.fleet.optimization.forecast;
  return job.nowMs - trainedAtMs < refitMs && quantile === need.quantile && leadMinutes === need.leadMinutes;
}

/** The same time of the former days that are looked at, and the last hour. */
async function readParts(job: Job, policy: ComponentPolicy, taskCpu: number): Promise<readonly DemandSeries[]> {
  const { nowMs } = job;
  const spans = [7, 3, 2, 1].map((days) => {
    const thenMs = nowMs - days * DAY_MS;
    return { fromMs: thenMs - BEFORE_MS, toMs: thenMs + AFTER_MS };
  });
  spans.push({ fromMs: nowMs - LAST_HOUR_MS, toMs: nowMs });
  return Promise.all(spans.map(async (span) => readDemand(job, policy, taskCpu, span)));
}

async function readDemand(
  { ports, fleet }: Job,
  { name }: ComponentPolicy,
  taskCpu: number,
  { fromMs, toMs }: { readonly fromMs: number; readonly toMs: number },
): Promise<DemandSeries> {
  const samples = await ports.store.readSamples(fleet.name, name, fromMs, toMs + 1);
  return demandSeries(samples, { fromMs, toMs, taskCpu });
}
