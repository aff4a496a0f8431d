import { STRATEGIES_BY_NAME } from "../../domain/decision/strategies/index.ts";
import type { StaffingNeed } from "../../domain/decision/strategies/strategy.ts";
import {
  type DemandOutlook,
  type DemandSeries,
  demandSeries,
  type GrowthModel,
  minutesKnown,
  outlookOf,
  trainGrowth,
} from "../../domain/forecasting/index.ts";
import type { ComponentPolicy } from "../../domain/model/policy.ts";
import type { Sample } from "../../domain/model/sample.ts";
import type { Job } from "./job.ts";

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
/** What a model learns from, and how far back the same time of former days is looked at. */
const HISTORY_MS = 7 * DAY_MS;
/** Around the same time of a former day: what growth-features.ts looks at, and the minutes that the outlook covers. */
const BEFORE_MS = 10 * MINUTE_MS;
const COVERED_MS = 16 * MINUTE_MS;
const AROUND_MS = 12 * MINUTE_MS;
const AFTER_MAX_MS = 45 * MINUTE_MS;
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

/** Components that learn in one run, those first that have not for longest: each reads a week and computes on it. */
const LEARNING_MAX = 20;

/** Components whose model of growth is missing, too old or made for other settings; those first that have not tried for longest. */
export function dueForGrowth(
  job: Job,
  components: readonly ComponentPolicy[],
  outlooks: ReadonlyMap<string, DemandOutlook>,
): ReadonlySet<string> {
  const due = components.flatMap((policy) => {
    const need = needOf(policy);
    const model = modelFor(job, policy, outlooks.get(policy.name));
    if (need === undefined || (model !== undefined && isCurrent(model, need, job))) return [];
    return [{ name: policy.name, triedAtMs: outlooks.get(policy.name)?.triedAtMs ?? 0 }];
  });
  due.sort((a, b) => a.triedAtMs - b.triedAtMs);
  return new Set(due.slice(0, LEARNING_MAX).map(({ name }) => name));
}

/** A model of the component's tasks as they are now; of other tasks it would count in other units. */
function modelFor(job: Job, { name }: ComponentPolicy, outlook: DemandOutlook | undefined): GrowthModel | undefined {
  return outlook?.taskCpu === taskCpuOf(job, name) ? outlook?.model : undefined;
}

function taskCpuOf({ states }: Job, name: string): number | undefined {
  return states.get(name)?.service?.desired.size.cpu;
}

/** What is known when an outlook is made. */
interface Known {
  readonly previous: DemandOutlook | undefined;
  /** The newest ones, of at least LAST_HOUR_MS. */
  readonly samples: readonly Sample[];
  /** Whether the growth is to be learned. */
  readonly isDue: boolean;
}

/**
 * What a component's decisions need to staff by demand: a model of its growth, learned again when it is due, and what
 * former days say about the minutes to come.
 */
export async function outlookFor(
  job: Job,
  policy: ComponentPolicy,
  { previous, samples, isDue }: Known,
): Promise<DemandOutlook | undefined> {
  const need = needOf(policy);
  const taskCpu = taskCpuOf(job, policy.name);
  if (need === undefined || taskCpu === undefined || taskCpu <= 0) return undefined;
  const { nowMs } = job;
  const { quantile, leadMinutes } = need;
  const known = modelFor(job, policy, previous);
  if (!isDue) {
    // The last minute of the outlook, and what is looked at after it: the lead time, or the time around it.
    const wantedMs = COVERED_MS + Math.max(AROUND_MS, leadMinutes * MINUTE_MS);
    const wanted = { taskCpu, leadMinutes, nowMs, triedAtMs: previous?.triedAtMs };
    // What was cut short may be seen in full by now.
    const minutes = wantedMs > AFTER_MAX_MS ? [] : minutesKnown(previous, wanted);
    const beforeMs = BEFORE_MS - minutes.length * MINUTE_MS;
    const days = await readDays(job, policy, taskCpu, { beforeMs, afterMs: Math.min(AFTER_MAX_MS, wantedMs) });
    const lastHour = demandSeries(samples, { fromMs: nowMs - LAST_HOUR_MS, toMs: nowMs, taskCpu });
    return outlookOf([...days, lastHour], known, wanted, minutes);
  }
  const whole = await readDemand(job, policy, taskCpu, { fromMs: nowMs - HISTORY_MS - LAST_HOUR_MS, toMs: nowMs });
  const model = trainGrowth(whole, { quantile, leadMinutes, nowMs }) ?? known;
  return outlookOf([whole], model, { taskCpu, leadMinutes, nowMs, triedAtMs: nowMs });
}

function isCurrent({ trainedAtMs, quantile, leadMinutes }: GrowthModel, need: StaffingNeed, job: Job): boolean {
  const { refitMs } = job.fleet.optimization.forecast;
  return job.nowMs - trainedAtMs < refitMs && quantile === need.quantile && leadMinutes === need.leadMinutes;
}

/** The same time of the former days that are looked at, ascending. */
async function readDays(
  job: Job,
  policy: ComponentPolicy,
  taskCpu: number,
  { beforeMs, afterMs }: { readonly beforeMs: number; readonly afterMs: number },
): Promise<readonly DemandSeries[]> {
  const { nowMs } = job;
  const spans = [7, 3, 2, 1].map((days) => {
    const thenMs = nowMs - days * DAY_MS;
    return { fromMs: thenMs - beforeMs, toMs: thenMs + afterMs };
  });
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
