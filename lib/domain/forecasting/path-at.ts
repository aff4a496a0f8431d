import type { ForecastPath } from "./model.ts";

/** A path read at one time; metric's unit. */
export interface PathPoint {
  readonly mean: number;
  readonly lower: number;
  readonly upper: number;
}

/** Reads a path at `atMs`, linear between its minutes; undefined before its first and after its last. */
export function pathAt(path: ForecastPath, atMs: number): PathPoint | undefined {
  const position = (atMs - path.startMs) / path.stepMs;
  if (!(position >= 0 && position <= path.mean.length - 1)) return undefined;
  return {
    mean: between(path.mean, position),
    lower: between(path.lower, position),
    upper: between(path.upper, position),
  };
}

function between(values: readonly number[], position: number): number {
  const before = values[Math.floor(position)] as number;
  const after = values[Math.ceil(position)] as number;
  return before + (position - Math.floor(position)) * (after - before);
}
