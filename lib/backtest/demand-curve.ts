import { responseTail, type Station } from "../simulation/queueing.ts";

/** What every task of the service can do, and what is promised to those who call it. */
export interface ServiceLevel {
  /** Operations that one task finishes per second when it is never idle; it works on one at a time. */
  readonly taskRequestsPerSecond: number;
  /** The response time that is promised, milliseconds. */
  readonly sloMs: number;
  /** The share of operations for which it is promised, 0..1: 0.95 is a promise about the 95th percentile. */
  readonly share: number;
}

/**
 * The demand curve d(rate): the least number of tasks at which the service level holds in the steady state of M/M/c, as in
 * Herbst et al.'s system analysis. Never below one; answers are remembered for each whole 1/1000 of a task's capacity.
 * The level must be attainable: a service time that alone is too long is met with no number of tasks.
 */
export class DemandCurve {
  readonly #level: ServiceLevel;
  readonly #known = new Map<number, number>();

  constructor(level: ServiceLevel) {
    this.#level = level;
  }

  /** Whether one operation alone, without any waiting, meets the level. */
  static isAttainable({ taskRequestsPerSecond, sloMs, share }: ServiceLevel): boolean {
    return Math.exp((-taskRequestsPerSecond * sloMs) / 1000) < 1 - share;
  }

  tasksFor(rate: number): number {
    const offered = Math.max(0, rate) / this.#level.taskRequestsPerSecond;
    const key = Math.ceil(offered * 1000);
    let tasks = this.#known.get(key);
    if (tasks === undefined) {
      tasks = this.#search(key / 1000);
      this.#known.set(key, tasks);
    }
    return tasks;
  }

  #search(offered: number): number {
    let tasks = Math.floor(offered) + 1;
    while (!this.#holds(tasks, offered)) tasks++;
    return tasks;
  }

  #holds(tasks: number, offered: number): boolean {
    const { taskRequestsPerSecond, sloMs, share } = this.#level;
    const station: Station = {
      servers: tasks,
      serviceRate: taskRequestsPerSecond,
      arrivalRate: offered * taskRequestsPerSecond,
    };
    return responseTail(station, sloMs / 1000) <= 1 - share;
  }
}
