/** How many calls an account may make: `burst` at once, then `perSecond`. A bucket may be drained by more than one. */
export class Bucket {
  readonly #perSecond: number;
  readonly #burst: number;
  #tokens: number;
  #filledAtMs: number | undefined;

  constructor(burst: number, perSecond: number) {
    this.#burst = burst;
    this.#perSecond = perSecond;
    this.#tokens = burst;
  }

  /** Whether so many were there; then they are taken. */
  take(count: number, nowMs: number): boolean {
    const elapsedMs = Math.max(0, nowMs - (this.#filledAtMs ?? nowMs));
    this.#tokens = Math.min(this.#burst, this.#tokens + (elapsedMs * this.#perSecond) / 1000);
    this.#filledAtMs = nowMs;
    // One that is larger than what is left is let through on credit, as long as anything is left.
    if (this.#tokens <= 0) return false;
    this.#tokens -= count;
    return true;
  }
}

export interface Tally {
  calls: number;
  throttled: number;
  /** Arithmetical minimum: what the items asked for or written come to, with full calls. */
  minimum: number;
}

/** Calls of each API, and how few they could have been. */
export class CallMeter {
  readonly #tallies = new Map<string, Tally>();

  of(api: string): Tally {
    const known = this.#tallies.get(api);
    if (known !== undefined) return known;
    const tally = { calls: 0, throttled: 0, minimum: 0 };
    this.#tallies.set(api, tally);
    return tally;
  }

  /** All since the last time, ascending by name. */
  drain(): Readonly<Record<string, Tally>> {
    const all = Object.fromEntries([...this.#tallies].sort(([a], [b]) => (a < b ? -1 : 1)));
    this.#tallies.clear();
    return all;
  }
}
