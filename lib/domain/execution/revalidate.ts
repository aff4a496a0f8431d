import { TRIGGERS_BY_NAME } from "../decision/triggers/index.ts";
import type { ComponentState } from "../model/component-state.ts";
import type { Decision, PlanStep } from "../model/decision.ts";
import type { ComponentPolicy, MonitorPolicy } from "../model/policy.ts";
import type { RefusalReason } from "../model/reasons.ts";
import {
  type Allocation,
  FREE_STORAGE_MILLI,
  RESOURCE_NAMES,
  type ResourceName,
  sameAllocation,
  sameSize,
  totalOf,
} from "../model/resources.ts";
import { IS_OBSERVED, type MetricName, type Sample } from "../model/sample.ts";
import type { SampleWindow } from "../model/sample-window.ts";
import type { ServiceState } from "../model/service.ts";

export interface Revalidation {
  readonly decision: Decision;
  /** The step about to be sent, and its place in the plan. */
  readonly step: PlanStep;
  readonly index: number;
  readonly live: ServiceState;
  /** Identity behind the booking. */
  readonly identity: string | undefined;
  readonly state: ComponentState | undefined;
  readonly component: ComponentPolicy;
  readonly monitor: MonitorPolicy;
  readonly nowMs: number;
}

/**
 * Asks, right before a call, whether what was true when the decision was made is still true: undefined when it is, else
 * why not. Stricter with what takes away than with what gives: missing data never shrinks anything.
 */
export function revalidate(request: Revalidation): RefusalReason | undefined {
  const { decision, step, index, live, identity, nowMs } = request;
  // A recipient whose donor took its time to drain is still owed its share.
  if (index === 0 && nowMs >= decision.expiresAtMs) return "expired";
  if (live.refusal !== undefined) return "service-unavailable";
  if (identity !== undefined && live.identity !== identity) return "baseline-changed";
  if (!sameAllocation(live.desired, step.before)) return "baseline-changed";
  const shrinking = shrinkingResources(step);
  const resized = !sameSize(step.before.size, step.after.size);
  if (live.deploying && (resized || shrinking.length > 0)) return "deployment-in-progress";
  if (shrinking.length > 0) return shrinkRefusal(request, shrinking);
  return growthRefusal(live, decision);
}

function shrinkingResources({ before, after }: PlanStep): ResourceName[] {
  const from = totalOf(before);
  const to = totalOf(after);
  return RESOURCE_NAMES.filter((name) => to[name] < from[name]);
}

/** Tasks that were asked for and do not run yet: more of them would be a guess, unless their number follows from demand. */
function growthRefusal({ running, pending, desired }: ServiceState, decision: Decision): RefusalReason | undefined {
  if (running + pending === 0 && desired.tasks > 0) return "service-unavailable";
  const isExact = decision.verdicts.some(({ rule, tasks }) => rule === decision.rule && tasks !== undefined);
  return pending > 0 && !isExact ? "deployment-in-progress" : undefined;
}

const USED: Readonly<Record<ResourceName, MetricName>> = {
  cpu: "cpuUsed",
  memory: "memoryUsed",
  network: "networkUsed",
  storage: "storageUsed",
};
/** The metrics without which nothing shrinks, whatever the resource. */
const ESSENTIAL: readonly MetricName[] = ["cpuUsed", "memoryUsed"];

/**
 * A shrink needs evidence that is fresh and complete now, that still fits what would be left, and no rule that wants
 * growth now. All of it reads the newest sample: the decision looked at the window, this looks for a change of mind.
 */
function shrinkRefusal(request: Revalidation, shrinking: readonly ResourceName[]): RefusalReason | undefined {
  const { state, monitor, nowMs, step, component } = request;
  const newest = state?.window.at(-1);
  if (state === undefined || newest === undefined || !isFresh(newest, monitor, nowMs)) return "evidence-stale";
  if (ESSENTIAL.some((metric) => newest.values[metric] === undefined)) return "evidence-stale";
  if (completeness(state.window, monitor, nowMs) < monitor.completeness) return "evidence-stale";
  if (shrinking.some((name) => (newest.values[USED[name]] ?? 0) > capacityOf(step.after, name)))
    return "evidence-stale";
  return wantsGrowth(state, newest, component, step) ? "evidence-stale" : undefined;
}

function isFresh(sample: Sample, monitor: MonitorPolicy, nowMs: number): boolean {
  return nowMs - sample.endMs <= monitor.freshMs && sample.endMs <= nowMs;
}

/** Share of the periods since the window's first sample (at most the window's length) that have a usable sample. */
function completeness(window: SampleWindow, monitor: MonitorPolicy, nowMs: number): number {
  const recent = window.last(monitor.windowSamples).upTo(nowMs);
  const first = recent.view(0);
  const last = recent.view(-1);
  if (first === undefined || last === undefined) return 0;
  const expected = Math.min(monitor.windowSamples, Math.round((last.endMs - first.endMs) / monitor.periodMs) + 1);
  let usable = 0;
  for (const sample = recent.scan(); sample.next(); )
    if (ESSENTIAL.every((metric) => IS_OBSERVED[metric](sample))) usable++;
  return usable / expected;
}

/** What would be left to use; storage in use includes what every task has for free. */
function capacityOf(after: Allocation, name: ResourceName): number {
  return name === "storage" ? after.tasks * (FREE_STORAGE_MILLI + after.size.storage) : totalOf(after)[name];
}

/** Whether any rule would be above its up threshold, with use read against what would be left. */
function wantsGrowth(state: ComponentState, newest: Sample, component: ComponentPolicy, step: PlanStep): boolean {
  return component.rules.some((rule) => {
    const trigger = TRIGGERS_BY_NAME[rule.trigger];
    if (trigger.forecastOnly === true) return false; // forecasts are the decision's business
    const allocation = trigger.scalesWithCapacity ? step.after : step.before;
    const value = trigger.read(newest, { allocation, state, policy: component });
    return value !== undefined && value > rule.up;
  });
}
