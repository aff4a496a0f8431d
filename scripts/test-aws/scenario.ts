import { strict as assert } from "node:assert";
import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { DynamoStore } from "../../lib/adapters/dynamo/dynamo-store.ts";
import { explainDecision } from "../../lib/domain/decision/explain.ts";
import type { Decision } from "../../lib/domain/model/decision.ts";
import type { LoopName } from "../../lib/flow.ts";
import { type Account, CREDENTIALS, REGION } from "./account.ts";
import type { Checks } from "./checks.ts";
import { DENIED_CLUSTER, FLEET, MEMBERS } from "./fleet.ts";
import type { Call, Fault, Front } from "./front.ts";
import type { FunctionProcess } from "./function-process.ts";
import type { Rollouts } from "./rollouts.ts";
import type { Timeline } from "./timeline.ts";

export interface Scene {
  readonly account: Account;
  readonly front: Front;
  readonly rollouts: Rollouts;
  readonly timeline: Timeline;
  readonly checks: Checks;
  /** The execution function against a table that does not exist. */
  readonly withoutTable: FunctionProcess;
  readonly widget: FunctionProcess;
  /** The configuration file that was deployed. */
  readonly config: string;
  /** Address of the emulator. */
  readonly emulator: string;
}

/** Faults of the whole story: a cluster that may not be looked into, and calls that go wrong once. */
export function storyFaults(): (call: Call) => Fault | undefined {
  const once = new Set<string>();
  const first = (name: string): boolean => !once.has(name) && once.add(name).size > 0;
  return ({ api, body }) => {
    if (api === "ecs.DescribeServices" && body["cluster"] === DENIED_CLUSTER) {
      const message = `User: arn:aws:sts::123456789012:assumed-role/monitor is not authorized to perform: ecs:DescribeServices`;
      return { kind: "refuse", status: 400, type: "AccessDeniedException", message };
    }
    if (api === "cloudwatch.GetMetricData" && first(api)) return THROTTLED;
    if (api === "ecs.RegisterTaskDefinition") {
      const family = String(body["family"]);
      if (family === "pricing" && first(`${api} ${family}`)) return THROTTLED;
      if (family === "search" && first(`${api} ${family}`)) return { kind: "lose-answer" };
    }
    const isFeed = api === "ecs.UpdateService" && String(body["service"]).endsWith("/feed");
    return isFeed && first(api) ? { kind: "lose-answer" } : undefined;
  };
}

const THROTTLED: Fault = { kind: "refuse", status: 400, type: "ThrottlingException", message: "Rate exceeded" };

/** The story that the bundled functions live through, each chapter checked on the emulator's own state. */
export async function tell(scene: Scene): Promise<void> {
  const { checks, front, rollouts } = scene;
  front.fault = storyFaults();
  rollouts.breakNext("search");
  checks.part("a calm start");
  await checks.check("the functions start from their bundles, and read what there is", () => calmStart(scene));
  await checks.check("a missing and a denied service are isolated, and show as errors of the function", () =>
    isolated(scene),
  );
  checks.part("load jumps");
  await scene.timeline.pass(3);
  await checks.check("scale-out, from the metrics to MEASURED", () => scaleOut(scene, "web"));
  await checks.check("scale-out whose UpdateService answer was lost: sent once, succeeded", () => lostAnswer(scene));
  await checks.check(
    "resize, its registration throttled at first: one tagged revision, only its size differs, MEASURED",
    () => resize(scene),
  );
  await checks.check(
    "resize whose registration's answer was lost: registered once; its tasks do not start: rolled back, alert delivered",
    () => rollback(scene),
  );
  checks.part("people");
  await checks.check("the command steers the deployment: status, pause, resume", () => steer(scene));
  await checks.check("the dashboard's widget shows what was decided", () => look(scene));
  checks.part("events as they must not be");
  await checks.check("a duplicate tick does nothing", () => duplicate(scene));
  await checks.check("a stale tick does nothing", () => stale(scene));
  await checks.check("a beat is run by a clock that is 29 s behind, or 50 s ahead", () => skewed(scene));
  await checks.check("a malformed event fails and does nothing", () => malformed(scene));
  await checks.check("without its table a function fails and touches nothing", () => tableMissing(scene));
}

async function storeOf({ account }: Scene): Promise<DynamoStore> {
  return DynamoStore.open(account.dynamo, account.table);
}

async function actionsOf(scene: Scene, component: string): Promise<readonly Decision[]> {
  const { startMs, nowMs } = scene.timeline;
  const store = await storeOf(scene);
  return (await store.readActions(FLEET, startMs, nowMs + 60_000)).filter((each) => each.component === component);
}

/** Waits for the component's first action to reach a status, and returns it. */
async function actionWith(scene: Scene, component: string, status: Decision["status"]): Promise<Decision> {
  const find = async (): Promise<Decision | undefined> =>
    (await actionsOf(scene, component)).find((each) => each.status === status);
  const now = await find();
  if (now !== undefined) return now;
  await scene.timeline
    .until(`${component} ${status}`, async () => (await find()) !== undefined, 20)
    .catch(async (error: unknown) => {
      const seen = (await actionsOf(scene, component)).map(({ id, status: is, result }) => ({
        id,
        status: is,
        result,
      }));
      const held = await lastHold(scene, component);
      throw new Error(`${String(error)}; its actions: ${JSON.stringify(seen)}; last hold: ${held}`, { cause: error });
    });
  return (await find()) as Decision;
}

async function lastHold(scene: Scene, component: string): Promise<string> {
  const { startMs, nowMs } = scene.timeline;
  const last = (await (await storeOf(scene)).readHolds(FLEET, component, startMs, nowMs + 60_000)).at(-1);
  return last === undefined ? "none" : `${last.hold}: ${explainDecision(last)}`;
}

function setupOf(name: string) {
  const { setup } = MEMBERS[name] as (typeof MEMBERS)[string];
  return setup;
}

async function liveOf({ account }: Scene, name: string) {
  const { cluster, service } = setupOf(name);
  return account.liveService(cluster, service);
}

async function calmStart(scene: Scene): Promise<void> {
  await scene.timeline.pass(5);
  const states = await (await storeOf(scene)).readStates(FLEET);
  for (const name of ["web", "feed", "pricing", "search"]) {
    const state = states.find(({ component }) => component === name);
    assert.ok(state !== undefined, `no state of ${name}`);
    assert.deepEqual(state.service?.desired, {
      tasks: 2,
      size: { cpu: 500, memory: 1000, network: 100, storage: 0 },
    });
    assert.ok((await liveOf(scene, name)).tasks === 2);
  }
  assert.deepEqual(failuresOf(scene, "decision"), []);
  assert.deepEqual(scene.front.calls.filter(isWrite), []);
}

/** What a function threw so far. */
function failuresOf({ timeline }: Scene, loop: LoopName): string[] {
  return timeline.runs.flatMap(({ loop: of, invocation }) =>
    of === loop && invocation.kind === "threw" ? [`${invocation.name}: ${invocation.message}`] : [],
  );
}

async function isolated(scene: Scene): Promise<void> {
  const [first = ""] = failuresOf(scene, "monitor");
  assert.match(first, /PartialFailure/);
  assert.match(first, /ghost: .*no ECS service ghost/i);
  assert.match(first, /locked: .*ecs:DescribeServices/);
  for (const name of ["web", "feed", "pricing", "search"]) assert.doesNotMatch(first, new RegExp(`${name}:`));
  // One misconfigured service is one function's error: nothing is wanted of it, so execution has none.
  assert.deepEqual(failuresOf(scene, "execution"), []);
  // Lambda gives the message back to the queue; its second receive must end quietly.
  const failed = scene.timeline.runs.findLast(
    ({ loop, invocation }) => loop === "monitor" && invocation.kind === "threw",
  );
  const again = await scene.timeline.invoke("monitor", failed?.event, scene.timeline.nowMs + 20_000);
  assert.equal(again.kind, "returned");
}

async function scaleOut(scene: Scene, name: string): Promise<void> {
  const decision = await actionWith(scene, name, "MEASURED");
  assert.equal(decision.action, "SCALE_OUT");
  const live = await liveOf(scene, name);
  assert.deepEqual(live, { tasks: decision.plan?.steps[0]?.after.tasks, revision: `${name}:1` });
  assert.ok(live.tasks > 2);
  assert.ok((decision.result?.effectiveness ?? 0) > 50, JSON.stringify(decision.result));
  assert.equal(await scene.account.revisionsOf(name), 1);
  const woken = scene.timeline.runs.filter(({ event }) => JSON.stringify(event).includes("wake"));
  assert.ok(
    woken.some(({ loop }) => loop === "execution"),
    "the execution function was never woken",
  );
  const logged = scene.timeline.runs.filter(
    ({ loop, invocation }) => loop === "execution" && JSON.stringify(invocation.log).includes(decision.id),
  );
  assert.ok(logged.length > 0, "no log line of the execution function names the decision");
}

async function lostAnswer(scene: Scene): Promise<void> {
  await scaleOut(scene, "feed");
  assert.equal(updatesOf(scene, "feed").length, 1);
}

function updatesOf({ front }: Scene, name: string): readonly Call[] {
  return front.calls.filter(({ api, body }) => api === "ecs.UpdateService" && String(body["service"]).endsWith(name));
}

function registrationsOf({ front }: Scene, family: string): number {
  return front.calls.filter(({ api, body }) => api === "ecs.RegisterTaskDefinition" && body["family"] === family)
    .length;
}

async function resize(scene: Scene): Promise<void> {
  const decision = await actionWith(scene, "pricing", "MEASURED");
  assert.equal(decision.action, "SCALE_UP");
  assert.deepEqual(await liveOf(scene, "pricing"), { tasks: 2, revision: "pricing:2" });
  assert.equal(await scene.account.revisionsOf("pricing"), 2);
  const [before, after] = [await scene.account.definition("pricing:1"), await scene.account.definition("pricing:2")];
  const { cpu, memory, revision: _1, taskDefinitionArn: _2, registeredAt: _3, ...same } = after.definition;
  const { cpu: _4, memory: _5, revision: _6, taskDefinitionArn: _7, registeredAt: _8, ...expected } = before.definition;
  assert.deepEqual(same, expected);
  assert.ok(Number(cpu) > 512 && Number(memory) >= 1024, `${cpu} CPU units, ${memory} MiB`);
  const tags = Object.fromEntries(after.tags.map(({ key = "", value }) => [key, value]));
  assert.equal(tags["scaling-controller:decision"], decision.id);
  assert.equal(tags["owner"], "trading");
  assert.equal(registrationsOf(scene, "pricing"), 2);
  assert.equal(updatesOf(scene, "pricing").length, 1);
}

async function rollback(scene: Scene): Promise<void> {
  const decision = await actionWith(scene, "search", "ROLLED_BACK");
  assert.equal(decision.result?.reason, "rollout-failed");
  assert.deepEqual(await liveOf(scene, "search"), { tasks: 2, revision: "search:1" });
  assert.equal(await scene.account.revisionsOf("search"), 2);
  assert.equal(registrationsOf(scene, "search"), 1);
  await scene.timeline.pass(2);
  const delivered = (await scene.account.drain("alerts")).map(({ Body = "" }) => Body);
  assert.ok(
    delivered.some((body) => body.includes("search")),
    `no alert about search among ${delivered.length} delivered: ${delivered.join("\n")}`,
  );
}

/** The operator's command in a process of its own, as a person runs it. */
async function command({ account, config, emulator }: Scene, ...args: string[]): Promise<unknown> {
  const bin = join(import.meta.dirname, "../../bin/scaling-controller.js");
  const where = ["--table", account.table, "--region", REGION, "--config", config, "--json"];
  const env = {
    PATH: process.env["PATH"] ?? "",
    AWS_ENDPOINT_URL: emulator,
    AWS_ACCESS_KEY_ID: CREDENTIALS.accessKeyId,
    AWS_SECRET_ACCESS_KEY: CREDENTIALS.secretAccessKey,
  };
  const { stdout } = await promisify(execFile)(process.execPath, [bin, ...args, ...where], { env });
  return JSON.parse(stdout) as unknown;
}

async function steer(scene: Scene): Promise<void> {
  const { fleets } = (await command(scene, "status")) as { fleets: { components: { component: string }[] }[] };
  assert.deepEqual(fleets[0]?.components.map(({ component }) => component).sort(), Object.keys(MEMBERS).sort());
  const store = await storeOf(scene);
  await command(scene, "pause", "--reason", "test:aws");
  assert.equal((await store.readLedger(FLEET))?.paused, true);
  await command(scene, "resume");
  assert.equal((await store.readLedger(FLEET))?.paused, false);
}

async function look({ widget, timeline: { startMs, nowMs } }: Scene): Promise<void> {
  const described = await widget.invoke({ describe: true }, nowMs);
  assert.ok(described.kind === "returned" && String(described.result).includes("yaml"), JSON.stringify(described));
  const widgetContext = { timeRange: { mode: "relative", start: startMs, end: nowMs }, theme: "light", params: {} };
  const shown = await widget.invoke({ widgetContext }, nowMs);
  assert.ok(shown.kind === "returned", JSON.stringify(shown));
  for (const text of ["<svg", "SCALE_OUT", "ROLLED_BACK"]) assert.ok(String(shown.result).includes(text), text);
}

const isWrite = ({ api }: Call): boolean =>
  ["ecs.UpdateService", "ecs.RegisterTaskDefinition", "autoscaling.RegisterScalableTarget"].includes(api);

/** Runs `act` and returns the calls that it caused, and the decisions that it left. */
async function during(scene: Scene, act: () => Promise<void>): Promise<{ calls: readonly Call[]; isSame: boolean }> {
  const store = await storeOf(scene);
  const before = await store.exportItems();
  const from = scene.front.calls.length;
  await act();
  const calls = scene.front.calls.slice(from);
  return { calls, isSame: JSON.stringify(await store.exportItems()) === JSON.stringify(before) };
}

async function duplicate(scene: Scene): Promise<void> {
  const { timeline } = scene;
  for (const loop of ["monitor", "decision", "execution"] as const) {
    const last = timeline.runs.findLast((run) => run.loop === loop && JSON.stringify(run.event).includes("beat"));
    assert.ok(last !== undefined);
    const { calls, isSame } = await during(scene, async () => {
      const again = await timeline.invoke(loop, last.event, last.nowMs + 3_000);
      assert.equal(again.kind, "returned");
    });
    assert.ok(isSame, `the ${loop} function changed the table`);
    assert.deepEqual(
      calls.filter((call) => !call.api.startsWith("dynamodb.")),
      [],
    );
  }
}

async function stale(scene: Scene): Promise<void> {
  const { timeline } = scene;
  for (const loop of ["monitor", "decision", "execution", "optimization"] as const) {
    // A beat that nobody has claimed, delivered two minutes late.
    const sentMs = timeline.nowMs + 600_000;
    const { calls, isSame } = await during(scene, async () => {
      const event = timeline.message(loop, { kind: "beat", delaySeconds: 0 }, sentMs);
      const late = await timeline.invoke(loop, event, sentMs + 120_000);
      assert.equal(late.kind, "returned");
    });
    assert.ok(isSame, `the ${loop} function changed the table`);
    assert.deepEqual(
      calls.filter((call) => !call.api.startsWith("dynamodb.")),
      [],
    );
  }
}

async function skewed({ timeline }: Scene): Promise<void> {
  for (const skewMs of [-29_000, 50_000]) {
    timeline.nowMs += 60_000;
    const event = timeline.message("decision", { kind: "beat", delaySeconds: 0 }, timeline.nowMs);
    const run = await timeline.invoke("decision", event, timeline.nowMs + skewMs);
    assert.equal(run.kind, "returned");
    assert.ok(
      run.log.some(({ TicksCompleted }) => TicksCompleted === 1),
      JSON.stringify(run.log),
    );
  }
}

async function malformed(scene: Scene): Promise<void> {
  const { timeline } = scene;
  const bad = [
    timeline.event("execution", "{", timeline.nowMs),
    timeline.event("execution", '{"kind":"beat","delaySeconds":7}', timeline.nowMs),
    timeline.event("execution", '{"kind":"wake","scheduledMs":"now"}', timeline.nowMs),
    { version: "0", "detail-type": "Scheduled Event" },
  ];
  for (const event of bad) {
    const { calls, isSame } = await during(scene, async () => {
      const ended = await timeline.invoke("execution", event);
      assert.equal(ended.kind, "threw");
      assert.ok(ended.kind === "threw" && ended.name === "InputError", JSON.stringify(ended));
      assert.ok(ended.log.some(({ level }) => String(level).toUpperCase() === "ERROR"));
    });
    assert.ok(isSame);
    assert.deepEqual(calls, []);
  }
}

async function tableMissing(scene: Scene): Promise<void> {
  const { timeline, withoutTable } = scene;
  const { calls } = await during(scene, async () => {
    const event = timeline.message("execution", { kind: "beat", delaySeconds: 0 }, timeline.nowMs);
    const ended = await withoutTable.invoke(event, timeline.nowMs + 2_000);
    assert.equal(ended.kind, "threw");
    assert.ok(
      ended.kind === "threw" && /no-such-table.*ResourceNotFoundException/.test(ended.message),
      JSON.stringify(ended),
    );
  });
  assert.deepEqual(
    calls.filter((call) => !call.api.startsWith("dynamodb.")),
    [],
  );
}
