import { InvariantError } from "../domain/model/errors.ts";
import { hash32, uniformAt } from "./prng.ts";

/**
 * Offered load by time. Every source is a pure function of its specification and the time asked for: O(1), any order,
 * the same answer always. What it answers is the expected rate; the arrivals around it are drawn by the service.
 */
export interface LoadSource {
  /** Operations offered per second at this time. */
  rateAt(ms: number): number;
}

export type LoadSpec = GeneratorLoad | TraceLoad | ConstantLoad;

export interface ConstantLoad {
  readonly kind: "constant";
  /** Operations per second. */
  readonly rate: number;
}

/**
 * Replays recorded values. The recording is laid on the simulated clock so that its first value stands at the start of the
 * simulation, whatever its own dates say, and it repeats from its first value when it ends. A value holds for its step.
 */
export interface TraceLoad {
  readonly kind: "trace";
  readonly stepMs: number;
  readonly values: readonly number[];
  /** Operations per second for one unit of the trace (see `factorForTasks` in trace.ts). Default 1. */
  readonly factor?: number;
}

/** rate = mean x day x week x trend x (1 + bursts) x (1 + noise), never below 0. Hours are UTC. */
export interface GeneratorLoad {
  readonly kind: "generator";
  /** Mean operations per second of a workday without bursts. */
  readonly meanRate: number;
  /** Height of the daily wave as a fraction of the mean. Default 0.4. */
  readonly dailyFraction?: number;
  /** Height of the half-day wave: sharpens the peak and flattens the night. Default 0.08. */
  readonly halfDayFraction?: number;
  /** Hour of the daily peak, UTC. Default 14. */
  readonly peakHour?: number;
  /** Load on Saturday and Sunday as a fraction of a workday, blended over four hours. Default 0.85. */
  readonly weekendFraction?: number;
  /** Expected bursts a day, at most one starting in an hour. Default 3. */
  readonly burstsPerDay?: number;
  /** Mean height of a burst over the load beneath it, as a fraction (exponential, at most 4 x the mean). Default 0.3. */
  readonly burstFraction?: number;
  /** Mean time in which a burst decays, minutes (half to one and a half of it; it rises in 2 minutes). Default 12. */
  readonly burstMinutes?: number;
  /** Standard deviation of the minute noise as a fraction. Default 0.04. */
  readonly noiseFraction?: number;
  /** Correlation of the noise from one minute to the next, 0 <= x < 0.95. Default 0.8. */
  readonly noiseCorrelation?: number;
  /** Growth of the mean a day, as a fraction of the mean at the start. Default 0. */
  readonly trendPerDay?: number;
}

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

export function makeLoad(spec: LoadSpec, { startMs, seed }: { startMs: number; seed: number }): LoadSource {
  switch (spec.kind) {
    case "constant":
      return { rateAt: () => spec.rate };
    case "trace":
      return traceLoad(spec, startMs);
    case "generator":
      return new GeneratedLoad(spec, startMs, seed);
    default:
      throw new InvariantError("unknown kind of load", { spec: spec satisfies never });
  }
}

function traceLoad({ stepMs, values, factor = 1 }: TraceLoad, startMs: number): LoadSource {
  if (values.length === 0 || !(stepMs > 0)) throw new InvariantError("a trace needs values and a step", { stepMs });
  return {
    rateAt: (ms) => {
      const at = Math.floor((ms - startMs) / stepMs) % values.length;
      return (values[at < 0 ? at + values.length : at] ?? 0) * factor;
    },
  };
}

/** Shocks that still matter: 0.95^60 = 0.046. */
const NOISE_MEMORY = 60;

class GeneratedLoad implements LoadSource {
  readonly #spec: Required<GeneratorLoad>;
  readonly #startMs: number;
  readonly #burstSeed: number;
  readonly #noiseSeed: number;
  readonly #noiseScale: number;
  readonly #noiseMemory: number;
  // Noise of the last minute asked for and of the one after it: a cache, without influence on the answer.
  #cachedMinute = Number.NaN;
  #cachedNoise = 0;
  #cachedNext = 0;

  constructor(spec: GeneratorLoad, startMs: number, seed: number) {
    this.#spec = {
      dailyFraction: 0.4,
      halfDayFraction: 0.08,
      peakHour: 14,
      weekendFraction: 0.85,
      burstsPerDay: 3,
      burstFraction: 0.3,
      burstMinutes: 12,
      noiseFraction: 0.04,
      noiseCorrelation: 0.8,
      trendPerDay: 0,
      ...spec,
    };
    const { noiseCorrelation, noiseFraction } = this.#spec;
    if (!(noiseCorrelation >= 0 && noiseCorrelation < 0.95)) {
      throw new InvariantError("noiseCorrelation must be in [0, 0.95)", { noiseCorrelation });
    }
    this.#startMs = startMs;
    this.#burstSeed = hash32(seed, 11);
    this.#noiseSeed = hash32(seed, 12);
    // Variance of an AR(1) process with unit shocks is 1 / (1 - phi^2).
    this.#noiseScale = noiseFraction * Math.sqrt(1 - noiseCorrelation ** 2);
    this.#noiseMemory =
      noiseCorrelation === 0 ? 1 : Math.min(NOISE_MEMORY, Math.ceil(Math.log(0.01) / Math.log(noiseCorrelation)));
  }

  rateAt(ms: number): number {
    const { meanRate, trendPerDay } = this.#spec;
    const trend = 1 + (trendPerDay * (ms - this.#startMs)) / DAY_MS;
    const rate =
      meanRate * trend * this.#dayAt(ms) * this.#weekAt(ms) * (1 + this.#burstAt(ms)) * (1 + this.#noiseAt(ms));
    return Math.max(0, rate);
  }

  #dayAt(ms: number): number {
    const { dailyFraction, halfDayFraction, peakHour } = this.#spec;
    const angle = (2 * Math.PI * (ms / HOUR_MS - peakHour)) / 24;
    return 1 + dailyFraction * Math.cos(angle) + halfDayFraction * Math.cos(2 * angle);
  }

  /** Share of the four hours around `ms` that is weekend, blended into the weekend's fraction. */
  #weekAt(ms: number): number {
    const sinceMonday = positiveModulo(ms - 4 * DAY_MS, 7 * DAY_MS); // 1970-01-05 was a Monday
    const half = 2 * HOUR_MS;
    const enters = clamp01((sinceMonday + half - 5 * DAY_MS) / (2 * half));
    const leaves = clamp01((sinceMonday + half - 7 * DAY_MS) / (2 * half));
    const stillSunday = sinceMonday < half ? 0.5 - sinceMonday / (2 * half) : 0;
    return 1 - (1 - this.#spec.weekendFraction) * (enters - leaves + stillSunday);
  }

  /** A burst starts in an hour with probability burstsPerDay / 24; those of this and the last three hours add up. */
  #burstAt(ms: number): number {
    const { burstsPerDay, burstFraction, burstMinutes } = this.#spec;
    const hour = Math.floor(ms / HOUR_MS);
    let height = 0;
    for (let slot = hour - 3; slot <= hour; slot++) {
      if (uniformAt(this.#burstSeed, slot * 4) >= burstsPerDay / 24) continue;
      const sinceMinutes = (ms - (slot + uniformAt(this.#burstSeed, slot * 4 + 1)) * HOUR_MS) / MINUTE_MS;
      if (sinceMinutes < 0) continue;
      const top = burstFraction * Math.min(4, -Math.log(1 - uniformAt(this.#burstSeed, slot * 4 + 2)));
      const decay = burstMinutes * (0.5 + uniformAt(this.#burstSeed, slot * 4 + 3));
      height += top * Math.min(1, sinceMinutes / 2) * Math.exp(-Math.max(0, sinceMinutes - 2) / decay);
    }
    return height;
  }

  /** AR(1) noise by the minute, as its moving average over the last shocks; linear between minutes. */
  #noiseAt(ms: number): number {
    const minute = Math.floor(ms / MINUTE_MS);
    if (minute !== this.#cachedMinute) {
      this.#cachedNoise = minute === this.#cachedMinute + 1 ? this.#cachedNext : this.#noiseOfMinute(minute);
      this.#cachedNext = this.#noiseOfMinute(minute + 1);
      this.#cachedMinute = minute;
    }
    const share = ms / MINUTE_MS - minute;
    return this.#cachedNoise * (1 - share) + this.#cachedNext * share;
  }

  #noiseOfMinute(minute: number): number {
    let noise = 0;
    let weight = 1;
    for (let lag = 0; lag < this.#noiseMemory; lag++) {
      noise += weight * shockAt(this.#noiseSeed, minute - lag);
      weight *= this.#spec.noiseCorrelation;
    }
    return noise * this.#noiseScale;
  }
}

/** Nearly normal with mean 0 and variance 1: the sum of three uniforms (Irwin and Hall), variance 3/12. */
function shockAt(seed: number, index: number): number {
  const sum = uniformAt(seed, index * 3) + uniformAt(seed, index * 3 + 1) + uniformAt(seed, index * 3 + 2);
  return (sum - 1.5) * 2;
}

function positiveModulo(value: number, modulus: number): number {
  return ((value % modulus) + modulus) % modulus;
}

function clamp01(value: number): number {
  return Math.min(1, Math.max(0, value));
}
