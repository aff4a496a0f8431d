import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CreateTableCommand, ScanCommand } from "@aws-sdk/client-dynamodb";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { DynamoStore } from "../../lib/adapters/dynamo/dynamo-store.ts";
import { type Embedded, startEmbedded } from "../../lib/adapters/dynamo/embedded.ts";
import { ensureTable } from "../../lib/adapters/dynamo/schema.ts";
import { main } from "../../lib/cli/index.ts";
import type { Decision } from "../../lib/domain/model/decision.ts";

/** The commands reach the database like one of AWS: over a socket, with what the SDK's own chain finds. */
const TABLE = "controller-table";
let database: Embedded;
let folder = "";
let nowMs = 0;

beforeAll(async () => {
  database = await startEmbedded();
  folder = mkdtempSync(join(tmpdir(), "deployed-commands-"));
  await ensureTable(database.client, TABLE);
  // What a deployment would have written by now: half a simulated hour, moved into the table by the commands themselves.
  await json("local", "--headless", "--for", "30m", "--data", join(folder, "run"));
  nowMs = Date.parse((await json<{ now: string }>("status", "--data", join(folder, "run"))).now);
  await json("export", join(folder, "state.json"), "--data", join(folder, "run"));
});
afterAll(async () => {
  await database.close();
  rmSync(folder, { recursive: true, force: true });
});
beforeEach(() => {
  vi.stubEnv("AWS_ENDPOINT_URL", database.endpoint);
  vi.stubEnv("AWS_REGION", "eu-central-1");
  vi.stubEnv("AWS_ACCESS_KEY_ID", "test");
  vi.stubEnv("AWS_SECRET_ACCESS_KEY", "test");
  vi.stubEnv("AWS_EC2_METADATA_DISABLED", "true");
  // The table's newest records are of then.
  vi.useFakeTimers({ toFake: ["Date"], now: nowMs });
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllEnvs();
});

async function command(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  const out: string[] = [];
  const err: string[] = [];
  const code = await main(args, { out: (text) => out.push(text), err: (text) => err.push(text) });
  return { code, out: out.join("\n"), err: err.join("\n") };
}
async function json<T>(...args: string[]): Promise<T> {
  const { code, out, err } = await command(...args, "--json");
  expect({ args, code, err }).toEqual({ args, code: 0, err: "" });
  return JSON.parse(out) as T;
}
const deployed = async <T>(...args: string[]): Promise<T> => json<T>(...args, "--table", TABLE);

describe("the operator's commands on a deployment", () => {
  it("steer it: every one of them", async () => {
    const { items } = await deployed<{ items: number }>("restore", join(folder, "state.json"));
    expect(items).toBeGreaterThan(200);
    const status = await deployed<{ fleets: { mode: string; components: unknown[] }[] }>("status");
    expect(status).toMatchObject({
      table: TABLE,
      region: "eu-central-1",
      seed: null,
      pid: null,
      monitorAgeSeconds: expect.any(Number) as number,
    });
    expect(status.fleets[0]).toMatchObject({ mode: "observe", paused: false });
    expect(status.fleets[0]?.components).toHaveLength(7);

    await deployed("mode", "recommend", "--component", "price_feeds");
    await deployed("pause", "--reason", "a test");
    const store = await DynamoStore.open(database.client, TABLE);
    expect(await store.readLedger("default")).toMatchObject({
      componentModeOverride: { price_feeds: "recommend" },
      paused: true,
    });
    await deployed("resume");
    expect(await store.readLedger("default")).toMatchObject({ paused: false });

    const { decision } = await deployed<{ decision: Decision }>("decide", "price_feeds", "CPU_UTILIZATION", "99", "65");
    expect(decision).toMatchObject({ component: "price_feeds", decidedAtMs: nowMs, status: "AWAITING_APPROVAL" });
    await deployed("approve", decision.id, "--by", "ada");
    expect(await store.readDecision("default", decision.id)).toMatchObject({ status: "PENDING", approvedBy: "ada" });
    expect(await deployed("explain", decision.id, "--replay")).toMatchObject({ replay: { same: true } });
    const { decisions } = await deployed<{ decisions: Decision[] }>("decisions", "--status", "PENDING");
    expect(decisions.map(({ id }) => id)).toContain(decision.id);

    expect(await deployed("metrics")).toMatchObject({ fleets: [{ fleet: "default" }] });
    expect(await deployed("dashboard")).toMatchObject({ schemaVersion: 1 });
    const copy = join(folder, "copy.json");
    expect(await deployed<{ items: number }>("export", copy)).toMatchObject({ file: copy });
    expect((await command("restore", copy, "--table", TABLE)).err).toMatch(/replace/);
    await deployed("restore", copy, "--replace");
  });

  it("say in words which deployment they looked at", async () => {
    const { out } = await command("status", "--table", TABLE, "--region", "us-west-2");
    expect(out).toMatch(/table controller-table in us-west-2, the monitor last wrote .* ago/);
  });

  it("refuse a configuration that is not the deployed one: a pause would pause nothing", async () => {
    const file = join(folder, "other.json");
    writeFileSync(file, JSON.stringify({ fleets: [{ name: "other", components: [{ name: "web" }] }] }));
    const { code, err } = await command("pause", "--table", TABLE, "--config", file);
    expect(code).toBe(1);
    expect(err).toMatch(/the table knows no fleet other[^]*--config/);
    expect(await (await DynamoStore.open(database.client, TABLE)).readLedger("other")).toBeUndefined();
    writeFileSync(file, JSON.stringify({ fleets: [{ name: "default", components: [] }] }));
    expect((await command("pause", "--table", TABLE, "--config", file)).err).toMatch(/components/);
  });

  it.each([
    [["status", "--table", "t", "--data", "d"], 2, /--data <dir>' cannot be used with option '--table/],
    [["pause", "--data", "d", "--config", "c.json"], 2, /cannot be used with/],
    [["status", "--region", "eu-west-1"], 1, /are of a deployment[^]*--table/],
  ])("know whose options are whose: %j", async (args, code, message) => {
    const ended = await command(...args);
    expect(ended).toMatchObject({ code, out: "" });
    expect(ended.err).toMatch(message);
  });
});

describe("a deployment that cannot be reached", () => {
  it("no such table, and no table of ours", async () => {
    expect((await command("status", "--table", "none")).err).toMatch(
      /the table none cannot be used[^]*no such table in this account and region[^]*AWS said/,
    );
    await database.client.send(
      new CreateTableCommand({
        TableName: "foreign",
        BillingMode: "PAY_PER_REQUEST",
        AttributeDefinitions: [{ AttributeName: "id", AttributeType: "S" }],
        KeySchema: [{ AttributeName: "id", KeyType: "HASH" }],
      }),
    );
    expect(await command("status", "--table", "foreign")).toMatchObject({
      code: 1,
      out: "",
      err: expect.stringMatching(/not a table of this program/) as string,
    });
  });

  it("an empty table is left empty by whoever only looks", async () => {
    await ensureTable(database.client, "empty");
    const { code, err } = await command("status", "--table", "empty");
    expect(code).toBe(1);
    expect(err).toMatch(/the table knows no fleet default[^]*wait a minute for the monitor/);
    const { Count } = await database.client.send(new ScanCommand({ TableName: "empty" }));
    expect(Count).toBe(0);
  });

  it("no credentials, no region, nobody there", async () => {
    vi.stubEnv("AWS_ENDPOINT_URL", "http://127.0.0.1:1");
    expect((await command("status", "--table", TABLE)).err).toMatch(/nobody answers there/);
    vi.stubEnv("AWS_ACCESS_KEY_ID", undefined);
    vi.stubEnv("AWS_SECRET_ACCESS_KEY", undefined);
    vi.stubEnv("AWS_PROFILE", undefined);
    vi.stubEnv("AWS_CONFIG_FILE", "/nonexistent");
    vi.stubEnv("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent");
    expect((await command("status", "--table", TABLE)).err).toMatch(/there are no AWS credentials/);
    vi.stubEnv("AWS_REGION", undefined);
    expect((await command("status", "--table", TABLE)).err).toMatch(/no region is known[^]*--region/);
  });

  it.each([
    ["AccessDeniedException", "User: arn:aws:iam::1:user/x is not authorized", /may not do it[^]*not authorized/],
    ["ExpiredTokenException", "The security token included in the request is expired", /sign in again/],
    ["UnrecognizedClientException", "The security token included in the request is invalid.", /not valid/],
  ])("refused with %s", async (name, message, expected) => {
    const server = await answering(400, { __type: `com.amazon.coral.service#${name}`, message });
    try {
      vi.stubEnv("AWS_ENDPOINT_URL", `http://127.0.0.1:${(server.address() as AddressInfo).port}`);
      const { code, out, err } = await command("pause", "--table", TABLE);
      expect({ code, out }).toEqual({ code: 1, out: "" });
      expect(err).toMatch(expected);
    } finally {
      server.closeAllConnections();
      server.close();
    }
  });
});

/** A server that refuses everything, as AWS would. */
async function answering(status: number, body: unknown): Promise<Server> {
  const server = createServer((_, response) => {
    response.writeHead(status, { "content-type": "application/x-amz-json-1.0" }).end(JSON.stringify(body));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return server;
}
