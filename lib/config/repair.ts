import type * as z from "zod";
import type { Path } from "./fields-at.ts";
import { pathText, valueAt } from "./problems.ts";
import { ConfigSchema } from "./schema.ts";

/*
 * The checks between fields need a whole configuration, but all problems shall be told at once. So what the schema refused
 * is taken out, or filled with a placeholder where something must stand, until the rest parses; checks that looked at such
 * a place are not believed.
 */

export interface Repaired {
  readonly config: z.output<typeof ConfigSchema>;
  /** Where something was taken out or filled in. */
  readonly touched: readonly string[];
}

const ROUNDS_MAX = 4;

/** The parts of a configuration that do parse; undefined when too little is left to check. */
export function repair(input: unknown, issues: readonly z.core.$ZodIssue[]): Repaired | undefined {
  const copy: unknown = copyOf(input);
  const touched: string[] = [];
  let left: readonly z.core.$ZodIssue[] = issues;
  for (let round = 0; round < ROUNDS_MAX; round++) {
    for (const path of left.flatMap(placesOf)) {
      if (path.length === 0) return undefined;
      replace(copy, path);
      touched.push(pathText(path));
    }
    const parsed = ConfigSchema.safeParse(copy);
    if (parsed.success) return { config: parsed.data, touched };
    left = parsed.error.issues;
  }
  return undefined;
}

/** Whether a check at `path` looked at a place that was taken out, lies in one, or holds one. */
export function isTouched(path: string, touched: readonly string[]): boolean {
  return touched.some((each) => each === path || isInside(path, each) || isInside(each, path));
}

function isInside(path: string, outer: string): boolean {
  return path.startsWith(outer) && (path[outer.length] === "." || path[outer.length] === "[");
}

const DEPTH_MAX = 20;

/** A copy to work on. Deeper than any configuration is nothing that could be checked, and a cycle would have no end. */
function copyOf(value: unknown, depth = 0): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (depth === DEPTH_MAX) return undefined;
  if (Array.isArray(value)) return value.map((each) => copyOf(each, depth + 1));
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, copyOf(each, depth + 1)]));
}

function placesOf(issue: z.core.$ZodIssue): Path[] {
  return issue.code === "unrecognized_keys" ? issue.keys.map((key) => [...issue.path, key]) : [issue.path];
}

function replace(root: unknown, path: Path): void {
  const parent = valueAt(root, path.slice(0, -1));
  const step = path[path.length - 1];
  if (typeof parent !== "object" || parent === null || step === undefined) return;
  const placeholder = placeholderFor(path);
  if (placeholder === undefined) Reflect.deleteProperty(parent, step);
  else Reflect.set(parent, step, placeholder);
}

/** A name that no user's name equals, since it is too odd to be one; unique by its place. */
function placeholderName(path: Path): string {
  return `placeholder_${path.filter((step) => typeof step === "number").join("_")}`;
}

/** What stands in for a required value, or for an element whose neighbours shall keep their places. */
function placeholderFor(path: Path): unknown {
  const step = path[path.length - 1];
  const name = placeholderName(path);
  if (typeof step === "number") {
    const list = path[path.length - 2];
    if (list === "fleets") return { name, components: [{ name }] };
    return list === "schedules" ? { name, cron: "0 0 * * *" } : { name };
  }
  if (step === "name") return name;
  if (step === "cron") return "0 0 * * *";
  if (step === "components") return [{ name }];
  return undefined;
}
