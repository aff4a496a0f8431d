/**
 * Response times of single requests over many moments, of which only the mean and the late share are known. The times of a
 * moment are taken as a constant wait and an exponential part: P(R > t) = e^(-(t - wait) / spread) for t > wait. With mean
 * m = wait + spread and late share l = P(R > slo), L = -ln l: spread = (slo - m) / (L - 1), wait = m - spread. Without any
 * wait it is the exponential service itself; in a backlog, which is the same for everyone, it is nearly constant.
 * Example: m = 100 ms, slo = 400 ms, l = e^-4: spread 100, wait 0, p95 = 100 x ln 20 = 300 ms.
 */
export class ResponseTimes {
  readonly #sloMs: number;
  /** Weight of the moments with this wait and spread, both in bins of 2 %. */
  readonly #moments = new Map<number, number>();
  #total = 0;

  constructor(sloMs: number) {
    this.#sloMs = sloMs;
  }

  /** A moment in which so many requests finished, in the mean after `meanMs`, and this share of them late. */
  add(meanMs: number, lateShare: number, requests: number): void {
    if (requests <= 0) return;
    const spread = spreadOf(meanMs, lateShare, this.#sloMs);
    const key = binOf(meanMs - spread) * BINS + binOf(spread);
    this.#moments.set(key, (this.#moments.get(key) ?? 0) + requests);
    this.#total += requests;
  }

  /** Milliseconds that this share of all requests does not exceed, 0..1, to some 2 %; 0 without any request. */
  quantile(share: number): number {
    if (this.#total === 0) return 0;
    const moments = [...this.#moments].map(([key, weight]) => {
      return { wait: valueOf(Math.floor(key / BINS)), spread: valueOf(key % BINS), weight };
    });
    const longer = (t: number): number =>
      moments.reduce((sum, { wait, spread, weight }) => sum + weight * Math.min(1, Math.exp((wait - t) / spread)), 0);
    let low = 0;
    let high = 1;
    while (longer(high) > (1 - share) * this.#total) high *= 2;
    while (high - low > 0.05) {
      const middle = (low + high) / 2;
      if (longer(middle) > (1 - share) * this.#total) low = middle;
      else high = middle;
    }
    return Math.round(high * 10) / 10;
  }
}

const BINS = 1024;
const LOG_BIN = Math.log(1.02);

/** Bins of 2 % above one millisecond, up to a week; bin 0 is what is below that. */
function binOf(ms: number): number {
  return ms < 1 ? 0 : Math.min(BINS - 1, 1 + Math.floor(Math.log(ms) / LOG_BIN));
}

/** The middle of a bin; what is below a millisecond is half of one. */
function valueOf(bin: number): number {
  return bin === 0 ? 0.5 : Math.exp((bin - 0.5) * LOG_BIN);
}

/** Within the mean: a late share that no wait and exponential of this mean have is taken as chance in the mean. */
function spreadOf(meanMs: number, lateShare: number, sloMs: number): number {
  if (!(lateShare > 0 && lateShare < 1)) return 0;
  const spread = (sloMs - meanMs) / (-Math.log(lateShare) - 1);
  return spread > 0 && Number.isFinite(spread) ? Math.min(meanMs, spread) : meanMs;
}
