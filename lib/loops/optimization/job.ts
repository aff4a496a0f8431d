import type { ComponentState } from "../../domain/model/component-state.ts";
import type { ComponentPolicy, FleetPolicy } from "../../domain/model/policy.ts";
import type { LoopOutcome } from "../../flow.ts";
import type { Ports } from "../../ports.ts";

/** What the parts of one optimization run share. */
export interface Job {
  readonly ports: Ports;
  readonly fleet: FleetPolicy;
  readonly states: ReadonlyMap<string, ComponentState>;
  readonly nowMs: number;
  /** Full look at the evidence: once an hour, ten minutes after it, and after an outage. */
  readonly isHourly: boolean;
  readonly errors: LoopOutcome["errors"][number][];
}

/** Components worked on at the same time: enough to hide the latency of the store, few enough for a small Lambda. */
const AT_ONCE = 8;

/**
 * Does `work` for every component and returns what it came to, in order. A component that fails is told in the errors of
 * the job and left out; the others go on.
 */
export async function forEachComponent<T>(
  job: Job,
  what: string,
  components: readonly ComponentPolicy[],
  work: (policy: ComponentPolicy) => Promise<T | undefined>,
): Promise<readonly T[]> {
  const results: (T | undefined)[] = [];
  for (let first = 0; first < components.length; first += AT_ONCE) {
    const some = components.slice(first, first + AT_ONCE);
    results.push(...(await Promise.all(some.map((policy) => attempt(job, what, () => work(policy), policy.name)))));
  }
  return results.filter((result) => result !== undefined);
}

/** Runs one part; its failure is an error of the run, not its end. */
export async function attempt<T>(
  job: Job,
  what: string,
  work: () => Promise<T | undefined>,
  component?: string,
): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    const message = `${what}: ${error instanceof Error ? error.message : String(error)}`;
    job.ports.log("error", "optimization failed in part", { fleet: job.fleet.name, component, error: message });
    job.errors.push({ component, message });
    return undefined;
  }
}
