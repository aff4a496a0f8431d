import * as z from "zod";

/** What a number means; the reference page and messages read it from here. */
export const tunables = z.registry<{ unit: string; sentence: string }>();

interface Bounds {
  readonly min: number;
  readonly max: number;
  readonly initial: number;
}

function described(number: z.ZodNumber, unit: string, sentence: string, { min, max, initial }: Bounds) {
  return number
    .min(min)
    .max(max)
    .default(initial)
    .describe(`${sentence} Unit: ${unit}. Default ${initial}, ${min} to ${max}.`)
    .register(tunables, { unit, sentence });
}

/** A number with unit, default, bounds and a sentence: every tunable of the schema is built from these. */
export function quantity(unit: string, sentence: string, bounds: Bounds) {
  return described(z.number(), unit, sentence, bounds);
}

/** The same for whole numbers. */
export function whole(unit: string, sentence: string, bounds: Bounds) {
  return described(z.int(), unit, sentence, bounds);
}

/** A bound pair; the order of min and max is checked in check.ts, so that all problems are listed at once. */
export function range(
  unit: string,
  sentence: string,
  { min, max, initial }: { min: number; max: number; initial: { min: number; max: number } },
) {
  return z
    .strictObject({
      min: quantity(unit, `Least ${sentence}.`, { min, max, initial: initial.min }),
      max: quantity(unit, `Most ${sentence}.`, { min, max, initial: initial.max }),
    })
    .prefault({})
    .describe(`Bounds of the ${sentence}.`);
}

/** A number that may be left out, because its default follows from others; the sentence says how. */
export function open(unit: string, sentence: string, { min, max }: { min: number; max: number }) {
  return unset(z.number(), unit, sentence, min, max);
}

/** The same for whole numbers. */
export function openWhole(unit: string, sentence: string, { min, max }: { min: number; max: number }) {
  return unset(z.int(), unit, sentence, min, max);
}

function unset(number: z.ZodNumber, unit: string, sentence: string, min: number, max: number) {
  return number
    .min(min)
    .max(max)
    .optional()
    .describe(`${sentence} Unit: ${unit}. ${min} to ${max}.`)
    .register(tunables, { unit, sentence });
}

/** How the wanted form of a text or list is said, where the schema's type alone does not say it. */
export const forms = z.registry<{ expected: string }>();

function text(pattern: RegExp, expected: string) {
  return z.string().regex(pattern, { error: expected }).register(forms, { expected });
}

/** A name of ours: of a fleet, component, rule or schedule. */
export const nameField = text(
  /^[A-Za-z0-9][A-Za-z0-9_-]{0,62}$/,
  "1 to 63 letters, digits, - or _, the first one a letter or digit",
);

/** A name or ARN of ECS. */
export const identifierField = text(/^[!-~]{1,255}$/, "1 to 255 characters without blanks");

/** A list of so many elements. */
export function listOf<T extends z.ZodType>(element: T, min: number, max: number) {
  return z
    .array(element)
    .min(min)
    .max(max)
    .register(forms, { expected: `a list of ${min} to ${max}` });
}
