import * as z from "zod";
import { type Allocation, RESOURCE_NAMES, type ResourceName, type Resources } from "../../domain/model/resources.ts";
import {
  ABSENCES,
  type Absence,
  METRICS,
  type MetricName,
  type RollupBucket,
  type Sample,
} from "../../domain/model/sample.ts";
import type { SignalPoints } from "../../domain/model/signal.ts";

/*
 * Shapes that many records share. What is written a thousand times a day is an array by position: a third of the size,
 * and a window of fifteen samples stays one small item. Positions follow METRICS: a new metric goes to its end, anything
 * else needs a new record version.
 */

/** A name or an id. */
export const name = z.string().min(1).max(300);
/** A sentence for people. */
export const text = z.string().max(4000);
export const count = z.int().min(0);
/** Epoch milliseconds of something that is a key. */
const TIME_MAX = 999_999_999_999_999;
export const keyTime = z.int().min(0).max(TIME_MAX);

type Four<T> = [cpu: T, memory: T, network: T, storage: T];
function four<T extends z.ZodType>(each: T): z.ZodTuple<[T, T, T, T], null> {
  return z.tuple([each, each, each, each]);
}
const vectorOf = (by: (name: ResourceName) => number): Four<number> => RESOURCE_NAMES.map(by) as Four<number>;
const namedOf = ([cpu, memory, network, storage]: Four<number>): {
  cpu: number;
  memory: number;
  network: number;
  storage: number;
} => ({ cpu, memory, network, storage });

const sizeRecord = z.strictObject({ cpu: count, memory: count, network: count, storage: count });
const amountsRecord = z.strictObject({ cpu: z.number(), memory: z.number(), network: z.number(), storage: z.number() });
const someRecord = z.partialRecord(z.enum(RESOURCE_NAMES), z.number());

/** Amounts of the four resources, in the order of RESOURCE_NAMES; these may be negative or broken: room, use. */
export const amounts: z.ZodType<Resources> = z.codec(four(z.number()), amountsRecord, {
  decode: namedOf,
  encode: (record) => vectorOf((each) => record[each]),
});
/** The same with null for what is not known. */
export const someAmounts: z.ZodType<Partial<Resources>> = z.codec(four(z.number().nullable()), someRecord, {
  decode: (row) =>
    Object.fromEntries(
      RESOURCE_NAMES.flatMap((each, i) => (row[i] === null || row[i] === undefined ? [] : [[each, row[i]]])),
    ),
  encode: (record) => RESOURCE_NAMES.map((each) => record[each] ?? null) as Four<number | null>,
});

const allocationRecord = z.strictObject({ tasks: count, size: sizeRecord });
/** [tasks, cpu, memory, network, storage]. */
export const allocation: z.ZodType<Allocation> = z.codec(
  z.tuple([count, count, count, count, count]),
  allocationRecord,
  {
    decode: ([tasks, ...size]) => ({ tasks, size: namedOf(size) }),
    encode: ({ tasks, size }): [number, number, number, number, number] => [tasks, ...vectorOf((each) => size[each])],
  },
);

const metricNumbers = z.partialRecord(z.enum(METRICS), z.number());

/*
 * Samples and points are checked by hand: they are most of what is written, and a general schema takes ten times as long
 * for them (157 against 30 microseconds for a component's state).
 */
const isNumber = (value: unknown): value is number => typeof value === "number" && Number.isFinite(value);
const isTime = (value: unknown): value is number =>
  Number.isSafeInteger(value) && (value as number) >= 0 && (value as number) <= TIME_MAX;
const METRIC_SET: ReadonlySet<string> = new Set(METRICS);
const ABSENCE_SET: ReadonlySet<unknown> = new Set(ABSENCES);

/** A value, why there is none, both, or nothing known. */
type Cell = number | Absence | null | [number, Absence];
type SampleWire = [endMs: number, periodMs: number, ...cells: Cell[]];

function isCell(value: unknown): value is Cell {
  if (typeof value === "number") return Number.isFinite(value);
  if (Array.isArray(value)) return value.length === 2 && isNumber(value[0]) && ABSENCE_SET.has(value[1]);
  return value === null || ABSENCE_SET.has(value);
}
function isSampleWire(value: unknown): value is SampleWire {
  if (
    !Array.isArray(value) ||
    value.length < 2 ||
    value.length > METRICS.length + 2 ||
    !isTime(value[0]) ||
    !isNumber(value[1])
  )
    return false;
  for (let i = 2; i < value.length; i++) if (!isCell(value[i])) return false;
  return true;
}
function isByMetric(value: unknown, holds: (each: unknown) => boolean): boolean {
  if (typeof value !== "object" || value === null) return false;
  const values = value as Readonly<Record<string, unknown>>;
  for (const key in values)
    if (!METRIC_SET.has(key) || (values[key] !== undefined && !holds(values[key]))) return false;
  return true;
}
function isSample(value: unknown): value is Sample {
  if (typeof value !== "object" || value === null) return false;
  const { endMs, periodMs, values, absent, ...rest } = value as Partial<Sample>;
  if (!isTime(endMs) || !isNumber(periodMs) || periodMs <= 0 || Object.keys(rest).length > 0) return false;
  return isByMetric(values, isNumber) && isByMetric(absent, (each) => ABSENCE_SET.has(each));
}

const sampleWire = z.custom<SampleWire>(isSampleWire, "must be [endMs, periodMs, a value or a reason for each metric]");
const sampleRecord = z.custom<Sample>(
  isSample,
  "must be a sample: whole endMs, positive periodMs, finite values and known reasons by metric",
);

/** [endMs, periodMs, one cell for each metric, in the order of METRICS, trailing unknown ones left out]. */
export const sample: z.ZodType<Sample> = z.codec(sampleWire, sampleRecord, {
  decode: ([endMs, periodMs, ...cells]) => {
    const values: Partial<Record<MetricName, number>> = {};
    const absent: Partial<Record<MetricName, Absence>> = {};
    for (const [i, each] of cells.entries()) {
      const metric = METRICS[i] as MetricName;
      if (Array.isArray(each)) [values[metric], absent[metric]] = each;
      else if (typeof each === "number") values[metric] = each;
      else if (each !== null) absent[metric] = each;
    }
    return { endMs, periodMs, values, absent };
  },
  encode: ({ endMs, periodMs, values, absent }): SampleWire => [
    endMs,
    periodMs,
    ...trimmed(METRICS.map((metric) => cellOf(values[metric], absent[metric]))),
  ],
});

function cellOf(value: number | undefined, absent: Absence | undefined): Cell {
  if (value === undefined) return absent ?? null;
  return absent === undefined ? value : [value, absent];
}

const bucketRecord = z.strictObject({ startMs: z.number(), samples: count, mean: metricNumbers, max: metricNumbers });
const numbersWire = z.array(z.number().nullable()).max(METRICS.length);
const bucketWire = z.tuple([z.number(), z.number(), numbersWire, numbersWire]);
/** [startMs, samples, means, maxima], both in the order of METRICS. */
export const bucket: z.ZodType<RollupBucket> = z.codec(bucketWire, bucketRecord, {
  decode: ([startMs, samples, mean, max]) => ({ startMs, samples, mean: byMetric(mean), max: byMetric(max) }),
  encode: ({ startMs, samples, mean, max }): z.infer<typeof bucketWire> => [
    startMs,
    samples,
    byPosition(mean),
    byPosition(max),
  ],
});

function byMetric(row: readonly (number | null)[]): Partial<Record<MetricName, number>> {
  const out: Partial<Record<MetricName, number>> = {};
  for (const [i, value] of row.entries()) if (value !== null) out[METRICS[i] as MetricName] = value;
  return out;
}
function byPosition(values: Readonly<Partial<Record<MetricName, number>>>): (number | null)[] {
  return trimmed(METRICS.map((metric) => values[metric] ?? null));
}
function trimmed<T>(row: (T | null)[]): (T | null)[] {
  let end = row.length;
  while (end > 0 && row[end - 1] === null) end -= 1;
  return row.slice(0, end);
}

const POINTS_MAX = 1000;
const pointsWire = z.custom<number[]>(
  (row) => Array.isArray(row) && row.length % 2 === 0 && row.length <= 2 * POINTS_MAX && row.every(isNumber),
  "must be times and values in pairs",
);
const pointsRecord = z.custom<SignalPoints>((value) => {
  const { atMs, values } = (value ?? {}) as Partial<SignalPoints>;
  const fits = Array.isArray(atMs) && Array.isArray(values) && atMs.length === values.length;
  return fits && atMs.length <= POINTS_MAX && atMs.every(Number.isSafeInteger) && values.every(isNumber);
}, "must be times and values, finite and as many of the one as of the other");
/** [first time, value, milliseconds until the next, value, ...]. */
export const points: z.ZodType<SignalPoints> = z.codec(pointsWire, pointsRecord, {
  decode: (row) => {
    const times: number[] = [];
    const values: number[] = [];
    let atMs = 0;
    for (let i = 0; i + 1 < row.length; i += 2) {
      times.push((atMs += row[i] as number));
      values.push(row[i + 1] as number);
    }
    return { atMs: times, values };
  },
  encode: ({ atMs, values }) => values.flatMap((value, i) => [(atMs[i] ?? 0) - (atMs[i - 1] ?? 0), value]),
});

const JSON_DEPTH_MAX = 8;
/**
 * A document of another module (a trained model, a forecast): plain JSON with a bound on its depth; its size is bounded
 * by that of an item. Its meaning is checked where it is used.
 */
export function plainJson<T extends object>(what: string): z.ZodType<T> {
  return z.custom<T>(
    (value) => typeof value === "object" && value !== null && !Array.isArray(value) && isPlain(value, JSON_DEPTH_MAX),
    `${what} must be plain JSON`,
  );
}

function isPlain(value: unknown, depth: number): boolean {
  if (typeof value === "number") return Number.isFinite(value);
  if (typeof value !== "object") return ["string", "boolean", "undefined"].includes(typeof value);
  if (value === null) return true;
  if (depth === 0) return false;
  if (Array.isArray(value)) return value.every((each) => each !== undefined && isPlain(each, depth - 1));
  const parent: unknown = Object.getPrototypeOf(value);
  if (parent !== Object.prototype && parent !== null) return false;
  return Object.entries(value).every(([key, each]) => key !== "__proto__" && isPlain(each, depth - 1));
}
