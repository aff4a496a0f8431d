/**
 * Seeded randomness. Every draw of the simulation is keyed by what it is for (service, task number, period), never by how
 * many draws came before it: two policies run over the same seed meet the same start-up times and the same bursts, and a
 * restored world needs no generator state. The generator itself is sfc32, "small fast counting", by Chris Doty-Humphrey
 * (PractRand, public domain); keys are mixed with the finaliser of MurmurHash3 by Austin Appleby (public domain).
 */
export class Prng {
  #a: number;
  #b: number;
  #c: number;
  #counter: number;

  /** The same seed and key always give the same sequence. */
  constructor(seed: number, ...key: readonly number[]) {
    const mixed = mixedWithAll(mixedWith(HASH_START, seed), key);
    this.#a = mixedWith(mixed, 1);
    this.#b = mixedWith(mixed, 2);
    this.#c = mixedWith(mixed, 3);
    this.#counter = 1;
    for (let round = 0; round < 12; round++) this.#next(); // PractRand discards 12 outputs after seeding
  }

  static fromState([a, b, c, counter]: PrngState): Prng {
    const prng = new Prng(0);
    prng.#a = a;
    prng.#b = b;
    prng.#c = c;
    prng.#counter = counter;
    return prng;
  }

  /** Four 32-bit numbers that continue the sequence where it is now. */
  state(): PrngState {
    return [this.#a, this.#b, this.#c, this.#counter];
  }

  /** Uniform in [0, 1). */
  uniform(): number {
    return this.#next() / 2 ** 32;
  }

  /** Standard normal (Box and Muller 1958, the cosine half, so that no spare has to be kept). */
  normal(): number {
    const radius = Math.sqrt(-2 * Math.log(1 - this.uniform())); // 1 - u is in (0, 1]
    return radius * Math.cos(2 * Math.PI * this.uniform());
  }

  /** Log-normal with this median; `sigma` is the standard deviation of the logarithm. */
  lognormal(median: number, sigma: number): number {
    return median * Math.exp(sigma * this.normal());
  }

  /** Exactly Poisson below a mean of 30 (inversion); above it a rounded normal, whose missing skewness is below 1/sqrt(30). */
  poisson(mean: number): number {
    if (!(mean > 0)) return 0;
    if (mean >= 30) return Math.max(0, Math.round(mean + Math.sqrt(mean) * this.normal()));
    const target = this.uniform();
    let probability = Math.exp(-mean);
    let cumulated = probability;
    let count = 0;
    while (cumulated < target && count < 1000) {
      count++;
      probability *= mean / count;
      cumulated += probability;
    }
    return count;
  }

  #next(): number {
    const sum = (((this.#a + this.#b) | 0) + this.#counter) | 0;
    this.#counter = (this.#counter + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + sum) | 0;
    return sum >>> 0;
  }
}

export type PrngState = readonly [a: number, b: number, c: number, counter: number];

/** Sigma of the log-normal whose 95th percentile is `p95`: ln(p95 / median) / 1.645. Example: 35 s and 75 s give 0.463. */
export function lognormalSigma(median: number, p95: number): number {
  return Math.log(p95 / median) / 1.6448536269514722;
}

/** Mixes whole numbers (each taken modulo 2^53 as two words) to 32 well spread bits. */
export function hash32(...parts: readonly number[]): number {
  return mixedWithAll(HASH_START, parts);
}
const HASH_START = 0x9e3779b9;

function mixedWithAll(hash: number, parts: readonly number[]): number {
  let mixed = hash;
  for (let at = 0; at < parts.length; at++) mixed = mixedWith(mixed, parts[at] as number);
  return mixed;
}

function mixedWith(hash: number, part: number): number {
  return mix32((mix32(hash ^ (part | 0)) + Math.floor(part / 2 ** 32)) | 0);
}

/** Uniform in [0, 1), random access: the same (seed, index) is always the same number. */
export function uniformAt(seed: number, index: number): number {
  return (mix32(mix32((seed ^ 0x9e3779b9) | 0) ^ (index | 0)) >>> 0) / 2 ** 32;
}

/** 32-bit hash of a name (FNV-1a by Fowler, Noll and Vo). */
export function hashText(text: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  return hash;
}

function mix32(value: number): number {
  let mixed = value;
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return mixed ^ (mixed >>> 16);
}
