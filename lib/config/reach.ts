import type { ComponentPolicy } from "../domain/model/policy.ts";
import { fromMilli } from "../domain/model/resources.ts";
import { FARGATE_SIZES, FARGATE_STORAGE_MAX, FARGATE_STORAGE_STEP } from "../domain/planning/fargate-sizes.ts";

/** What a policy's range promises and its compute type cannot give. */
export interface Finding {
  readonly path: string;
  readonly message: string;
  /** error: nothing in the range can be had, so the component could never be scaled. warning: a part of it cannot. */
  readonly severity: "warning" | "error";
}

/** A task size and the numbers of tasks with which it stays within all bounds. */
interface Shape {
  readonly cpu: number;
  readonly memory: number;
  readonly tasksMin: number;
  readonly tasksMax: number;
}
type Scaled = "cpu" | "memory";

const UNITS = { cpu: "vCPU", memory: "GiB" } as const;

/**
 * What of a component's range cannot be reached: computed by trying every size that the compute type offers. EC2 gives any
 * size, so there only the number of tasks can stand in the way.
 */
export function reachOf(policy: ComponentPolicy): Finding[] {
  const tasks = taskFindings(policy);
  if (tasks.length > 0 || policy.compute === "ec2") return tasks;
  const shapes = shapesWithin(policy);
  if (shapes.length === 0) return isOff(policy) ? [] : [nothingFits(policy)];
  return [
    ...(["cpu", "memory"] as const).flatMap((name) => [
      ...lowEnd(policy, shapes, name),
      ...highEnd(policy, shapes, name),
    ]),
    ...together(policy, shapes),
    ...storageEnd(policy),
  ];
}

/** Network follows the number of tasks on every compute type; the other resources need a task at all. */
function taskFindings(policy: ComponentPolicy): Finding[] {
  const { tasksMin, tasksMax, networkPerTask, min, max } = policy;
  const perTask = `${fromMilli(networkPerTask)} Gbit/s each (networkPerTask)`;
  if (tasksMax * networkPerTask < min.network) {
    const most = `${tasksMax} tasks with ${perTask} give ${fromMilli(tasksMax * networkPerTask)} Gbit/s at most`;
    return [
      {
        path: "network.min",
        message: `${fromMilli(min.network)} Gbit/s cannot be reached: ${most}`,
        severity: "error",
      },
    ];
  }
  if (tasksMin * networkPerTask > max.network) {
    const least = `${tasksMin} tasks (tasks.min) with ${perTask} need ${fromMilli(tasksMin * networkPerTask)} Gbit/s`;
    return [
      { path: "network.max", message: `${fromMilli(max.network)} Gbit/s is too little: ${least}`, severity: "error" },
    ];
  }
  if (tasksMax === 0 && (min.cpu > 0 || min.memory > 0)) {
    const message = `${fromMilli(min.cpu)} vCPU and ${fromMilli(min.memory)} GiB at least cannot be had without tasks (tasks.max 0)`;
    return [{ path: "tasks.max", message, severity: "error" }];
  }
  return [];
}

/** Zero tasks are within the range. */
function isOff({ tasksMin, min }: ComponentPolicy): boolean {
  return tasksMin === 0 && min.cpu === 0 && min.memory === 0 && min.network === 0 && min.storage === 0;
}

function shapesWithin(policy: ComponentPolicy): Shape[] {
  return FARGATE_SIZES.flatMap(({ cpu, memory }) => memory.flatMap((each) => shapeWithin(policy, cpu, each)));
}

function shapeWithin(
  { tasksMin, tasksMax, min, max, networkPerTask }: ComponentPolicy,
  cpu: number,
  memory: number,
): Shape[] {
  const network = networkPerTask > 0 ? networkPerTask : Number.POSITIVE_INFINITY;
  const least = Math.max(
    1,
    tasksMin,
    Math.ceil(min.cpu / cpu),
    Math.ceil(min.memory / memory),
    Math.ceil(min.network / network),
  );
  const most = Math.min(tasksMax, Math.floor(max.cpu / cpu), Math.floor(max.memory / memory));
  const within = Math.min(most, networkPerTask > 0 ? Math.floor(max.network / networkPerTask) : most);
  const counts: number[] = [];
  for (const count of [least, within]) if (count >= least && count <= within) counts.push(count);
  if (min.storage > 0) return storedShape({ cpu, memory, tasksMin: least, tasksMax: within }, min.storage, max.storage);
  return counts.length > 0 ? [{ cpu, memory, tasksMin: least, tasksMax: within }] : [];
}

/** The numbers of tasks with which whole GiB for each task come to a total within the bounds. */
function storedShape(shape: Shape, min: number, max: number): Shape[] {
  const fits = (tasks: number) => {
    const perTask = Math.ceil(min / tasks / FARGATE_STORAGE_STEP) * FARGATE_STORAGE_STEP;
    return perTask <= FARGATE_STORAGE_MAX && perTask * tasks <= max;
  };
  let [first, last]: [number | undefined, number | undefined] = [undefined, undefined];
  for (let tasks = shape.tasksMin; tasks <= shape.tasksMax; tasks++) {
    if (!fits(tasks)) continue;
    first ??= tasks;
    last = tasks;
  }
  return first === undefined || last === undefined ? [] : [{ ...shape, tasksMin: first, tasksMax: last }];
}

function sizeText({ cpu, memory }: Shape, tasks: number): string {
  return `${tasks} x (${fromMilli(cpu)} vCPU, ${fromMilli(memory)} GiB)`;
}

function lowEnd(policy: ComponentPolicy, shapes: readonly Shape[], name: Scaled): Finding[] {
  const wanted = policy.min[name];
  if (isOff(policy)) return [];
  const best = shapes.reduce((a, b) => (b[name] * b.tasksMin < a[name] * a.tasksMin ? b : a));
  const least = best[name] * best.tasksMin;
  if (least <= wanted) return [];
  const causes = causesOf(
    policy,
    (relaxed) => shapesWithin(relaxed).some((shape) => shape[name] * shape.tasksMin <= wanted),
    `${name}.min`,
  );
  const message = `${amount(wanted, name)} cannot be had on Fargate: the least is ${amount(least, name)}, ${sizeText(best, best.tasksMin)}${causes}`;
  return [{ path: `${name}.min`, message, severity: "warning" }];
}

function highEnd(policy: ComponentPolicy, shapes: readonly Shape[], name: Scaled): Finding[] {
  const wanted = policy.max[name];
  const best = shapes.reduce((a, b) => (b[name] * b.tasksMax > a[name] * a.tasksMax ? b : a));
  const most = best[name] * best.tasksMax;
  if (most >= wanted) return [];
  const causes = causesOf(
    policy,
    (relaxed) => shapesWithin(relaxed).some((shape) => shape[name] * shape.tasksMax >= wanted),
    `${name}.max`,
  );
  const message = `${amount(wanted, name)} cannot be reached on Fargate: the most is ${amount(most, name)}, ${sizeText(best, best.tasksMax)}${causes}`;
  return [{ path: `${name}.max`, message, severity: "warning" }];
}

/** Both ends can be reached, but not by one and the same size. */
function together(policy: ComponentPolicy, shapes: readonly Shape[]): Finding[] {
  const reaches = (name: Scaled) => shapes.filter((shape) => shape[name] * shape.tasksMax >= policy.max[name]);
  const byCpu = reaches("cpu");
  if (byCpu.length === 0 || reaches("memory").length === 0) return [];
  const best = byCpu.reduce((a, b) => (b.memory * b.tasksMax > a.memory * a.tasksMax ? b : a));
  const memory = best.memory * best.tasksMax;
  if (memory >= policy.max.memory) return [];
  const message = `${amount(policy.max.cpu, "cpu")} and ${amount(policy.max.memory, "memory")} cannot be had at the same time on Fargate: with all CPU the most is ${amount(memory, "memory")}, ${sizeText(best, best.tasksMax)}`;
  return [{ path: "memory.max", message, severity: "warning" }];
}

function storageEnd({ tasksMax, max }: ComponentPolicy): Finding[] {
  const most = tasksMax * FARGATE_STORAGE_MAX;
  if (max.storage <= most) return [];
  const each = `${tasksMax} x ${fromMilli(FARGATE_STORAGE_MAX)} GiB`;
  const message = `${fromMilli(max.storage)} GiB cannot be reached on Fargate: the most is ${fromMilli(most)} GiB, ${each}`;
  return [{ path: "storage.max", message, severity: "warning" }];
}

function nothingFits(policy: ComponentPolicy): Finding {
  const { min, max, tasksMin, tasksMax } = policy;
  const range = `${fromMilli(min.cpu)}-${fromMilli(max.cpu)} vCPU and ${fromMilli(min.memory)}-${fromMilli(max.memory)} GiB with ${tasksMin}-${tasksMax} tasks`;
  const causes = causesOf(policy, (relaxed) => shapesWithin(relaxed).length > 0);
  return { path: "compute", message: `no task size of Fargate fits ${range}${causes}`, severity: "error" };
}

function amount(milli: number, name: Scaled): string {
  return `${fromMilli(milli)} ${UNITS[name]}`;
}

/** Which bounds, each let go alone, would make it possible; `itself` is the one in question. */
function causesOf(policy: ComponentPolicy, possible: (relaxed: ComponentPolicy) => boolean, itself?: string): string {
  const endless = Number.MAX_SAFE_INTEGER;
  const { min, max } = policy;
  const relaxed: Readonly<Record<string, ComponentPolicy>> = {
    "cpu.min": { ...policy, min: { ...min, cpu: 0 } },
    "memory.min": { ...policy, min: { ...min, memory: 0 } },
    "storage.min": { ...policy, min: { ...min, storage: 0 } },
    "cpu.max": { ...policy, max: { ...max, cpu: endless } },
    "memory.max": { ...policy, max: { ...max, memory: endless } },
    "network.max": { ...policy, max: { ...max, network: endless } },
    "storage.max": { ...policy, max: { ...max, storage: endless } },
    "tasks.min": { ...policy, tasksMin: 0 },
    "tasks.max": { ...policy, tasksMax: 5000 },
  };
  const helping = Object.keys(relaxed).filter((bound) => bound !== itself && possible(relaxed[bound] ?? policy));
  return helping.length > 0 ? `; ${helping.join(" or ")} stands in the way` : "";
}
