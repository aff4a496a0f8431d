import { InputError } from "../../domain/model/errors.ts";
import type { StoredItem } from "../../ports.ts";
import type { Key } from "../keys.ts";
import { decodeAny, describe, storedItem } from "../records.ts";
import { type TimeToLive, toRow } from "./rows.ts";
import { isMeta, markRestoring } from "./schema.ts";
import { itemOf, type Row, type Table } from "./table.ts";

/** Everything in the table but its own mark, in the order of the keys. */
export async function exportTable(table: Table): Promise<StoredItem[]> {
  const items: StoredItem[] = [];
  for await (const row of table.scan()) if (!isMeta(row)) items.push(storedItem(itemOf(row)));
  return items.sort((a, b) => (a.pk < b.pk || (a.pk === b.pk && a.sk < b.sk) ? -1 : 1));
}

/**
 * Puts items into the table, in place of everything there when told to. Nothing is touched before every item has proved
 * readable; the table is marked while neither the old nor the new state is complete.
 */
export async function importTable(
  table: Table,
  items: readonly StoredItem[],
  options: { replace: boolean },
  live: TimeToLive,
): Promise<void> {
  const problems: string[] = [];
  const rows: Row[] = [];
  for (const item of items) {
    const entry = decodeAny(item);
    if ("problems" in entry) problems.push(...entry.problems.map((each) => `${describe(item)}: ${each}`));
    else
      rows.push(
        toRow(entry.kind, { pk: item.pk, sk: item.sk, v: item["v"] as number, data: item["data"] }, entry.record, live),
      );
  }
  if (problems.length > 0) throw new InputError("The state cannot be restored", problems);
  const old: Key[] = [];
  for await (const { pk, sk } of table.scan("keys")) if (!isMeta({ pk, sk })) old.push({ pk, sk });
  if (old.length > 0 && !options.replace)
    throw new InputError("The state cannot be restored", ["the table is not empty; say replace to overwrite it"]);
  await markRestoring(table, true);
  const kept = new Set(rows.map(({ pk, sk }) => `${pk} ${sk}`));
  await table.deleteAll(old.filter(({ pk, sk }) => !kept.has(`${pk} ${sk}`)));
  await table.putAll(rows);
  await markRestoring(table, false);
}
