import { Prng } from "../simulation/prng.ts";
import type { MetricFeed, PublishedPoint } from "./scaler.ts";
import { PUBLICATION } from "./scenario.ts";
import type { Step } from "./stage.ts";

interface Sums {
  steps: number;
  running: number;
  cpu: number;
  finished: number;
  response: number;
  queue: number;
  inFlight: number;
}
const NONE: Sums = { steps: 0, running: 0, cpu: 0, finished: 0, response: 0, queue: 0, inFlight: 0 };

/**
 * Steps of the world as the metric points that a peer may see, in periods of its own, published as late as for everybody else
 * who reads that period. Offered load is not in them: what was never served is not measured.
 */
export class PeerFeed {
  readonly #periodMs: number;
  readonly #delayMs: number;
  readonly #jitterMs: number;
  readonly #seed: number;
  readonly #stepMs: number;
  #sums: Sums = { ...NONE };
  #waiting: PublishedPoint[] = [];

  constructor(feed: MetricFeed, { seed, stepMs }: { seed: number; stepMs: number }) {
    // A period shorter than a step cannot be told apart from it.
    this.#periodMs = Math.max(stepMs, Math.round(feed.periodMs / stepMs) * stepMs);
    const { delayMs, jitterMs } = PUBLICATION;
    this.#delayMs = feed.publicationDelayMs ?? delayMs;
    this.#jitterMs = feed.publicationDelayMs === undefined ? jitterMs : 0;
    this.#seed = seed;
    this.#stepMs = stepMs;
  }

  add(step: Step): void {
    const sums = this.#sums;
    sums.steps++;
    sums.running += step.running;
    sums.cpu += step.cpu * step.running;
    sums.finished += step.finished;
    sums.response += step.finished * step.responseMs;
    sums.queue += step.queue;
    sums.inFlight += step.cpu * step.running + step.queue;
    const endMs = step.startMs + this.#stepMs;
    if (endMs % this.#periodMs === 0) this.#publish(endMs);
  }

  /** What has been published by now and not been taken yet, ascending. */
  take(nowMs: number): readonly PublishedPoint[] {
    const ready = this.#waiting.filter(({ publishedMs }) => publishedMs <= nowMs);
    if (ready.length > 0) this.#waiting = this.#waiting.filter(({ publishedMs }) => publishedMs > nowMs);
    return ready;
  }

  #publish(endMs: number): void {
    const { steps, running, cpu, finished, response, queue, inFlight } = this.#sums;
    this.#sums = { ...NONE };
    if (steps * this.#stepMs !== this.#periodMs) return; // a period that began before the simulation
    const jitterMs = Math.floor(new Prng(this.#seed, 42, endMs).uniform() * this.#jitterMs);
    this.#waiting.push({
      endMs,
      periodMs: this.#periodMs,
      publishedMs: endMs + this.#delayMs + jitterMs,
      tasks: running / steps,
      cpu: running > 0 ? cpu / running : undefined,
      requestsPerSecond: finished / (this.#periodMs / 1000),
      responseTimeMs: finished > 0 ? response / finished : undefined,
      queueLength: queue / steps,
      concurrency: inFlight / steps,
    });
  }
}
