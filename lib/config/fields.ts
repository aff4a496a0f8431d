import * as z from "zod";

/** Number fields with unit, default, bounds and a sentence: every tunable of the schema is built from these. */
export function quantity(unit: string, sentence: string, { min, max, initial }: { min: number; max: number; initial: number }) {
  return z.number().min(min).max(max).default(initial).describe(`${sentence} Unit: ${unit}. Default ${initial}, ${min} to ${max}.`);
}

export function whole(unit: string, sentence: string, { min, max, initial }: { min: number; max: number; initial: number }) {
  return z.int().min(min).max(max).default(initial).describe(`${sentence} Unit: ${unit}. Default ${initial}, ${min} to ${max}.`);
}

/** A bound pair; the order of min and max is checked in check.ts, so that all problems are listed at once. */
export function range(unit: string, sentence: string, { min, max, initial }: { min: number; max: number; initial: { min: number; max: number } }) {
  return z
    .strictObject({
      min: quantity(unit, `Least ${sentence}.`, { min, max, initial: initial.min }),
      max: quantity(unit, `Most ${sentence}.`, { min, max, initial: initial.max }),
    })
    .prefault({});
}

export const nameField = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9_-]{0,62}$/, { error: "a name has 1 to 63 letters, digits, - or _" });
