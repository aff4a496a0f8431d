import type { MetricBinding, ServiceTarget } from "../../../deployment.ts";
import type { MetricName } from "../../../domain/model/sample.ts";
import { carryMs, SIBLING_GRACE_MS, SILENT_GRACE_MS } from "./publication.ts";
import type { Bindings } from "./queries.ts";
import { periodOf } from "./readings.ts";
import { EMPTY_SERIES, joinedSeries } from "./series.ts";
import type { SeriesByMetric } from "./series-reader.ts";

/*
 * Some metrics say nothing when nothing happened, and another, which counts more, knows better (MetricBinding.whenSilent).
 * That one is asked for only then, in a second request of the same pass, so that nothing comes later for it.
 */

/** Bindings are data of the deployment: worked out once for each of them, not at every beat. */
const KNOWN = new WeakMap<MetricBinding, MetricBinding>();

/** What is to be asked for beside `series`, the answer for the target: of its metrics that are silent about a period. */
export function silentBindings(
  { periodMs, metrics: bindings }: Pick<ServiceTarget, "periodMs" | "metrics">,
  series: SeriesByMetric,
  sinceMs: number,
  nowMs: number,
): Bindings {
  const silent = (Object.entries(bindings) as [MetricName, MetricBinding][]).flatMap(([metric, binding]) => {
    const other = substituteOf(binding);
    // Of a longer period than the samples' the newest is carried, so older ones matter as well.
    const carried = periodOf(binding) > periodMs ? carryMs(periodOf(binding)) : 0;
    return other !== undefined && isSilent(metric, binding, series, { sinceMs: sinceMs - carried, nowMs })
      ? [[metric, other] as const]
      : [];
  });
  return Object.fromEntries(silent);
}

/** What stands in for each silent metric, whether it is silent or not. */
export function substitutes(bindings: Bindings): Bindings {
  const entries = Object.entries(bindings) as [MetricName, MetricBinding][];
  return Object.fromEntries(
    entries.flatMap(([metric, binding]) => {
      const other = substituteOf(binding);
      return other === undefined ? [] : [[metric, other] as const];
    }),
  );
}

function substituteOf(binding: MetricBinding): MetricBinding | undefined {
  const { whenSilent } = binding;
  if (whenSilent === undefined) return undefined;
  const known = KNOWN.get(binding) ?? {
    ...binding,
    inputs: [whenSilent],
    expression: undefined,
    whenSilent: undefined,
  };
  KNOWN.set(binding, known);
  return known;
}

/**
 * Whether a period after `sinceMs` has no datapoint although it should have one by now: another metric has it, or its time
 * is over. Earlier than `SIBLING_GRACE_MS` after the period's end nothing is concluded from silence (readings.ts).
 */
function isSilent(
  metric: MetricName,
  binding: MetricBinding,
  series: SeriesByMetric,
  { sinceMs, nowMs }: { sinceMs: number; nowMs: number },
): boolean {
  const periodMs = periodOf(binding);
  const own = series[metric] ?? EMPTY_SERIES;
  if (own.status !== "complete") return false;
  const others = Object.entries(series).filter(([name]) => name !== metric);
  const first = Math.floor(sinceMs / periodMs) * periodMs + periodMs;
  for (let endMs = first; endMs + SIBLING_GRACE_MS <= nowMs; endMs += periodMs) {
    if (own.values.has(endMs)) continue;
    if (endMs + SILENT_GRACE_MS <= nowMs) return true;
    if (others.some(([, theirs]) => theirs.newestMs > endMs - periodMs)) return true;
  }
  return false;
}

/** The answers, with what stands in where they are silent; an answer that failed leaves it unknown. */
export function withSubstitutes(
  series: SeriesByMetric,
  other: SeriesByMetric | Error,
  asked: Bindings,
): SeriesByMetric {
  const joined: SeriesByMetric = { ...series };
  for (const metric of Object.keys(asked) as MetricName[]) {
    const standIn = other instanceof Error ? undefined : other[metric];
    const both = joinedSeries(standIn ?? { ...EMPTY_SERIES, status: "partial" }, series[metric] ?? EMPTY_SERIES);
    joined[metric] = { ...both, isSubstituted: true };
  }
  return joined;
}
