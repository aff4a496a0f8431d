import type { ComponentPolicy } from "../model/policy.ts";
import { FREE_STORAGE_MILLI } from "../model/resources.ts";
import { type Absence, type MetricName, type Sample } from "../model/sample.ts";
import type { SampleWindow } from "../model/sample-window.ts";
import type { ServiceState } from "../model/service.ts";

interface Surroundings {
  /** Recent samples before this one, ascending. */
  readonly previous: SampleWindow;
  readonly service: ServiceState | undefined;
  readonly policy: ComponentPolicy;
}

/**
 * Turns values that cannot be true into absences with a reason, at the edge, so that nothing behind it reasons about
 * them: not finite, negative, far above what the tasks could use, and zero against contrary evidence (a component that
 * runs tasks uses memory; one that finishes operations uses CPU). Being over 100 % is plausible up to twice the tasks'
 * size: ECS reports more than the reservation for soft limits, and around deployments.
 */
export function plausibleSample(sample: Sample, surroundings: Surroundings): Sample {
  let problems: [MetricName, Absence][] | undefined;
  for (const name in sample.values) {
    const metric = name as MetricName;
    const value = sample.values[metric];
    const problem = value === undefined ? undefined : problemOf(metric, value, sample, surroundings);
    if (problem !== undefined) (problems ??= []).push([metric, problem]);
  }
  if (problems === undefined) return sample; // nearly always, and then nothing is copied
  const values = { ...sample.values };
  for (const [metric] of problems) delete values[metric];
  return { ...sample, values, absent: { ...sample.absent, ...Object.fromEntries(problems) } };
}

function problemOf(
  metric: MetricName,
  value: number,
  sample: Sample,
  { previous, service }: Surroundings,
): Absence | undefined {
  if (!Number.isFinite(value)) return "not-finite";
  if (value < 0) return "negative";
  if (metric === "errorRate" && value > 1) return "implausible";
  const ceiling = service === undefined ? undefined : ceilingOf(metric, service);
  if (ceiling !== undefined && ceiling > 0 && value > ceiling) return "implausible";
  if (value === 0 && isContradicted(metric, sample, previous, service)) return "implausible";
  return undefined;
}

/** Twice what all tasks that run or are wanted could use; undefined where there is no such bound. */
function ceilingOf(metric: MetricName, { desired, running }: ServiceState): number | undefined {
  const tasks = 2 * Math.max(desired.tasks, running, 1);
  if (metric === "cpuUsed") return 2 * tasks * desired.size.cpu;
  if (metric === "memoryUsed") return 2 * tasks * desired.size.memory;
  if (metric === "storageUsed") return 2 * tasks * (FREE_STORAGE_MILLI + desired.size.storage);
  return undefined;
}

function isContradicted(
  metric: MetricName,
  sample: Sample,
  previous: SampleWindow,
  service: ServiceState | undefined,
): boolean {
  const running = service?.running ?? 0;
  if (metric === "memoryUsed") return running > 0;
  if (metric === "cpuUsed") return running > 0 && (sample.values.throughput ?? 0) > 0;
  if (metric === "throughput") {
    const lately = previous.last(3).samples();
    const busy = lately.length === 3 && lately.every(({ values }) => (values.throughput ?? 0) > 0);
    return (
      running > 0 &&
      busy &&
      (sample.values.cpuUsed ?? 0) > 0.5 * (previous.view(-1)?.values.cpuUsed ?? Number.POSITIVE_INFINITY)
    );
  }
  return false;
}
