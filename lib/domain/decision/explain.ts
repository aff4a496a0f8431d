import type { Decision, LimitHit, PlanStep, Verdict } from "../model/decision.ts";
import type { HoldReason } from "../model/reasons.ts";
import type { Signal, SignalDemand } from "../model/signal.ts";
import type { Unit } from "../model/trigger.ts";

/** Says a decision in a sentence, from its data alone. */
export function explainDecision(decision: Decision): string {
  const { component, action, verdicts, signals, plan, confidence, hold } = decision;
  const verdict = verdicts.find((each) => each.rule === decision.rule);
  const signal = signals.find((each) => each.rule === decision.rule);
  const cause = verdict === undefined ? general(decision) : explainVerdict(verdict, signal);
  const sure = confidence === undefined ? "" : `, confidence ${confidence.total} %`;
  if (hold !== undefined) {
    const wanted = decision.direction === undefined ? "" : ` (wanted to ${decision.direction}: ${cause}${sure})`;
    return `${component} holds: ${HOLDS[hold]}${wanted}.`;
  }
  const steps = plan?.steps.map((step) => explainStep(step, plan.steps.length > 1)).join(", then ") ?? "";
  const limits =
    plan === undefined || plan.limits.length === 0 ? "" : `; bound by ${plan.limits.map(explainLimit).join(", ")}`;
  return `${component} ${action}: ${cause}; ${steps}${limits}${sure}.`;
}

/** One rule's verdict in words. */
export function explainVerdict(verdict: Verdict, signal: Signal | undefined): string {
  const unit = signal?.unit ?? "count";
  const show = (value: number | undefined) => (value === undefined ? "nothing" : showValue(value, unit));
  const name = verdict.trigger.toLowerCase().replaceAll("_", " ");
  const judged = verdict.judgedAs;
  if (signal?.demand !== undefined) return `${name}: ${explainDemand(signal.demand, verdict)}`;
  const text = BECAUSE[verdict.because];
  const against = verdict.threshold === undefined ? "" : ` ${show(verdict.threshold)}`;
  const fallback =
    judged === "REACTIVE" && signal?.forecast?.trusted === false
      ? `; judged as REACTIVE, the forecast is not trusted (${signal.forecast.reason})`
      : "";
  return `${name} ${show(verdict.compared ?? signal?.value)} ${text ?? verdict.because}${text === undefined || TAKES_THRESHOLD.has(verdict.because) ? against : ""}${fallback}`;
}

/** Demand in words, in tasks. */
function explainDemand({ tasks, now, ahead, keep, growth, from }: SignalDemand, verdict: Verdict): string {
  const round = (value: number): string => Number(value.toFixed(1)).toString();
  const percent = Math.round((Math.exp(growth) - 1) * 100);
  const learned = from === "model" ? "as it did before" : "assumed, too little was seen yet";
  const coming = `${percent < 0 ? "" : "+"}${percent} % within the lead time (${learned})`;
  if (verdict.because === "demand-fell")
    return `demand of ${round(now)} tasks, ${round(keep)} at most to be kept for, needs ${verdict.tasks} of ${tasks}`;
  const needs =
    verdict.tasks === undefined ? `${tasks} tasks are enough` : `needs ${verdict.tasks} tasks, there are ${tasks}`;
  return `demand of ${round(now)} tasks, ${round(ahead)} with ${coming}, ${needs}`;
}

/** A value in the unit a person reads: percent, ms, per second. */
export function showValue(value: number, unit: Unit): string {
  const digits = (number: number) =>
    Math.abs(number) >= 100 ? Math.round(number).toString() : Number(number.toPrecision(3)).toString();
  switch (unit) {
    case "ratio":
      return `${digits(value * 100)} %`;
    case "milliseconds":
      return `${digits(value)} ms`;
    case "perSecond":
      return `${digits(value)}/s`;
    case "count":
      return digits(value);
    case "score":
      return `${digits(value)} points`;
    default:
      return unit satisfies never;
  }
}

const TAKES_THRESHOLD = new Set([
  "above-threshold",
  "forecast-above-threshold",
  "trend-crosses-threshold",
  "smoothed-above-threshold",
  "sustained-above-threshold",
  "below-threshold",
  "forecast-stays-below",
  "trend-stays-below",
  "smoothed-below-threshold",
  "sustained-below-threshold",
]);
const BECAUSE: Readonly<Record<string, string>> = {
  "above-threshold": "is above",
  "forecast-above-threshold": "is forecast, above",
  "trend-crosses-threshold": "is where the trend leads, above",
  "smoothed-above-threshold": "(smoothed) is above",
  "sustained-above-threshold": "stayed above",
  "below-threshold": "is below",
  "forecast-stays-below": "is the highest forecast after the step, below",
  "trend-stays-below": "is and stays below",
  "smoothed-below-threshold": "(smoothed) is below",
  "sustained-below-threshold": "stayed below",
  "within-thresholds": "is within its thresholds",
  "not-sustained": "has not been outside its thresholds for long enough",
  "forecast-does-not-allow": "is low, but is expected to rise",
  "no-data": "is unknown",
  "no-trusted-forecast": "has no trusted forecast",
};

const HOLDS: Readonly<Record<HoldReason, string>> = {
  "on-target": "all rules are within their thresholds",
  "not-sustained": "a threshold is crossed, but not for long enough",
  "no-data": "there is no usable data",
  "incomplete-data": "data is missing or stale, and doubt never shrinks",
  "below-confidence": "the confidence is below the bar",
  cooldown: "it is cooling down from its last change",
  "rate-limit-component": "its changes of this hour are used up",
  "rate-limit-fleet": "the fleet's changes of this hour are used up",
  "execution-in-progress": "a change of it is under way",
  "deployment-in-progress": "a deployment is in progress",
  "foreign-change": "somebody else changed it; that is the new baseline",
  "tasks-pending": "tasks asked for do not run yet",
  "service-unavailable": "the service cannot be read or may not be touched",
  "at-component-limit": "its own limits leave nothing",
  "at-fleet-limit": "the fleet's limits leave nothing, and nobody can give",
  "at-target-guard": "less would bring a rule back over its target",
  "saving-too-small": "the saving is too small",
  "velocity-limit": "too much would be removed from the fleet at once",
  "backing-off": "its last change failed; backing off",
  paused: "the controller is paused",
};

function general(decision: Decision): string {
  if (decision.action === "OPTIMIZE") return "the same service costs less in another shape";
  const open = decision.facts.schedules;
  if (decision.direction !== undefined)
    return open.length > 0 ? `the bounds of schedule ${open.join(", ")} are not met` : "its bounds are not met";
  return "nothing is wanted";
}

function explainStep({ component, before, after }: PlanStep, named: boolean): string {
  const parts: string[] = [];
  if (before.tasks !== after.tasks) parts.push(`${before.tasks} -> ${after.tasks} tasks`);
  const sizes = [
    ["cpu", "vCPU"],
    ["memory", "GiB"],
    ["storage", "GiB storage"],
  ] as const;
  for (const [name, unit] of sizes) {
    if (before.size[name] !== after.size[name])
      parts.push(`${before.size[name] / 1000} -> ${after.size[name] / 1000} ${unit} a task`);
  }
  return `${named ? `${component} ` : ""}${parts.join(" and ")}`;
}

function explainLimit({ limit, resource, bound }: LimitHit): string {
  return `${limit}${resource === undefined ? "" : ` (${resource})`} ${bound}`;
}
