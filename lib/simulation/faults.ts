import type { Resources } from "../domain/model/resources.ts";
import type { MetricName, Sample } from "../domain/model/sample.ts";
import type { Failed } from "../ports.ts";
import { hash32, hashText, Prng } from "./prng.ts";
import type { StartConditions } from "./tasks.ts";

/** What goes wrong, as plain data; without a plan nothing does. Whether a partial fault strikes depends on the seed and the time only. */
export interface FaultPlan {
  readonly faults: readonly Fault[];
}

interface FaultWindow {
  /** The fault holds in [fromMs, toMs). For metrics the time is the end of the sample's period. */
  readonly fromMs: number;
  readonly toMs: number;
  /** One component; absent: all. */
  readonly component?: string;
  /** Probability that it strikes a call, a task or a sample inside the window, 0..1. Default 1. */
  readonly share?: number;
}

export type Fault = StartFault | CallFault | MetricFault | ForeignFault;

/** Tasks that die while starting; or no capacity for new tasks, which then stay pending. */
export type StartFault = FaultWindow & { readonly kind: "start-failure" | "capacity-unavailable" };

export type OrchestratorCall = "describe" | "ensureRevision" | "update";
export type CallFault = FaultWindow & {
  /** `lost-answer`: the call took effect, the caller does not learn it. `lost-request`: the same answer, without effect. */
  readonly kind: "lost-answer" | "lost-request" | "throttle" | "refuse";
  /** Default: update only for lost answers and refusals, all three for throttles. */
  readonly calls?: readonly OrchestratorCall[];
};

export type MetricFault = FaultWindow &
  (
    | {
        readonly kind: "metric-missing" | "metric-nan" | "metric-zero" | "metric-negative";
        readonly metrics?: readonly MetricName[];
      }
    | { readonly kind: "metric-late"; readonly byMs: number }
    /** The sample is never published. */
    | { readonly kind: "sample-missing" }
    /** The whole read of the component fails; here the time is that of the read. */
    | { readonly kind: "metric-error" }
  );

/** A change by somebody else: a person, a deployment, another autoscaler. */
export interface ForeignChange {
  readonly tasks?: number;
  readonly size?: Resources;
  /** Deleted and created anew under the same name: another identity, all tasks start again. */
  readonly recreated?: boolean;
  /** From now on the controller may not write, and why; null takes it back. */
  readonly refusal?: string | null;
}
export interface ForeignFault {
  readonly kind: "foreign-change";
  readonly component: string;
  readonly atMs: number;
  readonly change: ForeignChange;
}

/** The faults that concern one component. */
export class ComponentFaults {
  readonly #starts: readonly StartFault[];
  readonly #calls: readonly CallFault[];
  readonly #metrics: readonly MetricFault[];
  readonly #foreign: readonly ForeignFault[];
  readonly #seed: number;

  constructor(plan: FaultPlan | undefined, component: string, seed: number) {
    const mine = (plan?.faults ?? []).filter((fault) => fault.component === undefined || fault.component === component);
    this.#starts = mine.filter(
      (fault): fault is StartFault => fault.kind === "start-failure" || fault.kind === "capacity-unavailable",
    );
    this.#calls = mine.filter((fault): fault is CallFault => CALL_KINDS.has(fault.kind));
    this.#metrics = mine.filter(
      (fault): fault is MetricFault => fault.kind.startsWith("metric-") || fault.kind === "sample-missing",
    );
    this.#foreign = mine.filter((fault): fault is ForeignFault => fault.kind === "foreign-change");
    this.#seed = hash32(seed, 51);
  }

  startConditions(nowMs: number): StartConditions {
    if (this.#starts.length === 0) return ALL_WELL;
    let capacityAvailable = true;
    let failureShare = 0;
    for (const fault of this.#starts) {
      if (!holds(fault, nowMs)) continue;
      if (fault.kind === "start-failure") failureShare = Math.max(failureShare, fault.share ?? 1);
      else capacityAvailable = false;
    }
    return { capacityAvailable, failureShare };
  }

  /** What the orchestrator answers in place of success, and whether the call takes effect all the same. */
  callFailure(
    call: OrchestratorCall,
    nowMs: number,
    decision: string,
  ): { failed: Failed; applied: boolean } | undefined {
    for (const fault of this.#calls) {
      const calls = fault.calls ?? (fault.kind === "throttle" ? ALL_CALLS : ["update"]);
      if (!holds(fault, nowMs) || !calls.includes(call) || !this.#strikes(fault, nowMs, hashText(call + decision)))
        continue;
      return CALL_FAILURES[fault.kind];
    }
    return undefined;
  }

  readFails(nowMs: number): boolean {
    return this.#metrics.some(
      (fault) => fault.kind === "metric-error" && holds(fault, nowMs) && this.#strikes(fault, nowMs, 1),
    );
  }

  /** The sample as the reader sees it and when it can; undefined when never. */
  distort(sample: Sample, publishedMs: number): { sample: Sample; publishedMs: number } | undefined {
    let seen = { sample, publishedMs };
    for (const fault of this.#metrics) {
      if (!holds(fault, sample.endMs) || !this.#strikes(fault, sample.endMs, 2)) continue;
      switch (fault.kind) {
        case "metric-error":
          break;
        case "sample-missing":
          return undefined;
        case "metric-late":
          seen = { ...seen, publishedMs: seen.publishedMs + fault.byMs };
          break;
        default:
          seen = { ...seen, sample: withValues(seen.sample, fault.kind, fault.metrics) };
      }
    }
    return seen;
  }

  /** Foreign changes in [fromMs, toMs), in order. */
  foreignIn(fromMs: number, toMs: number): readonly ForeignFault[] {
    if (this.#foreign.length === 0) return this.#foreign;
    return this.#foreign.filter(({ atMs }) => atMs >= fromMs && atMs < toMs).sort((a, b) => a.atMs - b.atMs);
  }

  #strikes({ share = 1, kind }: FaultWindow & { kind: string }, atMs: number, salt: number): boolean {
    return share >= 1 || new Prng(this.#seed, hashText(kind), atMs, salt).uniform() < share;
  }
}

const ALL_WELL: StartConditions = { capacityAvailable: true, failureShare: 0 };
const ALL_CALLS: readonly OrchestratorCall[] = ["describe", "ensureRevision", "update"];
const CALL_FAILURES: Readonly<Record<CallFault["kind"], { failed: Failed; applied: boolean }>> = {
  "lost-answer": { failed: { kind: "unknown", detail: "the connection closed before the answer" }, applied: true },
  "lost-request": { failed: { kind: "unknown", detail: "the connection closed before the answer" }, applied: false },
  throttle: { failed: { kind: "throttled", detail: "rate exceeded" }, applied: false },
  refuse: { failed: { kind: "refused", detail: "the simulated plan refuses this call" }, applied: false },
};
const CALL_KINDS: ReadonlySet<string> = new Set(Object.keys(CALL_FAILURES));

function holds({ fromMs, toMs }: FaultWindow, atMs: number): boolean {
  return atMs >= fromMs && atMs < toMs;
}

function withValues(
  sample: Sample,
  kind: "metric-missing" | "metric-nan" | "metric-zero" | "metric-negative",
  metrics: readonly MetricName[] | undefined,
): Sample {
  const values: Partial<Record<MetricName, number>> = { ...sample.values };
  const absent = { ...sample.absent };
  const concerned = metrics ?? (Object.keys(values) as MetricName[]);
  for (const metric of concerned) {
    if (kind === "metric-missing") {
      delete values[metric];
      absent[metric] = "missing";
    } else if (metric in values) {
      values[metric] = kind === "metric-nan" ? Number.NaN : kind === "metric-zero" ? 0 : -1;
    }
  }
  return { ...sample, values, absent };
}
