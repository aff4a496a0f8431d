import { InputError } from "../domain/model/errors.ts";
import type { Trace } from "../simulation/trace.ts";

/**
 * A trace that is finer than `stepMs` as its means over that; any other as it is. The world would see one value of each step
 * only. What is left over at the end and fills no step is dropped.
 *
 * @throws InputError when its steps do not fill one of `stepMs`.
 */
export function averagedTrace(trace: Trace, stepMs: number): Trace {
  if (trace.stepMs >= stepMs) return trace;
  const size = stepMs / trace.stepMs;
  if (!Number.isInteger(size))
    throw new InputError("the trace cannot be averaged", [
      `its step of ${trace.stepMs / 1000} s does not divide ${stepMs / 1000} s, the step of the simulation`,
    ]);
  const values: number[] = [];
  for (let from = 0; from + size <= trace.values.length; from += size) {
    let sum = 0;
    for (let at = from; at < from + size; at++) sum += trace.values[at] ?? 0;
    values.push(sum / size);
  }
  return { ...trace, stepMs, values };
}
