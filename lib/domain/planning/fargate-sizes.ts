/**
 * The task sizes that Fargate offers on Linux, as data: when AWS adds a size, add a row. Milli-vCPU and milli-GiB, both
 * ascending. Source: Amazon ECS developer guide, "Amazon ECS task definition differences for Fargate".
 */
export interface FargateSize {
  /** Milli-vCPU of the task. */
  readonly cpu: number;
  /** Milli-GiB that may go with it, ascending. */
  readonly memory: readonly number[];
}

/** From `first` to `last` GiB by `step` GiB, in milli-GiB. */
function gib(first: number, last: number, step: number): number[] {
  const values: number[] = [];
  for (let value = first; value <= last; value += step) values.push(value * 1000);
  return values;
}

/** Every valid pair, up to 32 vCPU. */
export const FARGATE_SIZES: readonly FargateSize[] = [
  { cpu: 250, memory: [500, 1000, 2000] },
  { cpu: 500, memory: gib(1, 4, 1) },
  { cpu: 1000, memory: gib(2, 8, 1) },
  { cpu: 2000, memory: gib(4, 16, 1) },
  { cpu: 4000, memory: gib(8, 30, 1) },
  { cpu: 8000, memory: gib(16, 60, 4) },
  { cpu: 16_000, memory: gib(32, 120, 8) },
  { cpu: 32_000, memory: [60_000, 120_000, 244_000] },
];

/** Ephemeral storage above the free 20 GiB of a task: 0, or whole GiB up to 180 (200 reserved in all). */
export const FARGATE_STORAGE_STEP = 1000;
export const FARGATE_STORAGE_MAX = 180_000;
