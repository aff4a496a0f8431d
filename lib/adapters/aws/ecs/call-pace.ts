import type { Clock } from "../../../ports.ts";

/** How many calls an AWS account may make: `burst` at once, then `perSecond`. */
export interface CallRate {
  readonly burst: number;
  readonly perSecond: number;
}

/**
 * Default rates of an account and Region, shared by the calls of a category. Source: Amazon ECS API reference, "Request
 * throttling for the Amazon ECS API".
 */
export const ECS_RATES = {
  describeServices: { burst: 100, perSecond: 20 },
  describeTaskDefinition: { burst: 50, perSecond: 20 },
  registerTaskDefinition: { burst: 20, perSecond: 1 },
} as const satisfies Record<string, CallRate>;

/** Waits for so many milliseconds. */
export type Pause = (ms: number) => Promise<void>;

/**
 * A token bucket: keeps this process below a rate of the account, so that throttling is the exception. Other processes
 * and people draw on the same rate, which is why throttling is still answered.
 */
export class CallPace {
  readonly #rate: CallRate;
  readonly #clock: Clock;
  readonly #pause: Pause;
  /** Negative: calls that wait for their turn. */
  #tokens: number;
  #filledAtMs: number;

  constructor(rate: CallRate, clock: Clock, pause: Pause) {
    this.#rate = rate;
    this.#clock = clock;
    this.#pause = pause;
    this.#tokens = rate.burst;
    this.#filledAtMs = clock.nowMs();
  }

  /** Resolves when the call may be made; at once to false when that would take longer than `patienceMs`. */
  async turn(patienceMs = Number.POSITIVE_INFINITY): Promise<boolean> {
    const { burst, perSecond } = this.#rate;
    const nowMs = this.#clock.nowMs();
    const elapsedMs = Math.max(0, nowMs - this.#filledAtMs);
    this.#tokens = Math.min(burst, this.#tokens + (elapsedMs * perSecond) / 1000);
    this.#filledAtMs = nowMs;
    const waitMs = Math.max(0, Math.ceil(((1 - this.#tokens) * 1000) / perSecond));
    if (waitMs > patienceMs) return false;
    this.#tokens -= 1;
    if (waitMs > 0) await this.#pause(waitMs);
    return true;
  }
}
