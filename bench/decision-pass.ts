/**
 * One monitor and one decision pass over many components, timed; a process of its own, so that its peak memory is that of
 * this size alone. `node --import tsx bench/decision-pass.ts COMPONENTS` prints JSON; bench/run.ts runs it bundled.
 */
import "../functions/heap.ts";
import { MemoryStore } from "../lib/adapters/memory/memory-store.ts";
import { compileFleet, loadConfig } from "../lib/config/index.ts";
import { changed, emptyLedger } from "../lib/domain/execution/ledger.ts";
import type { FleetPolicy } from "../lib/domain/model/policy.ts";
import type { Allocation } from "../lib/domain/model/resources.ts";
import { type Sample, sampleValue } from "../lib/domain/model/sample.ts";
import { runDecision } from "../lib/loops/decision.ts";
import { runMonitor } from "../lib/loops/monitor.ts";
import type { Ports } from "../lib/ports.ts";
import { hash32, uniformAt } from "../lib/simulation/prng.ts";

const SEED = 1;
const MINUTE_MS = 60_000;
const START_MS = Date.UTC(2026, 0, 5, 12);
const FLEET_MAX = 1000;
const ALLOCATION: Allocation = { tasks: 4, size: { cpu: 500, memory: 1000, network: 100, storage: 0 } };
const TARGET = { cpu: 0.6, memory: 0.7, responseMs: 500 };

export interface PassResult {
  readonly components: number;
  readonly fleets: number;
  readonly passes: number;
  readonly millisecondsTotal: number;
  readonly microsecondsPerComponent: number;
  readonly peakMemoryMB: number;
  readonly decisionsWithChange: number;
}

function fleetsOf(components: number): FleetPolicy[] {
  const config = loadConfig({
    fleets: Array.from({ length: Math.ceil(components / FLEET_MAX) }, (_, f) => ({
      name: `fleet-${f}`,
      mode: "auto",
      limits: { cpu: 20_000, memory: 40_000, network: 10_000, storage: 0 },
      components: Array.from({ length: Math.min(FLEET_MAX, components - f * FLEET_MAX) }, (_unused, c) => ({
        name: `service-${f}-${c}`,
        strategy: "REACTIVE",
        compute: "ec2",
      })),
    })),
  });
  return config.fleets.map(compileFleet);
}

/** Nine of ten are about on target, one is above or below: as a large fleet looks on a usual minute. */
function sampleOf(component: string, endMs: number): Sample {
  const seed = hash32(SEED, component.length * 1_000_003 + Number(component.replaceAll(/\D/g, "")));
  const level = uniformAt(seed, 0) < 0.1 ? 0.55 + uniformAt(seed, 1) * 0.9 : 0.95 + uniformAt(seed, 1) * 0.1;
  const value = level * (0.97 + uniformAt(seed, endMs / MINUTE_MS) * 0.06);
  const { tasks, size } = ALLOCATION;
  return {
    endMs,
    periodMs: MINUTE_MS,
    // Rounded as by every adapter.
    values: {
      cpuUsed: sampleValue("cpuUsed", tasks * size.cpu * Math.min(1, TARGET.cpu * value)),
      memoryUsed: sampleValue("memoryUsed", tasks * size.memory * Math.min(1, TARGET.memory * value)),
      responseTime: sampleValue("responseTime", TARGET.responseMs * value * value),
      throughput: sampleValue("throughput", 20 * value),
      errorRate: 0.001,
    },
    absent: {},
  };
}

/** Every read answers with what ended since; every service is at rest. */
function portsOf(store: MemoryStore, clock: { atMs: number }): Ports {
  const state = (component: string, observedAtMs: number) => ({
    identity: component,
    desired: ALLOCATION,
    running: ALLOCATION.tasks,
    pending: 0,
    revision: `${component}:1`,
    deploying: false,
    rolloutFailed: false,
    observedAtMs,
  });
  const unused = async (): Promise<never> => Promise.reject(new Error("not part of this pass"));
  return {
    store,
    metrics: {
      read: async (requests, nowMs) =>
        requests.map(({ component, sinceMs }) => {
          const fromMs = Math.max(sinceMs + MINUTE_MS, START_MS - 20 * MINUTE_MS);
          const samples: Sample[] = [];
          for (let endMs = fromMs; endMs <= nowMs; endMs += MINUTE_MS) samples.push(sampleOf(component, endMs));
          return samples;
        }),
    },
    orchestrator: {
      describe: async (components) => components.map((each) => state(each, clock.atMs)),
      ensureRevision: unused,
      update: unused,
    },
    notifier: { publish: async () => undefined },
    clock: { nowMs: () => clock.atMs },
    log: () => undefined,
  };
}

async function book(store: MemoryStore, { name, components }: FleetPolicy): Promise<void> {
  const of = <T>(value: (component: string) => T): Record<string, T> =>
    Object.fromEntries(components.map((each) => [each.name, value(each.name)]));
  const booked = changed(emptyLedger(name), { booked: of(() => ALLOCATION), identity: of((component) => component) });
  if (booked.kind === "ok") await store.writeLedger(booked.ledger);
}

/** What the store keeps of a pass is the database's, not the controller's: cleared after each fleet, outside of the time. */
async function clear(store: MemoryStore, fleet: FleetPolicy, nowMs: number): Promise<number> {
  const retention = { samplesMs: nowMs, rollups5mMs: nowMs, rollups1hMs: nowMs, holdsMs: nowMs + 1, actionsMs: nowMs };
  const changes = (await store.readActions(fleet.name, nowMs, nowMs + 1)).length;
  for (const { name } of fleet.components) await store.purge(fleet.name, name, retention, 1000);
  return changes;
}

async function measure(components: number): Promise<PassResult> {
  const fleets = fleetsOf(components);
  const store = new MemoryStore();
  const clock = { atMs: START_MS };
  const ports = portsOf(store, clock);
  for (const fleet of fleets) {
    await book(store, fleet);
    await runMonitor(ports, fleet, START_MS);
    await clear(store, fleet, START_MS + 1);
  }
  const passes = Math.max(24, Math.min(300, Math.round(40_000 / components)));
  const times: number[] = [];
  let changes = 0;
  for (let pass = 1; pass <= passes; pass++) {
    // Half a minute after the period, as in a real pass: nothing is asked for before it can be published.
    clock.atMs = START_MS + pass * MINUTE_MS + 30_000;
    let spentMs = 0;
    changes = 0;
    for (const fleet of fleets) {
      const startedMs = performance.now();
      await runMonitor(ports, fleet, clock.atMs);
      await runDecision(ports, fleet, clock.atMs);
      spentMs += performance.now() - startedMs;
      changes += await clear(store, fleet, clock.atMs);
    }
    times.push(spentMs);
  }
  // The first third is for the compiler.
  const warm = times.slice(Math.floor(passes / 3)).sort((a, b) => a - b);
  const total = warm[Math.floor(warm.length / 2)] ?? Number.NaN;
  return {
    components,
    fleets: fleets.length,
    passes: warm.length,
    millisecondsTotal: Math.round(total * 10) / 10,
    microsecondsPerComponent: Math.round((total * 10_000) / components) / 10,
    peakMemoryMB: Math.round(process.resourceUsage().maxRSS / 102.4) / 10,
    decisionsWithChange: changes,
  };
}

console.log(JSON.stringify(await measure(Number(process.argv[2] ?? 10_000))));
