import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { PEERS } from "../../../lib/backtest/peers/index.ts";
import type { ClairvoyantContext, Scaler, ScalerFactory } from "../../../lib/backtest/scaler.ts";
import { driveScaler, type FluidRun, type FluidService } from "./fluid-service.ts";

const MINUTE = 60_000;
const MINUTES = 90;

/** Load of each minute; the same after the last. */
type Load = readonly number[];

function contextOf(load: Load): ClairvoyantContext {
  return {
    tasksMin: 2,
    tasksMax: 25,
    startMs: 0,
    scoredFromMs: 30 * MINUTE,
    taskRequestsPerSecond: 10,
    taskWorkers: 1,
    clairvoyance: {
      tasksNeededAt: (ms) => Math.ceil((load[Math.floor(ms / MINUTE)] ?? 0) / 0.8),
      stepMs: MINUTE,
      startUpMs: 45_000,
      drainMs: 30_000,
    },
  };
}

/** The context carries the demand for the oracle alone. */
function begin(factory: ScalerFactory, load: Load, parameters: Record<string, number> = {}): Scaler {
  const { clairvoyance, ...context } = contextOf(load);
  return factory.sees === "demand"
    ? factory.create(parameters, { ...context, clairvoyance })
    : factory.create(parameters, context);
}

function serviceOf(load: Load, outage?: FluidService["outage"]): FluidService {
  return {
    load: (ms) => load[Math.floor(ms / MINUTE)] ?? load.at(-1) ?? 0,
    fromMs: 0,
    toMs: MINUTES * MINUTE,
    tasks: 8,
    startUpMs: 45_000,
    publicationDelayMs: 22_000,
    outage,
  };
}

const run = (factory: ScalerFactory, load: Load, outage?: FluidService["outage"]): FluidRun =>
  driveScaler(begin(factory, load), serviceOf(load, outage));

const LOAD = fc.array(fc.double({ min: 0, max: 40, noNaN: true }), { minLength: MINUTES, maxLength: MINUTES });
const RUNS = { numRuns: 8 };

it("has each name once, and a sweep that can be swept", () => {
  expect(new Set(PEERS.map(({ name }) => name)).size).toBe(PEERS.length);
  for (const factory of PEERS) {
    const { parameter, values } = factory.sweep;
    expect(values.toSorted((a, b) => a - b)).toEqual(values);
    expect(values).toContain(factory.parameters[parameter]?.initial);
    for (const value of values) expect(begin(factory, [], { [parameter]: value }).parameters[parameter]).toBe(value);
  }
});

it("shows demand to the oracle and to nobody else", () => {
  expect(PEERS.filter(({ sees }) => sees === "demand").map(({ name }) => name)).toEqual(["oracle"]);
});

describe.each(PEERS)("$name", (factory) => {
  it("keeps within its bounds, in whole tasks", () => {
    fc.assert(
      fc.property(LOAD, (load) => {
        for (const { to } of run(factory, load).changes) {
          expect(Number.isInteger(to)).toBe(true);
          expect(to).toBeGreaterThanOrEqual(2);
          expect(to).toBeLessThanOrEqual(25);
        }
      }),
      RUNS,
    );
  });

  it("decides the same from the same", () => {
    fc.assert(
      fc.property(LOAD, (load) => {
        expect(run(factory, load).changes).toEqual(run(factory, load).changes);
      }),
      RUNS,
    );
  });
});

describe.each(PEERS.filter(({ sees }) => sees === "metrics"))("$name, which sees metrics only,", (factory) => {
  it("does not know the future: loads that part at some minute are answered alike until then", () => {
    fc.assert(
      fc.property(LOAD, LOAD, fc.integer({ min: 1, max: MINUTES - 1 }), (load, other, minute) => {
        const before = ({ changes }: FluidRun) => changes.filter(({ atMs }) => atMs <= minute * MINUTE);
        const parted = [...load.slice(0, minute), ...other.slice(minute)];
        expect(before(run(factory, parted))).toEqual(before(run(factory, load)));
      }),
      RUNS,
    );
  });

  it("changes nothing when the metrics have been silent for ten minutes", () => {
    fc.assert(
      fc.property(LOAD, (load) => {
        const { changes } = run(factory, load, { fromMs: 40 * MINUTE, toMs: MINUTES * MINUTE });
        expect(changes.filter(({ atMs }) => atMs > 50 * MINUTE)).toEqual([]);
      }),
      RUNS,
    );
  });
});

describe.each(PEERS.filter(({ name }) => name !== "static-p99"))("$name, which scales,", (factory) => {
  it("grows when the load does, and shrinks when it goes", () => {
    const load = Array.from({ length: MINUTES }, (_, minute) => (minute < 15 ? 5 : minute < 40 ? 14 : 1));
    const { minutes } = run(factory, load);
    expect(minutes[38]).toBeGreaterThan(minutes[12] ?? 0);
    expect(minutes.at(-1)).toBeLessThan(minutes[38] ?? 0);
  });
});
