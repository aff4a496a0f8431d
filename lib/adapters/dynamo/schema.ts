import { setTimeout as delay } from "node:timers/promises";
import {
  CreateTableCommand,
  DescribeTableCommand,
  type DynamoDBClient,
  ResourceInUseException,
  ResourceNotFoundException,
} from "@aws-sdk/client-dynamodb";
import { DependencyError } from "../../domain/model/errors.ts";
import { type Key, META } from "../keys.ts";
import { type Row, storeError, type Table } from "./table.ts";

/** Version of keys and layout of the whole table. Records have versions of their own. */
export const SCHEMA_VERSION = 1;

/** Creates the table if it is not there and waits until it can be used. For local use; on AWS the stack owns the table. */
export async function ensureTable(client: DynamoDBClient, name: string, waitMs = 30_000): Promise<void> {
  try {
    if ((await statusOf(client, name)) === undefined) await create(client, name);
    for (let waited = 0; (await statusOf(client, name)) !== "ACTIVE"; waited += 20) {
      if (waited >= waitMs) throw new DependencyError(`the table ${name} did not become usable within ${waitMs} ms`);
      await delay(20);
    }
  } catch (error) {
    throw error instanceof DependencyError ? error : storeError("create its table", name, error);
  }
}

async function statusOf(client: DynamoDBClient, name: string): Promise<string | undefined> {
  try {
    const { Table } = await client.send(new DescribeTableCommand({ TableName: name }));
    return Table?.TableStatus;
  } catch (error) {
    if (error instanceof ResourceNotFoundException) return undefined;
    throw error;
  }
}

async function create(client: DynamoDBClient, name: string): Promise<void> {
  const input = {
    TableName: name,
    BillingMode: "PAY_PER_REQUEST",
    AttributeDefinitions: [
      { AttributeName: "pk", AttributeType: "S" },
      { AttributeName: "sk", AttributeType: "S" },
    ],
    KeySchema: [
      { AttributeName: "pk", KeyType: "HASH" },
      { AttributeName: "sk", KeyType: "RANGE" },
    ],
  } as const;
  try {
    await client.send(
      new CreateTableCommand({
        ...input,
        AttributeDefinitions: [...input.AttributeDefinitions],
        KeySchema: [...input.KeySchema],
      }),
    );
  } catch (error) {
    if (!(error instanceof ResourceInUseException)) throw error; // somebody else is creating it
  }
}

interface Meta {
  readonly schema: number;
  /** A restore is under way, or died half-way: the table holds neither the old nor the new state. */
  readonly restoring?: boolean;
}

/**
 * Makes sure that this program may use the table: an empty one is marked as ours, one of another version or with a
 * half-done restore is refused and left as it is. Whoever only reads takes a table without a mark for empty: it needs no
 * permission to look through it.
 */
export async function checkTable(table: Table, options: { forRestore: boolean; readOnly: boolean }): Promise<void> {
  const row = await table.get(META, true);
  if (row === undefined) {
    if (options.readOnly) return;
    for await (const { pk, sk } of table.scan("keys")) {
      if (!isMeta({ pk, sk }))
        throw new DependencyError(
          `the table ${table.name} holds items but no version: it was not written by this program`,
        );
    }
    await table.putIf(metaRow({ schema: SCHEMA_VERSION }), "absent"); // losing means somebody else just did the same
    return;
  }
  const { schema, restoring } = readMeta(row);
  if (schema !== SCHEMA_VERSION) {
    throw new DependencyError(
      `the table ${table.name} was written by version ${String(schema)}; this program reads version ${SCHEMA_VERSION}`,
      { schema },
    );
  }
  if (restoring === true && !options.forRestore) {
    throw new DependencyError(
      `a restore into the table ${table.name} was interrupted; restore again, replacing what is there`,
    );
  }
}

/** Marks the table as being, or no longer being, replaced as a whole. */
export async function markRestoring(table: Table, restoring: boolean): Promise<void> {
  await table.put(metaRow(restoring ? { schema: SCHEMA_VERSION, restoring } : { schema: SCHEMA_VERSION }));
}

export function isMeta({ pk, sk }: Key): boolean {
  return pk === META.pk && sk === META.sk;
}

function metaRow(meta: Meta): Row {
  return { ...META, v: 1, data: JSON.stringify(meta) };
}

function readMeta(row: Row): { schema: unknown; restoring?: unknown } {
  try {
    const data: unknown = JSON.parse(row.data);
    if (typeof data === "object" && data !== null && "schema" in data) return data;
  } catch {
    // Unreadable is as foreign as another version.
  }
  return { schema: "unknown" };
}
