import { ceilingsOf } from "../decision/plan-for.ts";
import type { ComponentState } from "../model/component-state.ts";
import type { Recommendation } from "../model/learning.ts";
import type { Ledger } from "../model/ledger.ts";
import type { ComponentPolicy, FleetPolicy } from "../model/policy.ts";
import { type Allocation, fromMilli, type ResourceName, type Resources } from "../model/resources.ts";
import type { RollupBucket } from "../model/sample.ts";
import type { SampleWindow } from "../model/sample-window.ts";
import { METRIC_OF_RESOURCE } from "../model/used-metric.ts";
import { asOfMs } from "../monitor/freshness.ts";
import { planOptimize } from "../planning/optimize.ts";
import { HOUR_MS } from "./rollup.ts";

export interface RightSizeRequest {
  readonly fleet: FleetPolicy;
  /** With the bounds of active schedules applied. */
  readonly policy: ComponentPolicy;
  readonly current: Allocation;
  /** 1-hour buckets, at least over the evidence. */
  readonly hours: readonly RollupBucket[];
  /** With the newest samples: what happened since the last full hour. */
  readonly state: Pick<ComponentState, "window" | "restUntilMs">;
  readonly room: Resources;
  readonly nowMs: number;
}

/**
 * Recommends the cheapest allocation that serves the highest use of the evidence, if it saves enough. Nothing on
 * incomplete evidence: every full hour of it must have enough samples, and so must the window.
 */
export function rightSize(request: RightSizeRequest): Recommendation | undefined {
  const { fleet, policy, current, room, nowMs } = request;
  const { evidenceMs, headroom, savingMin } = fleet.optimization.rightSizing;
  const peak = peakUse(request);
  if (peak === undefined) return undefined;
  const best = planOptimize({ policy, current, peak, ceilings: ceilingsOf(policy), headroom, savingMin, room });
  if (best === undefined) return undefined;
  const { tasks, size } = best.allocation;
  const hours = Math.ceil(evidenceMs / HOUR_MS);
  const shape = `${tasks} x ${fromMilli(size.cpu)} vCPU, ${fromMilli(size.memory)} GiB`;
  return {
    v: 1,
    component: policy.name,
    madeAtMs: nowMs,
    kind: "OPTIMIZE",
    allocation: best.allocation,
    savingPerHour: best.savingPerHour,
    because: `At most ${inWords(peak)} were used in the last ${hours} h; ${shape} serve that and cost ${(best.share * 100).toFixed(0)} % less.`,
  };
}

/** Highest use of each resource over the evidence; undefined when the evidence has holes, or has no CPU or memory. */
function peakUse({ fleet, hours, state, nowMs }: RightSizeRequest): Partial<Resources> | undefined {
  const { completeness, periodMs, windowSamples, freshMs } = fleet.monitor;
  const count = Math.ceil(fleet.optimization.rightSizing.evidenceMs / HOUR_MS);
  const thisHour = Math.floor(nowMs / HOUR_MS) * HOUR_MS;
  const evidence = hours.filter(({ startMs }) => startMs >= thisHour - count * HOUR_MS && startMs < thisHour);
  const isFull = ({ samples }: RollupBucket): boolean => samples * periodMs >= completeness * HOUR_MS;
  if (evidence.length < count || !evidence.every(isFull)) return undefined;
  const fromMs = asOfMs(state, fleet.monitor, nowMs) - freshMs - windowSamples * periodMs;
  const fresh = state.window.after(fromMs).samples();
  if (fresh.length < completeness * windowSamples) return undefined;
  const peak: { -readonly [K in ResourceName]?: number } = {};
  for (const [resource, metric] of METRIC_OF_RESOURCE) {
    const seen = [...evidence.map(({ max }) => max[metric]), ...fresh.map(({ values }) => values[metric])];
    const known = seen.filter((value) => value !== undefined);
    // A resource that was not seen all the time is not reduced: doubt never shrinks.
    if (known.length >= evidence.length + completeness * fresh.length) peak[resource] = Math.max(...known);
  }
  return peak.cpu === undefined || peak.memory === undefined ? undefined : peak;
}

/**
 * Whether an earlier recommendation still stands between two looks at the evidence: nothing changed the component since,
 * and the newest samples fit with the same headroom.
 */
export function stillStands(
  recommendation: Recommendation,
  { ledger, window, headroom }: { ledger: Ledger; window: SampleWindow; headroom: number },
): boolean {
  const { component, madeAtMs, allocation } = recommendation;
  if (ledger.open.some(({ steps }) => steps.some((step) => step.component === component))) return false;
  if (ledger.recent.some((each) => each.component === component && each.atMs >= madeAtMs)) return false;
  if (ledger.quietUntil[component] !== undefined && ledger.quietUntil[component].untilMs >= madeAtMs) return false;
  return window.samples().every(({ values }) =>
    (["cpu", "memory"] as const).every((name) => {
      const used = name === "cpu" ? values.cpuUsed : values.memoryUsed;
      return used === undefined || used * (1 + headroom) <= allocation.tasks * allocation.size[name];
    }),
  );
}

function inWords(peak: Partial<Resources>): string {
  return `${fromMilli(Math.round(peak.cpu ?? 0))} vCPU and ${fromMilli(Math.round(peak.memory ?? 0))} GiB`;
}
