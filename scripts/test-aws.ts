/**
 * `npm run test:aws`: what is made for AWS, run without an account. The store's contract against Amazon's DynamoDB Local,
 * and the bundled functions, as they are deployed, against an emulator of AWS (moto server) over HTTP: from published
 * metrics to changed services. Installs what it needs under .test-aws/ and says so; nothing of it is a dependency.
 */
import { execFile } from "node:child_process";
import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { Checks } from "./test-aws/checks.ts";
import { checkFunctions } from "./test-aws/functions.ts";
import { installDynamoDbLocal, installEmulator, NotInstalled } from "./test-aws/installation.ts";
import { startServer, tail } from "./test-aws/server-process.ts";

const ROOT = join(import.meta.dirname, "..");
const FOLDER = join(ROOT, ".test-aws");
const LOGS = join(FOLDER, "logs");
const say = (line: string): void => console.log(line);

/** The contract suite that the embedded database passes too. */
async function checkStoreContract(checks: Checks): Promise<void> {
  checks.part("Amazon's DynamoDB Local");
  let args: string[];
  try {
    args = await installDynamoDbLocal(FOLDER, say);
  } catch (error) {
    if (!(error instanceof NotInstalled)) throw error;
    checks.skip("the store's contract", `${error.message}; it is run where there is one`);
    return;
  }
  const server = await startServer({
    name: "DynamoDB Local",
    command: "java",
    args: (port) => [...args, "-port", String(port)],
    logFile: join(LOGS, "dynamodb-local.log"),
  });
  try {
    await checks.check("the store keeps its contract", async () => runContract(server.url));
  } finally {
    await server.stop();
  }
}

async function runContract(endpoint: string): Promise<void> {
  const vitest = join(ROOT, "node_modules", "vitest", "vitest.mjs");
  const env = { ...process.env, SCALING_CONTROLLER_TEST_DYNAMODB_ENDPOINT: endpoint, NO_COLOR: "1" };
  const run = promisify(execFile)(process.execPath, [vitest, "run", "test/contracts/dynamo-store.test.ts"], {
    cwd: ROOT,
    env,
  });
  const { stdout } = await run.catch((error: { stdout?: string; stderr?: string }) => {
    throw new Error(tail(`${error.stdout ?? ""}\n${error.stderr ?? ""}`, 60));
  });
  if (!/Tests +\d+ passed/.test(stdout)) throw new Error(`no test was run:\n${tail(stdout)}`);
}

async function checkEmulated(checks: Checks): Promise<void> {
  checks.part("the emulator (moto server)");
  let python: string;
  try {
    python = await installEmulator(FOLDER, say);
  } catch (error) {
    if (!(error instanceof NotInstalled) || process.env["SCALING_CONTROLLER_REQUIRE_EMULATOR"] !== undefined)
      throw error;
    checks.skip("the functions", error.message);
    return;
  }
  const server = await startServer({
    name: "the emulator",
    command: python,
    args: (port) => ["-m", "moto.server", "-H", "127.0.0.1", "-p", String(port)],
    logFile: join(LOGS, "emulator.log"),
  });
  try {
    await checkFunctions({ checks, emulator: server.url, folder: FOLDER, logs: LOGS });
  } finally {
    await server.stop();
  }
}

// The SDK announces a future minimum of Node; this output is not the place for it.
process.env["AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED"] ??= "true";
const startedMs = performance.now();
rmSync(LOGS, { recursive: true, force: true });
mkdirSync(LOGS, { recursive: true });
const checks = new Checks(say);
try {
  await checkStoreContract(checks);
  await checkEmulated(checks);
} catch (error) {
  // What could not be set up is a failure like any other, and ends the rest.
  await checks.check("set-up", async () => {
    throw error;
  });
}
say(`\n${((performance.now() - startedMs) / 1000).toFixed(0)} s; the processes' logs are in ${LOGS}`);
say(checks.summary());
process.exitCode = checks.failed === 0 ? 0 : 1;
