import { InputError, InvariantError } from "../domain/model/errors.ts";
import type { Resources } from "../domain/model/resources.ts";
import type { MetricSource, Orchestrator, RevisionResult, UpdateResult } from "../ports.ts";
import { type Account, type Bill, billOf } from "./account.ts";
import { COARSE_LEAD_MS, coarseSamples } from "./coarse.ts";
import type { FaultPlan, ForeignChange } from "./faults.ts";
import { DEFAULT_PUBLICATION, type Publication } from "./meter.ts";
import {
  allocationProblem,
  type ServiceRecord,
  type ServiceSpec,
  type ServiceView,
  SimulatedService,
} from "./service.ts";

/**
 * Simulated Amazon ECS and CloudWatch behind the ports. The clock is the caller's: nothing happens but in `advanceTo`, in
 * whole steps, and the same seed, services and calls give the same world to the last bit. Between two steps the world stands
 * at `nowMs`; what the orchestrator is asked for takes effect there.
 */
export interface WorldOptions {
  readonly seed: number;
  /** Epoch milliseconds, a multiple of the step. */
  readonly startMs: number;
  readonly stepMs?: number;
  readonly services: readonly ServiceSpec[];
  /** Without: nothing goes wrong. */
  readonly faults?: FaultPlan;
  readonly publication?: Publication;
  /** How far back samples can be read, milliseconds. Default one hour. */
  readonly samplesKeptMs?: number;
  /**
   * Told of each change BEFORE it takes effect: a snapshot and a log of these (`replay`) give the same world again. If it
   * throws, the change does not happen and the caller gets the error.
   */
  readonly onMutation?: (mutation: Mutation) => void;
}

/**
 * A change from outside of the simulation, at the world's time `atMs`. `seq` counts them from 1: a snapshot knows how many it
 * contains, so a log may reach back further than the snapshot. A `planned` change comes from the fault plan, has the number
 * of the change before it, and is not replayed: the world makes it by itself again.
 */
export type Mutation = { readonly seq: number; readonly atMs: number; readonly component: string } & Change;
type Change =
  | {
      readonly kind: "ensureRevision";
      readonly size: Resources;
      readonly decision: string;
      readonly revision: string;
    }
  | { readonly kind: "update"; readonly tasks: number; readonly revision: string; readonly decision: string }
  | { readonly kind: "foreign"; readonly change: ForeignChange; readonly planned: boolean };

export interface WorldSnapshot {
  readonly v: 1;
  readonly seed: number;
  readonly startMs: number;
  readonly stepMs: number;
  readonly nowMs: number;
  /** Mutations contained. */
  readonly mutations: number;
  readonly services: Readonly<Record<string, ServiceRecord>>;
}

const DEFAULT_STEP_MS = 5000;

export class World {
  readonly orchestrator: Orchestrator;
  readonly metrics: MetricSource;
  readonly #options: WorldOptions;
  readonly #stepMs: number;
  readonly #services = new Map<string, SimulatedService>();
  #nowMs: number;
  #mutations = 0;

  constructor(options: WorldOptions) {
    const {
      seed,
      startMs,
      stepMs = DEFAULT_STEP_MS,
      services,
      faults,
      publication = DEFAULT_PUBLICATION,
      samplesKeptMs = 3_600_000,
    } = options;
    if (!(stepMs > 0) || startMs % stepMs !== 0)
      throw new InvariantError("the start must be a whole number of steps", { startMs, stepMs });
    this.#options = options;
    this.#stepMs = stepMs;
    this.#nowMs = startMs;
    for (const spec of services) {
      if (this.#services.has(spec.name)) throw new InvariantError("two services with one name", { name: spec.name });
      this.#services.set(
        spec.name,
        new SimulatedService(spec, { seed, startMs, stepMs, publication, samplesKeptMs, faults }),
      );
    }
    this.orchestrator = this.#makeOrchestrator();
    this.metrics = this.#makeMetrics();
  }

  /** A world that continues where the snapshot was taken, given the options it was built with. */
  static restore(options: WorldOptions, snapshot: WorldSnapshot): World {
    const world = new World(options);
    const problems = snapshotProblems(world, options, snapshot);
    if (problems.length > 0) throw new InputError("the snapshot does not belong to this world", problems);
    world.#nowMs = snapshot.nowMs;
    world.#mutations = snapshot.mutations;
    for (const [name, service] of world.#services) service.restore(snapshot.services[name] as ServiceRecord);
    return world;
  }

  /** Start of the next step. */
  get nowMs(): number {
    return this.#nowMs;
  }

  get components(): readonly string[] {
    return [...this.#services.keys()];
  }

  /** Simulates the whole steps that end at or before `ms`; an earlier time changes nothing. */
  advanceTo(ms: number): void {
    while (this.#nowMs + this.#stepMs <= ms) {
      const next = this.#nowMs + this.#stepMs;
      for (const service of this.#services.values()) {
        for (const { change } of service.faults.foreignIn(this.#nowMs, next))
          this.#changeByOthers(service, change, true);
        service.step(this.#nowMs);
      }
      this.#nowMs = next;
    }
  }

  snapshot(): WorldSnapshot {
    const services = Object.fromEntries([...this.#services].map(([name, service]) => [name, service.record()]));
    return {
      v: 1,
      seed: this.#options.seed,
      startMs: this.#options.startMs,
      stepMs: this.#stepMs,
      nowMs: this.#nowMs,
      mutations: this.#mutations,
      services,
    };
  }

  /**
   * Carries out a logged change again, at its time, without asking faults or telling `onMutation`. One that the world
   * contains already changes nothing.
   * @throws {InputError} when changes before this one are missing
   */
  replay(mutation: Mutation): void {
    if (mutation.seq <= this.#mutations || (mutation.kind === "foreign" && mutation.planned)) return;
    if (mutation.seq !== this.#mutations + 1 || mutation.atMs < this.#nowMs) {
      const where = `the world has ${this.#mutations} at ${this.#nowMs}, the log continues with number ${mutation.seq} at ${mutation.atMs}`;
      throw new InputError("the log of changes does not fit the world", [where]);
    }
    this.advanceTo(mutation.atMs);
    this.#mutations++;
    const service = this.#service(mutation.component);
    switch (mutation.kind) {
      case "ensureRevision":
        service.register(mutation.size, mutation.decision);
        return;
      case "update":
        service.update(mutation.tasks, mutation.revision, this.#nowMs);
        return;
      case "foreign":
        service.changeByOthers(mutation.change, this.#nowMs);
        return;
      default:
        throw new InvariantError("unknown mutation", { mutation: mutation satisfies never });
    }
  }

  /** Somebody else changes the service now. */
  foreignChange(component: string, change: ForeignChange): void {
    this.#changeByOthers(this.#service(component), change, false);
  }

  view(component: string): ServiceView {
    return this.#service(component).view();
  }

  /** Use, service quality and cost since the start. */
  account(component: string): Readonly<Account> & Bill & { readonly starts: number } {
    const { account } = this.#service(component);
    return { ...account, ...billOf(account) };
  }

  /** The same without the bill, as it goes on: for those who ask after every step. */
  totals(component: string): Readonly<Account> {
    return this.#service(component).totals;
  }

  #service(component: string): SimulatedService {
    const service = this.#services.get(component);
    if (service === undefined) throw new InvariantError("no such service in this world", { component });
    return service;
  }

  /** If the listener throws (it could not write its log), the change does not take effect and the caller gets the error. */
  #tell(component: string, change: Change): void {
    const planned = change.kind === "foreign" && change.planned;
    const seq = planned ? this.#mutations : this.#mutations + 1;
    this.#options.onMutation?.({ seq, atMs: this.#nowMs, component, ...change });
    this.#mutations = seq;
  }

  #changeByOthers(service: SimulatedService, change: ForeignChange, planned: boolean): void {
    const problem = change.size && allocationProblem({ tasks: change.tasks ?? 0, size: change.size });
    if (problem !== undefined) throw new InvariantError(problem, { change });
    this.#tell(service.name, { kind: "foreign", change, planned });
    service.changeByOthers(change, this.#nowMs);
  }

  #makeOrchestrator(): Orchestrator {
    return {
      describe: async (components) =>
        components.map((component) => {
          const service = this.#services.get(component);
          if (service === undefined) return new Error(`service not found: ${component}`);
          const failure = service.faults.callFailure("describe", this.#nowMs, "");
          return failure === undefined ? service.describe(this.#nowMs) : new Error(failure.failed.detail);
        }),
      ensureRevision: async (request) => this.#ensureRevision(request),
      update: async (request) => this.#update(request),
    };
  }

  #ensureRevision({ component, size, decision }: Parameters<Orchestrator["ensureRevision"]>[0]): RevisionResult {
    const service = this.#services.get(component);
    if (service === undefined) return { kind: "refused", detail: `service not found: ${component}` };
    const failure = service.faults.callFailure("ensureRevision", this.#nowMs, decision);
    if (failure?.applied === false) return failure.failed;
    const problem = allocationProblem({ tasks: 0, size });
    if (problem !== undefined) return { kind: "refused", detail: problem };
    let revision = service.revisionOf(decision);
    if (revision === undefined) {
      revision = service.nextRevision();
      this.#tell(component, { kind: "ensureRevision", size, decision, revision });
      service.register(size, decision);
    }
    return failure?.failed ?? { kind: "ok", revision };
  }

  #update({ component, tasks, revision, decision }: Parameters<Orchestrator["update"]>[0]): UpdateResult {
    const service = this.#services.get(component);
    if (service === undefined) return { kind: "refused", detail: `service not found: ${component}` };
    const failure = service.faults.callFailure("update", this.#nowMs, decision);
    if (failure?.applied === false) return failure.failed;
    const { refusal } = service.describe(this.#nowMs);
    if (refusal !== undefined) return { kind: "refused", detail: refusal };
    if (!service.hasRevision(revision)) return { kind: "refused", detail: `task definition not found: ${revision}` };
    if (!Number.isInteger(tasks) || tasks < 0) return { kind: "refused", detail: `not a count of tasks: ${tasks}` };
    this.#tell(component, { kind: "update", tasks, revision, decision });
    service.update(tasks, revision, this.#nowMs);
    return failure?.failed ?? { kind: "ok" };
  }

  #makeMetrics(): MetricSource {
    return {
      read: async (requests, nowMs) =>
        requests.map(({ component, sinceMs, coarse = [] }) => {
          const service = this.#services.get(component);
          if (service === undefined) return new Error(`no metrics of ${component}`);
          if (service.faults.readFails(nowMs)) return new Error(`metrics of ${component} could not be read`);
          if (coarse.length === 0) return service.samples(sinceMs, nowMs);
          return coarseSamples(service.samples(sinceMs - COARSE_LEAD_MS, nowMs), sinceMs, coarse);
        }),
    };
  }
}

function snapshotProblems(
  world: World,
  { seed, startMs, stepMs = DEFAULT_STEP_MS }: WorldOptions,
  snapshot: WorldSnapshot,
): readonly string[] {
  const problems: string[] = [];
  if (snapshot.v !== 1) return [`version ${String(snapshot.v)}, this program reads version 1`];
  for (const [name, mine] of Object.entries({ seed, startMs, stepMs })) {
    const theirs = snapshot[name as "seed" | "startMs" | "stepMs"];
    if (theirs !== mine) problems.push(`${name} is ${theirs}, expected ${mine}`);
  }
  for (const name of world.components) if (snapshot.services[name] === undefined) problems.push(`no service ${name}`);
  for (const name of Object.keys(snapshot.services))
    if (!world.components.includes(name)) problems.push(`unknown service ${name}`);
  return problems;
}
