import type { MetricBinding, ServiceTarget } from "../../../deployment.ts";
import type { MetricName } from "../../../domain/model/sample.ts";
import type { Bindings } from "./queries.ts";

/** Length of the periods of what is read coarsely, ms: the longest that a metric may be configured with. */
const COARSE_MS = 300_000;

/** No input with a shorter period than `periodMs`; sums are brought back to the shorter one. */
export function coarserBinding(binding: MetricBinding, periodMs: number): MetricBinding {
  const { inputs, expression, whenSilent, factor } = binding;
  const [first] = inputs;
  const isSum = expression === undefined && /^(Sum|SampleCount)$/.test(first?.statistic ?? "");
  const longer = Math.max(1, ...inputs.map((input) => roundedUp(input.periodMs, periodMs) / input.periodMs));
  const coarse = inputs.map((input) => ({ ...input, periodMs: roundedUp(input.periodMs, periodMs) }));
  return {
    ...binding,
    inputs: coarse,
    factor: isSum ? factor / longer : factor,
    ...(whenSilent !== undefined && {
      whenSilent: { ...whenSilent, periodMs: roundedUp(whenSilent.periodMs, periodMs) },
    }),
  };
}

function roundedUp(ms: number, stepMs: number): number {
  return Math.ceil(ms / stepMs) * stepMs;
}

/** Targets are data of the deployment: worked out once for each of them, not at every beat. */
const KNOWN = new WeakMap<ServiceTarget, Map<string, ServiceTarget>>();

/** The target with these of its metrics read over five minutes. */
export function coarserTarget(target: ServiceTarget, metrics: readonly MetricName[]): ServiceTarget {
  if (metrics.length === 0) return target;
  const known = KNOWN.get(target) ?? new Map<string, ServiceTarget>();
  KNOWN.set(target, known);
  const key = metrics.join();
  const coarse = known.get(key) ?? { ...target, metrics: coarserMetrics(target.metrics, metrics) };
  known.set(key, coarse);
  return coarse;
}

function coarserMetrics(bindings: Bindings, metrics: readonly MetricName[]): Bindings {
  const entries = Object.entries(bindings) as [MetricName, MetricBinding][];
  return Object.fromEntries(
    entries.map(([name, binding]) => [name, metrics.includes(name) ? coarserBinding(binding, COARSE_MS) : binding]),
  );
}
