import * as z from "zod";
import { MODES, STRATEGIES, TRIGGERS } from "../domain/model/trigger.ts";
import { identifierField, listOf, nameField, open, openWhole, quantity, range, whole } from "./fields.ts";
import { MetricsSchema, SourceSchema } from "./source-schema.ts";

const ANY = { min: 0, max: 1e12 };

/** Bounds that hold while a window is open. */
function window(field: typeof open, unit: string, what: string, max: number) {
  return z
    .strictObject({
      min: field(unit, `Least ${what} meanwhile.`, { min: 0, max }),
      max: field(unit, `Most ${what} meanwhile.`, { min: 0, max }),
    })
    .optional()
    .describe(`Bounds of the ${what} meanwhile, within the component's own.`);
}

/** One rule of a component, as written. */
export const RuleSchema = z
  .strictObject({
    enabled: z.boolean().default(true).describe("false removes the rule."),
    trigger: z.enum(TRIGGERS).optional().describe("What the rule looks at. Required for a rule of your own."),
    target: open("that of the trigger", "Wanted value. Default: the component's target for this trigger.", ANY),
    up: open(
      "that of the trigger",
      "Grow above this. Default by trigger: target + 10 points (at most 99) for utilizations, target x 1.5 for most others.",
      ANY,
    ),
    down: open(
      "that of the trigger",
      "Shrink below this; 0: never. Default by trigger: target - 15 points (at least 1) for utilizations, target x 0.7 for most others.",
      ANY,
    ),
    upAction: z
      .enum(["SCALE_UP", "SCALE_OUT"])
      .optional()
      .describe("SCALE_UP (size of the tasks) or SCALE_OUT (their number). Default by trigger."),
    downAction: z.enum(["SCALE_DOWN", "SCALE_IN"]).optional().describe("SCALE_DOWN or SCALE_IN. Default by trigger."),
    factorUp: open("multiple", "Step of one decision of this rule. Default: the component's factor.up.", {
      min: 1.01,
      max: 4,
    }),
    factorDown: open("multiple", "Step of one decision of this rule. Default: the component's factor.down.", {
      min: 0.1,
      max: 0.99,
    }),
    priority: openWhole("1-10", "10 is the most urgent. Default by trigger.", { min: 1, max: 10 }),
    breachSeconds: whole("seconds", "How long a breach must last before the rule wants growth.", {
      min: 0,
      max: 3600,
      initial: 60,
    }),
    reliefSeconds: whole("seconds", "How long the value must stay below before the rule wants a shrink.", {
      min: 0,
      max: 86_400,
      initial: 300,
    }),
    cooldownSeconds: openWhole("seconds", "Quiet time after a decision of this rule. Default: the component's.", {
      min: 0,
      max: 86_400,
    }),
  })
  .describe(
    "One rule. The default rules are named cpu, memory and response-time; a rule of your own has any other name.",
  );

const Schedule = z
  .strictObject({
    name: nameField.describe("Shown in decisions that the schedule bound."),
    cron: z.string().max(200).describe("Five-field cron expression of the window's start."),
    timeZone: z.string().max(100).default("UTC").describe("IANA time zone of the cron expression. Default UTC."),
    durationMinutes: whole("minutes", "How long the window stays open.", { min: 1, max: 10_080, initial: 60 }),
    tasks: window(openWhole, "tasks", "number of tasks", 5000),
    cpu: window(open, "vCPU", "total vCPU", 10_000),
    memory: window(open, "GiB", "total GiB", 100_000),
  })
  .describe(
    "A window with a higher minimum or a lower maximum. Of windows open together the highest minimum and the lowest maximum hold; where they cross, the maximum wins.",
  );

/** One ECS service, as written. */
export const ComponentSchema = z.strictObject({
  name: nameField.describe("Name of the component; unique in all fleets."),
  cluster: identifierField.default("default").describe("ECS cluster, name or ARN. Default `default`."),
  service: identifierField.optional().describe("ECS service. Default: the component's name."),
  mode: z.enum(MODES).optional().describe("Overrides the fleet's mode."),
  strategy: z
    .enum(STRATEGIES)
    .default("ADAPTIVE")
    .describe("How rules are judged; docs/strategies.md. Default ADAPTIVE."),
  parameters: z
    .record(z.string(), z.number())
    .default({})
    .describe("Parameters of the strategy, each with its own default; docs/strategies.md."),
  compute: z
    .enum(["fargate", "ec2"])
    .default("fargate")
    .describe("Capacity that the service runs on. Default fargate."),
  cpu: range("vCPU", "total CPU (tasks x size)", { min: 0, max: 10_000, initial: { min: 0.25, max: 4 } }),
  memory: range("GiB", "total memory (tasks x size)", { min: 0, max: 100_000, initial: { min: 0.5, max: 8 } }),
  network: range("Gbit/s", "total network bandwidth", { min: 0, max: 10_000, initial: { min: 0, max: 4 } }),
  storage: range("GiB above the free 20 of each task", "total ephemeral storage", {
    min: 0,
    max: 100_000,
    initial: { min: 0, max: 10 },
  }),
  tasks: z
    .strictObject({
      min: whole("tasks", "Never fewer tasks.", { min: 0, max: 5000, initial: 1 }),
      max: whole("tasks", "Never more tasks; also the blast radius of a bad signal.", {
        min: 0,
        max: 5000,
        initial: 20,
      }),
    })
    .prefault({})
    .describe("Bounds of the number of tasks."),
  resize: z
    .boolean()
    .default(true)
    .describe(
      "Whether the size of its tasks may change, by a rule or by an optimization. false: only their number; on AWS no permission for task definitions is asked for. Default true.",
    ),
  networkPerTask: quantity(
    "Gbit/s",
    "Bandwidth that one task is counted with: ECS has no such setting, it follows the number of tasks.",
    { min: 0, max: 100, initial: 0.1 },
  ),
  target: z
    .strictObject({
      cpu: quantity("percent", "Wanted CPU utilization.", { min: 1, max: 99, initial: 60 }),
      memory: quantity("percent", "Wanted memory utilization.", { min: 1, max: 99, initial: 70 }),
      network: quantity("percent", "Wanted network utilization.", { min: 1, max: 99, initial: 60 }),
      storage: quantity("percent", "Wanted storage utilization.", { min: 1, max: 99, initial: 65 }),
      responseTimeMs: quantity("ms", "Wanted mean response time.", { min: 0.1, max: 3_600_000, initial: 500 }),
      throughput: quantity("operations/s", "Usual throughput; a rule on THROUGHPUT compares operations/s with it.", {
        min: 0.001,
        max: 1e9,
        initial: 20,
      }),
      queueLength: quantity("operations", "Wanted queue length.", { min: 0.001, max: 1e9, initial: 10 }),
      errorRate: quantity("percent", "Tolerated failed share.", { min: 0.001, max: 100, initial: 2 }),
    })
    .prefault({})
    .describe("What the default rules, and the scores, aim at."),
  factor: z
    .strictObject({
      up: quantity("multiple", "Step of one decision that grows.", { min: 1.01, max: 4, initial: 1.3 }),
      down: quantity("multiple", "Step of one decision that shrinks.", { min: 0.1, max: 0.99, initial: 0.8 }),
    })
    .prefault({})
    .describe("Step of one decision on the resource it scales."),
  perHour: z
    .strictObject({
      up: whole("decisions in a sliding hour", "Most decisions that grow.", { min: 0, max: 120, initial: 4 }),
      down: whole("decisions in a sliding hour", "Most decisions that shrink.", { min: 0, max: 120, initial: 2 }),
    })
    .prefault({})
    .describe("Most decisions of the component in a sliding hour."),
  cooldownSeconds: whole("seconds", "Quiet time between two decisions of the component.", {
    min: 0,
    max: 86_400,
    initial: 300,
  }),
  rules: z
    .record(nameField, RuleSchema)
    .default({})
    .describe("Changes of the default rules, and rules of your own, by name."),
  schedules: listOf(Schedule, 0, 50).default([]).describe("Windows with a higher minimum or a lower maximum."),
  source: SourceSchema,
  metrics: MetricsSchema,
});

/** A component with the defaults filled in, except those of its rules, which depend on its targets (rules.ts). */
export type ComponentConfig = z.output<typeof ComponentSchema>;
export type RuleConfig = z.output<typeof RuleSchema>;
export type ScheduleConfig = z.output<typeof Schedule>;
