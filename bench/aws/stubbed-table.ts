import { Bucket, type CallMeter } from "./call-meter.ts";

type Attribute = { S?: string; N?: string; BOOL?: boolean };
type Item = Record<string, Attribute>;
type Body = Record<string, unknown>;

/** Answer of a service: what it throttles is not 200. */
export interface Answer {
  readonly status: number;
  readonly body: object;
}

const MEGABYTE = 1_048_576;
/** A partition takes 1,000 write and 3,000 read units a second, a new on-demand table 4,000 and 12,000 (DynamoDB guide). */
const PARTITION = { write: 1000, read: 3000 };
const TABLE = { write: 4000, read: 12_000 };
const THROTTLED: Answer = {
  status: 400,
  body: { __type: "com.amazonaws.dynamodb.v20120810#ThrottlingException", message: "Throughput exceeds the limit" },
};

/** As much of a DynamoDB table as the store uses, in memory, with the capacity of a new on-demand table. */
export class StubbedTable {
  readonly #partitions = new Map<string, Map<string, Item>>();
  readonly #sorted = new Map<string, string[]>();
  readonly #buckets = new Map<string, Bucket>();
  readonly #meter: CallMeter;
  /** Items of one `putAll`, in the batch that is not full yet: its calls come one after the other. */
  #written = new Map<string, number>();

  constructor(meter: CallMeter) {
    this.#meter = meter;
  }

  answer(operation: string, body: Body, nowMs: number): Answer {
    const answer = this.#answer(operation, body, nowMs);
    const tally = this.#meter.of(`dynamodb:${operation}`);
    tally.calls++;
    if (answer.status !== 200) tally.throttled++;
    return answer;
  }

  /** Adds what the batches of the pass could have been at the least: a batch takes 25 items of any kind. */
  settle(): void {
    for (const [, items] of this.#written) this.#meter.of("dynamodb:BatchWriteItem").minimum += Math.ceil(items / 25);
    this.#written = new Map();
  }

  #answer(operation: string, body: Body, nowMs: number): Answer {
    switch (operation) {
      case "GetItem":
        return this.#get(body, nowMs);
      case "Query":
        return this.#query(body, nowMs);
      case "PutItem":
        return this.#put(body, nowMs);
      case "Scan":
        return this.#scan();
      case "BatchWriteItem":
        return this.#batch(body, nowMs);
      default:
        return { status: 400, body: { __type: "ValidationException", message: `no ${operation} in this stub` } };
    }
  }

  #get({ Key }: Body, nowMs: number): Answer {
    const { pk, sk } = Key as Item;
    const found = this.#partitions.get(pk?.S ?? "")?.get(sk?.S ?? "");
    if (!this.#draw("read", pk?.S ?? "", unitsOf(found, 4096), nowMs)) return THROTTLED;
    this.#meter.of("dynamodb:GetItem").minimum++;
    return { status: 200, body: found === undefined ? {} : { Item: found } };
  }

  #query(body: Body, nowMs: number): Answer {
    const values = body["ExpressionAttributeValues"] as Item;
    const pk = values[":pk"]?.S ?? "";
    const [prefix, from, to] = [values[":prefix"]?.S, values[":from"]?.S ?? "", values[":to"]?.S ?? ""];
    const after = (body["ExclusiveStartKey"] as Item | undefined)?.["sk"]?.S;
    const partition = this.#partitions.get(pk) ?? new Map<string, Item>();
    const items: Item[] = [];
    let bytes = 0;
    let last: string | undefined;
    for (const sk of this.#keysOf(pk)) {
      if (after !== undefined && sk <= after) continue;
      if (prefix === undefined ? sk < from || sk > to : !sk.startsWith(prefix)) continue;
      const item = partition.get(sk);
      if (item === undefined) continue;
      items.push(item);
      bytes += bytesOf(item);
      if (bytes > MEGABYTE) {
        last = sk;
        break;
      }
    }
    if (!this.#draw("read", pk, Math.ceil(bytes / 4096), nowMs)) return THROTTLED;
    this.#meter.of("dynamodb:Query").minimum++;
    const next = last === undefined ? {} : { LastEvaluatedKey: { pk: { S: pk }, sk: { S: last } } };
    return { status: 200, body: { Items: items, Count: items.length, ...next } };
  }

  /** Whether there is anything, when a store is opened: at most one page. */
  #scan(): Answer {
    this.#meter.of("dynamodb:Scan").minimum++;
    const all = [...this.#partitions.values()].flatMap((partition) => [...partition.values()]);
    return { status: 200, body: { Items: all.slice(0, 1000), Count: Math.min(1000, all.length) } };
  }

  #put(body: Body, nowMs: number): Answer {
    const item = body["Item"] as Item;
    const { pk, sk } = item;
    const old = this.#partitions.get(pk?.S ?? "")?.get(sk?.S ?? "");
    if (!this.#draw("write", pk?.S ?? "", Math.max(unitsOf(item, 1024), unitsOf(old, 1024)), nowMs)) return THROTTLED;
    this.#meter.of("dynamodb:PutItem").minimum++;
    if (!holds(body, old))
      return {
        status: 400,
        body: { __type: "com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException", message: "failed" },
      };
    this.#store(item);
    return { status: 200, body: {} };
  }

  #batch(body: Body, nowMs: number): Answer {
    const [table = "", requests = []] = Object.entries(body["RequestItems"] as Record<string, unknown[]>)[0] ?? [];
    const left: unknown[] = [];
    for (const request of requests as { PutRequest?: { Item: Item } }[]) {
      const item = request.PutRequest?.Item;
      if (item === undefined) continue;
      if (this.#draw("write", item["pk"]?.S ?? "", unitsOf(item, 1024), nowMs)) {
        const kind = `${item["pk"]?.S?.split("#")[0]}`;
        this.#written.set(kind, (this.#written.get(kind) ?? 0) + 1);
        this.#store(item);
      } else left.push(request);
    }
    if (left.length === requests.length) return THROTTLED;
    return { status: 200, body: { UnprocessedItems: left.length === 0 ? {} : { [table]: left } } };
  }

  #draw(kind: "read" | "write", pk: string, units: number, nowMs: number): boolean {
    const bucket = (name: string, rate: number) => {
      const known = this.#buckets.get(name) ?? new Bucket(rate, rate);
      this.#buckets.set(name, known);
      return known;
    };
    return bucket(`${kind} ${pk}`, PARTITION[kind]).take(units, nowMs) && bucket(kind, TABLE[kind]).take(units, nowMs);
  }

  #store(item: Item): void {
    const [pk, sk] = [item["pk"]?.S ?? "", item["sk"]?.S ?? ""];
    const partition = this.#partitions.get(pk) ?? new Map<string, Item>();
    this.#partitions.set(pk, partition);
    if (!partition.has(sk)) this.#sorted.delete(pk);
    partition.set(sk, item);
  }

  #keysOf(pk: string): readonly string[] {
    const known = this.#sorted.get(pk);
    if (known !== undefined) return known;
    const keys = [...(this.#partitions.get(pk)?.keys() ?? [])].sort((a, b) => (a < b ? -1 : 1));
    this.#sorted.set(pk, keys);
    return keys;
  }
}

/** The three conditions of lib/adapters/dynamo/table.ts. */
function holds({ ConditionExpression, ExpressionAttributeValues: values }: Body, old: Item | undefined): boolean {
  const version = Number(old?.["version"]?.N);
  const given = values as Item | undefined;
  if (ConditionExpression === undefined) return true;
  if (ConditionExpression === "attribute_not_exists(pk)") return old === undefined;
  if (ConditionExpression === "#version = :is") return version === Number(given?.[":is"]?.N);
  return old === undefined || version < Number(given?.[":below"]?.N);
}

const sizes = new WeakMap<Item, number>();
function bytesOf(item: Item): number {
  const known = sizes.get(item);
  if (known !== undefined) return known;
  const size = Object.entries(item).reduce(
    (sum, [name, { S, N = "" }]) => sum + name.length + (S === undefined ? Math.ceil(N.length / 2) + 1 : S.length),
    0,
  );
  sizes.set(item, size);
  return size;
}

function unitsOf(item: Item | undefined, size: number): number {
  return Math.max(1, Math.ceil((item === undefined ? 0 : bytesOf(item)) / size));
}
