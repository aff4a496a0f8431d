import * as z from "zod";
import { type Decision, STATUSES } from "../../domain/model/decision.ts";
import { HOLD_REASONS, REFUSAL_REASONS } from "../../domain/model/reasons.ts";
import { RESOURCE_TYPES } from "../../domain/model/resources.ts";
import { ABSENCES } from "../../domain/model/sample.ts";
import { ACTIONS, MODES, STRATEGIES, TRIGGERS } from "../../domain/model/trigger.ts";
import { allocation, amounts, count, keyTime, name, points, someAmounts, text } from "./wire.ts";

const percent = z.number().min(0).max(100);
const direction = z.enum(["grow", "shrink"]);

const confidence = z.strictObject({
  deviation: percent,
  effectiveness: percent,
  stability: percent,
  headroom: percent,
  total: percent,
});

const verdict = z.strictObject({
  rule: name,
  trigger: z.enum(TRIGGERS),
  priority: z.number(),
  want: z.enum(["grow", "shrink", "hold"]),
  because: text,
  judgedAs: z.enum(STRATEGIES),
  compared: z.number().optional(),
  threshold: z.number().optional(),
  factor: z.number().optional(),
  tasks: count.optional(),
});

const limitHit = z.strictObject({
  limit: z.enum([
    "component-max",
    "component-min",
    "fleet-max",
    "tasks-min",
    "tasks-max",
    "fargate-size",
    "target-guard",
    "step",
  ]),
  resource: name.optional(),
  bound: z.number(),
  wanted: z.number(),
});

const plan = z.strictObject({
  steps: z.array(z.strictObject({ component: name, before: allocation, after: allocation })).max(10),
  limits: z.array(limitHit).max(50),
  costDeltaPerHour: z.number(),
});

const forecast = z.strictObject({
  atMs: z.number(),
  mean: z.number(),
  lower: z.number(),
  upper: z.number(),
  peakUpper: z.number(),
  trusted: z.boolean(),
  model: text,
  reason: text,
});

const demand = z.strictObject({
  tasks: count,
  now: z.number(),
  ahead: z.number(),
  keep: z.number(),
  growth: z.number(),
  from: z.enum(["model", "default"]),
});

const signal = z.strictObject({
  rule: name,
  trigger: z.enum(TRIGGERS),
  unit: z.enum(["ratio", "milliseconds", "perSecond", "count", "score"]),
  value: z.number().optional(),
  absent: z.enum(ABSENCES).optional(),
  target: z.number(),
  up: z.number(),
  down: z.number(),
  points,
  periodMs: z.number(),
  ageMs: z.number(),
  completeness: z.number().min(0),
  scalesWithCapacity: z.boolean(),
  forecast: forecast.optional(),
  demand: demand.optional(),
});

const result = z.strictObject({
  finishedAtMs: z.number(),
  reason: z.enum(REFUSAL_REASONS).optional(),
  valueBefore: z.number().optional(),
  valueAfter: z.number().optional(),
  effectiveness: percent.optional(),
  detail: text.optional(),
});

const donor = z.strictObject({
  component: name,
  current: allocation,
  used: someAmounts,
  ceilings: someAmounts,
  idle: z.number(),
});

const facts = z.strictObject({
  paused: z.boolean(),
  service: z.strictObject({ running: count, pending: count, deploying: z.boolean(), refused: z.boolean() }).optional(),
  used: someAmounts,
  completeness: z.number(),
  effectiveness: z.number(),
  sinceLastMs: z.number().optional(),
  upsLastHour: count,
  downsLastHour: count,
  fleetLastHour: count,
  open: z.boolean(),
  quiet: z.enum(["foreign-change", "backing-off"]).optional(),
  foreign: z.boolean(),
  room: amounts,
  removable: z.number(),
  shrinkStampede: z.boolean(),
  overlay: z.strictObject({ upShift: z.number(), downShift: z.number(), stepScale: z.number() }).optional(),
  recommendation: z.strictObject({ allocation, savingPerHour: z.number() }).optional(),
  schedules: z.array(name).max(100),
  bounds: z.strictObject({ min: amounts, max: amounts, tasksMin: count, tasksMax: count }),
  donors: z.array(donor).max(20_000).optional(),
});

/** Decision, hold or action. */
export const decision: z.ZodType<Decision> = z.strictObject({
  v: z.literal(1),
  id: name,
  fleet: name,
  component: name,
  decidedAtMs: keyTime,
  action: z.enum(ACTIONS),
  strategy: z.enum(STRATEGIES),
  mode: z.enum(MODES),
  direction: direction.optional(),
  resource: z.enum(RESOURCE_TYPES).optional(),
  rule: name.optional(),
  trigger: z.enum(TRIGGERS).optional(),
  priority: z.number(),
  hold: z.enum(HOLD_REASONS).optional(),
  confidence: confidence.optional(),
  plan: plan.optional(),
  expected: z.strictObject({ value: z.number().optional(), costDeltaPerHour: z.number() }).optional(),
  signals: z.array(signal).max(100),
  verdicts: z.array(verdict).max(100),
  current: allocation,
  facts,
  policy: text,
  status: z.enum(STATUSES),
  version: count,
  expiresAtMs: z.number(),
  result: result.optional(),
  approvedBy: text.optional(),
});
