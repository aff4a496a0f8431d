import type { PublishedPoint } from "../scaler.ts";
import { metricScaler } from "../scaler-definition.ts";
import { inAlarm, type MetricAlarm, remember } from "./metric-alarm.ts";
import { UTILIZATION_TARGETS } from "./utilization-targets.ts";

/**
 * PercentChangeInCapacity: the percent added or removed when the breach is at least `from` beyond the threshold, 0..1.
 */
export interface StepAdjustment {
  readonly from: number;
  readonly percent: number;
}

/**
 * Tasks to add (below zero: to remove) for a breach of this size. AWS rounds a change above 1 down, one between 0 and 1
 * up to 1, and likewise below zero, always towards zero but never to it.
 * https://docs.aws.amazon.com/autoscaling/application/userguide/step-scaling-policy-overview.html
 */
export function stepChange(steps: readonly StepAdjustment[], breach: number, capacity: number): number {
  const step = steps.findLast(({ from }) => breach >= from);
  if (step === undefined || step.percent === 0) return 0;
  const change = Math.trunc(Math.round(capacity * step.percent * 1e7) / 1e9);
  return change === 0 ? Math.sign(step.percent) : change;
}

const percentOf = (initial: number, where: string) => ({
  initial,
  min: 0,
  max: 1000,
  meaning: `Tasks added while utilization is ${where}, percent of those there.`,
});

/**
 * AWS step scaling with alarms of the user's own. Thresholds and steps have no defaults at AWS; these are what an
 * operator would draw up to be back below the threshold after one step, out at the first datapoint and in after 15, at
 * most a tenth at a time. Cooldown 300 s (AWS's default): a larger step passes it, counting what the last one added as
 * there already; scaling out ends an in-cooldown.
 * https://docs.aws.amazon.com/autoscaling/application/APIReference/API_StepScalingPolicyConfiguration.html
 */
export const awsStepScaling = metricScaler({
  name: "aws-step-scaling",
  parameters: {
    outAbove: { initial: 0.7, min: 0.01, max: 1, meaning: "CPU utilization above which it scales out, 0..1." },
    inShare: { initial: 0.7, min: 0, max: 1, meaning: "Scales in below this share of outAbove." },
    stepWidth: { initial: 0.1, min: 0.001, max: 1, meaning: "Width of a step, utilization 0..1." },
    firstStepPercent: percentOf(15, "less than one width above"),
    secondStepPercent: percentOf(35, "one to two widths above"),
    thirdStepPercent: percentOf(60, "two widths or more above"),
    inPercent: { initial: 10, min: 0, max: 100, meaning: "Tasks removed at a time, percent of those there." },
    outDatapoints: { initial: 1, min: 1, max: 60, whole: true, meaning: "Datapoints above before scaling out." },
    inDatapoints: { initial: 15, min: 1, max: 180, whole: true, meaning: "Datapoints below before scaling in." },
    cooldownSeconds: { initial: 300, min: 0, max: 3600, meaning: "Cooldown after scaling, seconds." },
    metricPeriodSeconds: { initial: 60, min: 1, max: 3600, whole: true, meaning: "Length of a datapoint, seconds." },
    evaluationDelaySeconds: {
      initial: 170,
      min: 0,
      max: 900,
      meaning: "From a datapoint's publication to the request, seconds; as for target tracking on the same metrics.",
    },
  },
  sweep: { parameter: "outAbove", values: UTILIZATION_TARGETS },
  begin: (parameters, { tasksMin, tasksMax }) => {
    const { outAbove, stepWidth } = parameters;
    const periodMs = parameters.metricPeriodSeconds * 1000;
    const timing = { periodMs, evaluationDelayMs: parameters.evaluationDelaySeconds * 1000 };
    const low = outAbove * parameters.inShare;
    const outAlarm: MetricAlarm = {
      ...timing,
      datapoints: parameters.outDatapoints,
      breaches: (cpu) => cpu > outAbove,
    };
    const inAlarms: MetricAlarm = { ...timing, datapoints: parameters.inDatapoints, breaches: (cpu) => cpu < low };
    const reach = { ...timing, datapoints: Math.max(parameters.outDatapoints, parameters.inDatapoints) };
    const outSteps: readonly StepAdjustment[] = [
      { from: 0, percent: parameters.firstStepPercent },
      { from: stepWidth, percent: parameters.secondStepPercent },
      { from: 2 * stepWidth, percent: parameters.thirdStepPercent },
    ];
    const inSteps: readonly StepAdjustment[] = [{ from: 0, percent: -parameters.inPercent }];
    const points: PublishedPoint[] = [];
    const bounded = (count: number) => Math.min(tasksMax, Math.max(tasksMin, count));
    /** Capacity before the scale-out whose cooldown runs. */
    let outBase = 0;
    let outUntilMs = Number.NEGATIVE_INFINITY;
    let inUntilMs = Number.NEGATIVE_INFINITY;
    return {
      everyMs: 10_000,
      metrics: { periodMs },
      decide: ({ nowMs, metrics, tasks }) => {
        remember(points, metrics, reach);
        const cpu = points.findLast((point) => point.cpu !== undefined)?.cpu;
        if (cpu === undefined) return undefined;
        const cooling = nowMs < outUntilMs;
        if (cpu > outAbove && inAlarm(outAlarm, points, nowMs)) {
          const base = cooling ? outBase : tasks.running;
          const wanted = bounded(base + stepChange(outSteps, cpu - outAbove, base));
          if (wanted <= tasks.desired) return undefined;
          outBase = base;
          outUntilMs = nowMs + parameters.cooldownSeconds * 1000;
          inUntilMs = Number.NEGATIVE_INFINITY;
          return wanted;
        }
        if (cooling || nowMs < inUntilMs || !(cpu < low) || !inAlarm(inAlarms, points, nowMs)) return undefined;
        const wanted = bounded(tasks.running + stepChange(inSteps, low - cpu, tasks.running));
        if (wanted >= tasks.desired) return undefined;
        inUntilMs = nowMs + parameters.cooldownSeconds * 1000;
        return wanted;
      },
    };
  },
});
