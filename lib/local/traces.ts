import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { InputError } from "../domain/model/errors.ts";
import type { ComponentPolicy, FleetPolicy } from "../domain/model/policy.ts";
import { DEFAULT_PROFILE, opsPerTask } from "../simulation/profile.ts";
import type { ServiceSpec } from "../simulation/service.ts";
import { factorForTasks, parseTrace } from "../simulation/trace.ts";
import type { TraceRecord } from "./run-folder.ts";

/** `--trace FILE[=component]` as written. */
export interface TraceRequest {
  readonly file: string;
  readonly component: string;
}

const DEFAULT_COMPONENT = "price_feeds";

/** The part after the last `=` is a component; a file whose name holds one must name the component. */
export function parseTraceRequest(text: string): TraceRequest {
  const at = text.lastIndexOf("=");
  return at < 0
    ? { file: text, component: DEFAULT_COMPONENT }
    : { file: text.slice(0, at), component: text.slice(at + 1) };
}

/**
 * Services with the recorded load in place of the generated one, and how each file was scaled: its 99th percentile needs as
 * many tasks of the initial size, at the CPU target, as the policy's maximum holds.
 */
export function withTraces(
  services: readonly ServiceSpec[],
  fleets: readonly FleetPolicy[],
  requests: readonly TraceRequest[],
): { services: ServiceSpec[]; traces: TraceRecord[] } {
  const changed = new Map(services.map((service) => [service.name, service]));
  const traces = requests.map((request) => {
    const service = changed.get(request.component);
    const policy = fleets.flatMap(({ components }) => components).find(({ name }) => name === request.component);
    if (service === undefined || policy === undefined) {
      throw new InputError(`the trace ${request.file} cannot be used`, [
        `no component ${request.component}; there are ${[...changed.keys()].join(", ")}`,
      ]);
    }
    const text = readTrace(request.file);
    const trace = parseTrace(text, request.file, { gaps: "hold" });
    const tasks = tasksAtMaximum(service, policy);
    const scale = factorForTasks(trace, {
      tasks,
      opsPerTask: opsPerTask({ ...DEFAULT_PROFILE, ...service.profile }, service.initial.size) * cpuTarget(policy),
    });
    changed.set(service.name, {
      ...service,
      load: { kind: "trace", stepMs: trace.stepMs, values: trace.values, factor: scale },
    });
    return {
      file: request.file,
      component: request.component,
      scale,
      p99Tasks: tasks,
      heldValues: trace.heldValues,
      fingerprint: fingerprintOf(text),
    };
  });
  return { services: [...changed.values()], traces };
}

function readTrace(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    throw new InputError(`the trace ${file} cannot be read`, [error instanceof Error ? error.message : String(error)], {
      cause: error,
    });
  }
}

function cpuTarget({ rules }: ComponentPolicy): number {
  return rules.find(({ trigger }) => trigger === "CPU_UTILIZATION")?.target ?? 0.6;
}

/**
 * Tasks of the initial size that fit into the policy's maximum of each resource. Example: 4 vCPU and 6 GiB at most, tasks of
 * 0.6 vCPU and 0.8 GiB: 6.
 */
function tasksAtMaximum({ initial: { size } }: ServiceSpec, { max, tasksMax }: ComponentPolicy): number {
  const byResource = (["cpu", "memory", "network", "storage"] as const)
    .filter((name) => size[name] > 0)
    .map((name) => Math.floor(max[name] / size[name]));
  return Math.max(1, Math.min(tasksMax, ...byResource));
}

/** Tells another content under the same name; not a security measure. */
export function fingerprintOf(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 16);
}
