import { execFile } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { DynamoStore } from "../../lib/adapters/dynamo/dynamo-store.ts";
import { type Embedded, startEmbedded } from "../../lib/adapters/dynamo/embedded.ts";
import { ensureTable } from "../../lib/adapters/dynamo/schema.ts";
import { type Deployment, FUNCTION_ENVIRONMENT } from "../../lib/deployment.ts";
import { BEAT_MS } from "../../lib/flow.ts";
import { describeBundles, FUNCTIONS, type FunctionBundle, type FunctionName } from "../../lib/infrastructure/bundle.ts";
import { VERSION } from "../../lib/version.ts";
import { aFleet, aLedger, aState, aWindow, NOW_MS } from "../support/fleet-builders.ts";
import { aMessage, anEvent } from "../support/sqs-events.ts";

const BYTES_MAX = 1_500_000;
const TABLE = "function-bundles";
const CLIENTS: Readonly<Record<FunctionName, readonly string[]>> = {
  monitor: ["application-auto-scaling", "cloudwatch", "dynamodb", "ecs", "sns", "sqs"],
  decision: ["dynamodb", "sqs"],
  execution: ["application-auto-scaling", "dynamodb", "ecs"],
  optimization: ["dynamodb"],
  widget: ["dynamodb"],
};

const folder = mkdtempSync(join(tmpdir(), "function-bundles-"));
const fleet = aFleet({ name: "shop" });
let bundles: Record<FunctionName, FunctionBundle>;
let database: Embedded;

beforeAll(async () => {
  bundles = describeBundles(folder);
  database = await startEmbedded();
  await ensureTable(database.client, TABLE);
});
afterAll(async () => {
  await database.close();
  rmSync(folder, { recursive: true });
});

describe("the bundles", () => {
  test.each(FUNCTIONS)("%s is small, and has the SDK clients that it uses and nothing of the local mode", (name) => {
    const { bytes, packages, folder: own } = bundles[name];
    expect(bytes).toBeLessThanOrEqual(BYTES_MAX);
    const clients = packages.flatMap((each) => /^@aws-sdk\/client-(.*)$/.exec(each)?.[1] ?? []);
    expect(clients).toEqual(CLIENTS[name]);
    for (const local of ["dynalite", "commander", "tsx", "esbuild"]) expect(packages).not.toContain(local);
    expect(existsSync(join(own, "index.mjs"))).toBe(true);
  });
});

interface Run {
  readonly result: string;
  readonly lines: readonly Record<string, unknown>[];
}

/** Loads a bundle in a process of its own, as Lambda does, and gives it one event. */
async function invoke(name: FunctionName, event: unknown, environment: Record<string, string> = {}): Promise<Run> {
  const { folder: own } = bundles[name];
  const script = `
    const { handler } = await import(${JSON.stringify(pathToFileURL(join(own, "index.mjs")).href)});
    const context = { awsRequestId: "request-1", getRemainingTimeInMillis: () => 25000 };
    try { console.error("RESULT " + (await handler(${JSON.stringify(event)}, context) ?? "done")); }
    catch (error) { console.error("RESULT " + error.name + ": " + error.message); }`;
  const env = {
    AWS_REGION: "us-east-1",
    AWS_ACCESS_KEY_ID: "local",
    AWS_SECRET_ACCESS_KEY: "local",
    AWS_ENDPOINT_URL_DYNAMODB: database.endpoint,
    // Nobody listens there.
    AWS_ENDPOINT_URL_SQS: "http://127.0.0.1:9",
    AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: "true",
    [FUNCTION_ENVIRONMENT.table]: TABLE,
    [FUNCTION_ENVIRONMENT.wakeQueue]: "http://127.0.0.1:9/123456789012/execution",
    ...environment,
  };
  const { stdout, stderr } = await new Promise<{ stdout: string; stderr: string }>((resolve, reject) => {
    execFile(process.execPath, ["--input-type=module", "-e", script], { env }, (error, out, err) =>
      error === null ? resolve({ stdout: out, stderr: err }) : reject(new Error(err, { cause: error })),
    );
  });
  const lines = stdout.split("\n").filter((line) => line !== "");
  return {
    result: /^RESULT ([\s\S]*)/m.exec(stderr)?.[1]?.trim() ?? stderr,
    lines: lines.map((line) => JSON.parse(line) as Record<string, unknown>),
  };
}

function deploy(name: FunctionName, document: Partial<Deployment> = {}): void {
  const whole: Deployment = { format: 1, version: VERSION, fleets: [fleet], targets: [], ...document };
  writeFileSync(join(bundles[name].folder, "deployment.json"), JSON.stringify(whole));
}

describe("a bundle as Lambda runs it", () => {
  test("decides from the table, emits metrics, and survives that nobody can be woken; a second receive does nothing", async () => {
    deploy("decision");
    const store = await DynamoStore.open(database.client, TABLE);
    const nowMs = Date.now();
    const window = aWindow({ cpuUsed: 1900 }).map((sample) => ({ ...sample, endMs: sample.endMs - NOW_MS + nowMs }));
    await store.writeLedger(aLedger(fleet));
    await store.writeStates("shop", [aState("service-a", window)]);
    const event = anEvent(aMessage({ kind: "beat", delaySeconds: 0 }, nowMs));

    const { result, lines } = await invoke("decision", event);
    expect(result).toBe("done");
    const scheduledMs = Math.floor(nowMs / BEAT_MS) * BEAT_MS;
    expect((await store.readActions("shop", 0, nowMs + 60_000)).map(({ id, status }) => [id, status])).toEqual([
      [`service-a@${scheduledMs}`, "PENDING"],
    ]);
    expect(lines.find(({ TicksCompleted }) => TicksCompleted === 1)).toMatchObject({
      Deployment: TABLE,
      Loop: "decision",
      requestId: "request-1",
      coldStart: true,
      tick: scheduledMs,
    });
    expect(lines.find(({ Fleet }) => Fleet === "shop")).toMatchObject({
      decisions: [`service-a@${scheduledMs}`],
    });
    expect(lines.find(({ level }) => level === "WARN")?.["message"]).toBe(
      "loop not woken; its next beat does the work",
    );

    const second = await invoke("decision", event);
    expect(second.result).toBe("done");
    const ticks = second.lines.filter(({ message }) => message === "tick");
    expect(ticks.map(({ TicksSkipped, skippedBecause }) => [TicksSkipped, skippedBecause])).toEqual([[1, "claimed"]]);
  });

  test("the widget shows what was decided, and an empty table without writing to it", async () => {
    deploy("widget");
    await ensureTable(database.client, "empty");
    const empty = await invoke("widget", {}, { [FUNCTION_ENVIRONMENT.table]: "empty" });
    expect(empty.result).toContain("No decisions in this range of time.");
    expect(await (await DynamoStore.open(database.client, "empty", { readOnly: true })).countItems()).toBe(0);
    const shown = await invoke("widget", { fleet: "shop" });
    expect(shown.result).toContain("service-a SCALE_");
  });

  test("a table that is not there is told, with its name", async () => {
    deploy("optimization");
    const event = anEvent(aMessage({ kind: "beat", delaySeconds: 0 }, Date.now()));
    const { result, lines } = await invoke("optimization", event, { [FUNCTION_ENVIRONMENT.table]: "nowhere" });
    expect(result).toMatch(
      /^DependencyError: the state store \(table nowhere\) did not read: ResourceNotFoundException/,
    );
    expect(lines.find(({ LoopErrors }) => LoopErrors === 1)).toMatchObject({ Loop: "optimization" });
  });

  test("a document of another version is refused before anything is read", async () => {
    deploy("decision", { version: "0.0.1" });
    const { result } = await invoke("decision", anEvent(aMessage({ kind: "beat", delaySeconds: 0 }, Date.now())));
    expect(result).toContain('version is "0.0.1"');
  });

  test("without its environment it does not start, and says what is missing", async () => {
    const nothing = { [FUNCTION_ENVIRONMENT.wakeQueue]: "" };
    await expect(invoke("monitor", {}, nothing)).rejects.toThrow(`${FUNCTION_ENVIRONMENT.topic} is not set`);
    await expect(invoke("decision", {}, nothing)).rejects.toThrow(`${FUNCTION_ENVIRONMENT.wakeQueue} is not set`);
  });
});
