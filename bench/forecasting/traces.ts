import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** A recorded load. `fine` at its own step (60 s or 300 s), `coarse` as five-minute means, both without gaps. */
export interface Trace {
  readonly name: string;
  readonly startMs: number;
  readonly fineStepMs: number;
  readonly fine: Float64Array;
  readonly coarse: Float64Array;
}

export const COARSE_MS = 300_000;

/** Every `timestamp,value` file of a directory by name; undefined where the directory is absent or has none. */
export function readTraces(directory: string): readonly Trace[] | undefined {
  if (!existsSync(directory)) return undefined;
  const files = readdirSync(directory)
    .filter((file) => file.endsWith(".csv"))
    .sort();
  return files.length === 0 ? undefined : files.map((file) => readTrace(directory, file));
}

function readTrace(directory: string, file: string): Trace {
  const rows = readFileSync(join(directory, file), "utf8")
    .trim()
    .split("\n")
    .slice(1)
    .map((line) => line.split(","));
  const times = rows.map((row) => Date.parse(row[0] ?? ""));
  const fineStepMs = (times[1] ?? 0) - (times[0] ?? 0);
  const values = Float64Array.from(rows, (row) => Number(row[1]));
  return trace(file.replace(/\.csv$/, ""), times[0] ?? 0, fineStepMs, values);
}

/** Starts at a whole five minutes so that fine and coarse buckets share their borders. */
export function trace(name: string, startMs: number, fineStepMs: number, values: Float64Array): Trace {
  const alignedMs = Math.ceil(startMs / COARSE_MS) * COARSE_MS;
  const fine = values.subarray((alignedMs - startMs) / fineStepMs);
  const ratio = COARSE_MS / fineStepMs;
  const coarse = Float64Array.from({ length: Math.floor(fine.length / ratio) }, (_, i) => {
    const bucket = fine.subarray(i * ratio, (i + 1) * ratio);
    return bucket.reduce((sum, y) => sum + y, 0) / ratio;
  });
  return { name, startMs: alignedMs, fineStepMs, fine, coarse };
}
