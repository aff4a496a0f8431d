import { randomUUID } from "node:crypto";
import type { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { DynamoDBDocumentClient, PutCommand } from "@aws-sdk/lib-dynamodb";
import { afterAll, beforeAll, expect, test } from "vitest";
import { DynamoStore } from "../../lib/adapters/dynamo/dynamo-store.ts";
import { localClient, startEmbedded } from "../../lib/adapters/dynamo/embedded.ts";
import { ensureTable } from "../../lib/adapters/dynamo/schema.ts";
import { DependencyError } from "../../lib/domain/model/errors.ts";
import { stateStoreContract } from "./state-store.contract.ts";
import { aLedger, aState, FLEET } from "./store-records.ts";

/** Another server with the same protocol, e.g. DynamoDB Local; without it the embedded one. */
const endpoint = process.env["SCALING_CONTROLLER_TEST_DYNAMODB_ENDPOINT"];
let client: DynamoDBClient;
let stop: () => Promise<void>;

async function start(): Promise<void> {
  if (endpoint === undefined) {
    const database = await startEmbedded();
    client = database.client;
    stop = () => database.close();
  } else {
    client = localClient(endpoint);
    stop = async () => client.destroy();
  }
}
async function emptyTable(): Promise<string> {
  const name = `contract-${randomUUID()}`;
  await ensureTable(client, name);
  return name;
}

stateStoreContract(`DynamoStore on ${endpoint ?? "the embedded database"}`, {
  start,
  stop: () => stop(),
  empty: async () => DynamoStore.open(client, await emptyTable()),
});

const put = async (TableName: string, Item: Record<string, unknown>): Promise<void> => {
  await DynamoDBDocumentClient.from(client).send(new PutCommand({ TableName, Item }));
};

test.describe("a table of another version", () => {
  beforeAll(start);
  afterAll(() => stop());

  test("an item of an unknown version is refused by name", async () => {
    const name = await emptyTable();
    const store = await DynamoStore.open(client, name);
    await put(name, { pk: "FLEET#default", sk: "STATE#a", v: 2, data: "{}" });
    await put(name, { pk: "FLEET#default", sk: "LEDGER", v: 2, version: 1, data: "{}" });
    await expect(store.readStates(FLEET)).rejects.toThrow(
      "item FLEET#default STATE#a cannot be read: unknown version 2",
    );
    await expect(store.readLedger(FLEET)).rejects.toThrow(
      "item FLEET#default LEDGER cannot be read: unknown version 2",
    );
    await expect(store.readLedger(FLEET)).rejects.toThrow(DependencyError);
  });

  test("an item that is no JSON, or not what its key says, is refused by name", async () => {
    const name = await emptyTable();
    const store = await DynamoStore.open(client, name);
    await put(name, { pk: "FLEET#default", sk: "LEDGER", v: 1, data: "{" });
    await expect(store.readLedger(FLEET)).rejects.toThrow(
      "item FLEET#default LEDGER cannot be read: its data is no JSON",
    );
    await put(name, { pk: "FLEET#default", sk: "STATE#a", v: 1, data: '{"v":1}' });
    await expect(store.readStates(FLEET)).rejects.toThrow(/item FLEET#default STATE#a cannot be read: component/);
  });

  test("a table of another schema, or not of this program, is refused and left as it is", async () => {
    const newer = await emptyTable();
    await put(newer, { pk: "META", sk: "META", v: 1, data: '{"schema":2}' });
    await expect(DynamoStore.open(client, newer)).rejects.toThrow(
      /was written by version 2; this program reads version 1/,
    );
    const foreign = await emptyTable();
    await put(foreign, { pk: "customer", sk: "1" });
    await expect(DynamoStore.open(client, foreign)).rejects.toThrow(/not written by this program/);
    await expect(DynamoStore.open(client, foreign)).rejects.toThrow(DependencyError);
    await expect(DynamoStore.open(client, "no-such-table")).rejects.toThrow(
      /table no-such-table\) did not read: ResourceNotFoundException/,
    );
  });

  test("opening again is fine, also by many at once", async () => {
    const name = await emptyTable();
    const stores = await Promise.all(Array.from({ length: 10 }, () => DynamoStore.open(client, name)));
    await stores[0]?.writeLedger(aLedger(1));
    expect(await stores[9]?.readLedger(FLEET)).toEqual(aLedger(1));
    expect(await (await DynamoStore.open(client, name)).countItems()).toBe(1);
  });

  test("an interrupted restore is refused until it is done again", async () => {
    const name = await emptyTable();
    const store = await DynamoStore.open(client, name);
    await store.writeStates(FLEET, [aState()]);
    const items = await store.exportItems();
    await put(name, { pk: "META", sk: "META", v: 1, data: '{"schema":1,"restoring":true}' });
    await expect(DynamoStore.open(client, name)).rejects.toThrow(/restore into the table .* was interrupted/);
    const again = await DynamoStore.open(client, name, { forRestore: true });
    await again.importItems(items, { replace: true });
    expect(await (await DynamoStore.open(client, name)).readStates(FLEET)).toEqual([aState()]);
  });
});
