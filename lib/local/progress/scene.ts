import type { Decision } from "../../domain/model/decision.ts";
import type { ComponentPolicy, FleetPolicy } from "../../domain/model/policy.ts";
import { fromMilli, RESOURCE_NAMES, type ResourceName, sumResources, totalOf } from "../../domain/model/resources.ts";
import type { World } from "../../simulation/world.ts";
import { formatDuration } from "../duration.ts";

/** What the live view shows, as data; frame.ts draws it. */
export interface ComponentRow {
  readonly name: string;
  readonly load: string;
  /** Recent load, oldest first. */
  readonly history: readonly number[];
  readonly tasks: string;
  readonly size: string;
  readonly cpu: string;
  readonly memory: string;
  readonly response: string;
  readonly last: string;
  /** Something is over its threshold, or not all tasks run. */
  readonly strained: boolean;
}
export interface BudgetRow {
  readonly name: ResourceName;
  readonly share: number;
  readonly text: string;
}

const UNITS = { cpu: "vCPU", memory: "GiB", network: "Gbit/s", storage: "GiB" } as const;

/** What the services of a fleet were asked to have, against its limits. */
export function budgetOf(world: World, fleet: FleetPolicy): readonly BudgetRow[] {
  const total = sumResources(
    fleet.components.map(({ name }) => {
      const { desired, size } = world.view(name);
      return totalOf({ tasks: desired, size });
    }),
  );
  return RESOURCE_NAMES.map((name) => {
    const max = fleet.limits[name];
    const text = `${name} ${number(fromMilli(total[name]))} of ${number(fromMilli(max))} ${UNITS[name]}`;
    return { name, share: max === 0 ? 0 : total[name] / max, text };
  });
}

export function rowOf(
  world: World,
  policy: ComponentPolicy,
  past: { readonly history: readonly number[]; readonly last: Decision | undefined },
): ComponentRow {
  const view = world.view(policy.name);
  const cpu = policy.rules.find(({ trigger }) => trigger === "CPU_UTILIZATION");
  const memory = policy.rules.find(({ trigger }) => trigger === "MEMORY_UTILIZATION");
  return {
    name: policy.name,
    load: `${number(view.rate)}/s`,
    history: past.history,
    tasks: view.running === view.desired ? `${view.running}` : `${view.running}>${view.desired}`,
    size: `${number(fromMilli(view.size.cpu))} vCPU ${number(fromMilli(view.size.memory))} GiB`,
    cpu: against(view.cpuFraction, cpu?.target),
    memory: against(view.memoryFraction, memory?.target),
    response: `${number(view.responseMs)}/${number(policy.responseTimeMs)} ms`,
    last: past.last === undefined ? "" : lastText(past.last, world.nowMs),
    strained:
      (cpu !== undefined && view.cpuFraction > cpu.up) ||
      (memory !== undefined && view.memoryFraction > memory.up) ||
      view.running < view.desired,
  };
}

function against(fraction: number, target: number | undefined): string {
  const now = Math.round(fraction * 100);
  return target === undefined ? `${now} %` : `${now}/${Math.round(target * 100)} %`;
}

function lastText({ action, hold, status, decidedAtMs }: Decision, nowMs: number): string {
  if (hold !== undefined) return `holds: ${hold}`;
  return `${action} ${status.toLowerCase()}, ${formatDuration(nowMs - decidedAtMs)} ago`;
}

/** Three significant digits at most: 0.05, 1.2, 54.2, 1234. */
export function number(value: number): string {
  return Math.abs(value) >= 100 ? Math.round(value).toString() : Number(value.toPrecision(3)).toString();
}
