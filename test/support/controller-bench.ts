import { MemoryStore } from "../../lib/adapters/memory/memory-store.ts";
import type { ComponentState } from "../../lib/domain/model/component-state.ts";
import type { Decision } from "../../lib/domain/model/decision.ts";
import type { Alert } from "../../lib/domain/model/learning.ts";
import type { Ledger } from "../../lib/domain/model/ledger.ts";
import type { FleetPolicy } from "../../lib/domain/model/policy.ts";
import type { Allocation } from "../../lib/domain/model/resources.ts";
import type { Sample } from "../../lib/domain/model/sample.ts";
import { BEAT_MS, type LoopName, type LoopOutcome } from "../../lib/flow.ts";
import { runLoop } from "../../lib/loops/run-loop.ts";
import type { Ports } from "../../lib/ports.ts";
import { runBeat } from "../../lib/scheduler.ts";
import type { FaultPlan } from "../../lib/simulation/faults.ts";
import type { Publication } from "../../lib/simulation/meter.ts";
import type { ServiceSpec } from "../../lib/simulation/service.ts";
import { type Mutation, World } from "../../lib/simulation/world.ts";

/** Monday, 2026-01-05T00:00:00Z. */
export const START_MS = Date.UTC(2026, 0, 5);
export const MINUTE_MS = 60_000;

/** One change of a service in the world's own log. */
export interface Effect {
  readonly atMs: number;
  readonly component: string;
  /** The decision that asked for it; undefined: somebody else. */
  readonly by: string | undefined;
  readonly before: Allocation;
  readonly after: Allocation;
  readonly revision: string;
  readonly mutation: Mutation;
}

/** What becomes of a tick. `late`: so many beats; `killed`: its process dies after so many calls of its ports. */
export type Fate =
  | { readonly kind: "run" | "drop" | "twice" }
  | { readonly kind: "late"; readonly beats: number }
  | { readonly kind: "killed"; readonly afterCalls: number };
const RUN: Fate = { kind: "run" };

export interface ControllerBenchOptions {
  readonly fleet: FleetPolicy;
  readonly services: readonly ServiceSpec[];
  readonly seed?: number;
  readonly faults?: FaultPlan;
  readonly publication?: Publication;
  /** Asked for each tick. */
  readonly fate?: (loop: LoopName, scheduledMs: number) => Fate;
  /** Ports of each tick's process: where a test puts its own faults and deliberate bugs. */
  readonly wrap?: (ports: Ports) => Ports;
}

/** Told of everything that happens, in its order. All optional. */
export interface Observer {
  onEffect?(effect: Effect): void;
  onLedger?(ledger: Ledger): void;
  onStates?(states: readonly ComponentState[]): void;
  onSamples?(samples: readonly { component: string; sample: Sample }[]): void;
  onDecisions?(decisions: readonly Decision[]): void;
  onDecision?(decision: Decision): void;
}

/** The four real loops on the simulated world and the memory store, beat by beat on a simulated clock. */
export class ControllerBench {
  readonly fleet: FleetPolicy;
  readonly world: World;
  readonly store = new MemoryStore();
  readonly effects: Effect[] = [];
  readonly alerts: Alert[] = [];
  readonly errors: string[] = [];
  readonly observers: Observer[] = [];
  /** Ticks that died, were late and so on. */
  readonly fates: Record<Fate["kind"], number> = { run: 0, drop: 0, twice: 0, late: 0, killed: 0 };
  readonly #options: ControllerBenchOptions;
  readonly #sizes = new Map<string, Allocation["size"]>();
  readonly #late: { name: LoopName; scheduledMs: number; dueMs: number }[] = [];
  #beatMs = START_MS;

  constructor(options: ControllerBenchOptions) {
    const { fleet, services, seed = 1, faults, publication } = options;
    this.#options = options;
    this.fleet = fleet;
    this.world = new World({
      seed,
      startMs: START_MS,
      services,
      ...(faults === undefined ? {} : { faults }),
      ...(publication === undefined ? {} : { publication }),
      onMutation: (mutation) => this.#onMutation(mutation),
    });
    this.#observeStore();
  }

  get nowMs(): number {
    return this.world.nowMs;
  }

  ports(): Ports {
    const { metrics, orchestrator } = this.world;
    const ports: Ports = {
      metrics,
      orchestrator,
      store: this.store,
      notifier: {
        publish: async (alert) => {
          this.alerts.push(alert);
        },
      },
      clock: { nowMs: () => this.world.nowMs },
      log: () => {},
    };
    return this.#options.wrap?.(ports) ?? ports;
  }

  /** Beats from where the last run ended until so many minutes after the start; `before` each beat comes its callback. */
  async runUntil(minute: number, before?: (minute: number) => void | Promise<void>): Promise<void> {
    for (; this.#beatMs < START_MS + minute * MINUTE_MS; this.#beatMs += BEAT_MS) {
      this.world.advanceTo(this.#beatMs);
      await before?.((this.#beatMs - START_MS) / MINUTE_MS);
      const due = this.#late.filter(({ dueMs }) => dueMs <= this.#beatMs);
      for (const each of due) this.#late.splice(this.#late.indexOf(each), 1);
      // The late ones run beside the punctual ones: their calls interleave.
      await Promise.all([
        ...due.map(({ name, scheduledMs }) => this.#tick(name, scheduledMs, RUN)),
        runBeat(this.#beatMs, (name, scheduledMs) =>
          this.#tick(name, scheduledMs, this.#options.fate?.(name, scheduledMs) ?? RUN),
        ),
      ]);
    }
    this.world.advanceTo(this.#beatMs);
  }

  async ledger(): Promise<Ledger> {
    const ledger = await this.store.readLedger(this.fleet.name);
    if (ledger === undefined) throw new Error("no ledger");
    return ledger;
  }

  /** An operator changes the ledger. */
  async edit(
    change: (ledger: Ledger) => { kind: "ok"; ledger: Ledger } | { kind: "refused"; reason: string },
  ): Promise<void> {
    const next = change(await this.ledger());
    if (next.kind === "refused" || !(await this.store.writeLedger(next.ledger)).won) throw new Error("not written");
  }

  async actions(): Promise<readonly Decision[]> {
    return this.store.readActions(this.fleet.name, 0, Number.MAX_SAFE_INTEGER);
  }

  async holds(component: string): Promise<readonly Decision[]> {
    return this.store.readHolds(this.fleet.name, component, 0, Number.MAX_SAFE_INTEGER);
  }

  /** What ECS wants of a service now. */
  desired(component: string): Allocation {
    const { desired, size } = this.world.view(component);
    return { tasks: desired, size };
  }

  async #tick(name: LoopName, scheduledMs: number, fate: Fate): Promise<LoopOutcome> {
    this.fates[fate.kind]++;
    const run = (ports: Ports) => runLoop(name, { ports, fleets: [this.fleet], scheduledMs });
    switch (fate.kind) {
      case "drop":
        return { ran: false, errors: [] };
      case "late":
        this.#late.push({ name, scheduledMs, dueMs: scheduledMs + fate.beats * BEAT_MS });
        return { ran: false, errors: [] };
      case "twice": {
        const [first] = await Promise.all([run(this.ports()), run(this.ports())]);
        return this.#note(name, first);
      }
      case "killed":
        try {
          return this.#note(name, await run(mortal(this.ports(), fate.afterCalls)));
        } catch {
          return { ran: false, errors: [] }; // the process is gone; the next tick is another one
        }
      case "run":
        return this.#note(name, await run(this.ports()));
    }
  }

  #note(name: LoopName, outcome: LoopOutcome): LoopOutcome {
    for (const { component, message } of outcome.errors) this.errors.push(`${name} ${component ?? ""}: ${message}`);
    return outcome;
  }

  #onMutation(mutation: Mutation): void {
    const { component, atMs } = mutation;
    const { revision } = this.world.view(component);
    const before = this.desired(component);
    this.#sizes.set(revision, before.size);
    if (mutation.kind === "ensureRevision") {
      this.#sizes.set(mutation.revision, mutation.size);
      return;
    }
    const after: Allocation =
      mutation.kind === "update"
        ? { tasks: mutation.tasks, size: this.#sizes.get(mutation.revision) ?? before.size }
        : { tasks: mutation.change.tasks ?? before.tasks, size: mutation.change.size ?? before.size };
    const by = mutation.kind === "update" ? mutation.decision : undefined;
    const to = mutation.kind === "update" ? mutation.revision : revision;
    const effect: Effect = { atMs, component, by, before, after, revision: to, mutation };
    this.effects.push(effect);
    for (const observer of this.observers) observer.onEffect?.(effect);
  }

  /** Observers see what was really stored, below whatever the loops' ports are wrapped in. */
  #observeStore(): void {
    const { store, observers } = this;
    const writeLedger = store.writeLedger.bind(store);
    const writeDecision = store.writeDecision.bind(store);
    const appendDecisions = store.appendDecisions.bind(store);
    const writeStates = store.writeStates.bind(store);
    const appendSamples = store.appendSamples.bind(store);
    store.writeLedger = async (next) => {
      const cas = await writeLedger(next);
      if (cas.won) for (const observer of observers) observer.onLedger?.(next);
      return cas;
    };
    store.writeDecision = async (next) => {
      const cas = await writeDecision(next);
      if (cas.won) for (const observer of observers) observer.onDecision?.(next);
      return cas;
    };
    store.appendDecisions = async (fleet, decisions) => {
      await appendDecisions(fleet, decisions);
      for (const observer of observers) observer.onDecisions?.(decisions);
    };
    store.writeStates = async (fleet, states) => {
      await writeStates(fleet, states);
      for (const observer of observers) observer.onStates?.(states);
    };
    store.appendSamples = async (fleet, samples) => {
      await appendSamples(fleet, samples);
      for (const observer of observers) observer.onSamples?.(samples);
    };
  }
}

/** Ports of a process that dies right after its n-th call took effect. */
function mortal(ports: Ports, afterCalls: number): Ports {
  let calls = 0;
  const wrap = <T extends object>(port: T): T =>
    new Proxy(port, {
      get: (target, name) => {
        const method: unknown = Reflect.get(target, name);
        if (typeof method !== "function") return method;
        return async (...given: unknown[]) => {
          if (calls >= afterCalls) throw new Error("the process is dead");
          const answer: unknown = await Reflect.apply(method, target, given);
          if (++calls >= afterCalls) throw new Error("the process died");
          return answer;
        };
      },
    });
  return { ...ports, store: wrap(ports.store), orchestrator: wrap(ports.orchestrator), metrics: wrap(ports.metrics) };
}
