import type { ComponentState } from "../../lib/domain/model/component-state.ts";
import { type Decision, decisionId } from "../../lib/domain/model/decision.ts";
import type {
  Alert,
  AlertState,
  FleetScores,
  Learning,
  Overlay,
  Recommendation,
} from "../../lib/domain/model/learning.ts";
import type { Ledger } from "../../lib/domain/model/ledger.ts";
import type { Allocation } from "../../lib/domain/model/resources.ts";
import type { RollupBlock, Sample } from "../../lib/domain/model/sample.ts";
import { SampleWindow } from "../../lib/domain/model/sample-window.ts";
import type { Signal } from "../../lib/domain/model/signal.ts";
import type { ForecastRecord, ModelRecord } from "../../lib/ports.ts";

/** One of every record, full of what it can hold, for the tests of the store. */
export const NOON = Date.UTC(2026, 10, 25, 12);
export const MINUTE = 60_000;
export const FLEET = "default";

export const anAllocation = (tasks = 2): Allocation => ({
  tasks,
  size: { cpu: 500, memory: 1000, network: 100, storage: 0 },
});

export function aSample(
  endMs = NOON,
  values: Sample["values"] = { cpuUsed: 412.345678, memoryUsed: 1204.5, errorRate: 0 },
): Sample {
  return { endMs, periodMs: MINUTE, values, absent: { responseTime: "no-traffic", queueLength: "no-source" } };
}

export function aState(component = "price_feeds", over: Partial<ComponentState> = {}): ComponentState {
  const window = SampleWindow.of(Array.from({ length: 15 }, (_, i) => aSample(NOON - (14 - i) * MINUTE)));
  const service = {
    identity: "arn:aws:ecs:eu-central-1:123456789012:service/prod/price_feeds@1764072000000",
    desired: anAllocation(),
    running: 2,
    pending: 0,
    revision: "price_feeds:17",
    deploying: false,
    rolloutFailed: false,
    observedAtMs: NOON,
  };
  return {
    v: 1,
    component,
    updatedAtMs: NOON,
    service,
    window,
    readThroughMs: NOON,
    performanceScore: 91.5,
    performanceBaseline: 90.25,
    ...over,
  };
}

export function aSignal(over: Partial<Signal> = {}): Signal {
  const minutes = Array.from({ length: 15 }, (_, i) => i);
  const points = { atMs: minutes.map((i) => NOON - (14 - i) * MINUTE), values: minutes.map((i) => 0.6 + i / 1000) };
  return {
    rule: "cpu",
    trigger: "CPU_UTILIZATION",
    unit: "ratio",
    value: 0.614,
    target: 0.6,
    up: 0.8,
    down: 0.3,
    points,
    periodMs: MINUTE,
    ageMs: 45_000,
    completeness: 1,
    scalesWithCapacity: true,
    forecast: {
      atMs: NOON + 5 * MINUTE,
      mean: 0.62,
      lower: 0.55,
      upper: 0.7,
      peakUpper: 0.74,
      trusted: true,
      model: "ensemble",
      reason: "beats naive",
    },
    ...over,
  };
}

const facts: Decision["facts"] = {
  paused: false,
  service: { running: 2, pending: 0, deploying: false, refused: false },
  used: { cpu: 614.25, memory: 1200 },
  completeness: 1,
  effectiveness: 75,
  sinceLastMs: 900_000,
  upsLastHour: 1,
  downsLastHour: 0,
  fleetLastHour: 3,
  open: false,
  foreign: false,
  room: { cpu: 12_000, memory: 24_000, network: -5, storage: 0 },
  removable: 4000,
  shrinkStampede: false,
  overlay: { upShift: -0.05, downShift: 0, stepScale: 1.1 },
  schedules: ["market-hours"],
  bounds: {
    min: { cpu: 500, memory: 512, network: 0, storage: 0 },
    max: { cpu: 8000, memory: 16_000, network: 1000, storage: 0 },
    tasksMin: 1,
    tasksMax: 10,
  },
};

/** A hold; the most frequent record of all. */
export function aHold(component = "price_feeds", decidedAtMs = NOON, over: Partial<Decision> = {}): Decision {
  const rules = ["cpu", "memory", "response-time"];
  return {
    v: 1,
    id: decisionId(component, decidedAtMs),
    fleet: FLEET,
    component,
    decidedAtMs,
    action: "NO_ACTION",
    strategy: "REACTIVE",
    mode: "auto",
    priority: 0,
    hold: "on-target",
    signals: rules.map((rule) => aSignal({ rule })),
    verdicts: rules.map((rule) => ({
      rule,
      trigger: "CPU_UTILIZATION",
      priority: 5,
      want: "hold",
      because: "within-band",
      judgedAs: "REACTIVE",
      compared: 0.614,
      threshold: 0.8,
    })),
    current: anAllocation(),
    facts,
    policy: "3f2a9c71",
    status: "HELD",
    version: 1,
    expiresAtMs: decidedAtMs + 5 * MINUTE,
    ...over,
  };
}

/** A decision to add a task. */
export function anAction(component = "price_feeds", decidedAtMs = NOON, over: Partial<Decision> = {}): Decision {
  const plan: Decision["plan"] = {
    steps: [{ component, before: anAllocation(2), after: anAllocation(3) }],
    limits: [{ limit: "step", resource: "INSTANCES", bound: 3, wanted: 4 }],
    costDeltaPerHour: 0.0247,
  };
  return {
    ...aHold(component, decidedAtMs),
    action: "SCALE_OUT",
    direction: "grow",
    resource: "INSTANCES",
    rule: "cpu",
    trigger: "CPU_UTILIZATION",
    hold: undefined,
    confidence: { deviation: 90, effectiveness: 75, stability: 80, headroom: 100, total: 86.5 },
    plan,
    expected: { value: 0.58, costDeltaPerHour: 0.0247 },
    status: "PENDING",
    ...over,
  };
}

export function aLedger(version = 1, over: Partial<Ledger> = {}): Ledger {
  return {
    v: 1,
    fleet: FLEET,
    version,
    epoch: 1,
    paused: false,
    componentModeOverride: { notifications: "recommend" },
    booked: { price_feeds: anAllocation() },
    identity: { price_feeds: "arn:1" },
    open: [
      {
        decision: decisionId("price_feeds", NOON),
        decidedAtMs: NOON,
        component: "price_feeds",
        direction: "grow",
        step: 0,
        steps: [{ component: "price_feeds", before: anAllocation(2), after: anAllocation(3) }],
        claimedAtMs: NOON + 1000,
        attempts: 1,
        revisionBefore: "price_feeds:17",
        rollingBack: false,
        epoch: 1,
      },
    ],
    recent: [
      {
        decision: decisionId("price_feeds", NOON - 600_000),
        component: "price_feeds",
        direction: "shrink",
        atMs: NOON - 590_000,
        removedCpu: 500,
      },
    ],
    quietUntil: { notifications: { untilMs: NOON + 300_000, why: "backing-off", failures: 2 } },
    watermarkMs: NOON - 3_600_000,
    ...over,
  };
}

export function aRollup(component = "price_feeds", startMs = NOON, over: Partial<RollupBlock> = {}): RollupBlock {
  const values = { cpuUsed: 412.3, memoryUsed: 1204.5, queueLength: 3 };
  const buckets = Array.from({ length: 12 }, (_, i) => ({
    startMs: startMs + i * 300_000,
    samples: 5,
    mean: values,
    max: { ...values, throughput: 12 },
  }));
  return { v: 1, component, resolution: "5m", startMs, buckets, ...over };
}

export function aLearning(component = "price_feeds", version = 1, over: Partial<Learning> = {}): Learning {
  return {
    v: 1,
    component,
    version,
    history: [
      {
        decision: decisionId(component, NOON),
        atMs: NOON,
        trigger: "CPU_UTILIZATION",
        direction: "grow",
        effectiveness: 88,
      },
    ],
    succeeded: 12,
    failed: 1,
    rolledBack: 0,
    byAction: { SCALE_OUT: 7, SCALE_IN: 6 },
    byStatus: { MEASURED: 12, FAILED: 1 },
    byReason: { "on-target": 1300 },
    ...over,
  };
}

export function anOverlay(component = "price_feeds", over: Partial<Overlay> = {}): Overlay {
  return {
    v: 1,
    component,
    updatedAtMs: NOON,
    upShift: -0.05,
    downShift: 0.02,
    stepScale: 1.1,
    learnedFrom: ["a@1"],
    because: "two late growths",
    ...over,
  };
}

export function aForecast(
  component = "price_feeds",
  metric: ForecastRecord["metric"] = "cpuUsed",
  over: Partial<ForecastRecord> = {},
): ForecastRecord {
  const series = (base: number): number[] => Array.from({ length: 60 }, (_, i) => base + i / 7);
  const path = {
    startMs: NOON,
    stepMs: MINUTE,
    mean: series(400),
    lower: series(350),
    upper: series(480),
    model: "ensemble",
    trusted: true,
    reason: "",
  };
  return { v: 1, component, metric, madeAtMs: NOON, path: path as unknown as ForecastRecord["path"], ...over };
}

export function aModel(component = "price_feeds", metric: ModelRecord["metric"] = "cpuUsed"): ModelRecord {
  const model = {
    kind: "ensemble",
    profile: Array.from({ length: 288 }, (_, i) => 400 + i / 3),
    ar: [0.5, 0.2, null],
    nested: { trained: true },
  };
  return { v: 1, component, metric, model: model as unknown as ModelRecord["model"] };
}

export function aRecommendation(component = "price_feeds"): Recommendation {
  return {
    v: 1,
    component,
    madeAtMs: NOON,
    kind: "OPTIMIZE",
    allocation: anAllocation(1),
    savingPerHour: 0.12,
    because: "idle memory",
  };
}

export function someScores(over: Partial<FleetScores> = {}): FleetScores {
  return {
    v: 1,
    fleet: FLEET,
    atMs: NOON,
    efficiency: 0.61,
    responseTimeMs: 120,
    successRate: 0.999,
    score: 93,
    components: { price_feeds: { efficiency: 0.6, score: 92 } },
    ...over,
  };
}

export function anAlertState(version = 1, over: Partial<AlertState> = {}): AlertState {
  const alert: Alert = {
    id: "a1",
    fleet: FLEET,
    component: "price_feeds",
    kind: "resource-limit:cpu",
    type: "resource-limit",
    severity: "warning",
    atMs: NOON,
    message: "CPU at 92 % of the limit",
  };
  return {
    v: 1,
    fleet: FLEET,
    version,
    lastSentMs: { "resource-limit:cpu": NOON },
    sentMs: [NOON],
    sent: 1,
    suppressed: 2,
    suppressedByKind: { "resource-limit:cpu": 2 },
    outbox: [alert],
    recent: [alert],
    ...over,
  };
}
