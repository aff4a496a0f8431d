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
/** Rows looked at before the step is guessed; later only rows at another distance are remembered one by one. */
const ROWS_BEFORE_GUESS = 1000;
/** A file with more rows than this at another distance than its step has no step. */
const ODD_ROWS_MAX = 100_000;

export interface TraceRow {
  /** Where it stands, counted from 1. */
  readonly line: number;
  /** Its time as written. */
  readonly text: string;
  readonly atMs: number;
  /** Undefined when it could not be used; the row still fills its place in time. */
  readonly value: number | undefined;
}
interface Problem {
  readonly line: number;
  readonly text: string;
}
type Place = Pick<TraceRow, "line" | "text" | "atMs">;
/** Two rows that may not be one step apart. */
interface Joint {
  readonly before: Place;
  readonly row: Place;
  /** Position of `row` among the values. */
  readonly at: number;
  /** A problem was named between them. */
  readonly isExplained: boolean;
}

/**
 * Rows of a trace in the order in which they are written, from whatever they are written in: kept are the values, and only
 * those times that do not follow at the step.
 */
export class TraceRows {
  readonly #name: string;
  readonly #gaps: "error" | "hold";
  readonly #what: string;
  readonly #problems = new ProblemList();
  readonly #values: number[] = [];
  readonly #distances = new Map<number, number>();
  #joints: Joint[] = [];
  #usual: number | undefined;
  #unkept = 0;
  #first: Place | undefined;
  #last: Place | undefined;

  /** `what` a row is called in messages. */
  constructor(name: string, { gaps = "error" }: TraceOptions = {}, what = "line") {
    this.#name = name;
    this.#gaps = gaps;
    this.#what = what;
  }

  problem(line: number, text: string): void {
    this.#problems.add({ line, text });
  }

  /** @throws {InputError} when the rows have nothing like a step. */
  add({ line, text, atMs, value }: TraceRow): void {
    const row = { line, text, atMs };
    const before = this.#last;
    if (before !== undefined && atMs <= before.atMs) {
      this.problem(
        line,
        atMs === before.atMs
          ? `the same time as ${this.#what} ${before.line}: ${text}`
          : `out of order: ${text} comes after ${before.text} of ${this.#what} ${before.line}`,
      );
      return;
    }
    this.#first ??= row;
    this.#last = row;
    if (before !== undefined) this.#join(before, row);
    this.#values.push(value ?? 0);
  }

  /** @throws {InputError} that lists all problems, at most 20 in full. */
  finish(): Trace {
    const first = this.#first;
    const rows = this.#values.length;
    if (first === undefined || rows < 2) {
      const few = rows === 0 ? "the file has no rows" : "one row only: a step needs two";
      this.problem(Number.POSITIVE_INFINITY, this.#problems.count > 0 ? "too few usable rows for a step" : few);
      throw this.#error();
    }
    const stepMs = mostFrequent(this.#distances);
    if (this.#usual !== undefined && this.#usual !== stepMs && this.#unkept > 0)
      this.problem(
        Number.POSITIVE_INFINITY,
        `${this.#unkept} rows are ${this.#usual / 1000} s after the one before, where the step is ${stepMs / 1000} s`,
      );
    const held: { at: number; missing: number }[] = [];
    for (const joint of this.#joints) {
      const missing = this.#missingSteps(joint, stepMs);
      if (missing > 0) held.push({ at: joint.at, missing });
    }
    if (this.#problems.count > 0) throw this.#error();
    const heldValues = held.reduce((sum, { missing }) => sum + missing, 0);
    return { startMs: first.atMs, stepMs, values: withHeld(this.#values, held), heldValues };
  }

  #join(before: Place, row: Place): void {
    const distance = row.atMs - before.atMs;
    this.#distances.set(distance, (this.#distances.get(distance) ?? 0) + 1);
    const at = this.#values.length;
    if (at === ROWS_BEFORE_GUESS) {
      const usual = mostFrequent(this.#distances);
      this.#usual = usual;
      const odd = this.#joints.filter((joint) => joint.row.atMs - joint.before.atMs !== usual);
      this.#unkept = this.#joints.length - odd.length;
      this.#joints = odd;
    }
    if (distance === this.#usual) {
      this.#unkept++;
      return;
    }
    const isExplained = this.#problems.isAnyBetween(before.line, row.line);
    this.#joints.push({ before, row, at, isExplained });
    if (this.#joints.length > ODD_ROWS_MAX) {
      this.problem(
        row.line,
        `no common step: more than ${ODD_ROWS_MAX} rows at another distance than the most frequent`,
      );
      throw this.#error();
    }
  }

  /** Steps to fill between two rows; what may not be filled is a problem. */
  #missingSteps({ before, row, isExplained }: Joint, stepMs: number): number {
    const steps = (row.atMs - before.atMs) / stepMs;
    if (steps === 1) return 0;
    const what = this.#what;
    if (!Number.isInteger(steps)) {
      const distance = (row.atMs - before.atMs) / 1000;
      this.problem(row.line, `${distance} s after ${what} ${before.line}, where the step is ${stepMs / 1000} s`);
      return 0;
    }
    const missing = steps - 1;
    if (isExplained && row.line - before.line - 1 >= missing) return 0;
    if (this.#gaps === "hold" && missing <= HELD_STEPS_MAX) return missing;
    const limit = this.#gaps === "hold" ? `, more than the ${HELD_STEPS_MAX} that may be held` : "";
    this.problem(
      row.line,
      `gap: ${missing} ${missing === 1 ? "row" : "rows"} missing between ${before.text} (${what} ${before.line}) and ${row.text}${limit}`,
    );
    return 0;
  }

  #error(): InputError {
    return new InputError(`the trace ${this.#name} cannot be used`, this.#problems.texts(this.#what));
  }
}

/** The first problems by line, and how many there are. */
class ProblemList {
  count = 0;
  #shown: Problem[] = [];
  #lines = { last: 0, before: 0 };

  add(problem: Problem): void {
    this.count++;
    const { last } = this.#lines;
    if (Number.isFinite(problem.line) && problem.line !== last) this.#lines = { last: problem.line, before: last };
    this.#shown.push(problem);
    if (this.#shown.length >= 10 * PROBLEMS_SHOWN) this.#shown = this.#first();
  }

  /** While rows are read in order: whether a problem was named between a row and the one at `to`, which may have its own. */
  isAnyBetween(from: number, to: number): boolean {
    const { last, before } = this.#lines;
    const nearest = last < to ? last : before;
    return nearest > from && nearest < to;
  }

  texts(what: string): readonly string[] {
    const shown = this.#first().map(({ line, text }) => (Number.isFinite(line) ? `${what} ${line}: ${text}` : text));
    return this.count > shown.length ? [...shown, `and ${this.count - shown.length} more`] : shown;
  }

  #first(): Problem[] {
    return [...this.#shown].sort((a, b) => a.line - b.line).slice(0, PROBLEMS_SHOWN);
  }
}

/** The most frequent distance between rows; of two equally frequent ones the shorter. */
function mostFrequent(counts: ReadonlyMap<number, number>): number {
  let step = 0;
  let best = 0;
  for (const [distance, count] of counts) {
    if (count > best || (count === best && distance < step)) [step, best] = [distance, count];
  }
  return step;
}

/** The values with the one before each gap repeated over it. */
function withHeld(values: readonly number[], held: readonly { at: number; missing: number }[]): readonly number[] {
  if (held.length === 0) return values;
  const filled: number[] = [];
  let from = 0;
  for (const { at, missing } of held) {
    for (; from < at; from++) filled.push(values[from] ?? 0);
    for (let count = 0; count < missing; count++) filled.push(values[at - 1] ?? 0);
  }
  for (; from < values.length; from++) filled.push(values[from] ?? 0);
  return filled;
}
