import { InputError } from "../domain/model/errors.ts";

/**
 * Recorded load from text: CSV with `timestamp,value` a line, oldest first, at one step. A timestamp is ISO 8601 (UTC where it
 * names no zone) or epoch seconds or milliseconds. A first line that is neither a time nor a number is taken as the header.
 * Nothing is repaired in silence: every problem is named with its line, and only gaps can be held over, when asked for.
 */
export interface Trace {
  /** As recorded. A simulation lays the first value on its own start and repeats the trace after its last (load.ts). */
  readonly startMs: number;
  readonly stepMs: number;
  readonly values: readonly number[];
  /** How many of the values were filled in over gaps. */
  readonly heldValues: number;
}

export interface TraceOptions {
  /** `error`: a missing row is a problem. `hold`: up to 15 missing steps in a row repeat the value before them. Default `error`. */
  readonly gaps?: "error" | "hold";
}

/** Problems named in full; the rest are counted. */
const PROBLEMS_SHOWN = 20;
const HELD_STEPS_MAX = 15;

interface Row {
  readonly line: number;
  readonly text: string;
  readonly atMs: number;
  /** Undefined when it could not be used; the row still fills its place in time. */
  readonly value: number | undefined;
}
interface Problem {
  readonly line: number;
  readonly text: string;
}

/** @throws {InputError} that lists all problems, at most 20 in full. `name` is how the user knows the file. */
export function parseTrace(text: string, name: string, { gaps = "error" }: TraceOptions = {}): Trace {
  const problems: Problem[] = [];
  const rows = inOrder(readRows(text, problems), problems);
  const [first] = rows;
  if (first === undefined || rows.length < 2) {
    const what =
      problems.length > 0
        ? "too few usable rows for a step"
        : rows.length === 0
          ? "the file has no rows"
          : "one row only: a step needs two";
    problems.push({ line: Number.POSITIVE_INFINITY, text: what });
    throw traceError(name, problems);
  }
  const stepMs = commonStep(rows);
  const values: number[] = [];
  let heldValues = 0;
  let previous: Row | undefined;
  for (const row of rows) {
    const missing = previous === undefined ? 0 : missingSteps(previous, row, { stepMs, gaps }, problems);
    for (let count = 0; count < missing; count++) values.push(values.at(-1) ?? 0);
    heldValues += missing;
    values.push(row.value ?? 0);
    previous = row;
  }
  if (problems.length > 0) throw traceError(name, problems);
  return { startMs: first.atMs, stepMs, values, heldValues };
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

function readRows(text: string, problems: Problem[]): readonly Row[] {
  const rows: Row[] = [];
  const lines = text.replace(/^\uFEFF/, "").split(/\r\n|\n|\r/);
  const header = lines.findIndex((content) => content.trim() !== "") + 1;
  for (const [at, content] of lines.entries()) {
    const line = at + 1;
    if (content.trim() === "") continue;
    const fields = content.split(",").map((field) => field.trim());
    const [time = "", number = ""] = fields;
    const atMs = timeFrom(time);
    if (fields.length !== 2) {
      problems.push({ line, text: `not \`timestamp,value\`: ${quote(content)}` });
    } else if (atMs === undefined) {
      if (line !== header || isNumber(number) || /^\d/.test(time))
        problems.push({ line, text: `not a timestamp: ${quote(time)}` });
    } else {
      rows.push({ line, text: time, atMs, value: valueFrom(number, line, problems) });
    }
  }
  return rows;
}

function valueFrom(text: string, line: number, problems: Problem[]): number | undefined {
  if (!isNumber(text)) {
    problems.push({ line, text: text === "" ? "no value" : `not a number: ${quote(text)}` });
    return undefined;
  }
  const value = Number(text);
  if (!Number.isFinite(value)) problems.push({ line, text: `not a finite number: ${quote(text)}` });
  else if (value < 0) problems.push({ line, text: `negative: ${text}` });
  else return value;
  return undefined;
}

/** Rows later than all before them; the others are problems. */
function inOrder(rows: readonly Row[], problems: Problem[]): readonly Row[] {
  const ordered: Row[] = [];
  for (const row of rows) {
    const last = ordered.at(-1);
    if (last === undefined || row.atMs > last.atMs) ordered.push(row);
    else if (row.atMs === last.atMs)
      problems.push({ line: row.line, text: `the same time as line ${last.line}: ${row.text}` });
    else
      problems.push({
        line: row.line,
        text: `out of order: ${row.text} comes after ${last.text} of line ${last.line}`,
      });
  }
  return ordered;
}

/** The most frequent distance between rows; of two equally frequent ones the shorter. */
function commonStep(rows: readonly Row[]): number {
  const counts = new Map<number, number>();
  for (let at = 1; at < rows.length; at++) {
    const distance = (rows[at]?.atMs ?? 0) - (rows[at - 1]?.atMs ?? 0);
    counts.set(distance, (counts.get(distance) ?? 0) + 1);
  }
  let step = 0;
  let best = 0;
  for (const [distance, count] of counts) {
    if (count > best || (count === best && distance < step)) [step, best] = [distance, count];
  }
  return step;
}

/** Steps to fill between two rows; what may not be filled is a problem. */
function missingSteps(
  before: Row,
  row: Row,
  { stepMs, gaps }: { stepMs: number; gaps: "error" | "hold" },
  problems: Problem[],
): number {
  const steps = (row.atMs - before.atMs) / stepMs;
  if (steps === 1) return 0;
  if (!Number.isInteger(steps)) {
    const distance = (row.atMs - before.atMs) / 1000;
    problems.push({
      line: row.line,
      text: `${distance} s after line ${before.line}, where the step is ${stepMs / 1000} s`,
    });
    return 0;
  }
  const missing = steps - 1;
  if (row.line - before.line - 1 >= missing && problems.some(({ line }) => line > before.line && line < row.line))
    return 0; // said already
  if (gaps === "hold" && missing <= HELD_STEPS_MAX) return missing;
  const limit = gaps === "hold" ? `, more than the ${HELD_STEPS_MAX} that may be held` : "";
  problems.push({
    line: row.line,
    text: `gap: ${missing} ${missing === 1 ? "row" : "rows"} missing between ${before.text} (line ${before.line}) and ${row.text}${limit}`,
  });
  return 0;
}

const ISO = /^\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?)?(Z|[+-]\d{2}:?\d{2})?$/;

function timeFrom(text: string): number | undefined {
  if (/^\d+(\.\d+)?$/.test(text)) {
    const epoch = Number(text);
    return Math.round(epoch < 1e11 ? epoch * 1000 : epoch); // 1e11 s is the year 5138, 1e11 ms is 1973
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

function traceError(name: string, problems: readonly Problem[]): InputError {
  const sorted = [...problems].sort((a, b) => a.line - b.line);
  const shown = sorted
    .slice(0, PROBLEMS_SHOWN)
    .map(({ line, text }) => (Number.isFinite(line) ? `line ${line}: ${text}` : text));
  if (sorted.length > PROBLEMS_SHOWN) shown.push(`and ${sorted.length - PROBLEMS_SHOWN} more`);
  return new InputError(`the trace ${name} cannot be used`, shown);
}
