import { MemoryStore } from "../../lib/adapters/memory/memory-store.ts";
import { directionOf } from "../../lib/domain/execution/ledger.ts";
import type { ComponentState } from "../../lib/domain/model/component-state.ts";
import { type Decision, decisionId } from "../../lib/domain/model/decision.ts";
import type { Ledger } from "../../lib/domain/model/ledger.ts";
import type { ComponentPolicy, FleetPolicy, RulePolicy } from "../../lib/domain/model/policy.ts";
import type { Allocation, Resources } from "../../lib/domain/model/resources.ts";
import type { Sample } from "../../lib/domain/model/sample.ts";
import { SampleWindow } from "../../lib/domain/model/sample-window.ts";
import type { LoopOutcome } from "../../lib/flow.ts";
import { runExecution } from "../../lib/loops/execution.ts";
import type { Orchestrator, Ports, StateStore } from "../../lib/ports.ts";
import { FakeEcs } from "./fake-ecs.ts";
import { EXECUTION, MONITOR } from "./optimization-builders.ts";

/** A bench for the execution loop: a wide open policy, so that each test closes the one guard it is about. */
export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;
/** 2026-01-01T00:00:00Z, so that negative times and year 1970 hide no bug. */
export const T0 = 1_767_225_600_000;

export const SIZE: Resources = { cpu: 500, memory: 1000, network: 0, storage: 0 };

export function tasks(count: number, size: Partial<Resources> = {}): Allocation {
  return { tasks: count, size: { ...SIZE, ...size } };
}

const WIDE: Resources = { cpu: 1_000_000, memory: 1_000_000, network: 1_000_000, storage: 1_000_000 };
const NONE: Resources = { cpu: 0, memory: 0, network: 0, storage: 0 };

export const CPU_RULE: RulePolicy = {
  name: "CPU",
  trigger: "CPU_UTILIZATION",
  target: 0.75,
  up: 0.85,
  down: 0.6,
  upAction: "SCALE_OUT",
  downAction: "SCALE_IN",
  priority: 8,
  breachMs: 0,
  reliefMs: 0,
};

export function component(name: string, changes: Partial<ComponentPolicy> = {}): ComponentPolicy {
  return {
    name,
    strategy: "REACTIVE",
    parameters: {},
    compute: "ec2",
    min: NONE,
    max: WIDE,
    tasksMin: 1,
    tasksMax: 1000,
    resize: true,
    networkPerTask: 0,
    factorUp: 1.5,
    factorDown: 0.7,
    upPerHour: 1000,
    downPerHour: 1000,
    cooldownMs: 0,
    responseTimeMs: 200,
    throughputPerSecond: 10,
    rules: [CPU_RULE],
    schedules: [],
    ...changes,
  };
}

export interface Changes {
  readonly components?: readonly ComponentPolicy[];
  readonly limits?: Partial<Resources>;
  readonly mode?: FleetPolicy["mode"];
  readonly decision?: Partial<FleetPolicy["decision"]>;
  readonly execution?: Partial<FleetPolicy["execution"]>;
}

export function fleet(changes: Changes = {}): FleetPolicy {
  return {
    name: "test",
    mode: changes.mode ?? "auto",
    limits: { ...WIDE, ...changes.limits },
    thresholds: { cpu: 0.8, memory: 0.85, network: 0.75, storage: 0.8 },
    targets: { efficiency: 0.85, responseTimeMs: 1000, successRate: 0.95 },
    decision: {
      minimumConfidence: 70,
      concurrentExecutions: 1000,
      decisionsPerHour: 1000,
      growthReserve: 0,
      weights: { deviation: 1, effectiveness: 1, stability: 1, headroom: 1 },
      effectivenessWindow: 10,
      effectivenessPrior: 75,
      validityMs: 150_000,
      approvalMs: 900_000,
      removedShare: 1,
      shrinkingShare: 1,
      ...changes.decision,
    },
    monitor: MONITOR,
    execution: { ...EXECUTION, stableTimeoutMs: 10 * MINUTE, ...changes.execution },
    optimization: {
      tuning: { shiftMax: 0.1, stepScaleMin: 0.5, stepScaleMax: 2, decisionsMin: 5 },
      forecast: { historyMs: 7 * 24 * HOUR, horizonMs: HOUR, coverage: 0.9, refitMs: HOUR },
      rightSizing: { savingMin: 0.1, evidenceMs: HOUR, headroom: 1.2 },
      retention: { samplesMs: 1, rollups5mMs: 1, rollups1hMs: 1, holdsMs: 1, actionsMs: 1 },
    },
    alerts: { cooldownMs: 10 * MINUTE, perHour: 15 },
    components: changes.components ?? [component("a")],
  };
}

/** What the decision loop knew; the execution loop does not read it. */
const FACTS: Decision["facts"] = {
  paused: false,
  used: {},
  completeness: 1,
  effectiveness: 75,
  upsLastHour: 0,
  downsLastHour: 0,
  fleetLastHour: 0,
  open: false,
  foreign: false,
  room: WIDE,
  removable: 0,
  shrinkStampede: false,
  schedules: [],
  bounds: { min: NONE, max: WIDE, tasksMin: 1, tasksMax: 1000 },
};

export interface Wanted {
  readonly at?: number;
  readonly before: Allocation;
  readonly after: Allocation;
  readonly donor?: { component: string; before: Allocation; after: Allocation };
  readonly changes?: Partial<Decision>;
}

/** A PENDING decision of a component, decided at `at`. */
export function pending(name: string, { at = T0, before, after, donor, changes = {} }: Wanted): Decision {
  const step = { component: name, before, after };
  const direction = directionOf(before, after);
  return {
    v: 1,
    id: decisionId(name, at),
    fleet: "test",
    component: name,
    decidedAtMs: at,
    action: donor !== undefined ? "REBALANCE" : direction === "shrink" ? "SCALE_IN" : "SCALE_OUT",
    strategy: "REACTIVE",
    mode: "auto",
    ...(direction === "same" ? {} : { direction }),
    rule: "CPU",
    trigger: "CPU_UTILIZATION",
    priority: 8,
    confidence: { deviation: 80, effectiveness: 80, stability: 80, headroom: 80, total: 80 },
    plan: { steps: donor === undefined ? [step] : [donor, step], limits: [], costDeltaPerHour: 0 },
    signals: [],
    verdicts: [],
    current: before,
    facts: FACTS,
    policy: "test",
    status: "PENDING",
    version: 1,
    expiresAtMs: at + 150_000,
    ...changes,
  };
}

/** The store, ECS and the loop, with time in hand. `ports` may be wrapped by a test that breaks things. */
export class Bench {
  readonly store = new MemoryStore();
  readonly ecs = new FakeEcs();
  nowMs = T0;
  policy: FleetPolicy;
  /** CPU in use, milli-vCPU, and other values of the samples the monitor would write. */
  used: Record<string, Sample["values"]> = {};
  /** Components whose samples stopped. */
  readonly blind = new Set<string>();
  readonly #windows = new Map<string, Sample[]>();

  constructor(changes: Changes = {}, services: Readonly<Record<string, Allocation>> = { a: tasks(2) }) {
    this.policy = fleet(changes);
    this.ecs.nowMs = T0;
    for (const [name, allocation] of Object.entries(services)) this.ecs.add(name, allocation);
  }

  ports(wrap: { store?: StateStore; orchestrator?: Orchestrator } = {}): Ports {
    return {
      metrics: { read: async () => [] },
      orchestrator: wrap.orchestrator ?? this.ecs,
      store: wrap.store ?? this.store,
      notifier: { publish: async () => {} },
      clock: { nowMs: () => this.nowMs },
      log: () => {},
    };
  }

  /** Lets time pass, writes what the monitor would have written, and runs one pass. */
  async pass(afterMs = 0, ports = this.ports()): Promise<LoopOutcome> {
    await this.monitor(afterMs);
    return runExecution(ports, this.policy, this.nowMs);
  }

  /** Passes every half minute until so much time has gone by. */
  async run(forMs: number, ports = this.ports()): Promise<LoopOutcome["errors"][number][]> {
    const errors: LoopOutcome["errors"][number][] = [];
    for (let gone = 0; gone < forMs; gone += 30_000) errors.push(...(await this.pass(30_000, ports)).errors);
    return errors;
  }

  async monitor(afterMs: number): Promise<void> {
    this.nowMs += afterMs;
    this.ecs.nowMs = this.nowMs;
    const names = this.policy.components.map((each) => each.name);
    const services = await this.ecs.describe(names);
    const states: ComponentState[] = names.map((name, index) => {
      const service = services[index];
      return {
        v: 1,
        component: name,
        updatedAtMs: this.nowMs,
        ...(service instanceof Error || service === undefined ? {} : { service }),
        window: SampleWindow.of(this.#window(name)),
        readThroughMs: this.nowMs,
      };
    });
    await this.store.writeStates(this.policy.name, states);
  }

  #window(name: string): readonly Sample[] {
    const window = this.#windows.get(name) ?? [];
    this.#windows.set(name, window);
    const values = { cpuUsed: 500, memoryUsed: 500, errorRate: 0, responseTime: 100, ...this.used[name] };
    let endMs = window.at(-1)?.endMs ?? Math.floor(this.nowMs / MINUTE) * MINUTE - 15 * MINUTE;
    while (endMs + MINUTE <= this.nowMs) {
      endMs += MINUTE;
      if (!this.blind.has(name)) window.push({ endMs, periodMs: MINUTE, values, absent: {} });
    }
    return window.slice(-15);
  }

  async want(...decisions: readonly Decision[]): Promise<void> {
    await this.store.appendDecisions(this.policy.name, decisions);
  }

  async decision(id: string): Promise<Decision> {
    const found = await this.store.readDecision(this.policy.name, id);
    if (found === undefined) throw new Error(`no decision ${id}`);
    return found;
  }

  async status(id: string): Promise<string> {
    const { status, result } = await this.decision(id);
    return result?.reason === undefined ? status : `${status} ${result.reason}`;
  }

  async ledger(): Promise<Ledger> {
    const ledger = await this.store.readLedger(this.policy.name);
    if (ledger === undefined) throw new Error("no ledger");
    return ledger;
  }

  /** A person writes the ledger. */
  async edit(change: (ledger: Ledger) => { kind: "ok"; ledger: Ledger } | { kind: "refused" }): Promise<void> {
    const next = change(await this.ledger());
    if (next.kind === "refused" || !(await this.store.writeLedger(next.ledger)).won) throw new Error("not written");
  }

  /** Effects of the controller so far, as `component before>after` in tasks x vCPU. */
  effects(): string[] {
    const show = ({ tasks: count, size }: Allocation) => `${count}x${size.cpu}`;
    return this.ecs.effects
      .filter((each) => each.by !== undefined)
      .map((each) => `${each.component} ${show(each.before)}>${show(each.after)}`);
  }
}
