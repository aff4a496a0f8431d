import { compileFleet, loadConfig } from "../../lib/config/index.ts";
import { SEVEN } from "../../lib/config/presets/seven.ts";
import { setPaused } from "../../lib/domain/execution/ledger.ts";
import type { FleetPolicy } from "../../lib/domain/model/policy.ts";
import { STRATEGIES } from "../../lib/domain/model/trigger.ts";
import type { LoopName } from "../../lib/flow.ts";
import type { Ports } from "../../lib/ports.ts";
import type { Fault, ForeignChange } from "../../lib/simulation/faults.ts";
import { presetServices } from "../../lib/simulation/presets.ts";
import type { ServiceSpec } from "../../lib/simulation/service.ts";
import { ControllerBench, type Fate, MINUTE_MS, START_MS } from "./controller-bench.ts";
import { Promises } from "./controller-promises.ts";
import { aFleet } from "./fleet-builders.ts";
import { seeded } from "./swarm.ts";

/** Everything that a seed stands for: a fleet, its load, and what goes wrong until `calmMinute`. */
export interface Storm {
  readonly fleet: FleetPolicy;
  readonly services: readonly ServiceSpec[];
  readonly faults: readonly Fault[];
  readonly fate: (loop: LoopName, scheduledMs: number) => Fate;
  /** Minutes at which an operator pauses, and resumes. */
  readonly pauses: readonly (readonly [from: number, to: number])[];
  /** From here on nothing goes wrong any more and the load is constant. */
  readonly calmMinute: number;
  readonly endMinute: number;
}

const SIZE = { cpu: 500, memory: 1000, network: 100, storage: 0 };
/** Operations per second that a task finishes. */
const TASK_RATE = 20;

export function drawStorm(seed: number, { calmMinute, endMinute }: { calmMinute: number; endMinute: number }): Storm {
  const draw = new Draw(seed);
  const names = ["api", "feed", "jobs", "mail", "search"].slice(0, draw.whole(2, 5));
  const fleet = drawFleet(draw, names);
  return {
    fleet,
    services: names.map((name) => drawService(draw, name, calmMinute)),
    faults: drawFaults(draw, names, calmMinute),
    fate: drawFates(draw, calmMinute),
    pauses: draw.chance(0.5) ? [drawPause(draw, calmMinute)] : [],
    calmMinute,
    endMinute,
  };
}

/** Runs the controller through a storm and the calm after it, and asks at every change whether its promises hold. */
export async function weather(
  storm: Storm,
  { seed, wrap, run = storm.fleet }: { seed: number; wrap?: (ports: Ports) => Ports; run?: FleetPolicy },
): Promise<{ bench: ControllerBench; promises: Promises }> {
  const { fleet, services, faults, fate, pauses, calmMinute, endMinute } = storm;
  const bench = new ControllerBench({
    fleet: run,
    services,
    seed,
    faults: { faults },
    fate,
    ...(wrap === undefined ? {} : { wrap }),
  });
  const promises = new Promises(bench, fleet);
  const restedMinute = calmMinute + 15;
  await bench.runUntil(endMinute, async (minute) => {
    if (minute >= restedMinute && Number.isInteger(minute)) promises.calmMinute();
    for (const [from, to] of pauses) {
      if (minute === from || minute === to)
        await bench.edit((ledger) => setPaused(ledger, minute === from, "an operator"));
    }
  });
  promises.steady(at(restedMinute));
  await promises.settled();
  return { bench, promises };
}

/** The seven preset components for some hours of a day, with the same kinds of faults; their load is never constant. */
export function drawPresetStorm(seed: number, when: { calmMinute: number; endMinute: number }): Storm {
  const draw = new Draw(seed);
  const services = presetServices();
  const [config] = loadConfig({ fleets: [{ ...SEVEN, mode: "auto" }] }).fleets;
  if (config === undefined) throw new Error("no fleet");
  const names = services.map(({ name }) => name);
  return {
    fleet: compileFleet(config),
    services,
    faults: drawFaults(draw, names, when.calmMinute).filter(({ kind }) => kind !== "foreign-change"),
    fate: drawFates(draw, when.calmMinute),
    pauses: [],
    ...when,
  };
}

/** Draws by one seed; the order of the draws is part of what the seed means. */
export class Draw {
  readonly #random: () => number;

  constructor(seed: number) {
    this.#random = seeded(seed);
  }

  chance(of: number): boolean {
    return this.#random() < of;
  }

  whole(from: number, to: number): number {
    return from + Math.floor(this.#random() * (to - from + 1));
  }

  between(from: number, to: number): number {
    return from + this.#random() * (to - from);
  }

  of<T>(choices: readonly T[]): T {
    return choices[Math.floor(this.#random() * choices.length)] as T;
  }
}

function drawFleet(draw: Draw, names: readonly string[]): FleetPolicy {
  const byCount = { upAction: "SCALE_OUT", downAction: "SCALE_IN" } as const;
  const components = names.map((name) => ({
    name,
    strategy: draw.of(STRATEGIES),
    cpu: { min: 0.5, max: 4 },
    memory: { min: 0.5, max: 8 },
    tasks: { min: 1, max: 8 },
    target: { cpu: 60, responseTimeMs: 400 },
    factor: { up: draw.of([1.3, 1.5, 2]), down: draw.of([0.7, 0.8]) },
    ...(draw.chance(0.6) ? { rules: { cpu: byCount, memory: { enabled: draw.chance(0.5) } } } : {}),
  }));
  // Tight limits in half of the fleets: what one gets another one lacks.
  const cpu = names.length * (draw.chance(0.5) ? 1.5 : 4);
  return aFleet({ limits: { cpu, memory: names.length * 4 } }, ...components);
}

/** A load that jumps every quarter of an hour or so and is constant from `calmMinute` on. */
function drawService(draw: Draw, name: string, calmMinute: number): ServiceSpec {
  const values: number[] = [];
  let rate = draw.between(10, 30);
  while (values.length < calmMinute) {
    const stays = draw.whole(8, 30);
    for (let minute = 0; minute < stays && values.length < calmMinute; minute++) values.push(rate);
    rate = draw.between(0.2, 2.5) * TASK_RATE;
  }
  for (let minute = 0; minute < 24 * 60; minute++) values.push(rate);
  return {
    name,
    initial: { tasks: draw.whole(2, 3), size: SIZE },
    load: { kind: "trace", stepMs: MINUTE_MS, values },
    profile: { cpuMsPerOp: 25, ioMsPerOp: 20, baseMemoryMilli: 300, workingSetMilliPerRate: 8 },
  };
}

const at = (minute: number) => START_MS + minute * MINUTE_MS;
const METRIC_KINDS = [
  "sample-missing",
  "metric-missing",
  "metric-nan",
  "metric-zero",
  "metric-negative",
  "metric-error",
] as const;
const CALL_KINDS = ["lost-answer", "lost-request", "throttle", "refuse"] as const;
const START_KINDS = ["start-failure", "capacity-unavailable"] as const;

function drawFaults(draw: Draw, names: readonly string[], calmMinute: number): Fault[] {
  const window = () => {
    const from = draw.whole(10, calmMinute - 10);
    return {
      fromMs: at(from),
      toMs: at(Math.min(calmMinute, from + draw.whole(5, 40))),
      share: draw.of([0.3, 0.7, 1]),
      ...(draw.chance(0.7) ? { component: draw.of(names) } : {}),
    };
  };
  const faults: Fault[] = [];
  for (let left = draw.whole(1, 3); left > 0; left--) faults.push({ kind: draw.of(METRIC_KINDS), ...window() });
  for (let left = draw.whole(2, 4); left > 0; left--) faults.push({ kind: draw.of(CALL_KINDS), ...window() });
  for (let left = draw.whole(1, 3); left > 0; left--) faults.push({ kind: draw.of(START_KINDS), ...window() });
  if (draw.chance(0.3)) faults.push({ kind: "metric-late", byMs: draw.whole(2, 12) * MINUTE_MS, ...window() });
  for (let left = draw.whole(0, 4); left > 0; left--) faults.push(...drawForeign(draw, draw.of(names), calmMinute));
  return faults;
}

function drawForeign(draw: Draw, component: string, calmMinute: number): Fault[] {
  const minute = draw.between(12, calmMinute - 15);
  const change: ForeignChange = draw.of([
    { tasks: draw.whole(1, 6) },
    { size: { ...SIZE, cpu: draw.of([400, 700]) } },
    { recreated: true },
    { refusal: "another autoscaler owns it" },
  ]);
  const first: Fault = { kind: "foreign-change", component, atMs: at(minute), change };
  if (change.refusal === undefined) return [first];
  return [first, { kind: "foreign-change", component, atMs: at(minute + 10), change: { refusal: null } }];
}

function drawFates(draw: Draw, calmMinute: number): Storm["fate"] {
  return (_, scheduledMs) => {
    if (scheduledMs >= at(calmMinute)) return { kind: "run" };
    const luck = draw.between(0, 1);
    if (luck < 0.04) return { kind: "drop" };
    if (luck < 0.08) return { kind: "twice" };
    if (luck < 0.12) return { kind: "late", beats: draw.whole(1, 4) };
    if (luck < 0.2) return { kind: "killed", afterCalls: draw.whole(1, 14) };
    return { kind: "run" };
  };
}

function drawPause(draw: Draw, calmMinute: number): readonly [number, number] {
  const from = draw.whole(10, calmMinute - 40);
  return [from, from + draw.whole(10, 40)];
}
