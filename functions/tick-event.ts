import { BEAT_MS } from "../lib/flow.ts";

/** What an SQS event asks for: ticks, and what in it is no tick. */
export interface TickEvent {
  /** Scheduled times, epoch ms, ascending, each once. */
  readonly scheduledMs: readonly number[];
  /** One sentence for each message (or the event) that cannot be used, naming field, value and bound. */
  readonly problems: readonly string[];
}

/** Times from 2001 to 2286: epoch milliseconds, not seconds. */
const TIME_MIN = 1_000_000_000_000;
const TIME_MAX = 9_999_999_999_999;
/** So much of a value is shown in a message. */
const SHOWN = 120;

/**
 * Reads the ticks out of an event of a function's queue (bodies: TickMessage in lib/deployment.ts). A beat's time follows
 * from when the queue got the message: floor((SentTimestamp + delay) / 30 s) x 30 s (adr/0003). Never throws.
 */
export function readTickEvent(event: unknown): TickEvent {
  const records = isObject(event) ? event["Records"] : undefined;
  if (!Array.isArray(records) || records.length === 0)
    return { scheduledMs: [], problems: [`the event has no Records: ${show(event)}; it must come from the SQS queue`] };
  const ticks = new Set<number>();
  const problems: string[] = [];
  for (const [index, record] of (records as unknown[]).entries()) {
    const read = readRecord(record);
    if (typeof read === "number") ticks.add(read);
    else problems.push(`Records[${index}]${read}`);
  }
  return { scheduledMs: [...ticks].sort((a, b) => a - b), problems };
}

/** The scheduled time, or what is wrong: the rest of a path, value and bound. */
function readRecord(record: unknown): number | string {
  if (!isObject(record)) return ` is ${show(record)}; it must be a message`;
  const { body, attributes } = record;
  if (typeof body !== "string") return `.body is ${show(body)}; it must be a text`;
  let message: unknown;
  try {
    message = JSON.parse(body);
  } catch {
    return `.body is ${show(body)}; it must be JSON`;
  }
  if (!isObject(message)) return `.body is ${show(body)}; it must be an object`;
  const { kind, ...rest } = message;
  const own = kind === "beat" ? "delaySeconds" : "scheduledMs";
  if (kind !== "beat" && kind !== "wake") return `.body.kind is ${show(kind)}; it must be "beat" or "wake"`;
  const unknown = Object.keys(rest).filter((key) => key !== own);
  if (unknown.length > 0) return `.body has the unknown field ${unknown.map(show).join(", ")}`;
  const value = rest[own];
  if (kind === "wake")
    return isTime(value) ? value : `.body.scheduledMs is ${show(value)}; it must be epoch milliseconds`;
  if (value !== 0 && value !== 30) return `.body.delaySeconds is ${show(value)}; it must be 0 or 30`;
  const sent = isObject(attributes) ? attributes["SentTimestamp"] : undefined;
  const sentMs = typeof sent === "string" && /^\d+$/.test(sent) ? Number(sent) : undefined;
  if (!isTime(sentMs)) return `.attributes.SentTimestamp is ${show(sent)}; it must be epoch milliseconds`;
  return Math.floor((sentMs + value * 1000) / BEAT_MS) * BEAT_MS;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isTime(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= TIME_MIN && (value as number) <= TIME_MAX;
}

function show(value: unknown): string {
  const text = value === undefined ? "absent" : (JSON.stringify(value) ?? typeof value);
  return text.length > SHOWN ? `${text.slice(0, SHOWN)}…` : text;
}
