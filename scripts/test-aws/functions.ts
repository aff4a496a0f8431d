import { strict as assert } from "node:assert";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { readTickEvent } from "../../functions/tick-event.ts";
import { FUNCTION_ENVIRONMENT } from "../../lib/deployment.ts";
import { BEAT_MS, LOOPS } from "../../lib/flow.ts";
import { FUNCTIONS, type FunctionName } from "../../lib/infrastructure/bundle.ts";
import { Account, CREDENTIALS, REGION } from "./account.ts";
import type { Checks } from "./checks.ts";
import type { DeployedFunction } from "./deployed-function.ts";
import { CONFIG, MEMBERS } from "./fleet.ts";
import { Front } from "./front.ts";
import { FunctionProcess } from "./function-process.ts";
import { Rollouts } from "./rollouts.ts";
import { tell } from "./scenario.ts";
import { tail } from "./server-process.ts";
import { EmulatedStack } from "./stack.ts";
import { Timeline } from "./timeline.ts";

interface Place {
  readonly checks: Checks;
  /** Address of the emulator. */
  readonly emulator: string;
  readonly folder: string;
  readonly logs: string;
}

/** Deploys the stack into the emulator, and lets its functions live there. */
export async function checkFunctions(place: Place): Promise<void> {
  const { checks, emulator, folder } = place;
  const config = join(folder, "config.json");
  writeFileSync(config, JSON.stringify(CONFIG, null, 2));
  const stack = new EmulatedStack({ emulator, folder, config });
  const account = new Account(emulator);
  checks.part("the stack");
  const deployed = await checks.check(
    "cdk synth, bootstrap and deploy into the emulator's CloudFormation",
    async () => {
      await Promise.all([stack.synthesize(), stack.bootstrap()]);
      for (const [type, count] of await stack.deploy()) checks.note(`emulator-limited: without ${count} x ${type}`);
    },
  );
  if (!deployed) return checks.skip("the functions", "there is no stack");
  const functions = await stack.functions();
  await checks.check("the functions are wired as the template says: queues, wakes, redrive, runtime", async () => {
    await account.adopt(functions);
    await checkWiring(account, functions);
  });
  await checks.check("a queue takes the messages of its loop's schedule: one now, that of the half minute later", () =>
    checkBeats(account, stack),
  );
  try {
    await live(place, { account, config, functions });
  } finally {
    account.close();
  }
}

async function checkWiring(
  account: Account,
  functions: Readonly<Record<FunctionName, DeployedFunction>>,
): Promise<void> {
  for (const { name } of LOOPS) {
    const { RedrivePolicy = "{}" } = await account.queueAttributes(name);
    assert.equal(String((JSON.parse(RedrivePolicy) as { maxReceiveCount?: unknown }).maxReceiveCount), "2", name);
  }
  const wakeOf = (name: FunctionName): string | undefined =>
    functions[name].environment[FUNCTION_ENVIRONMENT.wakeQueue]?.split("/").at(-1);
  assert.equal(wakeOf("monitor"), functions.decision.queue);
  assert.equal(wakeOf("decision"), functions.execution.queue);
  for (const name of FUNCTIONS) assert.equal(functions[name].runtime, "nodejs24.x");
}

async function checkBeats(account: Account, stack: EmulatedStack): Promise<void> {
  const beats = stack.beats();
  for (const { name, everySeconds } of LOOPS) {
    const [taken, delayed] = await account.sendOnce(name, beats.get(name) ?? []);
    const records = taken.map(({ Body, Attributes }) => ({ body: Body, attributes: Attributes }));
    const { scheduledMs, problems } = readTickEvent({ Records: records });
    assert.deepEqual(problems, [], name);
    assert.equal(scheduledMs.length, 1, name);
    assert.ok(Math.abs(Date.now() - (scheduledMs[0] ?? 0)) < 2 * BEAT_MS, name);
    assert.equal(delayed, everySeconds < 60 ? 1 : 0, name);
  }
}

/** Everything that has to be made, and ended again, for the story. */
async function live({ checks, emulator, logs }: Place, { account, config, functions }: Stage): Promise<void> {
  const startMs = Math.floor(Date.now() / (10 * BEAT_MS)) * 10 * BEAT_MS;
  const rollouts = new Rollouts(startMs);
  const front = new Front(emulator, rollouts);
  await makeServices(account);
  const endpoint = await front.start();
  const process = (name: FunctionName, environment: Readonly<Record<string, string>> = {}): FunctionProcess => {
    const { folder, environment: own } = functions[name];
    return new FunctionProcess({
      name,
      bundle: join(folder, "index.mjs"),
      logFile: join(logs, `${name}.log`),
      env: { ...surroundings(endpoint), ...reachable(own, endpoint), ...environment },
    });
  };
  const loops = {
    monitor: process("monitor"),
    decision: process("decision"),
    execution: process("execution"),
    optimization: process("optimization"),
  };
  const widget = process("widget");
  const withoutTable = process("execution", { [FUNCTION_ENVIRONMENT.table]: "no-such-table" });
  const timeline = new Timeline({ startMs, account, rollouts, functions: loops });
  const failedBefore = checks.failed;
  try {
    await tell({ checks, front, rollouts, account, timeline, withoutTable, widget, config, emulator });
  } finally {
    await Promise.all([...Object.values(loops), widget, withoutTable].map((each) => each.stop()));
    await front.stop();
  }
  const minutes = (timeline.nowMs - timeline.startMs) / 60_000;
  checks.note(`${timeline.runs.length} invocations, ${front.calls.length} calls, ${minutes} minutes of their time`);
  checks.note(
    "emulator-limited: tasks start and roll out by scripts/test-aws/rollouts.ts, the emulator has no such thing",
  );
  checks.note(
    "emulator-limited, not covered: IAM, metric math, StopServiceDeployment, schedules, dead-letter delivery",
  );
  if (checks.failed === failedBefore) return;
  for (const { name } of LOOPS) {
    checks.note(`end of ${name}.log:\n${tail(readFileSync(join(logs, `${name}.log`), "utf8"), 5)}`);
  }
}

interface Stage {
  readonly account: Account;
  readonly config: string;
  readonly functions: Readonly<Record<FunctionName, DeployedFunction>>;
}

async function makeServices(account: Account): Promise<void> {
  const setups = Object.values(MEMBERS).map(({ setup }) => setup);
  for (const cluster of new Set(setups.map((each) => each.cluster))) await account.makeCluster(cluster);
  for (const [name, { setup }] of Object.entries(MEMBERS)) if (name !== "ghost") await account.makeService(setup);
}

/** What Lambda would add to a function's own environment. */
function surroundings(endpoint: string): Record<string, string> {
  return {
    AWS_ENDPOINT_URL: endpoint,
    AWS_REGION: REGION,
    AWS_ACCESS_KEY_ID: CREDENTIALS.accessKeyId,
    AWS_SECRET_ACCESS_KEY: CREDENTIALS.secretAccessKey,
    AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: "true",
  };
}

/** The SDK sends to the host in a queue's address, which in the stack's variables is AWS's own. */
function reachable(environment: Readonly<Record<string, string>>, endpoint: string): Record<string, string> {
  const queue = environment[FUNCTION_ENVIRONMENT.wakeQueue];
  if (queue === undefined) return { ...environment };
  return { ...environment, [FUNCTION_ENVIRONMENT.wakeQueue]: `${endpoint}${new URL(queue).pathname}` };
}
