/**
 * Load and capacity to waiting. Two disciplines:
 *  - "queue": one queue before all workers, M/M/c (a balancer that sends each operation to the least busy worker);
 *  - "sharing": each worker shares its processor between its operations, c times M/G/1-PS (a balancer that sends at random).
 * Closed forms hold for constant load below capacity; `stepQueue` carries the queue through changes and overload.
 * Times are seconds, rates per second. `servers` may be fractional: values between two whole counts are interpolated.
 */
export const DISCIPLINES = ["queue", "sharing"] as const;
export type Discipline = (typeof DISCIPLINES)[number];

export interface Station {
  /** Workers, > 0. */
  readonly servers: number;
  /** Operations one worker finishes per second. */
  readonly serviceRate: number;
  readonly arrivalRate: number;
}

/** Share of operations lost by M/M/c/c. Stable recursion: B(0) = 1, B(k) = aB(k-1) / (k + aB(k-1)). `servers` whole. */
export function erlangB(servers: number, offered: number): number {
  let blocked = 1;
  for (let count = 1; count <= servers; count++) {
    const scaled = offered * blocked;
    blocked = scaled / (count + scaled);
  }
  return blocked;
}

/** Probability that an operation must wait in M/M/c at load rho = offered / servers: C = B / (1 - rho(1 - B)); 1 from rho = 1. */
export function erlangC(servers: number, offered: number): number {
  if (servers === lastWait.servers && offered === lastWait.offered) return lastWait.waits;
  const waits = waitProbability(servers, offered);
  lastWait = { servers, offered, waits };
  return waits;
}

/** The last answer: load and workers stay what they are for many steps in a row. */
let lastWait = { servers: Number.NaN, offered: Number.NaN, waits: 1 };

function waitProbability(servers: number, offered: number): number {
  const load = offered / servers;
  if (!(load < 1)) return 1;
  const whole = Math.max(1, Math.floor(servers));
  const lower = waitFromBlocking(erlangB(whole, load * whole), load);
  const beyond = servers - whole;
  if (beyond <= 0) return lower;
  const upper = waitFromBlocking(erlangB(whole + 1, load * (whole + 1)), load);
  return lower + (upper - lower) * beyond;
}

function waitFromBlocking(blocked: number, load: number): number {
  return blocked / (1 - load * (1 - blocked));
}

/** Mean wait before service in M/M/c: C / (c mu - lambda). Infinite without spare capacity. */
export function meanWait({ servers, serviceRate, arrivalRate }: Station): number {
  const spare = servers * serviceRate - arrivalRate;
  return spare > 0 ? erlangC(servers, arrivalRate / serviceRate) / spare : Number.POSITIVE_INFINITY;
}

/** Mean response of M/G/1-PS at each worker: S / (1 - rho), whatever the distribution of the sizes. */
export function meanSharingResponse({ servers, serviceRate, arrivalRate }: Station): number {
  const load = arrivalRate / (servers * serviceRate);
  return load < 1 ? 1 / (serviceRate * (1 - load)) : Number.POSITIVE_INFINITY;
}

/**
 * P(response > t) in M/M/c, first come first served:
 * e^(-mu t) [1 + C (1 - e^(-(c-1-a) mu t)) / (c-1-a)], with the limit 1 + C mu t where c - 1 = a.
 * `waits` is C when the caller has it already.
 */
export function responseTail(
  { servers, serviceRate, arrivalRate }: Station,
  t: number,
  waits = erlangC(servers, arrivalRate / serviceRate),
): number {
  if (t <= 0) return 1;
  const served = serviceRate * t;
  const gap = servers - 1 - arrivalRate / serviceRate;
  const factor = Math.abs(gap) < 1e-9 ? served : -Math.expm1(-gap * served) / gap;
  return Math.min(1, Math.exp(-served) * (1 + waits * factor));
}

/** Response time that `quantile` (0..1) of the operations of M/M/c do not exceed; by bisection, to a relative 1e-9. */
export function responsePercentile(station: Station, quantile: number): number {
  const waits = erlangC(station.servers, station.arrivalRate / station.serviceRate);
  if (!(station.arrivalRate < station.servers * station.serviceRate)) return Number.POSITIVE_INFINITY;
  let low = 0;
  let high = 1 / station.serviceRate;
  while (responseTail(station, high, waits) > 1 - quantile) high *= 2;
  while (high - low > 1e-9 * high) {
    const middle = (low + high) / 2;
    if (responseTail(station, middle, waits) > 1 - quantile) low = middle;
    else high = middle;
  }
  return high;
}

export interface QueueStep {
  /** Operations waiting at the end of the step. */
  readonly queue: number;
  /** Mean wait before service of an operation that arrives in this step. */
  readonly wait: number;
  /** Probability that it has to wait. */
  readonly waits: number;
  /** The part of the wait that is backlog beyond the steady state of this load: the same for everyone. */
  readonly backlogWait: number;
}

/**
 * One step of the queue. Below capacity the mean queue moves towards its steady state Q(rho) with the relaxation time of the
 * queue, 1 / (c mu (1 - sqrt(rho))^2), and never drains faster than the spare capacity; from capacity on it grows by the
 * excess. The wait of an arrival is (queue + P(all busy)) / (c mu), which in steady state is exactly the closed form.
 */
export function stepQueue(
  queue: number,
  station: Station,
  seconds: number,
  discipline: Discipline = "queue",
): QueueStep {
  const { servers, serviceRate, arrivalRate } = station;
  const capacity = servers * serviceRate;
  const load = arrivalRate / capacity;
  if (load >= 1) {
    const next = queue + (arrivalRate - capacity) * seconds;
    const wait = ((queue + next) / 2 + 1) / capacity;
    return { queue: next, wait, waits: 1, backlogWait: (queue + next) / 2 / capacity };
  }
  const waits = erlangC(servers, arrivalRate / serviceRate);
  const sharing = discipline === "sharing";
  const steady = sharing ? (servers * load * load) / (1 - load) : (waits * load) / (1 - load);
  const ahead = sharing ? servers * load : waits;
  const relaxation = (sharing ? serviceRate : capacity) * (1 - Math.sqrt(load)) ** 2;
  const pull = (steady - queue) * -Math.expm1(-relaxation * seconds);
  const next = Math.max(0, queue + Math.max(pull, (arrivalRate - capacity) * seconds));
  const mean = (queue + next) / 2;
  const backlog = Math.max(0, mean - steady);
  const busy = Math.max(ahead, Math.min(1, backlog));
  return {
    queue: next,
    wait: (mean + busy) / capacity,
    waits: sharing ? load : Math.max(waits, Math.min(1, backlog)),
    backlogWait: backlog / capacity,
  };
}
