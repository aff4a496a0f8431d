import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { compileDeployment, loadConfig } from "../../lib/config/index.ts";
import { FUNCTION_ENVIRONMENT } from "../../lib/deployment.ts";
import { BEAT_MS, LOOPS, type LoopName } from "../../lib/flow.ts";
import { bundleFunctions } from "../../lib/infrastructure/bundle.ts";
import { Account, CREDENTIALS, REGION, TABLE } from "./account.ts";
import type { Checks } from "./checks.ts";
import { CONFIG, MEMBERS } from "./fleet.ts";
import { Front } from "./front.ts";
import { FunctionProcess } from "./function-process.ts";
import { Rollouts } from "./rollouts.ts";
import { tell } from "./scenario.ts";
import { tail } from "./server-process.ts";
import { Timeline } from "./timeline.ts";

interface Place {
  readonly checks: Checks;
  /** Address of the emulator. */
  readonly emulator: string;
  readonly folder: string;
  readonly logs: string;
}

/** Bundles the functions, makes an account in the emulator, and lets them live in it. */
export async function checkFunctions({ checks, emulator, folder, logs }: Place): Promise<void> {
  const bundles = bundleFunctions(join(folder, "bundles"));
  const deployment = join(folder, "deployment.json");
  writeFileSync(deployment, JSON.stringify(compileDeployment(loadConfig(CONFIG))));
  const startMs = Math.floor(Date.now() / (10 * BEAT_MS)) * 10 * BEAT_MS;
  const rollouts = new Rollouts(startMs);
  const front = new Front(emulator, rollouts);
  const account = new Account(emulator);
  await prepare(account);
  const endpoint = await front.start();
  const process = (name: LoopName, table = TABLE): FunctionProcess =>
    new FunctionProcess({
      name,
      bundle: join(bundles[name], "index.mjs"),
      logFile: join(logs, `${name}${table === TABLE ? "" : "-without-table"}.log`),
      env: environmentOf({ name, table, endpoint, deployment, account }),
    });
  const functions = {
    monitor: process("monitor"),
    decision: process("decision"),
    execution: process("execution"),
    optimization: process("optimization"),
  };
  const withoutTable = process("execution", "no-such-table");
  const timeline = new Timeline({ startMs, account, rollouts, functions });
  const failedBefore = checks.failed;
  try {
    await tell({ checks, front, rollouts, account, timeline, withoutTable });
  } finally {
    await Promise.all([...Object.values(functions), withoutTable].map((each) => each.stop()));
    await front.stop();
    account.close();
  }
  checks.note(`${timeline.runs.length} invocations, ${front.calls.length} calls, ${minutesOf(timeline)} minutes`);
  checks.note("emulator-limited: ECS tells no start-up times and no rollouts; scripts/test-aws/rollouts.ts adds them");
  checks.note("emulator-limited: metric math other than a metric's own id, IAM, StopServiceDeployment, throttling");
  if (checks.failed > failedBefore) {
    for (const { name } of LOOPS)
      checks.note(`end of ${name}.log:\n${tail(readFileSync(join(logs, `${name}.log`), "utf8"), 5)}`);
  }
}

function minutesOf({ startMs, nowMs }: Timeline): number {
  return (nowMs - startMs) / 60_000;
}

async function prepare(account: Account): Promise<void> {
  await account.make();
  const setups = Object.values(MEMBERS).map(({ setup }) => setup);
  for (const cluster of new Set(setups.map((each) => each.cluster))) await account.makeCluster(cluster);
  for (const [name, { setup }] of Object.entries(MEMBERS)) if (name !== "ghost") await account.makeService(setup);
}

function environmentOf(of: {
  name: LoopName;
  table: string;
  endpoint: string;
  deployment: string;
  account: Account;
}): Record<string, string> {
  const { name, table, endpoint, deployment, account } = of;
  const wakes: Partial<Record<LoopName, LoopName>> = { monitor: "decision", decision: "execution" };
  const wakeQueue = wakes[name];
  return {
    AWS_ENDPOINT_URL: endpoint,
    AWS_REGION: REGION,
    AWS_ACCESS_KEY_ID: CREDENTIALS.accessKeyId,
    AWS_SECRET_ACCESS_KEY: CREDENTIALS.secretAccessKey,
    AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: "true",
    AWS_LAMBDA_FUNCTION_NAME: name,
    [FUNCTION_ENVIRONMENT.table]: table,
    [FUNCTION_ENVIRONMENT.topic]: account.topic,
    [FUNCTION_ENVIRONMENT.deployment]: deployment,
    ...(wakeQueue === undefined ? {} : { [FUNCTION_ENVIRONMENT.wakeQueue]: account.queueOf(wakeQueue) }),
  };
}
