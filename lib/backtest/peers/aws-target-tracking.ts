import type { ScalerContext } from "../scaler.ts";
import { type Course, metricScaler } from "../scaler-definition.ts";
import { beginTargetTracking, ruleOf, TARGET_TRACKING, type TargetTrackingRule } from "./target-tracking.ts";
import { UTILIZATION_TARGETS } from "./utilization-targets.ts";

/** How often a policy looks at its alarms here: finer than AWS does, so that the delay is in one parameter alone. */
const EVERY_MS = 10_000;

function begin(rule: TargetTrackingRule, { tasksMin, tasksMax }: ScalerContext): Course {
  const policy = beginTargetTracking(rule);
  const bounds = { min: tasksMin, max: tasksMax };
  return {
    everyMs: EVERY_MS,
    metrics: { periodMs: rule.periodMs },
    decide: (observation) => policy(observation, bounds),
  };
}

/**
 * Target tracking on the one-minute metrics, what every ECS service has. AWS measured 363 s from a step of the load to
 * the scale-out request (https://github.com/aws/containers-roadmap/issues/2113). Of these, three datapoints are 120 to
 * 240 s, depending on where in its minute the step is and whether that minute breaches already, and the publication
 * that all scalers wait for some 22 s. AWS does not break down the rest (slower publication of these metrics, the
 * alarm, the service): it is in evaluationDelaySeconds. test/backtest/peers has the calibration.
 */
export const awsTargetTracking60 = metricScaler({
  name: "aws-target-tracking-60s",
  parameters: {
    ...TARGET_TRACKING,
    inDatapoints: {
      initial: 15,
      min: 1,
      max: 60,
      whole: true,
      meaning: "Datapoints below the low mark before scaling in.",
    },
    metricPeriodSeconds: { initial: 60, min: 1, max: 3600, whole: true, meaning: "Length of a datapoint, seconds." },
    evaluationDelaySeconds: {
      initial: 170,
      min: 0,
      max: 900,
      meaning: "From a datapoint's publication to the scale-out request, seconds. Chosen to meet AWS's 363 s.",
    },
  },
  sweep: { parameter: "target", values: UTILIZATION_TARGETS },
  begin: (parameters, context) => begin(ruleOf(parameters), context),
});

/**
 * Target tracking on the 20-second metrics (ECSServiceAverageCPUUtilizationHighResolution, June 2026). AWS measured
 * 86 s, of which three datapoints are 40 to 80 s and publication 22 s. Its alarms are not documented: taken are 3
 * datapoints for out, as before, and the same 15 minutes for in.
 * https://docs.aws.amazon.com/AmazonECS/latest/developerguide/target-tracking-faster-auto-scaling.html
 */
export const awsTargetTracking20 = metricScaler({
  name: "aws-target-tracking-20s",
  parameters: {
    ...TARGET_TRACKING,
    inDatapoints: {
      initial: 45,
      min: 1,
      max: 180,
      whole: true,
      meaning: "Datapoints below the low mark before scaling in.",
    },
    metricPeriodSeconds: { initial: 20, min: 1, max: 3600, whole: true, meaning: "Length of a datapoint, seconds." },
    evaluationDelaySeconds: {
      initial: 5,
      min: 0,
      max: 900,
      meaning: "From a datapoint's publication to the scale-out request, seconds. Chosen to meet AWS's 86 s.",
    },
  },
  sweep: { parameter: "target", values: UTILIZATION_TARGETS },
  begin: (parameters, context) => begin(ruleOf(parameters), context),
});
