import { InputError } from "./domain/model/errors.ts";
import type { StateStore, StoredItem } from "./ports.ts";

/** The whole state as one JSON document: for backups, for moving house, for looking at. */
export interface StateDocument {
  readonly format: "scaling-controller-state";
  readonly formatVersion: 1;
  readonly exportedAtMs: number;
  readonly items: readonly StoredItem[];
}

const FORMAT = "scaling-controller-state";
const FORMAT_VERSION = 1;
const ITEMS_MAX = 2_000_000;
/** A DynamoDB item holds 400 KB; nothing that was ever exported is larger. */
const ITEM_CHARS_MAX = 400_000;
const DEPTH_MAX = 20;
const PROBLEMS_MAX = 1000;
const TITLE = "The state cannot be restored";

/** Everything in the store. Loops that run meanwhile may be caught between two writes: pause first for an exact copy. */
export async function exportState(store: StateStore, nowMs: number): Promise<StateDocument> {
  return { format: FORMAT, formatVersion: FORMAT_VERSION, exportedAtMs: nowMs, items: await store.exportItems() };
}

/**
 * Puts a document into an empty store or, with `replace`, in the place of what is there. The document may come from
 * anywhere: nothing is touched before all of it has proved readable, and everything wrong with it is told at once.
 *
 * The restored controller only observes until an operator gives it its mode back, and its epoch is newer than that of
 * the document and of the store, so that no intent from before is carried out. Claimed ticks stay behind: a clock that
 * was ahead (a simulation's) must not stop this one.
 */
export async function restoreState(
  store: StateStore,
  document: unknown,
  options: { replace: boolean },
): Promise<{ items: number }> {
  const items = itemsOf(document);
  const restored: StoredItem[] = [];
  for (const item of items) {
    if (item.pk.startsWith("TICK#")) continue;
    restored.push(item.sk === "LEDGER" ? await renewed(item, store) : item);
  }
  await store.importItems(restored, options);
  return { items: restored.length };
}

/**
 * The ledger under which nothing old is valid. Its version passes that of the stored one too: a loop that read the
 * ledger before the restore would otherwise win its compare-and-set after it.
 */
async function renewed(item: StoredItem, store: StateStore): Promise<StoredItem> {
  const data = item["data"];
  // What is no ledger at all goes on as it is, for the store's codec to name what is wrong with it.
  if (!isObject(data) || typeof data["fleet"] !== "string" || data["fleet"] === "") return item;
  const { epoch, version, fleet } = data;
  if (!Number.isSafeInteger(epoch) || !Number.isSafeInteger(version)) return item;
  const there = await store.readLedger(fleet);
  const next = {
    epoch: Math.max(Number(epoch), there?.epoch ?? 0) + 1,
    version: Math.max(Number(version), there?.version ?? 0) + 1,
    modeOverride: "observe",
    // A component's own override would win over the fleet's.
    componentModeOverride: {},
  };
  return { ...item, data: { ...data, ...next } };
}

function itemsOf(document: unknown): StoredItem[] {
  if (!isObject(document)) throw new InputError(TITLE, ["it is no JSON object"]);
  const problems: string[] = [];
  const { format, formatVersion, exportedAtMs, items, ...others } = document;
  if (format !== FORMAT) problems.push(`format: must be ${JSON.stringify(FORMAT)}, is ${shown(format)}`);
  if (formatVersion !== FORMAT_VERSION)
    problems.push(`formatVersion: is ${shown(formatVersion)}; this program reads ${FORMAT_VERSION}`);
  if (typeof exportedAtMs !== "number" || !Number.isFinite(exportedAtMs))
    problems.push("exportedAtMs: must be a time in milliseconds");
  for (const key of Object.keys(others)) problems.push(`${JSON.stringify(key)}: unknown`);
  if (!Array.isArray(items)) problems.push("items: must be a list");
  else if (items.length > ITEMS_MAX) problems.push(`items: ${items.length} are more than ${ITEMS_MAX}`);
  else problems.push(...problemsOfItems(items));
  if (problems.length > 0) throw new InputError(TITLE, problems);
  return items as StoredItem[];
}

function problemsOfItems(items: readonly unknown[]): string[] {
  const problems: string[] = [];
  const seen = new Set<string>();
  for (const [index, item] of items.entries()) {
    if (problems.length >= PROBLEMS_MAX) return [...problems, "and perhaps more: the rest was not looked at"];
    const problem = problemOfItem(item, seen);
    if (problem !== undefined) problems.push(`items.${index}: ${problem}`);
  }
  return problems;
}

function problemOfItem(item: unknown, seen: Set<string>): string | undefined {
  if (!isObject(item)) return "must be an object";
  const { pk, sk } = item;
  if (typeof pk !== "string" || typeof sk !== "string" || pk === "" || sk === "")
    return "must have the texts pk and sk";
  const place = JSON.stringify([pk, sk]);
  if (seen.has(place)) return `is a second item ${pk} ${sk}`;
  seen.add(place);
  const unsafe = unsafeIn(item, DEPTH_MAX);
  if (unsafe !== undefined) return unsafe;
  return JSON.stringify(item).length > ITEM_CHARS_MAX ? `is larger than ${ITEM_CHARS_MAX} characters` : undefined;
}

/** Looked for before anything else reads the item: depth is bounded so that nothing that recurses can be led astray. */
function unsafeIn(value: unknown, depth: number): string | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  if (depth === 0) return `is nested deeper than ${DEPTH_MAX}`;
  for (const key of Object.keys(value)) {
    if (key === "__proto__") return "has a field __proto__";
    const unsafe = unsafeIn((value as Readonly<Record<string, unknown>>)[key], depth - 1);
    if (unsafe !== undefined) return unsafe;
  }
  return undefined;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
function shown(value: unknown): string {
  return value === undefined ? "absent" : JSON.stringify(value).slice(0, 80);
}
