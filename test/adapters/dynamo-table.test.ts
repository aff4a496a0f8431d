import { ConditionalCheckFailedException, DynamoDBClient, DynamoDBServiceException } from "@aws-sdk/client-dynamodb";
import { BatchWriteCommand, DynamoDBDocumentClient, GetCommand, PutCommand, QueryCommand } from "@aws-sdk/lib-dynamodb";
import { mockClient } from "aws-sdk-client-mock";
import { afterAll, beforeEach, describe, expect, test } from "vitest";
import { type Row, Table } from "../../lib/adapters/dynamo/table.ts";
import { DependencyError } from "../../lib/domain/model/errors.ts";

const dynamo = mockClient(DynamoDBDocumentClient);
afterAll(() => dynamo.restore());
beforeEach(() => dynamo.reset());

const waits: number[] = [];
const client = new DynamoDBClient({ region: "us-east-1", credentials: { accessKeyId: "x", secretAccessKey: "x" } });
const table = new Table(client, "state", { sleep: async (ms) => void waits.push(ms) });
beforeEach(() => void waits.splice(0));

const row = (sk = "LEDGER"): Row => ({ pk: "FLEET#f", sk, v: 1, data: "{}", version: 3 });
const conditionFailed = new ConditionalCheckFailedException({
  message: "The conditional request failed",
  $metadata: {},
});
const failure = (name: string, message: string, status: number) =>
  new DynamoDBServiceException({
    name,
    message,
    $fault: status < 500 ? "client" : "server",
    $metadata: { httpStatusCode: status },
  });

describe("a conditional write", () => {
  test("whose condition fails because its own first answer was lost has won", async () => {
    let written: Record<string, unknown> | undefined;
    dynamo.on(PutCommand).callsFake((input: { Item: Record<string, unknown> }) => {
      written = input.Item;
      throw conditionFailed;
    });
    dynamo.on(GetCommand).callsFake(() => ({ Item: written }));
    expect(await table.putIf(row(), { version: 2 })).toEqual({ won: true });
    expect(dynamo.commandCalls(GetCommand)[0]?.args[0].input).toMatchObject({
      Key: { pk: "FLEET#f", sk: "LEDGER" },
      ConsistentRead: true,
    });
  });

  test("that finds the same content by another writer has lost", async () => {
    dynamo.on(PutCommand).rejects(conditionFailed);
    for (const Item of [{ ...row(), writer: "another" }, row(), undefined]) {
      dynamo.on(GetCommand).resolves(Item === undefined ? {} : { Item });
      expect(await table.putIf(row(), { version: 2 })).toEqual({ won: false });
    }
  });

  test("names its condition, and no two attempts share a writer", async () => {
    dynamo.on(PutCommand).resolves({});
    await table.putIf(row(), "absent");
    await table.putIf(row(), { version: 2 });
    await table.putIf(row(), { below: 7 });
    const inputs = dynamo.commandCalls(PutCommand).map((call) => call.args[0].input);
    expect(inputs.map((each) => each.ConditionExpression)).toEqual([
      "attribute_not_exists(pk)",
      "#version = :is",
      "attribute_not_exists(pk) OR #version < :below",
    ]);
    expect(inputs.map((each) => each.ExpressionAttributeValues)).toEqual([undefined, { ":is": 2 }, { ":below": 7 }]);
    expect(new Set(inputs.map((each) => (each.Item as Row).writer)).size).toBe(3);
  });
});

describe("a write of many items", () => {
  const rows = Array.from({ length: 60 }, (_, i) => row(`STATE#${i}`));

  test("goes in calls of 25, each item once", async () => {
    dynamo.on(BatchWriteCommand).resolves({});
    await table.putAll([...rows, row("STATE#7")]);
    const sizes = dynamo
      .commandCalls(BatchWriteCommand)
      .map((call) => call.args[0].input.RequestItems?.["state"]?.length);
    expect(sizes).toEqual([25, 25, 10]);
    await table.putAll([]);
    expect(dynamo.commandCalls(BatchWriteCommand)).toHaveLength(3);
  });

  test("sends again what was not processed, later each time", async () => {
    let calls = 0;
    const sent: number[] = [];
    dynamo.on(BatchWriteCommand).callsFake((input: { RequestItems: { state: unknown[] } }) => {
      const requests = input.RequestItems.state;
      sent.push(requests.length);
      calls += 1;
      return calls < 4 ? { UnprocessedItems: { state: requests.slice(5) } } : { UnprocessedItems: {} };
    });
    await table.putAll(rows.slice(0, 20));
    expect(sent).toEqual([20, 15, 10, 5]);
    expect(waits).toHaveLength(3);
    for (const [i, wait] of waits.entries()) {
      expect(wait).toBeGreaterThanOrEqual((200 * 2 ** i) / 2);
      expect(wait).toBeLessThanOrEqual(200 * 2 ** i);
    }
  });

  test("gives up with a count after capped waits", async () => {
    dynamo.on(BatchWriteCommand).callsFake((input: { RequestItems: { state: unknown[] } }) => ({
      UnprocessedItems: { state: input.RequestItems.state.slice(-2) },
    }));
    await expect(table.putAll(rows.slice(0, 10))).rejects.toThrow("the state store took 8 of 10 items only");
    expect(dynamo.commandCalls(BatchWriteCommand)).toHaveLength(9);
    expect(Math.max(...waits)).toBeLessThanOrEqual(2_000);
  });
});

describe("a list", () => {
  test("is read page by page", async () => {
    dynamo
      .on(QueryCommand)
      .resolvesOnce({ Items: [row("a")], LastEvaluatedKey: { pk: "FLEET#f", sk: "a" } })
      .resolvesOnce({ Items: [], LastEvaluatedKey: { pk: "FLEET#f", sk: "b" } })
      .resolvesOnce({ Items: [row("c")] });
    expect((await table.query("FLEET#f", { prefix: "" }, { consistent: true })).map((each) => each.sk)).toEqual([
      "a",
      "c",
    ]);
    expect(dynamo.commandCalls(QueryCommand).map((call) => call.args[0].input.ExclusiveStartKey?.["sk"])).toEqual([
      undefined,
      "a",
      "b",
    ]);
  });

  test("stops at its limit", async () => {
    dynamo.on(QueryCommand).resolves({ Items: [row("a"), row("b")], LastEvaluatedKey: { pk: "FLEET#f", sk: "b" } });
    expect(await table.query("FLEET#f", { from: "0", to: "9" }, { consistent: false, limit: 3 })).toHaveLength(3);
    expect(dynamo.commandCalls(QueryCommand)).toHaveLength(2);
  });
});

describe("an error of the SDK", () => {
  test.each([
    ["InternalServerError", "IO error: write: No space left on device (ENOSPC)", 500],
    ["AccessDeniedException", "not authorized to perform: dynamodb:PutItem", 400],
    ["ProvisionedThroughputExceededException", "slow down", 400],
  ])("%s becomes one DependencyError that says it all", async (name, message, status) => {
    const cause = failure(name, message, status);
    dynamo.onAnyCommand().rejects(cause);
    const calls = [
      table.get(row(), true),
      table.put(row()),
      table.putIf(row(), "absent"),
      table.putAll([row()]),
      table.query("p", { prefix: "" }, { consistent: true }),
    ];
    for (const result of await Promise.allSettled(calls)) {
      const error: unknown = result.status === "rejected" ? result.reason : undefined;
      expect(error).toBeInstanceOf(DependencyError);
      expect((error as Error).message).toMatch(
        new RegExp(`the state store \\(table state\\) did not (read|write|list): ${name}: `),
      );
      expect((error as Error).message).toContain(message);
      expect((error as Error).cause).toBe(cause);
      expect((error as DependencyError).details).toMatchObject({ table: "state", name, status });
    }
  });
});
