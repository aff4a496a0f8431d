import { type Absence, type MetricName, type Sample, sampleValue } from "../domain/model/sample.ts";
import type { DemandStep } from "./demand.ts";

/**
 * Steps to samples: means over an aligned period. Published after the period's end, as CloudWatch does. A period that the
 * simulation saw only in part (it began inside of it) is not published.
 */
export interface MeterState {
  steps: number;
  cpuUsed: number;
  memoryUsed: number;
  networkUsed: number;
  storageUsed: number;
  queue: number;
  finished: number;
  failed: number;
  /** Sum of finished operations times their mean response. */
  responseMs: number;
}

/** When samples of a period can be read. */
export interface Publication {
  /** After the end of the period, milliseconds. */
  readonly delayMs: number;
  /** Up to so much more, uniform, milliseconds. */
  readonly jitterMs: number;
}
export const DEFAULT_PUBLICATION: Publication = { delayMs: 20_000, jitterMs: 5_000 };

export interface PublishedSample {
  readonly sample: Sample;
  readonly publishedMs: number;
}

export function emptyMeter(): MeterState {
  return {
    steps: 0,
    cpuUsed: 0,
    memoryUsed: 0,
    networkUsed: 0,
    storageUsed: 0,
    queue: 0,
    finished: 0,
    failed: 0,
    responseMs: 0,
  };
}

export function meterStep(meter: MeterState, step: DemandStep): void {
  meter.steps++;
  meter.cpuUsed += step.cpuUsed;
  meter.memoryUsed += step.memoryUsed;
  meter.networkUsed += step.networkUsed;
  meter.storageUsed += step.storageUsed;
  meter.queue += step.queue;
  meter.finished += step.finished;
  meter.failed += step.failed;
  meter.responseMs += step.finished * step.responseMs;
}

/**
 * The sample of the period that ends now; the meter starts again. Without a finished operation there is no response time, and
 * without a finished or failed one no error rate: absent, never zero. When every operation failed the error rate is 1.
 */
export function sampleFromMeter(
  meter: MeterState,
  { endMs, periodMs, stepMs }: { endMs: number; periodMs: number; stepMs: number },
): Sample | undefined {
  const { steps, finished, failed } = meter;
  const whole = steps === periodMs / stepMs;
  const values: Partial<Record<MetricName, number>> = {
    cpuUsed: sampleValue("cpuUsed", meter.cpuUsed / steps),
    memoryUsed: sampleValue("memoryUsed", meter.memoryUsed / steps),
    networkUsed: sampleValue("networkUsed", meter.networkUsed / steps),
    storageUsed: sampleValue("storageUsed", meter.storageUsed / steps),
    throughput: sampleValue("throughput", finished / (periodMs / 1000)),
    queueLength: sampleValue("queueLength", meter.queue / steps),
  };
  const absent: Partial<Record<MetricName, Absence>> = {};
  if (finished > 0) values.responseTime = sampleValue("responseTime", meter.responseMs / finished);
  else absent.responseTime = "no-traffic";
  if (finished + failed > 0) values.errorRate = sampleValue("errorRate", failed / (finished + failed));
  else absent.errorRate = "no-traffic";
  Object.assign(meter, emptyMeter());
  return whole ? { endMs, periodMs, values, absent } : undefined;
}
