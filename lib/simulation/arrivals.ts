import { InvariantError } from "../domain/model/errors.ts";
import { Prng } from "./prng.ts";

/** The chance of one step. */
export interface Drawn {
  /** Operations that come. */
  readonly arrivals: number;
  /** Standard normal: the sampling error of their mean response. */
  readonly noise: number;
}

/**
 * Arrivals around a rate, drawn by the service's seed and the number of the step: whatever a scaler does, the same come.
 *
 * @param dispersion variance over mean; 1: Poisson, 0: no chance at all
 */
export function drawArrivals(
  rate: number,
  { seed, dispersion, nowMs, stepMs }: { seed: number; dispersion: number; nowMs: number; stepMs: number },
): Drawn {
  const mean = (rate * stepMs) / 1000;
  if (dispersion === 0) return { arrivals: mean, noise: 0 };
  const prng = new Prng(seed, 41, nowMs / stepMs);
  return { arrivals: dispersion * prng.poisson(mean / dispersion), noise: prng.normal() };
}

/**
 * What was drawn for each step of a world, for the next worlds with the same service, seed and step: they meet the same, and
 * drawing is a third of the time of a simulated step. Remembers the given number of steps from `startMs` on, 24 bytes each.
 */
export class DrawMemory {
  readonly #startMs: number;
  readonly #stepMs: number;
  readonly #steps: number;
  #rates = new Float64Array(0);
  #arrivals = new Float64Array(0);
  #noise = new Float64Array(0);
  #key: string | undefined;

  constructor({ startMs, stepMs, steps }: { startMs: number; stepMs: number; steps: number }) {
    this.#startMs = startMs;
    this.#stepMs = stepMs;
    this.#steps = steps;
  }

  /** @throws InvariantError when it is used for a service whose draws are others. */
  claim({ seed, dispersion, stepMs }: { seed: number; dispersion: number; stepMs: number }): void {
    const key = `${seed} ${dispersion} ${stepMs}`;
    this.#key ??= key;
    if (this.#key !== key || stepMs !== this.#stepMs)
      throw new InvariantError("these draws belong to another service", { known: this.#key, key });
    if (this.#rates.length === 0) this.#make(this.#steps);
  }

  /** Gives the memory back until it is claimed again. */
  forget(): void {
    this.#make(0);
  }

  #make(steps: number): void {
    this.#rates = new Float64Array(steps).fill(Number.NaN);
    this.#arrivals = new Float64Array(steps);
    this.#noise = new Float64Array(steps);
  }

  /** What was drawn at this rate, or `draw` does now. */
  at(nowMs: number, rate: number, draw: (nowMs: number, rate: number) => Drawn): Drawn {
    const step = (nowMs - this.#startMs) / this.#stepMs;
    if (this.#rates[step] === rate)
      return { arrivals: this.#arrivals[step] as number, noise: this.#noise[step] as number };
    const drawn = draw(nowMs, rate);
    if (step >= 0 && step < this.#rates.length) {
      this.#rates[step] = rate;
      this.#arrivals[step] = drawn.arrivals;
      this.#noise[step] = drawn.noise;
    }
    return drawn;
  }
}
