import type { Clock, Log } from "../../ports.ts";

const LEVELS = ["debug", "info", "warn", "error"] as const;
type Level = Parameters<Log>[0];

/** One text of a line; a stack or an answer of a service may be long, and a log line is at most 1 MB. */
const TEXT_MAX = 8000;
const LINE_MAX = 200_000;

export interface JsonLogOptions {
  /** Takes one line without its line break. */
  readonly write: (line: string) => void;
  readonly clock: Clock;
  /** Lines below this are not written. */
  readonly level: Level;
}

/** A Log that writes one JSON object for each line, and the fields that all lines bear until they are bound anew. */
export interface JsonLog {
  readonly log: Log;
  /** Replaces what was bound before: request id, tick, whether this is a cold start. */
  readonly bind: (fields: Readonly<Record<string, unknown>>) => void;
  /** The bound fields, for lines that are not this log's. */
  readonly bound: () => Readonly<Record<string, unknown>>;
}

/**
 * Structured logs: `timestamp`, `level` and `message` first (the names that Lambda's own JSON log format knows), then the
 * bound fields, then the line's own. It never throws: what cannot be written as JSON is written as text.
 */
export function jsonLog({ write, clock, level }: JsonLogOptions): JsonLog {
  let bound: Readonly<Record<string, unknown>> = {};
  const lowest = LEVELS.indexOf(level);
  const log: Log = (at, message, fields = {}) => {
    if (LEVELS.indexOf(at) < lowest) return;
    const head = { timestamp: new Date(clock.nowMs()).toISOString(), level: at.toUpperCase(), message };
    write(lineOf({ ...head, ...bound, ...fields, ...head }));
  };
  return {
    log,
    bind: (fields) => {
      bound = fields;
    },
    bound: () => bound,
  };
}

/** Lambda's setting of the level (TRACE to FATAL), as ours; info when it says nothing we know. */
export function logLevelOf(setting: string | undefined): Level {
  const levels: Readonly<Record<string, Level>> = {
    TRACE: "debug",
    DEBUG: "debug",
    WARN: "warn",
    ERROR: "error",
    FATAL: "error",
  };
  return levels[setting?.toUpperCase() ?? ""] ?? "info";
}

function lineOf(fields: Readonly<Record<string, unknown>>): string {
  const { timestamp, level, message } = fields;
  try {
    const line = JSON.stringify(fields, plain);
    if (line.length <= LINE_MAX) return line;
    return JSON.stringify({ timestamp, level, message, truncated: line.slice(0, TEXT_MAX) }, plain);
  } catch (error) {
    return JSON.stringify({ timestamp, level, message, unwritable: String(error) }, plain);
  }
}

function plain(_key: string, value: unknown): unknown {
  if (typeof value === "bigint") return value.toString();
  if (value instanceof Error) {
    const { name, message, stack, cause } = value;
    return { name, message, stack, ...(cause === undefined ? {} : { cause }) };
  }
  return typeof value === "string" && value.length > TEXT_MAX ? `${value.slice(0, TEXT_MAX)}…` : value;
}
