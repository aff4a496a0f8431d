import { Duration, Size } from "aws-cdk-lib";
import type { FunctionName } from "./bundle.ts";

/** Time, memory and process options of a function. Memory is also its share of a CPU: 1,769 MB is one. */
export interface FunctionSize {
  readonly memory: Size;
  readonly timeout: Duration;
  /** Empty: Node's own defaults. */
  readonly nodeOptions: string;
}

/** Less than a beat, so that a pass which hangs ends before the next one begins. */
const BEAT = Duration.seconds(25);
/** Components from which on the computing of a pass is more than its waiting for answers (docs/operations.md). */
const MANY = 200;
/**
 * What a fleet's pass leaves behind fits into half of a young generation of this size, so that little of it is copied. The
 * bound on the rest is over half of the memory, which V8 would take by itself, and is said because V8 grows the heap more
 * carefully below 2 GB: measured (`npm run bench`), as fast and a third smaller than with 64 MB and no bound. Lambda's
 * bootstrap sets sizes of its own only where neither of the two is given.
 */
const HEAP = "--max-semi-space-size=32 --max-old-space-size=1024";

export function functionSize(name: FunctionName, components: number): FunctionSize {
  const isLarge = components > MANY;
  // Somebody is waiting for it; it reads one component or the newest of all.
  if (name === "widget") return { memory: Size.mebibytes(512), timeout: Duration.seconds(15), nodeOptions: "" };
  // Trains the forecasts: the work is the CPU's.
  const memory = Size.mebibytes(isLarge ? 1769 : name === "optimization" ? 1024 : 512);
  return {
    memory,
    timeout: name === "optimization" ? Duration.seconds(240) : BEAT,
    nodeOptions: isLarge ? HEAP : "",
  };
}
