import { expect, test } from "vitest";
import { compileFleet, loadConfig } from "../../lib/config/index.ts";
import { SEVEN } from "../../lib/config/presets/seven.ts";
import type { FleetPolicy } from "../../lib/domain/model/policy.ts";
import { STRATEGIES } from "../../lib/domain/model/trigger.ts";
import type { Publication } from "../../lib/simulation/meter.ts";
import { presetServices } from "../../lib/simulation/presets.ts";
import { uniformAt } from "../../lib/simulation/prng.ts";
import type { ServiceSpec } from "../../lib/simulation/service.ts";
import { ControllerBench, MINUTE_MS } from "../support/controller-bench.ts";

/**
 * The same world twice, with calm reading and with a request at every beat at which something can have been published:
 * the decisions must be the same ones, at the same times, for fewer requests.
 */
/** The seven, into the morning; the spikes. */
const PRESET_HOURS = 11;
const SPIKY_HOURS = 5;
/** CloudWatch takes one to two minutes and more; the simulated world's own publication is quicker. */
const PUBLICATIONS: readonly (readonly [string, Publication])[] = [
  ["published after 20 s", { delayMs: 20_000, jitterMs: 5000 }],
  // Before a beat or after it: a time of publication that is learned from one answer is not that of the next.
  ["published after 20 to 40 s", { delayMs: 20_000, jitterMs: 20_000 }],
  ["published after 60 to 75 s", { delayMs: 60_000, jitterMs: 15_000 }],
  ["published after 95 to 115 s", { delayMs: 95_000, jitterMs: 20_000 }],
];

function preset(calmReading: boolean): FleetPolicy {
  const [fleet] = loadConfig({ fleets: [{ ...SEVEN, mode: "auto", monitor: { calmReading } }] }).fleets;
  if (fleet === undefined) throw new Error("no fleet");
  return compileFleet(fleet);
}

/** Every strategy once with the default rules, and once with a breach of three minutes; two more that scale by count. */
function everyStrategy(calmReading: boolean): FleetPolicy {
  const patient = Object.fromEntries(["cpu", "memory", "response-time"].map((name) => [name, { breachSeconds: 180 }]));
  const bounds = { compute: "ec2", cpu: { min: 0.5, max: 8 }, memory: { min: 1, max: 16 }, tasks: { min: 1, max: 16 } };
  const [fleet] = loadConfig({
    fleets: [
      {
        mode: "auto",
        limits: { cpu: 100, memory: 200, network: 100, storage: 100 },
        decision: { decisionsPerHour: 100, concurrentExecutions: 20 },
        monitor: { calmReading, freshSeconds: 400 },
        components: STRATEGIES.flatMap((strategy) => [
          { ...bounds, compute: "ec2", name: strategy.toLowerCase(), strategy },
          { ...bounds, compute: "ec2", name: `patient-${strategy.toLowerCase()}`, strategy, rules: patient },
        ]),
      },
    ],
  }).fleets;
  if (fleet === undefined) throw new Error("no fleet");
  return compileFleet(fleet);
}

/** A quiet base with spikes of every length from one to twenty minutes, and of every height up to six times the base. */
function spiky({ components }: FleetPolicy, seed: number): ServiceSpec[] {
  return components.map(({ name }, i) => {
    const values: number[] = [];
    for (let spike = 0; values.length < SPIKY_HOURS * 60; spike++) {
      const draw = (what: number) => uniformAt(seed * 1009 + i * 31 + what, spike);
      const [calm, length, height] = [5 + draw(1) * 50, 1 + draw(2) ** 2 * 19, 1 + draw(3) * 5];
      for (let minute = 0; minute < calm; minute++) values.push(20);
      for (let minute = 0; minute < length; minute++) values.push(20 * height);
    }
    return {
      name,
      initial: { tasks: 2, size: { cpu: 500, memory: 1000, network: 100, storage: 0 } },
      load: { kind: "trace", stepMs: MINUTE_MS, values },
      profile: { cpuMsPerOp: 25, ioMsPerOp: 20, baseMemoryMilli: 400, workingSetMilliPerRate: 8, dispersion: 0.1 },
    };
  });
}

interface Day {
  /** Every decision that was carried out, with the time of it and what it came to. */
  readonly decisions: readonly string[];
  readonly growths: number;
  /** Requests for a component's metrics, and those that wanted its errors over five minutes only. */
  readonly requests: number;
  readonly coarse: number;
}

async function dayOf(
  fleet: FleetPolicy,
  services: readonly ServiceSpec[],
  { seed, publication, hours }: { seed: number; publication: Publication; hours: number },
): Promise<Day> {
  let [requests, coarse] = [0, 0];
  const bench = new ControllerBench({
    fleet,
    services,
    seed,
    publication,
    wrap: (ports) => ({
      ...ports,
      metrics: {
        read: async (asked, nowMs) => {
          requests += asked.length;
          coarse += asked.filter((request) => request.coarse?.includes("errorRate")).length;
          return ports.metrics.read(asked, nowMs);
        },
      },
    }),
  });
  await bench.runUntil(hours * 60);
  const actions = await bench.actions();
  return {
    decisions: actions.map(
      ({ id, action, direction, confidence, plan, status }) =>
        `${id} ${action} ${direction} ${confidence?.total} ${status} ${JSON.stringify(plan?.steps)}`,
    ),
    growths: actions.filter(({ direction }) => direction === "grow").length,
    requests,
    coarse,
  };
}

test.each(PUBLICATIONS)("the seven preset components, %s", { timeout: 60_000 }, async (_, publication) => {
  const when = { seed: 6, publication, hours: PRESET_HOURS };
  const [each, calm] = await Promise.all([
    dayOf(preset(false), presetServices(), when),
    dayOf(preset(true), presetServices(), when),
  ]);
  expect(calm.decisions).toEqual(each.decisions);
  expect(calm.growths).toBeGreaterThan(10);
  expect(calm.coarse).toBeGreaterThan(0.3 * calm.requests);
  expect(each.coarse).toBe(0);
  expect(calm.requests).toBeLessThan((publication.delayMs > 30_000 ? 0.45 : 0.85) * each.requests);
});

test.each(PUBLICATIONS)(
  "spikes of every length for every strategy, %s",
  { timeout: 60_000 },
  async (_, publication) => {
    const when = { seed: 11, publication, hours: SPIKY_HOURS };
    const services = spiky(everyStrategy(true), when.seed);
    const [each, calm] = await Promise.all([
      dayOf(everyStrategy(false), services, when),
      dayOf(everyStrategy(true), services, when),
    ]);
    expect(calm.decisions).toEqual(each.decisions);
    expect(calm.growths).toBeGreaterThan(10);
    expect(calm.requests).toBeLessThan(each.requests);
  },
);
