import { InvariantError } from "../../domain/model/errors.ts";
import type { LoopName } from "../../flow.ts";
import type { StoredItem } from "../../ports.ts";
import type { FleetRecords } from "./memory-store.ts";

export function exportFleets(_fleets: ReadonlyMap<string, FleetRecords>, _ticks: ReadonlyMap<LoopName, number>): StoredItem[] {
  throw new InvariantError("export is not written yet");
}
export function importInto(_items: readonly StoredItem[], _fleet: (name: string) => FleetRecords, _ticks: Map<LoopName, number>): void {
  throw new InvariantError("import is not written yet");
}
