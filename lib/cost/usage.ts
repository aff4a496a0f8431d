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
  /** Times that the metrics of a component are asked for, with calm reading; without it, at each of 120 beats. */
  readsPerComponentHour: 65.6,
  /** Those of them that want the errors of each period; the others have those of five minutes, once in five minutes. */
  errorReadsPerComponentHour: 18.4,
  writeUnitsPerHour: 1812,
  readUnitsPerHour: 1629,
  logBytesPerHour: 204_200,
  /** Own metrics that are emitted when positive only: how many of a fleet have a value in an hour, on average. */
  positiveMetrics: 0.08,
} as const;

export const ASSUMED = {
  /** Seconds of one pass, and memory, MB: twenty calls of 20 ms and some computing. */
  passes: {
    monitor: { seconds: 0.4, megabytes: 512 },
    decision: { seconds: 0.25, megabytes: 512 },
    execution: { seconds: 0.2, megabytes: 512 },
    optimization: { seconds: 1.5, megabytes: 1024 },
  } satisfies Readonly<Record<LoopName, { seconds: number; megabytes: number }>>,
  /** Pollers of an event source mapping on an idle queue, each a receive in 20 s. */
  pollersOfQueue: 5,
  pollSeconds: 20,
  /** docs/data-model.md, Sizes: what a component keeps. */
  tableMegabytesPerComponent: 14,
  notificationsPerMonth: 100,
} as const;
