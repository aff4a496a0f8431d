import * as z from "zod";
import { forms, tunables } from "./fields.ts";
import { ConfigSchema } from "./schema.ts";

/** Steps into a configuration: keys of objects, indexes of lists. */
export type Path = readonly PropertyKey[];

/** What the schema says about one field, read from the schema itself. */
export interface Field {
  /** `a number`, `true or false`, `one of a, b`, with bounds and unit. */
  readonly expected: string;
  readonly sentence: string;
  readonly unit?: string | undefined;
  readonly initial?: unknown;
  readonly min?: number | undefined;
  readonly max?: number | undefined;
  readonly required: boolean;
}

/** The field at a path, if the schema knows one. */
export function fieldAt(path: Path): Field | undefined {
  const schema = schemaAt(path);
  return schema && fieldOf(schema);
}

/** The keys that may stand at a path. */
export function keysAt(path: Path): readonly string[] {
  const schema = schemaAt(path);
  const bare = schema && unwrapped(schema);
  if (bare instanceof z.ZodRecord && bare.keyType instanceof z.ZodEnum) return bare.keyType.options.map(String);
  return bare instanceof z.ZodObject ? Object.keys(bare.shape) : [];
}

/** Without default, prefault, optional and nullable. */
export function unwrapped(schema: z.core.$ZodType): z.core.$ZodType {
  let bare = schema;
  while (
    bare instanceof z.ZodDefault ||
    bare instanceof z.ZodPrefault ||
    bare instanceof z.ZodOptional ||
    bare instanceof z.ZodNullable
  )
    bare = bare.unwrap();
  return bare;
}

/** What the schema says about a field. */
export function fieldOf(schema: z.core.$ZodType): Field {
  const bare = unwrapped(schema);
  const tunable = schema instanceof z.ZodType ? tunables.get(schema) : undefined;
  const description = z.globalRegistry.get(schema)?.description ?? z.globalRegistry.get(bare)?.description ?? "";
  const { min, max } = boundsOf(bare);
  return {
    expected: [kindOf(bare), rangeText(min, max), tunable && `(${tunable.unit})`]
      .filter((each) => each !== undefined)
      .join(" "),
    sentence: tunable?.sentence ?? description.replace(/ Unit: .*$/, "").replace(/ Default `?[\w.-]+`?\.$/, ""),
    unit: tunable?.unit ?? / Unit: ([^.]+)\./.exec(description)?.[1],
    initial: schema instanceof z.ZodDefault ? schema.def.defaultValue : undefined,
    min,
    max,
    required: !(schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault || schema instanceof z.ZodOptional),
  };
}

function schemaAt(path: Path): z.core.$ZodType | undefined {
  return path.reduce<z.core.$ZodType | undefined>((schema, step) => schema && stepInto(schema, step), ConfigSchema);
}

function stepInto(schema: z.core.$ZodType, step: PropertyKey): z.core.$ZodType | undefined {
  const bare = unwrapped(schema);
  if (bare instanceof z.ZodObject) return Object.hasOwn(bare.shape, step) ? bare.shape[String(step)] : undefined;
  if (bare instanceof z.ZodArray) return bare.element;
  return bare instanceof z.ZodRecord ? bare.valueType : undefined;
}

function boundsOf(bare: z.core.$ZodType): { min?: number; max?: number } {
  if (!(bare instanceof z.ZodNumber)) return {};
  const { minValue, maxValue } = bare;
  const isBound = (value: number | null): value is number =>
    value !== null && Math.abs(value) < Number.MAX_SAFE_INTEGER;
  return { ...(isBound(minValue) && { min: minValue }), ...(isBound(maxValue) && { max: maxValue }) };
}

function rangeText(min: number | undefined, max: number | undefined): string | undefined {
  if (min === undefined && max === undefined) return undefined;
  if (max === undefined) return `of at least ${min}`;
  return min === undefined ? `of at most ${max}` : `from ${min} to ${max}`;
}

function kindOf(bare: z.core.$ZodType): string {
  if (bare instanceof z.ZodNumber) return bare.isInt ? "a whole number" : "a number";
  if (bare instanceof z.ZodBoolean) return "true or false";
  if (bare instanceof z.ZodEnum) return `one of ${bare.options.join(", ")}`;
  if (bare instanceof z.ZodLiteral) return [...bare.values].map(String).join(" or ");
  const form = bare instanceof z.ZodType ? forms.get(bare) : undefined;
  if (form) return form.expected;
  return bare instanceof z.ZodString ? "a text" : "an object";
}
