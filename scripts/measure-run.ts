/**
 * What the deployed functions use in a run: `node --import tsx scripts/measure-run.ts [HOURS] [SEED]` drives the four
 * functions with queue events over the seven preset components in the simulated world, whose metrics are published as late
 * as CloudWatch's, and an embedded database that counts capacity units. Prints the rates that lib/cost/usage.ts states. The time of a
 * pass is 20 ms for each request to an API, or each set of requests that are under way at once, and what was computed.
 */
import { setImmediate as immediate } from "node:timers/promises";
import type { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import type { Context } from "aws-lambda";
import { type OpenStage, type Stage, stageHandler } from "../functions/stage.ts";
import { measureTicks } from "../functions/tick-measurements.ts";
import { jsonLog } from "../lib/adapters/aws/logging.ts";
import { emfLine } from "../lib/adapters/aws/own-metrics.ts";
import { DynamoStore } from "../lib/adapters/dynamo/dynamo-store.ts";
import { startEmbedded } from "../lib/adapters/dynamo/embedded.ts";
import { ensureTable } from "../lib/adapters/dynamo/schema.ts";
import { compileFleet, loadConfig } from "../lib/config/index.ts";
import { SEVEN } from "../lib/config/presets/seven.ts";
import type { FleetPolicy } from "../lib/domain/model/policy.ts";
import { mayLeaveAlone } from "../lib/domain/monitor/reading.ts";
import { BEAT_MS, LOOPS, type LoopName } from "../lib/flow.ts";
import { functionSize } from "../lib/infrastructure/function-size.ts";
import { runLoop } from "../lib/loops/run-loop.ts";
import { type Measurement, OWN_METRICS } from "../lib/own-metrics.ts";
import type { Ports } from "../lib/ports.ts";
import { loopsDueAt } from "../lib/scheduler.ts";
import { presetServices } from "../lib/simulation/presets.ts";
import { World } from "../lib/simulation/world.ts";

const TABLE = "scaling-controller";
const HOUR_MS = 3_600_000;
const START_MS = Date.UTC(2026, 0, 5);
/** One to two minutes after a period's end, as CloudWatch publishes. */
const PUBLICATION = { delayMs: 95_000, jitterMs: 20_000 };

interface Units {
  write: number;
  read: number;
}

/** What an AWS API takes to answer. */
const LATENCY_MS = 20;
/** Memory of a function that has a whole CPU; less memory is less of it. */
const WHOLE_CPU_MEBIBYTES = 1769;

/** Sums what the database says that each command consumed. */
function countUnits(client: DynamoDBClient, units: Units, counted: Counted): void {
  client.middlewareStack.add(
    (next, { commandName = "" }) =>
      async (args) => {
        await waited(counted);
        const answer = await next({ ...args, input: { ...args.input, ReturnConsumedCapacity: "TOTAL" } });
        const { ConsumedCapacity: consumed } = answer.output as { ConsumedCapacity?: Consumed | readonly Consumed[] };
        const sum = [consumed ?? []].flat().reduce((all, each) => all + (each.CapacityUnits ?? 0), 0);
        units[/^(Get|Query|Scan|BatchGet)/.test(commandName) ? "read" : "write"] += sum;
        return answer;
      },
    { step: "initialize", name: "countUnits", priority: "low" },
  );
}
interface Consumed {
  readonly CapacityUnits?: number;
}

interface Counted {
  readonly invocations: Record<LoopName, number>;
  /** Requests for a component's metrics; those of them that wanted the errors of this period, not of five minutes. */
  readonly metricRequests: { eachPeriod: number; leftAlone: number; promptErrors: number };
  readonly logBytes: { own: number; metrics: number };
  /** Waiting for answers, and computing, of all passes of a loop, ms: what the embedded database computes is included. */
  readonly passes: Record<LoopName, { waitMs: number; computeMs: number }>;
  /** The loop whose pass it is now. */
  current: LoopName;
  /** Requests that have not begun to be answered. */
  waiting: number;
  /** Hours in which a metric that is only emitted when positive had a value, by its name. */
  readonly hours: Map<string, Set<number>>;
}

/** Components that are left alone for several periods while all is calm. */
function leftAloneIn({ components, monitor }: FleetPolicy): string[] {
  return components.filter((policy) => mayLeaveAlone(policy, monitor.periodMs)).map(({ name }) => name);
}

/** Counts the time once for requests that are sent before any of them is answered. */
async function waited(counted: Counted): Promise<void> {
  if (counted.waiting === 0) counted.passes[counted.current].waitMs += LATENCY_MS;
  counted.waiting++;
  await immediate();
  counted.waiting--;
}

function count(
  measurement: Measurement,
  bound: Readonly<Record<string, unknown>>,
  nowMs: number,
  counted: Counted,
): void {
  const line = emfLine(TABLE, { ...measurement, fields: { ...bound, ...measurement.fields } }, nowMs);
  counted.logBytes.metrics += line.length + 1;
  for (const { name, emitted } of OWN_METRICS) {
    if (emitted !== "positive" || !((measurement.values[name] ?? 0) > 0)) continue;
    const key = [name, ...Object.values(measurement.dimension ?? {})].join(" ");
    counted.hours.set(key, (counted.hours.get(key) ?? new Set()).add(Math.floor(nowMs / HOUR_MS)));
  }
}

/** One function, its queue a call: a wake is handled as soon as it is sent. */
function functionOf(
  loop: LoopName,
  world: World,
  store: DynamoStore,
  fleet: FleetPolicy,
  counted: Counted,
  wake: (loop: LoopName, scheduledMs: number) => Promise<void>,
): (event: unknown) => Promise<void> {
  const clock = { nowMs: () => world.nowMs };
  const { log, bind, bound } = jsonLog({
    clock,
    level: "info",
    write: (line) => {
      counted.logBytes.own += line.length + 1;
    },
  });
  const wakes: Partial<Record<LoopName, LoopName>> = { monitor: "decision", decision: "execution" };
  const woken = wakes[loop];
  const leftAlone = new Set(leftAloneIn(fleet));
  const stage: Stage = {
    loop,
    clock,
    log,
    bind,
    emit: (measurement) => count(measurement, bound(), clock.nowMs(), counted),
    wakes: woken && { loop: woken, send: async (scheduledMs) => wake(woken, scheduledMs) },
    open: async (): Promise<OpenStage> => {
      const { store: measured, measure } = measureTicks(loop, store, [fleet]);
      const ports: Ports = {
        metrics: {
          read: async (requests, nowMs) => {
            const alone = requests.filter(({ component }) => leftAlone.has(component)).length;
            counted.metricRequests.leftAlone += alone;
            counted.metricRequests.eachPeriod += requests.length - alone;
            counted.metricRequests.promptErrors += requests.filter(
              ({ coarse }) => !coarse?.includes("errorRate"),
            ).length;
            await waited(counted);
            return world.metrics.read(requests, nowMs);
          },
        },
        orchestrator: {
          describe: async (...asked) => waited(counted).then(() => world.orchestrator.describe(...asked)),
          ensureRevision: async (request) => waited(counted).then(() => world.orchestrator.ensureRevision(request)),
          update: async (request) => waited(counted).then(() => world.orchestrator.update(request)),
        },
        store: measured,
        notifier: { publish: async () => undefined },
        clock,
        log,
      };
      return { ports, fleets: [fleet], runLoop, measure };
    },
  };
  const handler = stageHandler(stage);
  const context = { awsRequestId: "00000000-0000-0000-0000-000000000000", getRemainingTimeInMillis: () => 20_000 };
  return async (event) => {
    counted.invocations[loop]++;
    counted.current = loop;
    const before = process.cpuUsage();
    await handler(event, context as Context);
    const { user, system } = process.cpuUsage(before);
    counted.passes[loop].computeMs += (user + system) / 1000;
  };
}

async function run(hours: number, seed: number, calmReading: boolean) {
  const [config] = loadConfig({ fleets: [{ ...SEVEN, mode: "auto", monitor: { calmReading } }] }).fleets;
  if (config === undefined) throw new Error("no fleet");
  const fleet = compileFleet(config);
  const world = new World({ seed, startMs: START_MS, services: presetServices(), publication: PUBLICATION });
  const database = await startEmbedded();
  const { client } = database;
  await ensureTable(client, TABLE);
  const units: Units = { write: 0, read: 0 };
  const store = await DynamoStore.open(client, TABLE);
  const counted: Counted = {
    invocations: { monitor: 0, decision: 0, execution: 0, optimization: 0 },
    metricRequests: { eachPeriod: 0, leftAlone: 0, promptErrors: 0 },
    logBytes: { own: 0, metrics: 0 },
    passes: byLoop(() => ({ waitMs: 0, computeMs: 0 })),
    current: "monitor",
    waiting: 0,
    hours: new Map(),
  };
  countUnits(client, units, counted);
  const send = async (loop: LoopName, body: object): Promise<void> => {
    const record = { body: JSON.stringify(body), attributes: { SentTimestamp: String(world.nowMs) } };
    await functions[loop]({ Records: [record] });
  };
  const wake = async (loop: LoopName, scheduledMs: number) => send(loop, { kind: "wake", scheduledMs });
  const of = (loop: LoopName) => functionOf(loop, world, store, fleet, counted, wake);
  const functions = {
    monitor: of("monitor"),
    decision: of("decision"),
    execution: of("execution"),
    optimization: of("optimization"),
  };
  for (let atMs = START_MS; atMs < START_MS + hours * HOUR_MS; atMs += BEAT_MS) {
    // Functions run some seconds after the beat, and not at the same moment.
    world.advanceTo(atMs + 5000);
    for (const loop of loopsDueAt(atMs)) await send(loop, { kind: "beat", delaySeconds: 0 });
  }
  const items = await store.countItems();
  const changes = (await store.readActions(fleet.name, 0, Number.MAX_SAFE_INTEGER)).length;
  await database.close();
  const perHour = (count: number) => Math.round((100 * count) / hours) / 100;
  const alone = leftAloneIn(fleet).length;
  const positive = [...counted.hours.values()].reduce((sum, each) => sum + each.size, 0);
  return {
    calmReading,
    hours,
    seed,
    components: fleet.components.length,
    changes,
    metricRequestsPerComponentHour: {
      eachPeriod: perHour(counted.metricRequests.eachPeriod / (fleet.components.length - alone)),
      leftAlone: perHour(counted.metricRequests.leftAlone / alone),
    },
    promptErrorRequestsPerComponentHour: perHour(counted.metricRequests.promptErrors / fleet.components.length),
    invocationsPerHour: Object.fromEntries(LOOPS.map(({ name }) => [name, perHour(counted.invocations[name])])),
    writeUnitsPerHour: perHour(units.write),
    readUnitsPerHour: perHour(units.read),
    secondsOfPass: byLoop((loop) => secondsOfPass(loop, counted)),
    logBytesPerHour: perHour(counted.logBytes.own + counted.logBytes.metrics),
    positiveMetricHoursPerHour: perHour(positive),
    items,
  };
}

function byLoop<T>(of: (loop: LoopName) => T): Record<LoopName, T> {
  return {
    monitor: of("monitor"),
    decision: of("decision"),
    execution: of("execution"),
    optimization: of("optimization"),
  };
}

/** Mean of a pass: waiting, and computing with the share of a CPU that the function's memory comes with. */
function secondsOfPass(loop: LoopName, { passes, invocations }: Counted): number {
  const { waitMs, computeMs } = passes[loop];
  const slower = WHOLE_CPU_MEBIBYTES / functionSize(loop, SEVEN.components.length).memory.toMebibytes();
  return Math.round((waitMs + slower * computeMs) / invocations[loop]) / 1000;
}

const hours = Number(process.argv[2] ?? 24);
const seed = Number(process.argv[3] ?? 1);
const runs = [await run(hours, seed, true), await run(Math.min(hours, 6), seed, false)];
console.log(JSON.stringify(runs, null, 2));
