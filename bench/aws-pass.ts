/**
 * One monitor, decision and execution pass over many components through the AWS adapters and the SDK's own clients, on an
 * account that answers after 20 ms and throttles at its default rates: `node --import tsx bench/aws-pass.ts [COMPONENTS]`.
 * Counts calls against their arithmetical minimum (full batches and pages, one call for what has no batch).
 */
import { ApplicationAutoScalingClient } from "@aws-sdk/client-application-auto-scaling";
import { CloudWatchClient } from "@aws-sdk/client-cloudwatch";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { ECSClient } from "@aws-sdk/client-ecs";
import { CloudWatchMetricSource } from "../lib/adapters/aws/cloudwatch/index.ts";
import { EcsOrchestrator } from "../lib/adapters/aws/ecs/index.ts";
import { DynamoStore } from "../lib/adapters/dynamo/dynamo-store.ts";
import { compileDeployment, loadConfig } from "../lib/config/index.ts";
import type { Deployment } from "../lib/deployment.ts";
import { InvariantError } from "../lib/domain/model/errors.ts";
import { runLoop } from "../lib/loops/run-loop.ts";
import type { Ports } from "../lib/ports.ts";
import type { Tally } from "./aws/call-meter.ts";
import { StubbedAccount } from "./aws/stubbed-account.ts";

const LATENCY_MS = 20;
const BEAT_MS = 30_000;
const WALL_SECONDS_MAX = 10;
const RATIO_MAX = 1.1;
const STAGES = ["monitor", "decision", "execution"] as const;
type StageName = (typeof STAGES)[number];

function deploymentOf(components: number): Deployment {
  return compileDeployment(
    loadConfig({
      fleets: [
        {
          mode: "auto",
          limits: { cpu: 20_000, memory: 40_000, network: 10_000, storage: 100_000 },
          components: Array.from({ length: components }, (_, i) => ({
            name: `service-${i}`,
            strategy: "REACTIVE",
            rules: { cpu: { upAction: "SCALE_OUT", downAction: "SCALE_IN" } },
            source: {
              targetGroup: `targetgroup/service-${i}/0123456789abcdef`,
              loadBalancer: "app/web/0123456789abcdef",
            },
          })),
        },
      ],
    }),
  );
}

/** The clock runs on its own, and is put forward between two passes. */
class LeapingClock {
  #leapMs = 0;
  nowMs(): number {
    return Math.floor(Date.now() + this.#leapMs);
  }
  leapTo(ms: number): void {
    this.#leapMs = ms - Date.now();
  }
}

class Bench {
  readonly clock = new LeapingClock();
  readonly account = new StubbedAccount({ clock: this.clock, latencyMs: LATENCY_MS });
  readonly errors = new Map<string, number>();
  readonly #deployment: Deployment;
  #ports: Readonly<Record<StageName, Ports>> | undefined;

  constructor(components: number) {
    this.#deployment = deploymentOf(components);
  }

  /** New processes: nothing of the old ones' memory is left. */
  async start(): Promise<void> {
    const ports = async (): Promise<Ports> => this.#portsOfOne();
    const [monitor, decision, execution] = await Promise.all([ports(), ports(), ports()]);
    this.#ports = { monitor, decision, execution };
  }

  async #portsOfOne(): Promise<Ports> {
    const { account, clock } = this;
    const config = account.clientConfig();
    const { targets } = this.#deployment;
    const log = () => undefined;
    return {
      metrics: new CloudWatchMetricSource({ client: new CloudWatchClient(config), targets, log }),
      orchestrator: new EcsOrchestrator({
        client: new ECSClient(config),
        writeClient: new ECSClient(account.clientConfig(1)),
        autoscaling: new ApplicationAutoScalingClient(config),
        targets,
        log,
        clock,
      }),
      store: await DynamoStore.open(new DynamoDBClient(config), "scaling-controller"),
      notifier: { publish: async () => undefined },
      clock,
      log,
    };
  }

  /** The three stages one after the other, at a beat; seconds and calls of each. */
  async pass(beatMs: number): Promise<Record<StageName, { seconds: number; calls: Readonly<Record<string, Tally>> }>> {
    this.clock.leapTo(beatMs + 2000);
    this.account.meter.drain();
    const one = async (name: StageName) => {
      if (this.#ports === undefined) throw new InvariantError("not started", {});
      const startedMs = performance.now();
      const { fleets } = this.#deployment;
      const outcome = await runLoop(name, { ports: this.#ports[name], fleets, scheduledMs: beatMs });
      if (!outcome.ran) throw new InvariantError("the tick did not run", { name });
      for (const { message } of outcome.errors) {
        const kind = `${name}: ${message.replaceAll(/[\w-]*\d[\w:-]*/g, "*")}`;
        this.errors.set(kind, (this.errors.get(kind) ?? 0) + 1);
      }
      this.account.table.settle();
      return { seconds: (performance.now() - startedMs) / 1000, calls: this.account.meter.drain() };
    };
    return { monitor: await one("monitor"), decision: await one("decision"), execution: await one("execution") };
  }
}

function print(title: string, result: Awaited<ReturnType<Bench["pass"]>>): { seconds: number; ratio: number } {
  const rows = STAGES.flatMap((stage) =>
    Object.entries(result[stage].calls).map(([api, { calls, throttled, minimum }]) => ({
      stage,
      api,
      calls,
      throttled,
      minimum: Math.ceil(minimum - 1e-6),
    })),
  );
  const seconds = STAGES.reduce((sum, stage) => sum + result[stage].seconds, 0);
  const total = (of: "calls" | "minimum") => rows.reduce((sum, row) => sum + row[of], 0);
  const ratio = total("calls") / total("minimum");
  const each = STAGES.map((stage) => `${stage} ${result[stage].seconds.toFixed(2)} s`).join(", ");
  console.log(
    `\n${title}: ${seconds.toFixed(2)} s (${each}), ${total("calls")} calls, ${ratio.toFixed(3)} x the minimum`,
  );
  console.table(rows);
  return { seconds, ratio };
}

const components = Number(process.argv[2] ?? 1000);
const bench = new Bench(components);
const firstMs = Math.ceil(Date.now() / 60_000) * 60_000;
let atMs = firstMs;
await bench.start();
for (let cold = 1; cold <= Number(process.argv[3] ?? 8); cold++, atMs += BEAT_MS * 2) {
  const result = await bench.pass(atMs);
  if (cold <= 2) print(`Empty table, pass ${cold}`, result);
  const described = result.monitor.calls["DescribeTaskDefinition"]?.calls ?? 0;
  console.log(
    `pass ${cold}: ${described} task definitions described, ${[...bench.errors.values()].reduce((a, b) => a + b, 0)} errors so far`,
  );
}
const warm = print("Warm pass", await bench.pass(atMs));
atMs += BEAT_MS * 2;
await bench.start();
const restarted = print("First pass of new processes, table as it was", await bench.pass(atMs));
for (const [kind, count] of bench.errors) console.log(`${count} x ${kind}`);
for (const [what, { seconds, ratio }] of Object.entries({ warm, restarted }))
  console.log(
    `${what}: wall ${seconds.toFixed(2)} s (<= ${WALL_SECONDS_MAX}: ${seconds <= WALL_SECONDS_MAX}), calls ${ratio.toFixed(3)} x the minimum (<= ${RATIO_MAX}: ${ratio <= RATIO_MAX})`,
  );
