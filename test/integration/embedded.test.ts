import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { DynamoStore } from "../../lib/adapters/dynamo/dynamo-store.ts";
import { localClient, startEmbedded } from "../../lib/adapters/dynamo/embedded.ts";
import { ensureTable } from "../../lib/adapters/dynamo/schema.ts";
import { DependencyError, InputError } from "../../lib/domain/model/errors.ts";
import type { ModelRecord } from "../../lib/ports.ts";
import { aLedger, aSample, aState, FLEET } from "../contracts/store-records.ts";

let folder: string;
const children: ChildProcess[] = [];
beforeEach(() => {
  folder = join(mkdtempSync(join(tmpdir(), "embedded-")), "data");
});
afterEach(() => {
  for (const child of children.splice(0)) child.kill("SIGKILL");
  rmSync(join(folder, ".."), { recursive: true, force: true });
});

/** A process of its own that writes samples into the folder, one for each line it prints, until it is killed. */
async function writer(): Promise<{ child: ChildProcess; written: () => number }> {
  const script = fileURLToPath(new URL("../fixtures/embedded-writer.ts", import.meta.url));
  const child = spawn(process.execPath, ["--import", "tsx", script, folder], { stdio: ["ignore", "pipe", "inherit"] });
  children.push(child);
  let text = "";
  child.stdout?.on("data", (data: Buffer) => {
    text += data.toString();
  });
  const written = () => text.split("\n").length - 1;
  while (written() < 20) await once(child.stdout as NodeJS.ReadableStream, "data");
  return { child, written };
}

async function killed({ child }: { child: ChildProcess }): Promise<void> {
  child.kill("SIGKILL");
  await once(child, "close");
}

async function refusal(path = folder): Promise<string> {
  const error = await startEmbedded({ path }).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(InputError);
  return (error as InputError).message;
}

describe("a data folder", () => {
  test("keeps everything that was answered when its process is killed", async () => {
    const run = await writer();
    await killed(run);
    const database = await startEmbedded({ path: folder });
    const store = await DynamoStore.open(database.client, "state");
    const samples = await store.readSamples(FLEET, "a", 0, Infinity);
    expect(samples.length).toBeGreaterThanOrEqual(run.written());
    expect(samples.map((each) => each.endMs)).toEqual(samples.map((_, i) => i));
    await database.close();
    expect(existsSync(join(folder, "lock.json"))).toBe(false);
  });

  test("is refused while another process has it, naming process and folder", async () => {
    const run = await writer();
    expect(await refusal()).toBe(
      `The data folder ${folder} is in use\n  process ${run.child.pid} has it open; stop it, or choose another folder`,
    );
    await killed(run);
    await (await startEmbedded({ path: folder })).close();
  });

  test("is refused to this process too while it has it open, and free after closing", async () => {
    const database = await startEmbedded({ path: folder, version: "0.1.0" });
    expect(await refusal()).toContain(`process ${process.pid} has it open`);
    await database.close();
    await (await startEmbedded({ path: folder })).close();
    expect(JSON.parse(readFileSync(join(folder, "meta.json"), "utf8"))).toEqual({ format: 1, version: "0.1.0" });
  });

  test.each([
    ["a process that is gone", JSON.stringify({ pid: 2 ** 22 + 1, started: "1" })],
    ["an earlier process with our number", JSON.stringify({ pid: process.pid, started: "1" })],
    // Only where the kernel tells when a process was started.
    ...(existsSync("/proc/self/stat")
      ? [["an earlier process with the number of a living one", JSON.stringify({ pid: process.ppid, started: "1" })]]
      : []),
    ["nobody: it is damaged", "{"],
  ])("whose lock is that of %s is taken over", async (_, lock) => {
    mkdirSync(folder);
    writeFileSync(join(folder, "lock.json"), lock);
    const database = await startEmbedded({ path: folder });
    expect(JSON.parse(readFileSync(join(folder, "lock.json"), "utf8"))).toMatchObject({ pid: process.pid });
    await database.close();
    expect(readdirSync(folder).sort()).toEqual(["database", "meta.json"]);
  });

  test.skipIf(!existsSync("/proc/self/stat"))(
    "whose holder was killed and not yet waited for is taken over",
    async () => {
      // The child must outlive the shell: one that ends before the shell has become `sleep` is waited for by it.
      const parent = spawn("sh", ["-c", "sleep 1 & echo $!; exec sleep 20"], { stdio: ["ignore", "pipe", "inherit"] });
      try {
        const [pid] = (await once(parent.stdout, "data")).map((text: Buffer) => Number(text.toString()));
        const stat = () => readFileSync(`/proc/${pid}/stat`, "utf8").split(") ").at(-1)?.split(" ") ?? [];
        await expect.poll(() => stat()[0], { timeout: 10_000 }).toBe("Z");
        mkdirSync(folder, { recursive: true });
        writeFileSync(join(folder, "lock.json"), JSON.stringify({ pid, started: stat()[19] }));
        const embedded = await startEmbedded({ path: folder });
        expect(JSON.parse(readFileSync(join(folder, "lock.json"), "utf8"))).toMatchObject({ pid: process.pid });
        await embedded.close();
      } finally {
        parent.kill();
      }
    },
  );

  test.each([
    ["of another format", '{"format":2,"version":"9.0.0"}', "it has format 2; this program reads format 1"],
    ["with a damaged meta.json", '{"format":', "meta.json cannot be read: it is damaged or not of this program"],
    ["with a foreign meta.json", "[]", "meta.json cannot be read: it is damaged or not of this program"],
  ])("%s is refused and left as it is", async (_, meta, reason) => {
    mkdirSync(folder);
    writeFileSync(join(folder, "meta.json"), meta);
    expect(await refusal()).toBe(`The data folder ${folder} cannot be used\n  ${reason}`);
    expect(readdirSync(folder)).toEqual(["meta.json"]);
    expect(readFileSync(join(folder, "meta.json"), "utf8")).toBe(meta);
  });

  test("that is somebody else's is refused and left as it is", async () => {
    mkdirSync(folder);
    writeFileSync(join(folder, "thesis.doc"), "");
    expect(await refusal()).toContain("it holds thesis.doc but no meta.json");
    expect(readdirSync(folder)).toEqual(["thesis.doc"]);
  });
});

describe("the embedded database", () => {
  test("keeps the newest version of an item and not all there ever were, also when it is listed in between", async () => {
    const database = await startEmbedded({ path: folder });
    await ensureTable(database.client, "state");
    const store = await DynamoStore.open(database.client, "state");
    const writes = 300;
    const bytes = 100_000;
    for (let i = 0; i < writes; i++) {
      // Other bytes each time, that do not compress.
      const model = { noise: randomBytes((bytes * 3) / 4).toString("base64") } as unknown as ModelRecord["model"];
      await store.writeModels(FLEET, [{ v: 1, component: "a", metric: "cpuUsed", model }]);
      await store.readModels(FLEET);
    }
    await database.close();
    const files = readdirSync(join(folder, "database")).map((name) => statSync(join(folder, "database", name)).size);
    expect(files.reduce((sum, size) => sum + size, 0)).toBeLessThan((writes * bytes) / 2);
  });

  test("is reached over HTTP by others, with the same answers", async () => {
    const database = await startEmbedded();
    await ensureTable(database.client, "state");
    const here = await DynamoStore.open(database.client, "state");
    const client = localClient(database.endpoint);
    const there = await DynamoStore.open(client, "state");
    await here.writeStates(FLEET, [aState("a"), aState("é")]);
    expect(await there.readStates(FLEET)).toEqual(await here.readStates(FLEET));
    expect(await there.writeLedger(aLedger(1))).toEqual({ won: true });
    expect(await here.writeLedger(aLedger(1))).toEqual({ won: false });
    expect(await there.writeLedger(aLedger(1))).toEqual({ won: false });
    for (const each of [client, database.client])
      await expect(DynamoStore.open(each, "no-such-table")).rejects.toThrow(/ResourceNotFoundException/);
    client.destroy();
    await database.close();
  });

  test("answers what its disk says instead of ending the process", async () => {
    const database = await startEmbedded({ path: folder });
    await ensureTable(database.client, "state");
    const store = await DynamoStore.open(database.client, "state");
    rmSync(join(folder, "database"), { recursive: true });
    const writes = Array.from({ length: 3000 }, (_, i) => ({ component: `a${i}`, sample: aSample() }));
    // The log file is gone but open; LevelDB notices when it has to start the next one.
    const failure = await (async () => {
      for (let i = 0; i < 40; i++) await store.appendSamples(`fleet-${i}`, writes);
      return undefined;
    })().catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(DependencyError);
    expect((failure as Error).message).toMatch(/InternalServerError: .*(No such file|IO error)/);
    await database.close().catch(() => undefined);
  });
});
