import { METRICS, type MetricName, type RollupBucket } from "../model/sample.ts";

export type Values = Readonly<Partial<Record<MetricName, number>>>;

/** Places in the arrays below. Metrics are read by names in the source: every run rolls an hour of samples up, and a name in a variable is slow. */
const [CPU, MEMORY, NETWORK, STORAGE, RESPONSE, THROUGHPUT, QUEUE, ERRORS] = [0, 1, 2, 3, 4, 5, 6, 7] as const;

/**
 * Sums up one roll-up bucket after the other, metric by metric: means weighted with time (or samples), the response time and
 * the error rate with operations, since a slow minute with one request must not outweigh a busy one. A part that lacks a
 * metric does not count in its mean.
 */
export class BucketSums {
  /** Start of the bucket that is being summed up, epoch ms. */
  startMs = Number.NaN;
  samples = 0;
  readonly #sums = new Float64Array(METRICS.length);
  readonly #weights = new Float64Array(METRICS.length);
  /** -Infinity where nothing is known. */
  readonly #most = new Float64Array(METRICS.length);
  /** The same sums with each part weighted by its operations as well; NaN as soon as a part's throughput is unknown. */
  readonly #sumsByOperations = new Float64Array(METRICS.length);
  readonly #operations = new Float64Array(METRICS.length);

  begin(startMs: number): void {
    this.startMs = startMs;
    this.samples = 0;
    this.#sums.fill(0);
    this.#weights.fill(0);
    this.#most.fill(Number.NEGATIVE_INFINITY);
    this.#sumsByOperations.fill(0);
    this.#operations.fill(0);
  }

  /** Adds a sample, or a bucket of finer resolution. */
  add(samples: number, weight: number, mean: Values, max: Values): void {
    this.samples += samples;
    this.#add(CPU, weight, mean.cpuUsed, max.cpuUsed);
    this.#add(MEMORY, weight, mean.memoryUsed, max.memoryUsed);
    this.#add(NETWORK, weight, mean.networkUsed, max.networkUsed);
    this.#add(STORAGE, weight, mean.storageUsed, max.storageUsed);
    this.#add(RESPONSE, weight, mean.responseTime, max.responseTime);
    this.#add(THROUGHPUT, weight, mean.throughput, max.throughput);
    this.#add(QUEUE, weight, mean.queueLength, max.queueLength);
    this.#add(ERRORS, weight, mean.errorRate, max.errorRate);
    const operations = weight * (mean.throughput ?? Number.NaN);
    this.#addByOperations(RESPONSE, operations, mean.responseTime);
    this.#addByOperations(ERRORS, operations, mean.errorRate);
  }

  bucket(): RollupBucket {
    const { startMs, samples } = this;
    return { startMs, samples, mean: this.#named((at) => this.#mean(at)), max: this.#named((at) => this.#most[at]) };
  }

  #add(at: number, weight: number, value: number | undefined, peak: number | undefined): void {
    if (value === undefined) return;
    this.#sums[at] = (this.#sums[at] as number) + weight * value;
    this.#weights[at] = (this.#weights[at] as number) + weight;
    this.#most[at] = Math.max(this.#most[at] as number, peak ?? 0);
  }

  #addByOperations(at: number, operations: number, value: number | undefined): void {
    if (value === undefined) return;
    this.#sumsByOperations[at] = (this.#sumsByOperations[at] as number) + operations * value;
    this.#operations[at] = (this.#operations[at] as number) + operations;
  }

  /** Without operations, or without knowing them, all parts are weighted by time. */
  #mean(at: number): number {
    const operations = this.#operations[at] as number;
    if (operations > 0) return (this.#sumsByOperations[at] as number) / operations;
    return (this.#sums[at] as number) / (this.#weights[at] as number);
  }

  /** What is known, by name. */
  #named(read: (at: number) => number | undefined): Values {
    const named: Partial<Record<MetricName, number>> = {};
    if (this.#isKnown(CPU)) named.cpuUsed = read(CPU);
    if (this.#isKnown(MEMORY)) named.memoryUsed = read(MEMORY);
    if (this.#isKnown(NETWORK)) named.networkUsed = read(NETWORK);
    if (this.#isKnown(STORAGE)) named.storageUsed = read(STORAGE);
    if (this.#isKnown(RESPONSE)) named.responseTime = read(RESPONSE);
    if (this.#isKnown(THROUGHPUT)) named.throughput = read(THROUGHPUT);
    if (this.#isKnown(QUEUE)) named.queueLength = read(QUEUE);
    if (this.#isKnown(ERRORS)) named.errorRate = read(ERRORS);
    return named;
  }

  #isKnown(at: number): boolean {
    return (this.#most[at] as number) > Number.NEGATIVE_INFINITY;
  }
}
