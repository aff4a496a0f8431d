/**
 * How the backtest drives any autoscaler. The runner owns the world and its clock; a scaler is a state machine that is
 * shown what has been published since it was last called, and answers with a number of tasks. Everything a scaler may
 * know is in these types: a peer cannot see the future or load that was never served, because nothing here carries it.
 */

/** The means of one metric period, as published: [endMs - periodMs, endMs). */
export interface PublishedPoint {
  readonly endMs: number;
  readonly periodMs: number;
  /** When it could first be read; never after the observation's `nowMs`. */
  readonly publishedMs: number;
  /** Mean number of tasks that served in the period, > 0 when `cpu` is present. */
  readonly tasks?: number | undefined;
  /** Mean CPU utilization of the tasks that served, 0..1: clipped, as a task cannot use more than it has. */
  readonly cpu?: number | undefined;
  /** Operations finished per second, over all tasks. */
  readonly requestsPerSecond?: number | undefined;
  /** Mean response time of finished operations, ms. */
  readonly responseTimeMs?: number | undefined;
  /** Mean number of operations waiting, over all tasks. */
  readonly queueLength?: number | undefined;
  /** Mean number of operations in flight, waiting ones included, over all tasks. */
  readonly concurrency?: number | undefined;
}

export interface TaskCounts {
  /** What was last asked for. */
  readonly desired: number;
  /** Healthy and serving. */
  readonly running: number;
  /** Asked for, not healthy yet. */
  readonly pending: number;
}

export interface Observation {
  /** Epoch ms. */
  readonly nowMs: number;
  /** Published since the last call, ascending by endMs, all of the period that the scaler asked for. Gaps stay gaps. */
  readonly metrics: readonly PublishedPoint[];
  readonly tasks: TaskCounts;
}

export interface Scaler {
  readonly name: string;
  readonly parameters: Parameters;
  /** Time between two calls of `decide`, ms. */
  readonly everyMs: number;
  readonly metrics: MetricFeed;
  /** The number of tasks to ask for, absolute and within the context's bounds; undefined: no change. */
  decide(observation: Observation): number | undefined;
}

/** What a scaler is fed with. */
export interface MetricFeed {
  /** Length of a period, ms. */
  readonly periodMs: number;
  /** Time from a period's end to its publication, ms. Absent: as in the world that all scalers share. */
  readonly publicationDelayMs?: number | undefined;
}

export type Parameters = Readonly<Record<string, number>>;

/**
 * What everybody knows at the start: bounds, and the facts of a load test that an operator has when setting a target.
 */
export interface ScalerContext {
  readonly tasksMin: number;
  readonly tasksMax: number;
  /** First moment of the trace, epoch ms. */
  readonly startMs: number;
  /** End of the unscored warm-up, epoch ms. */
  readonly scoredFromMs: number;
  /** Operations that one task finishes per second when it is never idle. */
  readonly taskRequestsPerSecond: number;
  /** Operations that one task works on at the same time. */
  readonly taskWorkers: number;
}

/** What nobody can know, for the oracle only. */
export interface Clairvoyance {
  /**
   * Least tasks that keep the service level at this moment's demand; undefined outside the trace. Same answer each
   * time.
   */
  tasksNeededAt(ms: number): number | undefined;
  /** Longest time over which `tasksNeededAt` is constant, ms. */
  readonly stepMs: number;
  /** From the start of a task to its first request, ms: as long as the oracle allows for. */
  readonly startUpMs: number;
  /** From the order to stop until a task is no longer paid for, ms. */
  readonly drainMs: number;
}
export interface ClairvoyantContext extends ScalerContext {
  readonly clairvoyance: Clairvoyance;
}

/** One number that a scaler can be set to. */
export interface ParameterSpec {
  readonly initial: number;
  readonly min: number;
  readonly max: number;
  /** Only whole numbers. */
  readonly whole?: boolean | undefined;
  /** A sentence with the unit. */
  readonly meaning: string;
}

/** The main knob and the values that a sweep gives it, within the parameter's bounds, ascending. */
export interface Sweep {
  readonly parameter: string;
  readonly values: readonly number[];
}

interface Factory<Sees, Context> {
  readonly name: string;
  /** What it may see. */
  readonly sees: Sees;
  readonly parameters: Readonly<Record<string, ParameterSpec>>;
  readonly sweep: Sweep;
  /**
   * A scaler in its first state. Parameters not given have their initial value; InputError names all that are wrong.
   */
  create(parameters: Parameters, context: Context): Scaler;
}
export type MetricScalerFactory = Factory<"metrics", ScalerContext>;
export type ClairvoyantFactory = Factory<"demand", ClairvoyantContext>;
export type ScalerFactory = MetricScalerFactory | ClairvoyantFactory;
