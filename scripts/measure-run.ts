/**
 * What the deployed functions use in a run: `node --import tsx scripts/measure-run.ts [HOURS] [SEED]` drives the four
 * functions with queue events over the seven preset components in the simulated world, whose metrics are published as late
 * as CloudWatch's, and an embedded database that counts capacity units. Prints the rates that lib/cost/usage.ts states.
 */
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
import { BEAT_MS, LOOPS, type LoopName } from "../lib/flow.ts";
import { runLoop } from "../lib/loops/run-loop.ts";
import { OWN_METRICS } from "../lib/own-metrics.ts";
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

/** Sums what the database says that each command consumed. */
function countUnits(client: DynamoDBClient, units: Units): void {
  client.middlewareStack.add(
    (next, { commandName = "" }) =>
      async (args) => {
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
  readonly metricRequests: { count: number; promptErrors: number };
  readonly logBytes: { own: number; metrics: number };
  /** Hours in which a metric that is only emitted when positive had a value, by its name. */
  readonly hours: Map<string, Set<number>>;
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
  const stage: Stage = {
    loop,
    clock,
    log,
    bind,
    emit: (measurement) => {
      const line = emfLine(TABLE, { ...measurement, fields: { ...bound(), ...measurement.fields } }, clock.nowMs());
      counted.logBytes.metrics += line.length + 1;
      for (const { name, emitted } of OWN_METRICS) {
        if (emitted !== "positive" || !((measurement.values[name] ?? 0) > 0)) continue;
        const key = [name, ...Object.values(measurement.dimension ?? {})].join(" ");
        counted.hours.set(key, (counted.hours.get(key) ?? new Set()).add(Math.floor(clock.nowMs() / HOUR_MS)));
      }
    },
    wakes: woken && { loop: woken, send: async (scheduledMs) => wake(woken, scheduledMs) },
    open: async (): Promise<OpenStage> => {
      const { store: measured, measure } = measureTicks(loop, store, [fleet]);
      const ports: Ports = {
        metrics: {
          read: async (requests, nowMs) => {
            counted.metricRequests.count += requests.length;
            counted.metricRequests.promptErrors += requests.filter(
              ({ coarse }) => !coarse?.includes("errorRate"),
            ).length;
            return world.metrics.read(requests, nowMs);
          },
        },
        orchestrator: world.orchestrator,
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
    await handler(event, context as Context);
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
  countUnits(client, units);
  const store = await DynamoStore.open(client, TABLE);
  const counted: Counted = {
    invocations: { monitor: 0, decision: 0, execution: 0, optimization: 0 },
    metricRequests: { count: 0, promptErrors: 0 },
    logBytes: { own: 0, metrics: 0 },
    hours: new Map(),
  };
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
  const positive = [...counted.hours.values()].reduce((sum, each) => sum + each.size, 0);
  return {
    calmReading,
    hours,
    seed,
    components: fleet.components.length,
    changes,
    metricRequestsPerComponentHour: perHour(counted.metricRequests.count / fleet.components.length),
    promptErrorRequestsPerComponentHour: perHour(counted.metricRequests.promptErrors / fleet.components.length),
    invocationsPerHour: Object.fromEntries(LOOPS.map(({ name }) => [name, perHour(counted.invocations[name])])),
    writeUnitsPerHour: perHour(units.write),
    readUnitsPerHour: perHour(units.read),
    logBytesPerHour: perHour(counted.logBytes.own + counted.logBytes.metrics),
    positiveMetricHoursPerHour: perHour(positive),
    items,
  };
}

const hours = Number(process.argv[2] ?? 24);
const seed = Number(process.argv[3] ?? 1);
console.log(JSON.stringify([await run(hours, seed, true), await run(Math.min(hours, 6), seed, false)], null, 2));
