import { InputError } from "../domain/model/errors.ts";
import { type Trace, type TraceOptions, TraceRows } from "./trace-rows.ts";

export type { Trace };

/** @throws {InputError} that lists all problems, at most 20 in full. `name` is how the user knows the file. */
export function parseTrace(text: string, name: string, options: TraceOptions = {}): Trace {
  const lines = new TraceLines(name, options);
  for (const line of text.split(LINE_END)) lines.add(line);
  return lines.finish();
}

/** Between two lines of a trace, on any system. */
export const LINE_END = /\r\n|\n|\r/;

/** The same, line by line: nothing but the values is kept of a long file. */
export class TraceLines {
  readonly #rows: TraceRows;
  #line = 0;
  #header: number | undefined;

  constructor(name: string, options: TraceOptions = {}) {
    this.#rows = new TraceRows(name, options);
  }

  /** The next line, without its end. */
  add(written: string): void {
    const line = ++this.#line;
    const content = line === 1 ? written.replace(/^\uFEFF/, "") : written;
    if (content.trim() === "") return;
    this.#header ??= line;
    const comma = content.indexOf(",");
    const time = (comma < 0 ? content : content.slice(0, comma)).trim();
    const number = comma < 0 ? "" : content.slice(comma + 1).trim();
    if (comma < 0 || number.includes(",")) {
      this.#rows.problem(line, `not \`timestamp,value\`: ${quote(content)}`);
      return;
    }
    const atMs = timeFrom(time);
    if (atMs !== undefined) this.#rows.add({ line, text: time, atMs, value: this.#value(number, line) });
    else if (line !== this.#header || isNumber(number) || /^\d/.test(time))
      this.#rows.problem(line, `not a timestamp: ${quote(time)}`);
  }

  /** @throws {InputError} that lists all problems, at most 20 in full. */
  finish(): Trace {
    return this.#rows.finish();
  }

  #value(text: string, line: number): number | undefined {
    if (!isNumber(text)) {
      this.#rows.problem(line, text === "" ? "no value" : `not a number: ${quote(text)}`);
      return undefined;
    }
    const value = Number(text);
    if (!Number.isFinite(value)) this.#rows.problem(line, `not a finite number: ${quote(text)}`);
    else if (value < 0) this.#rows.problem(line, `negative: ${text}`);
    else return value;
    return undefined;
  }
}

/**
 * The factor that turns a trace into operations per second such that its 99th percentile is what `tasks` tasks of
 * `opsPerTask` carry: tasks x opsPerTask / p99. Example: p99 = 145, 30 tasks of 20 operations/s each: 600 / 145 = 4.138.
 */
export function factorForTasks(
  { values }: Pick<Trace, "values">,
  { tasks, opsPerTask }: { tasks: number; opsPerTask: number },
): number {
  const p99 = percentile(values, 0.99);
  if (!(p99 > 0)) throw new InputError("the trace cannot be scaled", [`its 99th percentile is ${p99}`]);
  return (tasks * opsPerTask) / p99;
}

/** Smallest value that this share of the values does not exceed (nearest rank). */
function percentile(values: readonly number[], share: number): number {
  const sorted = Float64Array.from(values).sort();
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0;
}

const ISO = /^\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?)?(Z|[+-]\d{2}:?\d{2})?$/;

/** The end of the year 9999: what is later counts micro- or nanoseconds. */
const LAST_MS = 253_402_300_799_999;

/** A time as a trace may write it, epoch ms; undefined when it is none. */
export function timeFrom(text: string): number | undefined {
  if (/^\d+(\.\d+)?$/.test(text)) {
    const epoch = Number(text);
    const atMs = Math.round(epoch < 1e11 ? epoch * 1000 : epoch); // 1e11 s is the year 5138, 1e11 ms is 1973
    return atMs <= LAST_MS ? atMs : undefined;
  }
  const zone = ISO.exec(text);
  if (zone === null) return undefined;
  const dateOnly = text.length === 10;
  const atMs = Date.parse(zone[1] === undefined && !dateOnly ? `${text.replace(" ", "T")}Z` : text.replace(" ", "T"));
  return Number.isNaN(atMs) ? undefined : atMs;
}

function isNumber(text: string): boolean {
  return text !== "" && /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text);
}

function quote(text: string): string {
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 57)}...` : text);
}
