import type { ComponentPolicy, FleetPolicy } from "../domain/model/policy.ts";
import { type Allocation, RESOURCE_NAMES, totalOf } from "../domain/model/resources.ts";
import { FARGATE_SIZES } from "../domain/planning/fargate-sizes.ts";
import { SERVICE_PRESETS, type ServicePreset } from "../simulation/presets.ts";
import type { ServiceSpec } from "../simulation/service.ts";

/**
 * The simulated services behind the configured components: the tuned presets for the seven shipped ones, and for any other
 * a plain web service, cut so that its policy has work in both directions.
 */
export function servicesFor(fleets: readonly FleetPolicy[]): ServiceSpec[] {
  return fleets.flatMap(({ components, monitor }) =>
    components.map((component) => ({ ...serviceFor(component), periodMs: monitor.periodMs })),
  );
}

function serviceFor(component: ComponentPolicy): ServiceSpec {
  const preset: ServicePreset | undefined = Object.hasOwn(SERVICE_PRESETS, component.name)
    ? SERVICE_PRESETS[component.name as keyof typeof SERVICE_PRESETS]
    : undefined;
  // A preset whose start is outside the written bounds would begin with a violation that is nobody's fault.
  if (preset !== undefined && component.compute === "ec2" && fits(preset.initial, component))
    return { name: component.name, ...preset };
  return genericService(component);
}

function fits(allocation: Allocation, { min, max, tasksMin, tasksMax }: ComponentPolicy): boolean {
  const total = totalOf(allocation);
  const within = RESOURCE_NAMES.every((name) => total[name] >= min[name] && total[name] <= max[name]);
  return within && allocation.tasks >= tasksMin && allocation.tasks <= tasksMax;
}

/** Share of the policy's response time that a calm service takes. */
const CALM_RESPONSE = 0.5;
/** Share of it that may be work on the CPU; the rest is waiting on others. */
const WORK_RESPONSE = 0.3;

/**
 * At the initial allocation the mean load runs at the CPU target, and the daily wave carries it above and below. Example:
 * 2 tasks of 1 vCPU, target 60 %, 20 operations/s: 1.2 vCPU / 20 = 60 ms of CPU an operation.
 */
function genericService(component: ComponentPolicy): ServiceSpec {
  const initial = initialAllocation(component);
  const { size, tasks } = initial;
  const target = (trigger: string, otherwise: number): number =>
    component.rules.find((rule) => rule.trigger === trigger)?.target ?? otherwise;
  const cpuWanted = size.cpu * tasks * target("CPU_UTILIZATION", 0.6);
  const workerMilli = Math.min(1000, size.cpu);
  // An operation's work on its worker takes cpuMsPerOp x 1000 / workerMilli milliseconds.
  const cpuMsMax = (component.responseTimeMs * WORK_RESPONSE * workerMilli) / 1000;
  const cpuMsPerOp = Math.max(0.1, Math.min(cpuWanted / Math.max(0.001, component.throughputPerSecond), cpuMsMax));
  const meanRate = cpuWanted / cpuMsPerOp;
  const memoryWanted = size.memory * tasks * target("MEMORY_UTILIZATION", 0.7);
  const network = size.network * tasks;
  return {
    name: component.name,
    initial,
    profile: {
      cpuMsPerOp,
      ioMsPerOp: Math.max(0, component.responseTimeMs * CALM_RESPONSE - (cpuMsPerOp * 1000) / workerMilli),
      idleCpuMilli: Math.min(5, size.cpu / 50),
      baseMemoryMilli: (memoryWanted * 0.4) / tasks,
      workingSetMilliPerRate: (memoryWanted * 0.6) / meanRate,
      memoryMilliPerOpInFlight: size.memory / 2000,
      memoryGrowthMilliPerHour: size.memory / 1000,
      memoryGrowthMaxMilli: size.memory / 50,
      networkMbitPerOp: (network * 0.3) / meanRate,
      sloMs: component.responseTimeMs,
    },
    load: { kind: "generator", meanRate },
  };
}

/** Near the geometric middle of the bounds, two tasks where they allow it, of a size that the compute type has. */
export function initialAllocation(component: ComponentPolicy): Allocation {
  const { tasksMin, tasksMax, min, max, networkPerTask } = component;
  const cpu = middle(min.cpu, max.cpu);
  const memory = middle(min.memory, max.memory);
  const byNetwork = networkPerTask > 0 ? Math.floor(max.network / networkPerTask) : Number.POSITIVE_INFINITY;
  const tasks = Math.max(1, tasksMin, Math.min(2, tasksMax, byNetwork));
  const [sizeCpu, sizeMemory] =
    component.compute === "fargate"
      ? nearestShape(cpu / tasks, memory / tasks, max, tasks)
      : [whole(cpu / tasks), whole(memory / tasks)];
  return {
    tasks,
    size: { cpu: sizeCpu, memory: sizeMemory, network: networkPerTask, storage: Math.ceil(min.storage / tasks) },
  };
}

function nearestShape(
  cpu: number,
  memory: number,
  max: { cpu: number; memory: number },
  tasks: number,
): [number, number] {
  const shapes = FARGATE_SIZES.flatMap((row) => row.memory.map((each): [number, number] => [row.cpu, each]));
  const allowed = shapes.filter(([c, m]) => c * tasks <= max.cpu && m * tasks <= max.memory);
  const distance = ([c, m]: [number, number]): number => Math.abs(Math.log(c / cpu)) + Math.abs(Math.log(m / memory));
  const from = allowed.length > 0 ? allowed : shapes.slice(0, 1);
  return from.reduce((best, each) => (distance(each) < distance(best) ? each : best));
}

function middle(min: number, max: number): number {
  return Math.sqrt(Math.max(1, min) * Math.max(1, max));
}

function whole(value: number): number {
  return Math.max(1, Math.round(value));
}
