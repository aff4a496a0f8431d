import type * as z from "zod";
import { fieldAt, keysAt, type Path } from "./fields-at.ts";

/** One thing that is wrong with a configuration. */
export interface Problem {
  /** Where: `fleets[0].components[2].cpu.min`; the file's name when it could not be read at all. */
  readonly path: string;
  /** `got 5, expected at most 2 vCPU`. */
  readonly message: string;
  /** What stands there, as text. */
  readonly value?: string;
  /** What may stand there. */
  readonly bound?: string;
}

/** What a check found: a value that does not keep a bound, and what else the check looked at. */
export interface Mismatch {
  readonly path: string;
  readonly value: string;
  readonly bound: string;
  readonly uses?: readonly string[];
}

/** A mismatch as it is told. */
export function problemOf({ path, value, bound }: Mismatch): Problem {
  return { path, message: `got ${value}, expected ${bound}`, value, bound };
}

/** `fleets[0].components[2].cpu.min: got 5, expected at most 2 vCPU`. */
export function renderProblem({ path, message }: Problem): string {
  return `${path === "" ? "configuration" : path}: ${message}`;
}

/** Steps to text: `["fleets", 0, "name"]` is `fleets[0].name`. */
export function pathText(path: Path): string {
  return path.reduce<string>((text, step) => {
    if (typeof step === "number") return `${text}[${step}]`;
    return text === "" ? String(step) : `${text}.${String(step)}`;
  }, "");
}

/** A value as text that fits on a line; NaN and a missing value are said, not hidden. */
export function show(value: unknown): string {
  if (value === undefined) return "nothing";
  if (typeof value === "number" || typeof value === "bigint") return String(value);
  if (typeof value === "function") return "a function";
  if (Array.isArray(value)) return value.length === 0 ? "an empty list" : `a list of ${value.length}`;
  if (typeof value === "object" && value !== null) return "an object";
  if (typeof value === "symbol") return "a symbol";
  const text = JSON.stringify(value);
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
}

/** What stands at a path of the input. */
export function valueAt(input: unknown, path: Path): unknown {
  return path.reduce<unknown>((value, step) => {
    return typeof value === "object" && value !== null && Object.hasOwn(value, step)
      ? (value as Record<PropertyKey, unknown>)[step]
      : undefined;
  }, input);
}

/** A finding of the schema as problems: one for each unknown key. */
export function problemsOfIssue(issue: z.core.$ZodIssue, input: unknown): Mismatch[] {
  if (issue.code === "unrecognized_keys") return issue.keys.map((key) => unknownKey([...issue.path, key]));
  const path = pathText(issue.path);
  const value = valueAt(input, issue.path);
  if (issue.code === "invalid_key") {
    const name = issue.path[issue.path.length - 1];
    return [{ path, value: `the name ${show(name)}`, bound: issue.issues[0]?.message ?? "another name" }];
  }
  const shown =
    (issue.code === "too_big" || issue.code === "too_small") && typeof value === "string"
      ? show(value)
      : shownIn(issue, value);
  return [{ path, value: shown, bound: boundOf(issue, value) }];
}

function shownIn(issue: z.core.$ZodIssue, value: unknown): string {
  return issue.code === "invalid_type" && typeof value === "string" ? `the text ${show(value)}` : show(value);
}

function unknownKey(path: Path): Mismatch {
  const key = String(path[path.length - 1]);
  const known = keysAt(path.slice(0, -1));
  const near = closest(key, known);
  const bound = near ? `a known one: did you mean ${near}?` : `one of ${known.join(", ")}`;
  return { path: pathText(path), value: `the unknown key ${show(key)}`, bound };
}

function boundOf(issue: z.core.$ZodIssue, value: unknown): string {
  switch (issue.code) {
    case "invalid_value": {
      const options = issue.values.map(String);
      const near = typeof value === "string" ? closest(value, options) : undefined;
      const list = options.length === 1 ? `${options[0]}` : `one of ${options.join(", ")}`;
      return near ? `${list}: did you mean ${near}?` : list;
    }
    case "too_big":
    case "too_small":
    case "invalid_type":
      return fieldAt(issue.path)?.expected ?? issue.message;
    default:
      return issue.message;
  }
}

/** The known word that a mistyped one most likely meant; undefined when none is close. */
export function closest(word: string, known: readonly string[]): string | undefined {
  const wanted = plain(word);
  const ranked = known
    .map((each) => ({ each, distance: edits(wanted, plain(each)) }))
    .filter(({ each, distance }) => distance <= Math.max(1, Math.floor(Math.min(wanted.length, each.length) / 3)))
    .sort((a, b) => a.distance - b.distance);
  return ranked[0]?.each;
}

function plain(word: string): string {
  return word.slice(0, 60).toLowerCase().replace(/[-_ ]/g, "");
}

/** Insertions, deletions, substitutions and swaps of neighbours that turn one word into the other. */
function edits(a: string, b: string): number {
  let before: number[] = [];
  let previous = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1];
      let best = Math.min((previous[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (previous[j - 1] ?? 0) + (same ? 0 : 1));
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        best = Math.min(best, (before[j - 2] ?? 0) + 1);
      row.push(best);
    }
    before = previous;
    previous = row;
  }
  return previous[b.length] ?? 0;
}
