import * as z from "zod";
import type { ComponentState } from "../domain/model/component-state.ts";
import type { Decision } from "../domain/model/decision.ts";
import { DependencyError, InvariantError } from "../domain/model/errors.ts";
import type { AlertState, FleetScores, Learning, Overlay, Recommendation } from "../domain/model/learning.ts";
import type { Ledger } from "../domain/model/ledger.ts";
import type { RollupBlock, Sample } from "../domain/model/sample.ts";
import { LOOPS, type LoopName } from "../flow.ts";
import type { ForecastRecord, ModelRecord, StoredItem } from "../ports.ts";
import { decision } from "./codecs/decision.ts";
import {
  alerts,
  forecast,
  learning,
  ledger,
  model,
  overlay,
  recommendation,
  rollup,
  scores,
  state,
} from "./codecs/fleet.ts";
import { name, sample } from "./codecs/wire.ts";
import {
  alertsKey,
  decisionKey,
  fleetPk,
  type Key,
  type Kind,
  ledgerKey,
  listedSk,
  type Place,
  padTime,
  placeOf,
  rollupsPk,
  samplesPk,
  scoresKey,
  tickKey,
} from "./keys.ts";

/** The newest tick of a loop that was claimed: a whole number for a beat, a fraction for a wake (tickNumber). */
export interface Tick {
  readonly loop: LoopName;
  readonly tick: number;
}

/** A sample with whose it is, which the sample itself does not say. */
export interface OwnSample {
  readonly component: string;
  readonly sample: Sample;
}

/** The record of each kind of item. */
export interface Records {
  ledger: Ledger;
  scores: FleetScores;
  alerts: AlertState;
  state: ComponentState;
  learning: Learning;
  overlay: Overlay;
  recommendation: Recommendation;
  forecast: ForecastRecord;
  model: ModelRecord;
  sample: OwnSample;
  rollup: RollupBlock;
  hold: Decision;
  action: Decision;
  tick: Tick;
}

/** Codec, and where a record lies; the one list of what this table holds. */
interface Kinds<T> {
  readonly schema: z.ZodType<T>;
  readonly key: (fleet: string, record: T) => Key;
}
const tick: z.ZodType<Tick> = z.strictObject({
  loop: z.enum(LOOPS.map((each) => each.name)),
  tick: z.number().min(0),
});
const ownSample: z.ZodType<OwnSample> = z.strictObject({ component: name, sample });

function listed<K extends "state" | "learning" | "overlay" | "recommendation" | "forecast" | "model">(
  kind: K,
): (fleet: string, record: { component: string; metric?: string }) => Key {
  return (fleet, { component, metric }) => ({ pk: fleetPk(fleet), sk: listedSk(kind, component, metric) });
}

const KINDS: { readonly [K in Kind]: Kinds<Records[K]> } = {
  ledger: { schema: ledger, key: (_, record) => ledgerKey(record.fleet) },
  scores: { schema: scores, key: (_, record) => scoresKey(record.fleet) },
  alerts: { schema: alerts, key: (_, record) => alertsKey(record.fleet) },
  state: { schema: state, key: listed("state") },
  learning: { schema: learning, key: listed("learning") },
  overlay: { schema: overlay, key: listed("overlay") },
  recommendation: { schema: recommendation, key: listed("recommendation") },
  forecast: { schema: forecast, key: listed("forecast") },
  model: { schema: model, key: listed("model") },
  sample: {
    schema: ownSample,
    key: (fleet, record) => ({ pk: samplesPk(fleet, record.component), sk: padTime(record.sample.endMs) }),
  },
  rollup: {
    schema: rollup,
    key: (fleet, record) => ({
      pk: rollupsPk(fleet, record.component, record.resolution),
      sk: padTime(record.startMs),
    }),
  },
  hold: { schema: decision, key: (_, record) => decisionKey(record) },
  action: { schema: decision, key: (_, record) => decisionKey(record) },
  tick: { schema: tick, key: (_, record) => tickKey(record.loop) },
};

/** Version of the shape of every record; each kind counts for itself once one of them changes. */
const RECORD_VERSION = 1;

/** An item: its key, the version of its shape, and the record as plain JSON in the compact form of the codecs. */
export interface Item extends Key {
  readonly v: number;
  readonly data: unknown;
}

/** Any record with its kind and fleet ("" for what belongs to no fleet). */
export type Entry = {
  readonly [K in Kind]: { readonly kind: K; readonly fleet: string; readonly record: Records[K] };
}[Kind];

/** So many problems of a record are told in the message; all of them are in the details. */
const PROBLEMS_TOLD = 3;

/**
 * Turns a record into an item. A record that the codec would refuse when reading is refused here, where the fault is:
 * once stored it would stop every loop that reads it.
 */
export function encode<K extends Kind>(kind: K, fleet: string, record: Records[K]): Item {
  const { schema, key } = KINDS[kind];
  const encoded = z.safeEncode(schema, record);
  if (!encoded.success) {
    const problems = problemsOf(encoded.error);
    throw new InvariantError(`a record cannot be stored: ${kind}: ${problems.slice(0, PROBLEMS_TOLD).join("; ")}`, {
      problems,
    });
  }
  return { ...key(fleet, record), v: RECORD_VERSION, data: encoded.data };
}

/** Turns an item that must be of this kind back into its record. */
export function decode<K extends Kind>(kind: K, item: Key & Readonly<Record<string, unknown>>): Records[K] {
  const place = placeOf(item);
  if (place?.kind !== kind) throw new DependencyError(`${describe(item)} is no ${kind}`);
  const read = readItem(place, item);
  if ("problems" in read)
    throw new DependencyError(`${describe(item)} cannot be read: ${read.problems.join("; ")}`, {
      problems: read.problems,
    });
  return read.record as Records[K];
}

/** Reads any item; all that is wrong with it, not only the first. Never throws: the item may come from anywhere. */
export function decodeAny(
  item: Key & Readonly<Record<string, unknown>>,
): Entry | { readonly problems: readonly string[] } {
  const place = placeOf(item);
  if (place === undefined) return { problems: ["an unknown key"] };
  const extra = Object.keys(item).filter((each) => !["pk", "sk", "v", "data"].includes(each));
  if (extra.length > 0) return { problems: [`unknown fields ${extra.join(", ")}`] };
  const read = readItem(place, item);
  if ("problems" in read) return read;
  return { kind: place.kind, fleet: place.kind === "tick" ? "" : place.fleet, record: read.record } as Entry;
}

function readItem(
  place: Place,
  item: Key & Readonly<Record<string, unknown>>,
): { record: Records[Kind] } | { problems: string[] } {
  if (item["v"] !== RECORD_VERSION)
    return { problems: [`unknown version ${JSON.stringify(item["v"])}; this program reads version ${RECORD_VERSION}`] };
  const { schema, key } = KINDS[place.kind] as unknown as Kinds<Records[Kind]>;
  const decoded = z.safeDecode(schema, item["data"]);
  if (!decoded.success) return { problems: problemsOf(decoded.error) };
  try {
    const own = key("fleet" in place ? place.fleet : "", decoded.data);
    if (own.pk === item.pk && own.sk === item.sk) return { record: decoded.data };
    return { problems: [`lies under the key of something else; its own is ${own.pk} ${own.sk}`] };
  } catch (error) {
    if (error instanceof InvariantError) return { problems: [error.message] };
    throw error;
  }
}

/** The item as the document of exportItems carries it. */
export function storedItem(item: Item): StoredItem {
  // Through JSON: absent fields are absent, not undefined, whatever the adapter.
  return JSON.parse(JSON.stringify({ pk: item.pk, sk: item.sk, v: item.v, data: item.data })) as StoredItem;
}

/** Names an item in a message. */
export function describe({ pk, sk }: Key): string {
  return `item ${pk} ${sk}`;
}

function problemsOf(error: z.ZodError): string[] {
  return error.issues
    .slice(0, 20)
    .map(({ path, message }) => (path.length === 0 ? message : `${path.map(String).join(".")}: ${message}`));
}
