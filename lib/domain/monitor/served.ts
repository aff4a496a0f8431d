import type { ComponentState, Served } from "../model/component-state.ts";
import type { Allocation, Resources } from "../model/resources.ts";
import type { ServiceState } from "../model/service.ts";

/** Longer than any sample is late: what served before it is not asked about any more, ms. */
const KEPT_MS = 15 * 60_000;

/**
 * What served, by the looks of the monitor: a percentage, and use near what there is, mean something only together with the
 * tasks that ran then, and not with those that run or were asked for by now. Undefined while nothing has changed for long.
 *
 * @param live what was seen now; undefined: not known, nothing changes
 */
export function nextServed(
  previous: ComponentState | undefined,
  live: ServiceState | undefined,
  nowMs: number,
): readonly Served[] | undefined {
  const before = previous?.service;
  if (live === undefined || before === undefined || before.identity !== live.identity)
    return live === undefined ? previous?.served : undefined;
  if (previous?.served === undefined && isUnchanged(before, live)) return undefined;
  const known = previous?.served ?? [{ sinceMs: 0, allocation: servedNow(before) }];
  const last = known[known.length - 1] as Served;
  // While tasks of two sizes run, the old one is as near as the new one, and was there first.
  const size = live.deploying ? last.allocation.size : live.desired.size;
  if (last.allocation.tasks !== live.running || !isSameSize(last.allocation.size, size))
    return [...ofLate(known, nowMs), { sinceMs: nowMs, allocation: { tasks: live.running, size } }];
  const kept = ofLate(known, nowMs);
  return kept.length <= 1 ? undefined : kept;
}

/** What served at a moment. Undefined: no service was ever seen. */
export function servedAt(
  { service, served }: Pick<ComponentState, "service" | "served">,
  atMs: number,
): Allocation | undefined {
  if (served === undefined) return service && servedNow(service);
  return (served.findLast(({ sinceMs }) => sinceMs <= atMs) ?? served[0])?.allocation;
}

function servedNow({ running, desired }: ServiceState): Allocation {
  return { tasks: running, size: desired.size };
}

/** For the samples that are read together with a look: what served in the middle of the period that ended then. */
export function servedDuring(
  previous: ComponentState | undefined,
  live: ServiceState | undefined,
  { periodMs, nowMs }: { readonly periodMs: number; readonly nowMs: number },
): (endMs: number) => Allocation | undefined {
  return (endMs) => {
    const served = nextServed(previous, live, nowMs);
    return servedAt({ service: live ?? previous?.service, served }, endMs - periodMs / 2);
  };
}

function isUnchanged(before: ServiceState, live: ServiceState): boolean {
  if (before.running !== live.running) return false;
  return live.deploying || isSameSize(before.desired.size, live.desired.size);
}

/** The entry that held KEPT_MS ago, and those after it. */
function ofLate(known: readonly Served[], nowMs: number): readonly Served[] {
  const first = known.findLastIndex(({ sinceMs }) => sinceMs <= nowMs - KEPT_MS);
  return first <= 0 ? known : known.slice(first);
}

function isSameSize(a: Resources, b: Resources): boolean {
  return a.cpu === b.cpu && a.memory === b.memory && a.network === b.network && a.storage === b.storage;
}
