import type { Observation, ParameterSpec, PublishedPoint } from "../scaler.ts";
import { inAlarm, type MetricAlarm, remember } from "./metric-alarm.ts";
import { wholeTasks } from "./whole-tasks.ts";

/** A target tracking policy of Application Auto Scaling on the CPU utilization of an ECS service. Times in ms. */
export interface TargetTrackingRule {
  /** Utilization to keep, 0..1. */
  readonly target: number;
  readonly periodMs: number;
  readonly evaluationDelayMs: number;
  readonly outDatapoints: number;
  readonly inDatapoints: number;
  /** The low alarm is below `inShare` of the target. */
  readonly inShare: number;
  readonly outCooldownMs: number;
  readonly inCooldownMs: number;
}

/** A policy under way: what it asks for now, within [min, max]; undefined: nothing. */
export type TargetTracking = (
  observation: Observation,
  bounds: { readonly min: number; readonly max: number },
) => number | undefined;

/** Parameters of the policy that do not depend on the resolution; `ruleOf` turns them into a rule. */
export const TARGET_TRACKING = {
  target: { initial: 0.7, min: 0.01, max: 1, meaning: "CPU utilization to keep, 0..1." },
  outDatapoints: {
    initial: 3,
    min: 1,
    max: 60,
    whole: true,
    meaning: "Datapoints above the target before scaling out.",
  },
  inShare: { initial: 0.9, min: 0.1, max: 1, meaning: "Scales in below this share of the target." },
  outCooldownSeconds: { initial: 300, min: 0, max: 3600, meaning: "Cooldown after scaling out, seconds." },
  inCooldownSeconds: { initial: 300, min: 0, max: 3600, meaning: "Cooldown after scaling in, seconds." },
} as const satisfies Record<string, ParameterSpec>;

/** The values of a policy's parameters, as a rule. */
export function ruleOf(
  parameters: Readonly<
    Record<keyof typeof TARGET_TRACKING | "inDatapoints" | "metricPeriodSeconds" | "evaluationDelaySeconds", number>
  >,
): TargetTrackingRule {
  return {
    target: parameters.target,
    periodMs: parameters.metricPeriodSeconds * 1000,
    evaluationDelayMs: parameters.evaluationDelaySeconds * 1000,
    outDatapoints: parameters.outDatapoints,
    inDatapoints: parameters.inDatapoints,
    inShare: parameters.inShare,
    outCooldownMs: parameters.outCooldownSeconds * 1000,
    inCooldownMs: parameters.inCooldownSeconds * 1000,
  };
}

/**
 * AWS publishes no formula. From the documentation and from what users saw of the alarms it makes:
 * - high alarm: 3 of 3 datapoints above the target; low alarm: all of 15 minutes below 0.9 of the target;
 * - in alarm, desired = ceil(tasks x utilization / target), from the tasks the utilization was measured on;
 * - out if higher than desired. A larger one passes the out-cooldown: what the last one added counts as there already;
 * - in if lower than desired and no cooldown runs; scaling out ends an in-cooldown;
 * - no data, no change, in either direction.
 * How far is taken from the newest published datapoint, not from the one that the slower alarm saw; that is to the
 * policy's advantage. A cooldown begins only with a change.
 * https://docs.aws.amazon.com/autoscaling/application/userguide/target-tracking-scaling-policy-overview.html,
 * https://github.com/aws/containers-roadmap/issues/1208
 */
export function beginTargetTracking(rule: TargetTrackingRule): TargetTracking {
  const { target, periodMs, evaluationDelayMs } = rule;
  const timing = { periodMs, evaluationDelayMs };
  const low = target * rule.inShare;
  const outAlarm: MetricAlarm = { ...timing, datapoints: rule.outDatapoints, breaches: (cpu) => cpu > target };
  const inAlarms: MetricAlarm = { ...timing, datapoints: rule.inDatapoints, breaches: (cpu) => cpu < low };
  const reach = { ...timing, datapoints: Math.max(rule.outDatapoints, rule.inDatapoints) };
  const points: PublishedPoint[] = [];
  let outUntilMs = Number.NEGATIVE_INFINITY;
  let inUntilMs = Number.NEGATIVE_INFINITY;
  return ({ nowMs, metrics, tasks }, { min, max }) => {
    remember(points, metrics, reach);
    const newest = points.findLast(({ cpu }) => cpu !== undefined);
    if (newest?.cpu === undefined) return undefined;
    const base = newest.tasks ?? tasks.running;
    const wanted = Math.min(max, Math.max(min, wholeTasks((base * newest.cpu) / target)));
    if (wanted > tasks.desired && newest.cpu > target && inAlarm(outAlarm, points, nowMs)) {
      outUntilMs = nowMs + rule.outCooldownMs;
      inUntilMs = Number.NEGATIVE_INFINITY;
      return wanted;
    }
    const cooling = nowMs < inUntilMs || nowMs < outUntilMs;
    if (wanted < tasks.desired && newest.cpu < low && !cooling && inAlarm(inAlarms, points, nowMs)) {
      inUntilMs = nowMs + rule.inCooldownMs;
      return wanted;
    }
    return undefined;
  };
}
