import { InputError } from "../../domain/model/errors.ts";
import type { LoopName } from "../../flow.ts";
import type { StoredItem } from "../../ports.ts";
import { decisionKey, type Kind, listedSk } from "../keys.ts";
import { decodeAny, describe, type Entry, encode, type Records, storedItem } from "../records.ts";
import { RESOLUTIONS } from "../retention.ts";
import { type FleetRecords, lineOf } from "./fleet-records.ts";

/** Everything as items, in the order of their keys. */
export function exportFleets(
  fleets: ReadonlyMap<string, FleetRecords>,
  ticks: ReadonlyMap<LoopName, number>,
): StoredItem[] {
  const items: StoredItem[] = [];
  for (const [loop, tick] of ticks) items.push(storedItem(encode("tick", "", { loop, tick })));
  for (const [fleet, records] of fleets) {
    const add = <K extends Kind>(kind: K, list: Iterable<Records[K]>): void => {
      for (const record of list) items.push(storedItem(encode(kind, fleet, record)));
    };
    add("ledger", present(records.ledger));
    add("scores", present(records.scores));
    add("alerts", present(records.alerts));
    add("state", records.states.list());
    add("learning", records.learning.list());
    add("overlay", records.overlays.list());
    add("forecast", records.forecasts.list());
    add("model", records.models.list());
    add("recommendation", records.recommendations.list());
    add("action", records.actions.values());
    for (const line of records.holds.values()) add("hold", line.values());
    for (const [component, line] of records.samples)
      add(
        "sample",
        line.values().map((sample) => ({ component, sample })),
      );
    for (const resolution of RESOLUTIONS)
      for (const line of records.rollups[resolution].values()) add("rollup", line.values());
  }
  return items.sort((a, b) => (a.pk < b.pk || (a.pk === b.pk && a.sk < b.sk) ? -1 : 1));
}

function present<T>(value: T | undefined): T[] {
  return value === undefined ? [] : [value];
}

/** Reads items into fleets; nothing is kept of a list with a single bad item. */
export function importInto(
  items: readonly StoredItem[],
  fleetOf: (name: string) => FleetRecords,
  ticks: Map<LoopName, number>,
): void {
  const entries = items.map((item) => ({ item, entry: decodeAny(item) }));
  const problems = entries.flatMap(({ item, entry }) =>
    "problems" in entry ? entry.problems.map((each) => `${describe(item)}: ${each}`) : [],
  );
  if (problems.length > 0) throw new InputError("The state cannot be restored", problems);
  for (const { entry } of entries) {
    if ("problems" in entry) continue;
    if (entry.kind === "tick") ticks.set(entry.record.loop, entry.record.tick);
    else put(fleetOf(entry.fleet), entry);
  }
}

function put(records: FleetRecords, entry: Exclude<Entry, { kind: "tick" }>): void {
  switch (entry.kind) {
    case "ledger":
      records.ledger = entry.record;
      return;
    case "scores":
      records.scores = entry.record;
      return;
    case "alerts":
      records.alerts = entry.record;
      return;
    case "sample":
      lineOf(records.samples, entry.record.component).set(entry.record.sample.endMs, entry.record.sample);
      return;
    case "rollup":
      lineOf(records.rollups[entry.record.resolution], entry.record.component).set(entry.record.startMs, entry.record);
      return;
    case "hold":
      lineOf(records.holds, entry.record.component).set(decisionKey(entry.record).sk, entry.record);
      return;
    case "action":
      records.actions.set(decisionKey(entry.record).sk, entry.record);
      return;
    default:
      putListed(records, entry);
  }
}

type ListedEntry = Extract<Entry, { kind: "state" | "learning" | "overlay" | "recommendation" | "forecast" | "model" }>;
function putListed(records: FleetRecords, entry: ListedEntry): void {
  const { kind, record } = entry;
  switch (kind) {
    case "state":
      return records.states.set(listedSk(kind, record.component), record);
    case "learning":
      return records.learning.set(listedSk(kind, record.component), record);
    case "overlay":
      return records.overlays.set(listedSk(kind, record.component), record);
    case "recommendation":
      return records.recommendations.set(listedSk(kind, record.component), record);
    case "forecast":
      return records.forecasts.set(listedSk(kind, record.component, record.metric), record);
    case "model":
      return records.models.set(listedSk(kind, record.component, record.metric), record);
  }
}
