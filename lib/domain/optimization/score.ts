import type { ComponentState } from "../model/component-state.ts";
import type { FleetScores } from "../model/learning.ts";
import type { ComponentPolicy, FleetPolicy } from "../model/policy.ts";
import { totalOf } from "../model/resources.ts";
import type { SampleWindow } from "../model/sample-window.ts";
import { asOfMs } from "../monitor/freshness.ts";
import { performanceScore } from "../monitor/performance.ts";
import { HOURLY_PRICES } from "../planning/prices.ts";

/** Sums over samples, additive over components. */
interface Totals {
  /** Dollars an hour that the used and the allocated CPU and memory cost, summed over samples. */
  readonly usedCost: number;
  readonly allocatedCost: number;
  /** Operations per second with a response time, and their sum of response times. */
  readonly timed: number;
  readonly timeSum: number;
  /** Operations per second with an error rate, and those of them that failed. */
  readonly judged: number;
  readonly failed: number;
}
const NOTHING: Totals = { usedCost: 0, allocatedCost: 0, timed: 0, timeSum: 0, judged: 0, failed: 0 };

/**
 * How the fleet does against its targets over the recent windows (docs/scores.md):
 *
 *   efficiency   price of what is used / price of what is allocated, CPU and memory, over all components
 *   response     mean response time over operations; success: 1 - failed share of the operations
 *   score        100 x mean over what is known of: min(1, efficiency / target), min(1, target / response time),
 *                min(1, success / target)
 *
 * Components: their own efficiency, and the mean of their performance scores (without traffic their usual score).
 * Undefined while no component's use and allocation are known.
 */
export function fleetScores(
  fleet: FleetPolicy,
  states: readonly ComponentState[],
  nowMs: number,
): FleetScores | undefined {
  const policies = new Map(fleet.components.map((policy) => [policy.name, policy]));
  const components: Record<string, { efficiency: number; score: number }> = {};
  let all = NOTHING;
  for (const state of states) {
    const policy = policies.get(state.component);
    if (policy === undefined) continue;
    const samples = recentSamples(fleet, state, nowMs);
    const totals = totalsOf(state, samples);
    all = add(all, totals);
    const score = meanScore(samples, policy) ?? state.performanceBaseline;
    if (totals.allocatedCost > 0 && score !== undefined) {
      components[state.component] = { efficiency: totals.usedCost / totals.allocatedCost, score };
    }
  }
  if (all.allocatedCost <= 0) return undefined;
  const efficiency = all.usedCost / all.allocatedCost;
  const responseTimeMs = all.timed > 0 ? all.timeSum / all.timed : undefined;
  const successRate = all.judged > 0 ? 1 - all.failed / all.judged : undefined;
  const { targets } = fleet;
  const parts = [
    efficiency / targets.efficiency,
    responseTimeMs === undefined ? undefined : targets.responseTimeMs / responseTimeMs,
    successRate === undefined ? undefined : successRate / targets.successRate,
  ].filter((each) => each !== undefined);
  const score = 100 * meanOf(parts.map((part) => Math.min(1, part)));
  return { v: 1, fleet: fleet.name, atMs: nowMs, efficiency, responseTimeMs, successRate, score, components };
}

/** Samples of the window whose period ended within its length: a window that is no longer filled says nothing of now. */
function recentSamples(fleet: FleetPolicy, state: ComponentState, nowMs: number): SampleWindow {
  const { windowSamples, periodMs, freshMs } = fleet.monitor;
  const fromMs = asOfMs(state, fleet.monitor, nowMs) - windowSamples * periodMs - freshMs;
  return state.window.after(fromMs);
}

function totalsOf(state: ComponentState, samples: SampleWindow): Totals {
  const allocation = state.service?.desired;
  const allocated = allocation === undefined ? undefined : totalOf(allocation);
  let [usedCost, allocatedCost, timed, timeSum, judged, failed] = [0, 0, 0, 0, 0, 0];
  for (const sample = samples.scan(); sample.next(); ) {
    const { cpuUsed, memoryUsed, throughput = 0, responseTime, errorRate } = sample;
    if (allocated !== undefined && cpuUsed !== undefined && memoryUsed !== undefined) {
      usedCost += costOf(cpuUsed, memoryUsed);
      allocatedCost += costOf(allocated.cpu, allocated.memory);
    }
    if (responseTime !== undefined) {
      timed += throughput;
      timeSum += throughput * responseTime;
    }
    if (errorRate !== undefined) {
      judged += throughput;
      failed += throughput * errorRate;
    }
  }
  return { usedCost, allocatedCost, timed, timeSum, judged, failed };
}

function costOf(cpu: number, memory: number): number {
  return cpu * HOURLY_PRICES.cpu + memory * HOURLY_PRICES.memory;
}

function add(a: Totals, b: Totals): Totals {
  return {
    usedCost: a.usedCost + b.usedCost,
    allocatedCost: a.allocatedCost + b.allocatedCost,
    timed: a.timed + b.timed,
    timeSum: a.timeSum + b.timeSum,
    judged: a.judged + b.judged,
    failed: a.failed + b.failed,
  };
}

/** Undefined where no sample has a score. */
function meanScore(samples: SampleWindow, policy: ComponentPolicy): number | undefined {
  let sum = 0;
  let count = 0;
  for (const sample = samples.scan(); sample.next(); ) {
    const score = performanceScore(sample, policy);
    if (score === undefined) continue;
    sum += score;
    count++;
  }
  return count === 0 ? undefined : sum / count;
}

function meanOf(values: readonly number[]): number {
  return values.reduce((sum, each) => sum + each, 0) / values.length;
}
