import type { MetricBinding, ServiceTarget } from "../../../deployment.ts";
import { type Allocation, FREE_STORAGE_MILLI } from "../../../domain/model/resources.ts";
import { type Absence, type MetricName, sampleValue } from "../../../domain/model/sample.ts";
import { LAST_GRACE_MS, RECENT_MS, SIBLING_GRACE_MS, SILENT_GRACE_MS } from "./publication.ts";
import type { Bindings } from "./queries.ts";
import { EMPTY_SERIES, type Series } from "./series.ts";

/** One metric over one period: known, known to be absent, or still to be expected. */
export type Reading =
  | { readonly kind: "value"; readonly value: number }
  | { readonly kind: "absent"; readonly reason: Absence }
  | { readonly kind: "pending" };

/** What was read of one component. */
export interface Answers {
  readonly target: Pick<ServiceTarget, "periodMs" | "metrics">;
  readonly series: Readonly<Partial<Record<MetricName, Series>>>;
  /** What the tasks had in the period that ended then; undefined: unknown. */
  readonly allocationAt: (endMs: number) => Allocation | undefined;
  readonly nowMs: number;
}

/** Metrics that have a value only where there was traffic. */
const TRAFFIC = ["responseTime", "errorRate"] as const;
const PENDING: Reading = { kind: "pending" };
const NO_TRAFFIC: Reading = { kind: "absent", reason: "no-traffic" };

function absent(reason: Absence): Reading {
  return { kind: "absent", reason };
}

/**
 * The metrics of one period of their own length. Those of which nothing can be said yet are pending. Where the throughput
 * is known to be 0, a response time or error rate that is not there is "no-traffic".
 */
export function readingsAt(answers: Answers, bindings: Bindings, endMs: number): Map<MetricName, Reading> {
  const throughput = bindings.throughput && readingAt(answers, "throughput", bindings.throughput, endMs);
  return new Map(
    (Object.entries(bindings) as [MetricName, MetricBinding][]).map(([metric, binding]) => {
      if (metric === "throughput" && throughput !== undefined) return [metric, throughput];
      const asksForTraffic = TRAFFIC.some((name) => name === metric);
      if (!asksForTraffic || throughput === undefined || answers.series[metric]?.values.has(endMs))
        return [metric, readingAt(answers, metric, binding, endMs)];
      if (throughput.kind === "pending") return [metric, PENDING];
      if (throughput.kind === "value" && throughput.value === 0) return [metric, NO_TRAFFIC];
      // Without knowing whether there was traffic, no error is no proof of success.
      const unproven = throughput.kind === "absent" && binding.whenMissing === "zero";
      return [metric, readingAt(answers, metric, unproven ? { ...binding, whenMissing: "absent" } : binding, endMs)];
    }),
  );
}

function readingAt(answers: Answers, metric: MetricName, binding: MetricBinding, endMs: number): Reading {
  const series = answers.series[metric] ?? EMPTY_SERIES;
  if (series.status === "denied") return absent("denied");
  // It may do better at the next beat, but what goes on failing must not make the other metrics stale.
  if (series.status === "partial") return answers.nowMs >= endMs + SILENT_GRACE_MS ? absent("partial") : PENDING;
  const raw = series.values.get(endMs);
  if (raw !== undefined) return valueOf(raw, metric, binding, answers.allocationAt(endMs));
  return binding.whenMissing === "zero"
    ? missingCount(answers, metric, binding, endMs)
    : missingGauge(answers, series, binding, endMs);
}

/** No datapoint of a gauge: known to be missing once a later one came, or none is to be expected any more. */
function missingGauge(answers: Answers, series: Series, binding: MetricBinding, endMs: number): Reading {
  const { nowMs } = answers;
  const graceMs = isActive(series, binding, endMs) ? LAST_GRACE_MS : wasSilent(answers, endMs) ? 0 : SILENT_GRACE_MS;
  const given = isPassed(series, endMs, nowMs) || nowMs >= endMs + graceMs;
  return given ? absent(series.future && series.values.size === 0 ? "future" : "missing") : PENDING;
}

/** Of a metric that is not active: others were there all the time, so it is not only too early to know. */
function wasSilent({ target, series }: Answers, endMs: number): boolean {
  return (Object.entries(target.metrics) as [MetricName, MetricBinding][]).some(([name, other]) => {
    const theirs = series[name];
    const fromMs = endMs - RECENT_MS - periodOf(other);
    return theirs !== undefined && hasWithin(theirs, other, fromMs, fromMs + 2 * periodOf(other));
  });
}

/**
 * No datapoint of a count: none happened, where another metric proves that CloudWatch published the period and this one
 * had its time. Without such a proof it is missing.
 */
function missingCount(answers: Answers, metric: MetricName, binding: MetricBinding, endMs: number): Reading {
  const { nowMs, series, target } = answers;
  const own = series[metric] ?? EMPTY_SERIES;
  const periodMs = periodOf(binding);
  const witnesses = (Object.entries(target.metrics) as [MetricName, MetricBinding][]).filter(([name, other]) => {
    const theirs = series[name];
    if (name === metric || theirs?.status !== "complete") return false;
    return hasWithin(theirs, other, endMs - periodMs, endMs);
  });
  const siblings = witnesses.some(([, other]) => isSibling(other, binding));
  const grace = siblings ? SIBLING_GRACE_MS : isActive(own, binding, endMs) ? LAST_GRACE_MS : SILENT_GRACE_MS;
  const isOver = isPassed(own, endMs, nowMs) || nowMs >= endMs + grace;
  // What took time, or failed, was asked for: no requests beside it are a contradiction.
  const isContradicted = metric === "throughput" && TRAFFIC.some((name) => series[name]?.values.has(endMs));
  // Silence that something else could contradict, which was not asked for, proves nothing.
  const isUnproven = binding.whenSilent !== undefined && own.isSubstituted !== true;
  if (isOver && witnesses.length > 0 && !isContradicted && !isUnproven) return { kind: "value", value: 0 };
  return isPassed(own, endMs, nowMs) || nowMs >= endMs + LAST_GRACE_MS ? absent("missing") : PENDING;
}

/** A later datapoint came, and not just because the two overtook each other on the way. */
function isPassed({ newestMs }: Series, endMs: number, nowMs: number): boolean {
  return newestMs > endMs && nowMs >= endMs + SILENT_GRACE_MS;
}

/** Whether the metric had a datapoint shortly before the period (or in it), and so is expected to have more. */
function isActive(series: Series, binding: MetricBinding, endMs: number): boolean {
  return hasWithin(series, binding, endMs - periodOf(binding) - RECENT_MS, endMs);
}

/** Whether there is a datapoint of a period that ended after `afterMs`, at `untilMs` at the latest. */
function hasWithin(series: Series, binding: MetricBinding, afterMs: number, untilMs: number): boolean {
  const periodMs = periodOf(binding);
  for (let at = Math.floor(untilMs / periodMs) * periodMs; at > afterMs; at -= periodMs)
    if (series.values.has(at)) return true;
  return false;
}

/** Published by the same AWS resource, and so at the same time. */
function isSibling(a: MetricBinding, b: MetricBinding): boolean {
  const [one, other] = [a.inputs[0], b.inputs[0]];
  if (one === undefined || other === undefined || one.namespace !== other.namespace) return false;
  const names = Object.keys(one.dimensions);
  return (
    names.length === Object.keys(other.dimensions).length &&
    names.every((name) => one.dimensions[name] === other.dimensions[name])
  );
}

/** Length of the periods that a binding's answer has, ms. */
export function periodOf({ inputs }: MetricBinding): number {
  return Math.max(...inputs.map(({ periodMs }) => periodMs));
}

/**
 * From CloudWatch's number to that of a sample. A percentage becomes use: percent / 100 x (tasks x size), because it changes
 * its meaning when tasks are resized. Of an unknown allocation, or of none, it says nothing.
 */
function valueOf(raw: number, metric: MetricName, binding: MetricBinding, allocation: Allocation | undefined): Reading {
  const answer = raw * binding.factor;
  if (!Number.isFinite(answer)) return absent("not-finite");
  if (answer < 0) return absent("negative");
  if (binding.unit === "absolute") return { kind: "value", value: sampleValue(metric, answer) };
  if (allocation === undefined) return absent("missing");
  const total = totalOf(metric, allocation);
  return total > 0 ? { kind: "value", value: sampleValue(metric, (answer / 100) * total) } : absent("implausible");
}

function totalOf(metric: MetricName, { tasks, size }: Allocation): number {
  switch (metric) {
    case "cpuUsed":
      return tasks * size.cpu;
    case "memoryUsed":
      return tasks * size.memory;
    case "networkUsed":
      return tasks * size.network;
    case "storageUsed":
      return tasks * (FREE_STORAGE_MILLI + size.storage);
    default:
      return 0;
  }
}
