import {
  type Allocation,
  type Resources,
  sameAllocation,
  sameSize,
  totalOf,
} from "../../lib/domain/model/resources.ts";
import type { ServiceState } from "../../lib/domain/model/service.ts";
import type { Orchestrator, RevisionResult, UpdateResult } from "../../lib/ports.ts";

/** How the next call comes out; `lost`: never arrived, `applied-lost`: arrived, and the answer did not. */
export type Outcome = "ok" | "refused" | "throttled" | "applied-lost" | "lost";

/** One change of a service, by the controller or (`by` undefined) by somebody else. */
export interface Effect {
  readonly atMs: number;
  readonly component: string;
  readonly by: string | undefined;
  readonly before: Allocation;
  readonly after: Allocation;
}

interface Service {
  created: number;
  desired: Allocation;
  revision: number;
  /** When the tasks asked for all run; infinite: never. */
  readyAtMs: number;
  runningBefore: number;
  resizing: boolean;
  rolloutFailed: boolean;
  refusal: string | undefined;
  problem: string | undefined;
}

/** ECS in a few lines: absolute sets, tasks that take `startMs` to run, scripted answers, and a log of every effect. */
export class FakeEcs implements Orchestrator {
  nowMs = 0;
  startMs = 40_000;
  readonly effects: Effect[] = [];
  /** Every update that was asked for, whatever came of it. */
  readonly calls: {
    readonly component: string;
    readonly tasks: number;
    readonly revision: string;
    readonly decision: string;
    readonly outcome: Outcome;
  }[] = [];
  readonly updateScript: Outcome[] = [];
  readonly registerScript: Outcome[] = [];
  /** Called at every effect, for invariants that hold at every instant. */
  onEffect: ((effect: Effect) => void) | undefined;
  readonly #services = new Map<string, Service>();
  readonly #revisions = new Map<string, Resources>();
  readonly #byDecision = new Map<string, string>();
  #next = 1;

  add(component: string, desired: Allocation): void {
    const revision = this.#register(component, desired.size);
    this.#services.set(component, {
      created: this.#next++,
      desired,
      revision,
      readyAtMs: 0,
      runningBefore: desired.tasks,
      resizing: false,
      rolloutFailed: false,
      refusal: undefined,
      problem: undefined,
    });
  }

  /** Registered revisions so far, those of `add` included. */
  get revisions(): number {
    return this.#revisions.size;
  }

  desired(component: string): Allocation {
    return this.#of(component).desired;
  }

  /** Somebody else's hand. */
  foreign(component: string, after: Allocation): void {
    this.#set(component, after, this.#register(component, after.size), undefined);
  }

  /** The tasks of the service never start (no capacity, or they crash). */
  stall(component: string): void {
    this.#of(component).readyAtMs = Number.POSITIVE_INFINITY;
  }

  set(
    component: string,
    state: Partial<Pick<Service, "rolloutFailed" | "refusal" | "problem" | "created" | "readyAtMs" | "resizing">>,
  ): void {
    Object.assign(this.#of(component), state);
  }

  async describe(components: readonly string[]): Promise<readonly (ServiceState | Error)[]> {
    return components.map((name) => {
      const service = this.#services.get(name);
      if (service === undefined) return new Error(`no service ${name}`);
      return service.problem === undefined ? this.#state(name, service) : new Error(service.problem);
    });
  }

  async ensureRevision({
    component,
    size,
    decision,
  }: {
    component: string;
    size: Resources;
    decision: string;
  }): Promise<RevisionResult> {
    if (!this.#services.has(component)) return { kind: "refused", detail: `no service ${component}` };
    const outcome = this.registerScript.shift() ?? "ok";
    if (outcome === "refused" || outcome === "throttled") return { kind: outcome, detail: "scripted" };
    if (outcome === "lost") return { kind: "unknown", detail: "scripted" };
    const key = `${component}/${decision}`;
    const known = this.#byDecision.get(key) ?? `${component}:${this.#register(component, size)}`;
    this.#byDecision.set(key, known);
    return outcome === "ok" ? { kind: "ok", revision: known } : { kind: "unknown", detail: "scripted" };
  }

  async update({
    component,
    tasks,
    revision,
    decision,
  }: {
    component: string;
    tasks: number;
    revision: string;
    decision: string;
  }): Promise<UpdateResult> {
    if (!this.#services.has(component)) return { kind: "refused", detail: `no service ${component}` };
    if (!Number.isInteger(tasks) || tasks < 0) return { kind: "refused", detail: `not a count of tasks: ${tasks}` };
    const outcome = this.updateScript.shift() ?? "ok";
    this.calls.push({ component, tasks, revision, decision, outcome });
    if (outcome === "refused" || outcome === "throttled") return { kind: outcome, detail: "scripted" };
    if (outcome === "lost") return { kind: "unknown", detail: "scripted" };
    const size = this.#revisions.get(revision);
    if (size === undefined) return { kind: "refused", detail: `no revision ${revision}` };
    this.#set(component, { tasks, size }, Number(revision.split(":")[1]), decision);
    return outcome === "ok" ? { kind: "ok" } : { kind: "unknown", detail: "scripted" };
  }

  #set(component: string, after: Allocation, revision: number, by: string | undefined): void {
    const service = this.#of(component);
    const before = service.desired;
    if (sameAllocation(before, after)) return;
    service.runningBefore = this.nowMs >= service.readyAtMs ? before.tasks : service.runningBefore;
    service.desired = after;
    service.resizing = !sameSize(before.size, after.size);
    service.revision = revision;
    service.rolloutFailed = false;
    service.readyAtMs = this.nowMs + this.startMs;
    const effect: Effect = { atMs: this.nowMs, component, by, before, after };
    this.effects.push(effect);
    this.onEffect?.(effect);
  }

  #state(name: string, service: Service): ServiceState {
    const ready = this.nowMs >= service.readyAtMs;
    const running = ready ? service.desired.tasks : Math.min(service.runningBefore, service.desired.tasks);
    return {
      identity: `arn:${name}/${service.created}`,
      desired: service.desired,
      running,
      pending: ready ? 0 : Math.max(1, service.desired.tasks - running),
      revision: `${name}:${service.revision}`,
      deploying: service.resizing && !ready,
      rolloutFailed: service.rolloutFailed,
      refusal: service.refusal,
      observedAtMs: this.nowMs,
    };
  }

  #register(component: string, size: Resources): number {
    const revision = this.#next++;
    this.#revisions.set(`${component}:${revision}`, size);
    return revision;
  }

  #of(component: string): Service {
    const service = this.#services.get(component);
    if (service === undefined) throw new Error(`no service ${component}`);
    return service;
  }

  /** What ECS counts for, all services together. */
  total(): Resources {
    const sum = { cpu: 0, memory: 0, network: 0, storage: 0 };
    for (const { desired } of this.#services.values()) {
      const each = totalOf(desired);
      sum.cpu += each.cpu;
      sum.memory += each.memory;
      sum.network += each.network;
      sum.storage += each.storage;
    }
    return sum;
  }
}
