import type { Kind } from "../keys.ts";
import { decode, type Records } from "../records.ts";
import { itemOf, type Row } from "./table.ts";

const REMEMBERED = 4096;

/**
 * Reads rows, and remembers what the last text of an item came to: most of what a loop reads has not changed since it
 * read it last. Only the work is saved, never the read; records are immutable, so handing one out twice is safe.
 */
export class Decoder {
  readonly #seen = new Map<string, { data: string; v: number; record: unknown }>();

  read<K extends Kind>(kind: K, row: Row): Records[K] {
    const key = `${row.pk} ${row.sk}`;
    const seen = this.#seen.get(key);
    if (seen !== undefined && seen.data === row.data && seen.v === row.v) return seen.record as Records[K];
    const record = decode(kind, { ...itemOf(row) });
    if (seen === undefined && this.#seen.size >= REMEMBERED) this.#forgetOldest();
    this.#seen.set(key, { data: row.data, v: row.v, record });
    return record;
  }

  #forgetOldest(): void {
    for (const key of this.#seen.keys()) {
      this.#seen.delete(key);
      return;
    }
  }
}
