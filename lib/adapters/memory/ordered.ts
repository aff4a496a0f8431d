/**
 * Values in the order of their keys, for records that come nearly always in order: appending is O(1), a range is two
 * binary searches and a slice, and a latecomer is inserted where it belongs.
 */
export class Timeline<K extends number | string, V> {
  #keys: K[] = [];
  #values: V[] = [];

  get size(): number {
    return this.#keys.length;
  }

  get(key: K): V | undefined {
    const at = this.#at(key);
    return this.#keys[at] === key ? this.#values[at] : undefined;
  }

  /** Stores under a key that is not there yet; false when it is, and then nothing changes. */
  add(key: K, value: V): boolean {
    const last = this.#keys.at(-1);
    if (last === undefined || last < key) {
      this.#keys.push(key);
      this.#values.push(value);
      return true;
    }
    const at = this.#at(key);
    if (this.#keys[at] === key) return false;
    this.#keys.splice(at, 0, key);
    this.#values.splice(at, 0, value);
    return true;
  }

  /** Stores under the key whatever was there. */
  set(key: K, value: V): void {
    if (!this.add(key, value)) this.#values[this.#at(key)] = value;
  }

  /** Values of the keys in [from, to), ascending. */
  range(from: K, to: K): V[] {
    const start = this.#at(from);
    return this.#values.slice(start, Math.max(start, this.#at(to)));
  }

  /** Removes at most `limit` of those before `to`, oldest first, that `which` agrees to; returns how many. */
  dropBefore(to: K, limit: number, which?: (value: V) => boolean): number {
    const end = this.#at(to);
    if (end === 0 || limit <= 0) return 0;
    if (which === undefined) {
      const count = Math.min(end, limit);
      this.#keys.splice(0, count);
      this.#values.splice(0, count);
      return count;
    }
    const gone = new Set<number>();
    for (let i = 0; i < end && gone.size < limit; i++) if (which(this.#values[i] as V)) gone.add(i);
    if (gone.size > 0) {
      this.#keys = this.#keys.filter((_, i) => !gone.has(i));
      this.#values = this.#values.filter((_, i) => !gone.has(i));
    }
    return gone.size;
  }

  /** All values, ascending by key; the list is the line's own. */
  values(): readonly V[] {
    return this.#values;
  }

  /** Index of the first key that is not before `key`. */
  #at(key: K): number {
    return typeof key === "number"
      ? firstNumberFrom(this.#keys as number[], key)
      : firstTextFrom(this.#keys as string[], key);
  }
}

/* Two of the same: one that compares now numbers and now texts is several times slower for both. */
function firstNumberFrom(keys: readonly number[], key: number): number {
  let low = 0;
  let high = keys.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((keys[middle] as number) < key) low = middle + 1;
    else high = middle;
  }
  return low;
}
function firstTextFrom(keys: readonly string[], key: string): number {
  let low = 0;
  let high = keys.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((keys[middle] as string) < key) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** One value for each name, listed by name. Overwriting and listing cost no sort; only a new or a gone name does. */
export class Directory<V> {
  readonly #index = new Map<string, number>();
  #values: V[] = [];
  #names: string[] = [];
  #sorted = true;

  get size(): number {
    return this.#names.length;
  }

  get(name: string): V | undefined {
    const at = this.#index.get(name);
    return at === undefined ? undefined : this.#values[at];
  }

  set(name: string, value: V): void {
    const at = this.#index.get(name);
    if (at !== undefined) {
      this.#values[at] = value;
      return;
    }
    const last = this.#names.at(-1);
    if (last !== undefined && name < last) this.#sorted = false;
    this.#index.set(name, this.#names.push(name) - 1);
    this.#values.push(value);
  }

  clear(): void {
    this.#index.clear();
    this.#values = [];
    this.#names = [];
    this.#sorted = true;
  }

  /** A list of its own: later writes do not show in it. */
  list(): V[] {
    this.#sort();
    return this.#values.slice();
  }

  #sort(): void {
    if (this.#sorted) return;
    const names = [...this.#names].sort((a, b) => (a < b ? -1 : 1));
    this.#values = names.map((name) => this.#values[this.#index.get(name) as number] as V);
    this.#names = names;
    for (const [i, name] of names.entries()) this.#index.set(name, i);
    this.#sorted = true;
  }
}
