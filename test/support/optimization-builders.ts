import type { ComponentState } from "../../lib/domain/model/component-state.ts";
import type { Decision, DecisionFacts } from "../../lib/domain/model/decision.ts";
import type { Learning } from "../../lib/domain/model/learning.ts";
import type { Ledger } from "../../lib/domain/model/ledger.ts";
import type { ComponentPolicy, FleetPolicy, RulePolicy } from "../../lib/domain/model/policy.ts";
import { type Allocation, NO_RESOURCES } from "../../lib/domain/model/resources.ts";
import type { Sample } from "../../lib/domain/model/sample.ts";
import { SampleWindow } from "../../lib/domain/model/sample-window.ts";

/** Builders for the tests of optimization, alerting and reports: everything has a calm default. */
export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;
/** A Monday, midnight UTC. */
export const T0 = Date.UTC(2026, 0, 5);

export const ALLOCATION: Allocation = { tasks: 2, size: { cpu: 500, memory: 1000, network: 100, storage: 0 } };

export function aRule(overrides: Partial<RulePolicy> = {}): RulePolicy {
  return {
    name: "cpu",
    trigger: "CPU_UTILIZATION",
    target: 0.6,
    up: 0.7,
    down: 0.45,
    upAction: "SCALE_UP",
    downAction: "SCALE_DOWN",
    priority: 8,
    breachMs: 2 * MINUTE,
    reliefMs: 10 * MINUTE,
    ...overrides,
  };
}

export function aComponent(overrides: Partial<ComponentPolicy> = {}): ComponentPolicy {
  return {
    name: "api",
    strategy: "REACTIVE",
    parameters: {},
    compute: "ec2",
    min: { cpu: 200, memory: 300, network: 0, storage: 0 },
    max: { cpu: 4000, memory: 8000, network: 4000, storage: 10_000 },
    tasksMin: 1,
    tasksMax: 20,
    resize: true,
    networkPerTask: 100,
    factorUp: 1.3,
    factorDown: 0.8,
    upPerHour: 4,
    downPerHour: 2,
    cooldownMs: 5 * MINUTE,
    responseTimeMs: 200,
    throughputPerSecond: 20,
    rules: [aRule()],
    schedules: [],
    ...overrides,
  };
}

export const MONITOR: FleetPolicy["monitor"] = {
  periodMs: MINUTE,
  windowSamples: 15,
  freshMs: 210_000,
  completeness: 0.8,
  calmReading: true,
  severeMultiple: 2,
};
export const EXECUTION: FleetPolicy["execution"] = {
  settleMs: 3 * MINUTE,
  stableTimeoutMs: 15 * MINUTE,
  waitForTasks: true,
  attempts: 3,
  backoffMs: 10 * MINUTE,
  foreignQuietMs: 5 * MINUTE,
  harmErrorRate: 0.05,
  harmScore: 25,
};

export function aFleet(overrides: Partial<FleetPolicy> = {}): FleetPolicy {
  return {
    name: "default",
    mode: "auto",
    limits: { cpu: 16_000, memory: 32_000, network: 8000, storage: 20_000 },
    thresholds: { cpu: 0.8, memory: 0.85, network: 0.75, storage: 0.8 },
    targets: { efficiency: 0.85, responseTimeMs: 1000, successRate: 0.95 },
    decision: {
      minimumConfidence: 70,
      concurrentExecutions: 3,
      decisionsPerHour: 10,
      growthReserve: 0,
      weights: { deviation: 1, effectiveness: 1, stability: 1, headroom: 1 },
      effectivenessWindow: 10,
      effectivenessPrior: 75,
      validityMs: 150_000,
      approvalMs: 900_000,
      removedShare: 0.3,
      shrinkingShare: 0.8,
    },
    monitor: MONITOR,
    execution: EXECUTION,
    optimization: {
      tuning: { shiftMax: 0.05, stepScaleMin: 0.5, stepScaleMax: 2, decisionsMin: 3 },
      forecast: { historyMs: 14 * DAY, horizonMs: HOUR, coverage: 0.9, refitMs: HOUR },
      rightSizing: { savingMin: 0.15, evidenceMs: 6 * HOUR, headroom: 0.2 },
      retention: {
        samplesMs: 48 * HOUR,
        rollups5mMs: 30 * DAY,
        rollups1hMs: 455 * DAY,
        holdsMs: 7 * DAY,
        actionsMs: 400 * DAY,
      },
    },
    alerts: { cooldownMs: 10 * MINUTE, perHour: 15 },
    components: [aComponent()],
    ...overrides,
  };
}

export function aSample(endMs: number, values: Sample["values"] = {}, overrides: Partial<Sample> = {}): Sample {
  return {
    endMs,
    periodMs: MINUTE,
    values: { cpuUsed: 500, memoryUsed: 1000, responseTime: 100, throughput: 10, errorRate: 0, ...values },
    absent: {},
    ...overrides,
  };
}

export function aState(nowMs: number, overrides: Partial<ComponentState> = {}): ComponentState {
  return {
    v: 1,
    component: "api",
    updatedAtMs: nowMs,
    service: {
      identity: "arn/api@1",
      desired: ALLOCATION,
      running: 2,
      pending: 0,
      revision: "api:1",
      deploying: false,
      rolloutFailed: false,
      observedAtMs: nowMs,
    },
    window: SampleWindow.of([aSample(nowMs)]),
    readThroughMs: nowMs,
    ...overrides,
  };
}

export function aLedger(overrides: Partial<Ledger> = {}): Ledger {
  return {
    v: 1,
    fleet: "default",
    version: 1,
    epoch: 1,
    paused: false,
    componentModeOverride: {},
    booked: { api: ALLOCATION },
    identity: {},
    open: [],
    recent: [],
    quietUntil: {},
    watermarkMs: 0,
    ...overrides,
  };
}

export function aLearning(overrides: Partial<Learning> = {}): Learning {
  return {
    v: 1,
    component: "api",
    version: 1,
    history: [],
    succeeded: 0,
    failed: 0,
    rolledBack: 0,
    byAction: {},
    byStatus: {},
    byReason: {},
    ...overrides,
  };
}

const SOME_FACTS: DecisionFacts = {
  paused: false,
  used: {},
  completeness: 1,
  effectiveness: 75,
  upsLastHour: 0,
  downsLastHour: 0,
  fleetLastHour: 0,
  open: false,
  foreign: false,
  room: NO_RESOURCES,
  removable: 0,
  shrinkStampede: false,
  schedules: [],
  bounds: { min: NO_RESOURCES, max: NO_RESOURCES, tasksMin: 1, tasksMax: 20 },
};

export function aDecision(atMs: number, overrides: Partial<Decision> = {}): Decision {
  const component = overrides.component ?? "api";
  return {
    v: 1,
    id: `${component}@${atMs}`,
    fleet: "default",
    component,
    decidedAtMs: atMs,
    action: "NO_ACTION",
    strategy: "REACTIVE",
    mode: "auto",
    priority: 0,
    hold: "on-target",
    signals: [],
    verdicts: [],
    current: ALLOCATION,
    facts: SOME_FACTS,
    policy: "policy-1",
    status: "HELD",
    version: 1,
    expiresAtMs: atMs + 150_000,
    ...overrides,
  };
}
