import { randomBytes } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { ConditionalCheckFailedException, type DynamoDBClient } from "@aws-sdk/client-dynamodb";
import {
  BatchWriteCommand,
  type BatchWriteCommandInput,
  DynamoDBDocumentClient,
  GetCommand,
  PutCommand,
  QueryCommand,
  type QueryCommandInput,
  ScanCommand,
} from "@aws-sdk/lib-dynamodb";
import { DependencyError } from "../../domain/model/errors.ts";
import type { Cas } from "../../ports.ts";
import type { Key } from "../keys.ts";
import type { Item } from "../records.ts";
import { packed, unpacked } from "./packing.ts";

/**
 * An item as it lies in the table. The record is one JSON text: nothing inside it is ever queried or conditioned on, and
 * one text is a third of the work of a tree of typed attributes on either end; where that is cheaper it is packed
 * (packing.ts), which nobody outside of Table sees. What conditions, clean-up and people in
 * the console need stands beside it.
 */
export interface Row extends Key {
  readonly v: number;
  readonly data: string;
  /** What compare-and-set compares: the record's version, or the number of a tick. */
  readonly version?: number | undefined;
  /** Differs with every attempt to write: tells "my own retry met its condition" from "somebody else was first". */
  readonly writer?: string | undefined;
  /** Of an action, for purging and for people. */
  readonly status?: string | undefined;
  /** Epoch seconds after which DynamoDB may delete the item. Only cleans up: no logic depends on it. */
  readonly ttl?: number | undefined;
}

/** A row as it lies in the table: long texts are packed. */
type StoredRow = Omit<Row, "data"> & { readonly data: string | Uint8Array };

function packedRow(row: Row): StoredRow {
  return { ...row, data: packed(row.data) };
}

/** Rows of which only some attributes were asked for have no text. */
function unpackedRow(row: StoredRow): Row {
  if (!(row.data instanceof Uint8Array)) return row as Row;
  try {
    return { ...row, data: unpacked(row.data) };
  } catch (error) {
    const { message } = error instanceof Error ? error : { message: String(error) };
    throw new DependencyError(`item ${row.pk} ${row.sk} cannot be read: ${message}`, {}, { cause: error });
  }
}

/** When to write: nothing there; this version there; or nothing or an older version there. */
export type Condition = "absent" | { readonly version: number } | { readonly below: number };

export interface TableOptions {
  /** Waits between retries of unprocessed writes; replaced in tests. */
  readonly sleep?: (ms: number) => Promise<unknown>;
}

const BATCH = 25; // BatchWriteItem takes no more
const PARALLEL = 4;
const UNPROCESSED_RETRIES = 8;
/** A partition that is at its 1,000 write units a second takes a whole batch again after some tenths of one. */
const BACKOFF_MS = 200;
const BACKOFF_MAX_MS = 2_000;

/** The few things that are done to the table. SDK errors are translated here and nowhere else. */
export class Table {
  readonly name: string;
  readonly #doc: DynamoDBDocumentClient;
  readonly #sleep: (ms: number) => Promise<unknown>;

  constructor(client: DynamoDBClient, name: string, options: TableOptions = {}) {
    this.name = name;
    this.#doc = DynamoDBDocumentClient.from(client, { marshallOptions: { removeUndefinedValues: true } });
    this.#sleep = options.sleep ?? delay;
  }

  async get(key: Key, consistent: boolean): Promise<Row | undefined> {
    const { Item } = await this.#send("read", () =>
      this.#doc.send(
        new GetCommand({ TableName: this.name, Key: { pk: key.pk, sk: key.sk }, ConsistentRead: consistent }),
      ),
    );
    return Item && unpackedRow(Item as StoredRow);
  }

  /** Rows of a partition whose sort key lies in [from, to], ascending; page by page until the end or `limit`. */
  async query(
    pk: string,
    range: { from: string; to: string } | { prefix: string },
    options: { consistent: boolean; limit?: number; project?: readonly string[] },
  ): Promise<Row[]> {
    const rows: Row[] = [];
    let start: QueryCommandInput["ExclusiveStartKey"];
    do {
      const input = this.#queryInput(pk, range, options, start);
      const page = await this.#send("list", () => this.#doc.send(new QueryCommand(input)));
      rows.push(...((page.Items ?? []) as StoredRow[]).map(unpackedRow));
      start = page.LastEvaluatedKey;
    } while (start !== undefined && rows.length < (options.limit ?? Infinity));
    return options.limit === undefined ? rows : rows.slice(0, options.limit);
  }

  #queryInput(
    pk: string,
    range: { from: string; to: string } | { prefix: string },
    options: { consistent: boolean; limit?: number; project?: readonly string[] },
    start: QueryCommandInput["ExclusiveStartKey"],
  ): QueryCommandInput {
    const names = options.project?.map((each): [string, string] => [`#${each}`, each]);
    return {
      TableName: this.name,
      KeyConditionExpression:
        "prefix" in range ? "pk = :pk AND begins_with(sk, :prefix)" : "pk = :pk AND sk BETWEEN :from AND :to",
      ExpressionAttributeValues:
        "prefix" in range
          ? { ":pk": pk, ":prefix": range.prefix }
          : { ":pk": pk, ":from": range.from, ":to": range.to },
      ConsistentRead: options.consistent,
      ...(options.limit === undefined ? {} : { Limit: options.limit }),
      ...(names === undefined
        ? {}
        : {
            ProjectionExpression: names.map(([alias]) => alias).join(", "),
            ExpressionAttributeNames: Object.fromEntries(names),
          }),
      ...(start === undefined ? {} : { ExclusiveStartKey: start }),
    };
  }

  /**
   * Writes under a condition. When the condition fails, a consistent read tells whether the row there is this very
   * attempt (the SDK sent it again after its first answer was lost): then it won.
   *
   *   we:    put ──lost answer──▶ put again ── condition fails ── read: writer is ours ─▶ won
   *   other:                                   condition fails ── read: writer is not  ─▶ lost
   */
  async putIf(row: Row, condition: Condition): Promise<Cas> {
    const writer = randomBytes(9).toString("base64url");
    const put = new PutCommand({
      TableName: this.name,
      Item: { ...packedRow(row), writer },
      ...conditionOf(condition),
    });
    try {
      await this.#send("write", () => this.#doc.send(put));
      return { won: true };
    } catch (error) {
      if (!(error instanceof ConditionalCheckFailedException)) throw error;
    }
    return { won: (await this.get(row, true))?.writer === writer };
  }

  async put(row: Row): Promise<void> {
    await this.#send("write", () => this.#doc.send(new PutCommand({ TableName: this.name, Item: packedRow(row) })));
  }

  /** Writes rows whatever was there; of two with one key the last counts. */
  async putAll(rows: readonly Row[]): Promise<void> {
    const unique = new Map(rows.map((row) => [`${row.pk} ${row.sk}`, row]));
    await this.#batches([...unique.values()].map((row) => ({ PutRequest: { Item: packedRow(row) } })));
  }

  async deleteAll(keys: readonly Key[]): Promise<void> {
    await this.#batches(keys.map(({ pk, sk }) => ({ DeleteRequest: { Key: { pk, sk } } })));
  }

  /** Every row, in no order; the whole table is read. */
  async *scan(project?: "keys"): AsyncGenerator<Row> {
    let start: QueryCommandInput["ExclusiveStartKey"];
    do {
      const projection = project === undefined ? {} : { ProjectionExpression: "pk, sk" };
      const input = {
        TableName: this.name,
        ConsistentRead: true,
        ...projection,
        ...(start === undefined ? {} : { ExclusiveStartKey: start }),
      };
      const page = await this.#send("scan", () => this.#doc.send(new ScanCommand(input)));
      yield* ((page.Items ?? []) as StoredRow[]).map(unpackedRow);
      start = page.LastEvaluatedKey;
    } while (start !== undefined);
  }

  async #batches(requests: readonly Requests[number][]): Promise<void> {
    const chunks: Requests[] = [];
    for (let i = 0; i < requests.length; i += BATCH) chunks.push(requests.slice(i, i + BATCH));
    const worker = async (): Promise<void> => {
      for (let chunk = chunks.shift(); chunk !== undefined; chunk = chunks.shift()) await this.#batch(chunk);
    };
    await Promise.all(Array.from({ length: Math.min(PARALLEL, chunks.length) }, worker));
  }

  async #batch(chunk: Requests): Promise<void> {
    let left = chunk;
    for (let attempt = 0; ; attempt++) {
      const input = { RequestItems: { [this.name]: left } };
      const { UnprocessedItems } = await this.#send("write", () => this.#doc.send(new BatchWriteCommand(input)));
      left = UnprocessedItems?.[this.name] ?? [];
      if (left.length === 0) return;
      if (attempt === UNPROCESSED_RETRIES)
        throw new DependencyError(`the state store took ${chunk.length - left.length} of ${chunk.length} items only`, {
          table: this.name,
        });
      // Half fixed, half random: callers that were throttled together do not come back together.
      const backoff = Math.min(BACKOFF_MAX_MS, BACKOFF_MS * 2 ** attempt);
      await this.#sleep(backoff / 2 + (Math.random() * backoff) / 2);
    }
  }

  async #send<T>(what: string, call: () => Promise<T>): Promise<T> {
    try {
      return await call();
    } catch (error) {
      if (error instanceof ConditionalCheckFailedException) throw error;
      throw storeError(what, this.name, error);
    }
  }
}

type Requests = NonNullable<NonNullable<BatchWriteCommandInput["RequestItems"]>[string]>;

function conditionOf(condition: Condition): {
  ConditionExpression: string;
  ExpressionAttributeNames?: Record<string, string>;
  ExpressionAttributeValues?: Record<string, number>;
} {
  if (condition === "absent") return { ConditionExpression: "attribute_not_exists(pk)" };
  const ExpressionAttributeNames = { "#version": "version" };
  if ("version" in condition)
    return {
      ConditionExpression: "#version = :is",
      ExpressionAttributeNames,
      ExpressionAttributeValues: { ":is": condition.version },
    };
  return {
    ConditionExpression: "attribute_not_exists(pk) OR #version < :below",
    ExpressionAttributeNames,
    ExpressionAttributeValues: { ":below": condition.below },
  };
}

/** What the SDK threw, in one sentence that an operator can act on; the original is the cause. */
export function storeError(what: string, table: string, error: unknown): DependencyError {
  const { name, message } = error instanceof Error ? error : { name: "unknown", message: String(error) };
  const status = (error as { $metadata?: { httpStatusCode?: number } } | null)?.$metadata?.httpStatusCode;
  return new DependencyError(
    `the state store (table ${table}) did not ${what}: ${name}: ${message || "no message"}`,
    { table, what, name, status },
    { cause: error },
  );
}

/** Row of an item. */
export function rowOf(item: Item, marks: Pick<Row, "version" | "status" | "ttl"> = {}): Row {
  return { pk: item.pk, sk: item.sk, v: item.v, data: JSON.stringify(item.data), ...marks };
}

/** Item of a row; a text that is no JSON is a clear error that names the item. */
export function itemOf(row: Row): Item {
  try {
    return {
      pk: row.pk,
      sk: row.sk,
      v: row.v,
      data: typeof row.data === "string" ? (JSON.parse(row.data) as unknown) : undefined,
    };
  } catch (error) {
    throw new DependencyError(`item ${row.pk} ${row.sk} cannot be read: its data is no JSON`, {}, { cause: error });
  }
}
