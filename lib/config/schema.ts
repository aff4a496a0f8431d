import * as z from "zod";
import { MODES } from "../domain/model/trigger.ts";
import { type ComponentConfig, ComponentSchema } from "./component-schema.ts";
import { listOf, nameField, quantity, tunables, whole } from "./fields.ts";
import type { CompleteRule } from "./rules.ts";

/*
 * The configuration file: every tunable stands here, or in component-schema.ts, once, with unit, default, bounds and a
 * sentence. Percentages are percent, CPU vCPU, memory GiB, network Gbit/s, storage GiB above the 20 free ones. The core
 * reads the compiled form (compile.ts). Defaults are those of the requirements.
 */

const percent = (sentence: string, initial: number) => quantity("percent", sentence, { min: 1, max: 100, initial });

const Decision = z
  .strictObject({
    minimumConfidence: quantity("0-100", "Candidates under this are recorded, not executed.", {
      min: 0,
      max: 100,
      initial: 70,
    }),
    concurrentExecutions: whole("executions", "Most executions at the same time.", { min: 1, max: 100, initial: 3 }),
    decisionsPerHour: whole("decisions in a sliding hour", "Most executed decisions of the fleet.", {
      min: 1,
      max: 1000,
      initial: 10,
    }),
    growthReservePercent: quantity(
      "percent of decisionsPerHour",
      "Kept for growth: the savings of a quiet hour must not use up what a sudden load needs.",
      { min: 0, max: 90, initial: 30 },
    ),
    weights: z
      .strictObject({
        deviation: quantity("weight", "Weight of the distance from target.", { min: 0, max: 100, initial: 1 }),
        effectiveness: quantity("weight", "Weight of the measured effect of past decisions.", {
          min: 0,
          max: 100,
          initial: 1,
        }),
        stability: quantity("weight", "Weight of calm: time since the last decision, and volatility.", {
          min: 0,
          max: 100,
          initial: 1,
        }),
        headroom: quantity("weight", "Weight of what is left below the limits.", { min: 0, max: 100, initial: 1 }),
      })
      .prefault({})
      .describe("Weights of the four confidence factors; only their ratio counts."),
    effectivenessWindow: whole("decisions", "How many past decisions the effectiveness factor looks at.", {
      min: 1,
      max: 50,
      initial: 10,
    }),
    effectivenessPrior: quantity("0-100", "Effectiveness assumed while there are few.", {
      min: 0,
      max: 100,
      initial: 75,
    }),
    validitySeconds: whole("seconds", "A pending decision older than this is not carried out.", {
      min: 30,
      max: 3600,
      initial: 150,
    }),
    approvalSeconds: whole("seconds", "How long a decision of mode `recommend` waits for a person.", {
      min: 60,
      max: 86_400,
      initial: 900,
    }),
    removedPercent: quantity(
      "percent of the booked CPU",
      "Most that may be removed from the fleet within ten minutes.",
      { min: 1, max: 100, initial: 30 },
    ),
    shrinkingPercent: quantity(
      "percent of the components",
      "When more want to shrink at the same time, all of them hold: such agreement is more often a broken metric than a quiet hour.",
      { min: 1, max: 100, initial: 80 },
    ),
  })
  .prefault({});

const PERIOD = "Period of the metrics: 20 where high-resolution ECS metrics are enabled.";

const Monitor = z
  .strictObject({
    periodSeconds: z
      .literal([20, 60])
      .default(60)
      .describe(`${PERIOD} Unit: seconds. Default 60.`)
      .register(tunables, { unit: "seconds", sentence: PERIOD }),
    windowSamples: whole("samples", "Recent samples that rules look at.", { min: 5, max: 60, initial: 15 }),
    freshSeconds: whole("seconds", "Older data is stale and justifies nothing.", { min: 60, max: 3600, initial: 210 }),
    completenessPercent: percent("Share of the window that must be present for a shrink.", 80),
    calmReading: z
      .boolean()
      .default(true)
      .describe(
        "Whether the metrics of a calm component are asked for less often than at every beat, and its errors by ten minutes, as long as no decision comes later for it. Default true.",
      ),
    severeMultiple: quantity(
      "multiple",
      "A value this many times beyond the distance from target to the up threshold wakes the decision loop between beats.",
      { min: 1, max: 100, initial: 2 },
    ),
  })
  .prefault({})
  .describe("What counts as fresh and complete data.");

const Execution = z
  .strictObject({
    settleSeconds: whole("seconds", "From stable to the measurement of the effect.", {
      min: 60,
      max: 3600,
      initial: 180,
    }),
    stableTimeoutSeconds: whole("seconds", "A change not stable by then is rolled back.", {
      min: 60,
      max: 7200,
      initial: 900,
    }),
    waitForTasks: z
      .boolean()
      .default(true)
      .describe(
        "Whether a change of the number of tasks lasts until they run. false: until ECS wants it, so that the next can follow sooner. Default true.",
      ),
    attempts: whole("attempts", "Most tries of one ECS call that was refused or throttled.", {
      min: 1,
      max: 10,
      initial: 3,
    }),
    backoffSeconds: whole(
      "seconds",
      "Quiet time of a component after a failed change; doubles with each failure in a row, at most an hour.",
      { min: 30, max: 3600, initial: 600 },
    ),
    foreignQuietSeconds: whole("seconds", "Quiet time of a component after somebody else changed it.", {
      min: 0,
      max: 86_400,
      initial: 300,
    }),
    harmErrorPoints: quantity(
      "points of percent",
      "A rise of the error rate by this much after a change is harm: rolled back.",
      { min: 0.1, max: 100, initial: 5 },
    ),
    harmScorePoints: quantity(
      "points of 0-100",
      "A fall of the performance score by this much after a change is harm.",
      { min: 1, max: 100, initial: 25 },
    ),
  })
  .prefault({})
  .describe("How a change is carried out, measured, retried and rolled back.");

const Optimization = z
  .strictObject({
    shiftPoints: quantity("points of percent", "Most that tuning may move a threshold of a utilization rule.", {
      min: 0,
      max: 20,
      initial: 5,
    }),
    stepScaleMin: quantity("multiple", "Least that tuning may scale a step (factor - 1) with.", {
      min: 0.1,
      max: 1,
      initial: 0.5,
    }),
    stepScaleMax: quantity("multiple", "Most that tuning may scale a step (factor - 1) with.", {
      min: 1,
      max: 4,
      initial: 2,
    }),
    decisionsMin: whole("decisions", "Measured decisions before tuning starts.", { min: 1, max: 50, initial: 3 }),
    historyDays: whole("days", "History that forecasts learn from.", { min: 1, max: 30, initial: 14 }),
    horizonMinutes: whole("minutes", "How far forecasts look.", { min: 10, max: 240, initial: 60 }),
    coveragePercent: quantity("percent", "Share of the future that the prediction interval shall cover.", {
      min: 50,
      max: 99.9,
      initial: 90,
    }),
    refitMinutes: whole("minutes", "How often models are trained again.", { min: 5, max: 1440, initial: 60 }),
    savingMinPercent: quantity("percent", "OPTIMIZE is recommended only from this saving on.", {
      min: 1,
      max: 90,
      initial: 15,
    }),
    evidenceHours: quantity("hours", "History that right-sizing must have seen.", { min: 1, max: 720, initial: 6 }),
    headroomPercent: quantity("percent", "Room that right-sizing leaves above the highest use seen.", {
      min: 0,
      max: 200,
      initial: 20,
    }),
    rawHours: whole("hours", "Raw samples are kept this long.", { min: 2, max: 720, initial: 48 }),
    fiveMinuteDays: whole("days", "5-minute means are kept this long.", { min: 1, max: 455, initial: 30 }),
    hourDays: whole("days", "1-hour means are kept this long.", { min: 1, max: 1825, initial: 455 }),
    holdDays: whole("days", "NO_ACTION decisions are kept this long.", { min: 1, max: 455, initial: 7 }),
    actionDays: whole("days", "Other decisions are kept this long.", { min: 1, max: 1825, initial: 400 }),
  })
  .prefault({})
  .describe("What the controller may learn, forecast, recommend, and for how long it keeps what.");

/** Components under one set of limits, as written. */
export const FleetSchema = z.strictObject({
  name: nameField.default("default").describe("Name of the fleet. Default `default`."),
  mode: z
    .enum(MODES)
    .default("observe")
    .describe(
      "observe: decide and record, touch nothing. recommend: a person approves each decision. auto: act. Default observe.",
    ),
  limits: z
    .strictObject({
      cpu: quantity("vCPU", "All components together.", { min: 0.1, max: 100_000, initial: 16 }),
      memory: quantity("GiB", "All components together.", { min: 0.1, max: 1_000_000, initial: 32 }),
      network: quantity("Gbit/s", "All components together.", { min: 0, max: 100_000, initial: 8 }),
      storage: quantity("GiB above the free 20 of each task", "All components together.", {
        min: 0,
        max: 1_000_000,
        initial: 20,
      }),
    })
    .prefault({})
    .describe("Most that the components of the fleet have together."),
  thresholds: z
    .strictObject({
      cpu: percent("Fleet CPU utilization that raises an alert.", 80),
      memory: percent("Fleet memory utilization that raises an alert.", 85),
      network: percent("Fleet network utilization that raises an alert.", 75),
      storage: percent("Fleet storage utilization that raises an alert.", 80),
    })
    .prefault({})
    .describe("Use over allocation of the whole fleet that raises an alert."),
  targets: z
    .strictObject({
      efficiency: percent("Wanted system efficiency.", 85),
      responseTimeMs: quantity("ms", "Wanted mean response time of the system.", {
        min: 1,
        max: 3_600_000,
        initial: 1000,
      }),
      successRate: percent("Wanted share of operations that succeed.", 95),
    })
    .prefault({})
    .describe("What the efficiency and performance scores are measured against."),
  decision: Decision,
  monitor: Monitor,
  execution: Execution,
  optimization: Optimization,
  alerts: z
    .strictObject({
      cooldownMinutes: quantity("minutes", "Between two alerts of the same kind.", { min: 0, max: 1440, initial: 10 }),
      perHour: whole("alerts in a sliding hour", "Most alerts of the fleet.", { min: 0, max: 1000, initial: 15 }),
    })
    .prefault({})
    .describe("How often alerts are sent; what is held back is counted."),
  components: listOf(ComponentSchema, 1, 1000).describe("The ECS services under these limits."),
});

/** The written form; `fleets` absent = the shipped preset of seven components. */
export const ConfigSchema = z.strictObject({
  $schema: z.string().optional().describe("For editors."),
  version: z.literal(1).default(1).describe("Version of this format. Default 1."),
  fleets: listOf(FleetSchema, 1, 100)
    .optional()
    .describe("Components that share one set of limits. Default: one fleet with the seven preset components."),
});

/** What a user writes: everything but the components' names may be left out. */
export type WrittenConfig = z.input<typeof ConfigSchema>;
/** A fleet with the defaults filled in, except those of rules (rules.ts). */
export type ParsedFleet = z.output<typeof FleetSchema>;

/** A component with nothing left to guess. */
export type CompleteComponent = Omit<ComponentConfig, "rules" | "service"> & {
  readonly service: string;
  readonly rules: Readonly<Record<string, CompleteRule>>;
};
/** A fleet with nothing left to guess: what compile.ts takes. */
export type FleetConfig = Omit<ParsedFleet, "components"> & { readonly components: readonly CompleteComponent[] };
/** The effective configuration: every default filled in, rules included. Accepted as input again, and then the same. */
export interface Config {
  readonly version: 1;
  readonly fleets: readonly FleetConfig[];
}
