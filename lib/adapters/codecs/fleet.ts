import * as z from "zod";
import type { ComponentState } from "../../domain/model/component-state.ts";
import type { AlertState, FleetScores, Learning, Overlay, Recommendation } from "../../domain/model/learning.ts";
import type { Ledger } from "../../domain/model/ledger.ts";
import type { RollupBlock } from "../../domain/model/sample.ts";
import { SampleWindow } from "../../domain/model/sample-window.ts";
import { MODES, TRIGGERS } from "../../domain/model/trigger.ts";
import type { ForecastRecord, ModelRecord } from "../../ports.ts";
import { allocation, bucket, count, keyTime, name, plainJson, sample, text } from "./wire.ts";

const v = z.literal(1);
const direction = z.enum(["grow", "shrink", "same"]);
const counts = z.record(name, count);

const openExecution = z.strictObject({
  decision: name,
  decidedAtMs: z.number(),
  component: name,
  direction,
  step: count,
  steps: z.array(z.strictObject({ component: name, before: allocation, after: allocation })).max(10),
  claimedAtMs: z.number(),
  attempts: count,
  appliedAtMs: z.number().optional(),
  revisionBefore: text.optional(),
  revisionAfter: text.optional(),
  rollingBack: z.boolean(),
  epoch: count,
});

export const ledger: z.ZodType<Ledger> = z.strictObject({
  v,
  fleet: name,
  version: count,
  epoch: count,
  paused: z.boolean(),
  pausedBy: text.optional(),
  modeOverride: z.enum(MODES).optional(),
  componentModeOverride: z.record(name, z.enum(MODES)),
  booked: z.record(name, allocation),
  identity: z.record(name, text),
  open: z.array(openExecution).max(1000),
  recent: z
    .array(z.strictObject({ decision: name, component: name, direction, atMs: z.number(), removedCpu: z.number() }))
    .max(100_000),
  quietUntil: z.record(
    name,
    z.strictObject({ untilMs: z.number(), why: z.enum(["foreign-change", "backing-off"]), failures: count }),
  ),
  watermarkMs: z.number(),
});

const service = z.strictObject({
  identity: text,
  desired: allocation,
  running: count,
  pending: count,
  revision: text,
  deploying: z.boolean(),
  rolloutFailed: z.boolean(),
  refusal: text.optional(),
  observedAtMs: z.number(),
});

export const state: z.ZodType<ComponentState> = z.strictObject({
  v,
  component: name,
  updatedAtMs: z.number(),
  service: service.optional(),
  served: z
    .array(z.strictObject({ sinceMs: z.number(), allocation }))
    .max(100)
    .optional(),
  serviceProblem: text.optional(),
  window: z.codec(
    z.array(sample).max(1000),
    z.custom<SampleWindow>((value) => value instanceof SampleWindow),
    {
      decode: (samples) => SampleWindow.of(samples),
      encode: (window) => window.samples(),
    },
  ),
  readThroughMs: z.number(),
  lag: z.strictObject({ ms: z.number(), sooner: z.number(), later: z.number() }).optional(),
  restUntilMs: z.number().optional(),
  performanceScore: z.number().optional(),
  performanceBaseline: z.number().optional(),
});

export const rollup: z.ZodType<RollupBlock> = z.strictObject({
  v,
  component: name,
  resolution: z.enum(["5m", "1h"]),
  startMs: keyTime,
  buckets: z.array(bucket).max(24),
});

export const learning: z.ZodType<Learning> = z.strictObject({
  v,
  component: name,
  version: count,
  history: z
    .array(
      z.strictObject({
        decision: name,
        atMs: z.number(),
        trigger: z.enum(TRIGGERS).optional(),
        direction,
        effectiveness: z.number(),
      }),
    )
    .max(1000),
  succeeded: count,
  failed: count,
  rolledBack: count,
  byAction: counts,
  byStatus: counts,
  byReason: counts,
});

export const overlay: z.ZodType<Overlay> = z.strictObject({
  v,
  component: name,
  updatedAtMs: z.number(),
  upShift: z.number(),
  downShift: z.number(),
  stepScale: z.number(),
  learnedFrom: z.array(name).max(1000),
  because: text,
});

export const recommendation: z.ZodType<Recommendation> = z.strictObject({
  v,
  component: name,
  madeAtMs: z.number(),
  kind: z.literal("OPTIMIZE"),
  allocation,
  savingPerHour: z.number(),
  because: text,
});

export const scores: z.ZodType<FleetScores> = z.strictObject({
  v,
  fleet: name,
  atMs: z.number(),
  efficiency: z.number(),
  responseTimeMs: z.number().optional(),
  successRate: z.number().optional(),
  score: z.number(),
  components: z.record(name, z.strictObject({ efficiency: z.number(), score: z.number() })),
});

const alert = z.strictObject({
  id: name,
  fleet: name,
  component: name.optional(),
  kind: text,
  type: z.enum(["resource-limit", "scaling-failure", "performance-degradation"]),
  severity: z.enum(["warning", "critical"]),
  atMs: z.number(),
  message: text,
});

export const alerts: z.ZodType<AlertState> = z.strictObject({
  v,
  fleet: name,
  version: count,
  lastSentMs: z.record(name, z.number()),
  sentMs: z.array(z.number()).max(10_000),
  sent: count,
  suppressed: count,
  suppressedByKind: counts,
  outbox: z.array(alert).max(1000),
  recent: z.array(alert).max(1000),
});

const metric = z.enum(["cpuUsed", "memoryUsed", "networkUsed", "storageUsed", "throughput"]);
export const forecast: z.ZodType<ForecastRecord> = z.strictObject({
  v,
  component: name,
  metric,
  madeAtMs: z.number(),
  path: plainJson<NonNullable<ForecastRecord["path"]>>("a forecast").optional(),
  outlook: plainJson<NonNullable<ForecastRecord["outlook"]>>("an outlook").optional(),
});
export const model: z.ZodType<ModelRecord> = z.strictObject({
  v,
  component: name,
  metric,
  model: plainJson<ModelRecord["model"]>("a model"),
});
