import type { LoopName } from "../flow.ts";

/*
 * What a deployment uses besides what its configuration says. Measured where it could be, assumed where only an account
 * could tell; docs/cost.md shows which is which.
 */

/**
 * Rates of the seven preset components over 24 simulated hours, metrics published 95 to 115 s late, through the functions'
 * own code: `node --import tsx scripts/measure-run.ts 24`.
 */
export const MEASURED = {
  components: 7,
  hours: 24,
  /**
   * Times that the metrics of a component are asked for, with calm reading: where one period may decide something, and where
   * every rule needs several. Without it, at each of 120 beats.
   */
  readsPerComponentHour: { eachPeriod: 60.88, leftAlone: 19.15 },
  /**
   * The mean of all, and what it is where half of the periods are published before a beat of the monitor and half after it
   * (25 to 45 s late, beats that run after 5 s, 20 hours, seeds 5 to 7): each of these is asked for twice.
   */
  meanReads: { steady: 49, varying: 71 },
  /** Those of them that want the errors of each period; the others have those of ten minutes, once in ten minutes. */
  errorReadsPerComponentHour: 4.89,
  writeUnitsPerHour: 1729,
  readUnitsPerHour: 1511,
  logBytesPerHour: 190_900,
  /** Own metrics that are emitted when positive only: how many of a fleet have a value in an hour, on average. */
  positiveMetrics: 0.13,
} as const;

/**
 * Seconds of one pass, and memory, MB (lib/infrastructure/function-size.ts): of seven components, measured with the rates above,
 * rounded up.
 */
export const PASSES = {
  monitor: { seconds: 0.15, megabytes: 512 },
  decision: { seconds: 0.11, megabytes: 512 },
  execution: { seconds: 0.09, megabytes: 512 },
  optimization: { seconds: 0.3, megabytes: 1024 },
} satisfies Readonly<Record<LoopName, { seconds: number; megabytes: number }>>;

export const ASSUMED = {
  /**
   * Pollers of an event source mapping, each a receive in 20 s: "when traffic is low, Lambda scales back the processing to
   * five concurrent batches, and can optimize to as few as 2 concurrent batches to reduce the SQS calls and corresponding
   * costs", unless a maximum concurrency is set, which it is not here
   * (https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html). A message or two a minute is low.
   */
  pollersOfQueue: 2,
  pollersOfBusyQueue: 5,
  pollSeconds: 20,
  /** docs/data-model.md, Sizes: what a component keeps. */
  tableMegabytesPerComponent: 14,
  notificationsPerMonth: 100,
} as const;
