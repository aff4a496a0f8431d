import { expect, test } from "vitest";
import type { ComponentState } from "../../lib/domain/model/component-state.ts";
import { TERMINAL } from "../../lib/domain/model/decision.ts";
import type { Ledger } from "../../lib/domain/model/ledger.ts";
import type { FleetPolicy } from "../../lib/domain/model/policy.ts";
import { mapResources } from "../../lib/domain/model/resources.ts";
import { SampleWindow } from "../../lib/domain/model/sample-window.ts";
import type { Orchestrator, Ports, StateStore } from "../../lib/ports.ts";
import { drawStorm, weather } from "../support/storm.ts";

/**
 * Deliberate bugs, put between the controller and its ports: the checkers of the fault simulation must find each of them
 * within a few seeds. A checker that never fails would be worth nothing.
 */
const SEEDS = Array.from({ length: 16 }, (_, index) => index + 1);
const WHEN = { calmMinute: 110, endMinute: 170 };

interface Bug {
  /** Beginnings of the promises that it breaks; one of them must be found broken. */
  readonly breaks: readonly string[];
  readonly wrap?: (ports: Ports) => Ports;
  /** The policy that is run, where it is not the promised one; and the one that is promised, where it is not the drawn one. */
  readonly run?: (fleet: FleetPolicy) => FleetPolicy;
  readonly promised?: (fleet: FleetPolicy) => FleetPolicy;
}

/** The port with some methods replaced; the others stay bound to it. */
function replacing<T extends object>(port: T, replaced: Partial<T>): T {
  return new Proxy(port, {
    get: (target, name) => {
      if (Object.hasOwn(replaced, name)) return Reflect.get(replaced, name) as unknown;
      const value: unknown = Reflect.get(target, name);
      return typeof value === "function" ? (value.bind(target) as unknown) : value;
    },
  });
}
const store = (ports: Ports, replaced: Partial<StateStore>): Ports => ({
  ...ports,
  store: replacing(ports.store, replaced),
});
/** A store whose ledger reads otherwise than it is. */
const reading = (ports: Ports, seen: (ledger: Ledger) => Ledger, more: Partial<StateStore> = {}): Ports =>
  store(ports, {
    readLedger: async (fleet) => {
      const ledger = await ports.store.readLedger(fleet);
      return ledger === undefined ? undefined : seen(ledger);
    },
    readFleet: async (fleet) => {
      const { ledger, ...records } = await ports.store.readFleet(fleet);
      return { ...records, ledger: ledger === undefined ? undefined : seen(ledger) };
    },
    ...more,
  });
const ecs = (ports: Ports, replaced: Partial<Orchestrator>): Ports => ({
  ...ports,
  orchestrator: replacing(ports.orchestrator, replaced),
});

const BUGS: Readonly<Record<string, Bug>> = {
  "every update is sent twice, the second time with a task more": {
    breaks: ["S11 twice", "S11 not what was decided"],
    wrap: (ports) =>
      ecs(ports, {
        update: async (request) => {
          const answer = await ports.orchestrator.update(request);
          await ports.orchestrator.update({ ...request, tasks: request.tasks + 1 });
          return answer;
        },
      }),
  },
  "ticks and writes are always won": {
    breaks: ["S11 twice", "S3", "S7", "S11 a lost write"],
    wrap: (ports) =>
      store(ports, {
        claimTick: async () => true,
        writeLedger: async (next) => {
          const stored = await ports.store.readLedger(next.fleet);
          await ports.store.writeLedger({ ...next, version: (stored?.version ?? 0) + 1 });
          return { won: true };
        },
      }),
  },
  "the changes of the last hour are forgotten": {
    breaks: ["S6", "S7"],
    wrap: (ports) => reading(ports, (ledger) => ({ ...ledger, recent: [] })),
  },
  "deaf to a pause": {
    breaks: ["S15"],
    wrap: (ports) =>
      reading(ports, (ledger) => ({ ...ledger, paused: false }), {
        writeLedger: async (next) => {
          const paused = (await ports.store.readLedger(next.fleet))?.paused ?? false;
          return ports.store.writeLedger({ ...next, paused });
        },
      }),
  },
  "holes in the data are filled with the last sample": {
    breaks: ["S4"],
    wrap: (ports) => {
      const fill = (states: readonly ComponentState[]) => states.map((state) => filled(state, ports.clock.nowMs()));
      return store(ports, {
        readStates: async (fleet) => fill(await ports.store.readStates(fleet)),
        readFleet: async (fleet) => {
          const { states, ...records } = await ports.store.readFleet(fleet);
          return { ...records, states: fill(states) };
        },
      });
    },
  },
  "no rest after somebody else's change": {
    breaks: ["S13"],
    wrap: (ports) => reading(ports, (ledger) => ({ ...ledger, quietUntil: {} })),
  },
  "the limits of the fleet are taken twice": {
    breaks: ["S2"],
    run: (fleet) => ({ ...fleet, limits: mapResources((name) => fleet.limits[name] * 2) }),
  },
  "the minima of the components are ignored": {
    breaks: ["S1"],
    promised: (fleet) => ({
      ...fleet,
      components: fleet.components.map((each) => ({ ...each, min: { ...each.min, cpu: 1000 } })),
    }),
  },
  "more at a time than promised": {
    breaks: ["S3"],
    promised: (fleet) => ({ ...fleet, decision: { ...fleet.decision, concurrentExecutions: 1 } }),
  },
  "endings are not written": {
    breaks: ["L3"],
    wrap: (ports) =>
      store(ports, {
        writeDecision: async (next) => (TERMINAL.has(next.status) ? { won: true } : ports.store.writeDecision(next)),
      }),
  },
  "half of the CPU's use is not seen": {
    breaks: ["L1"],
    wrap: (ports) => ({
      ...ports,
      metrics: {
        read: async (requests, nowMs) =>
          (await ports.metrics.read(requests, nowMs)).map((answer) =>
            answer instanceof Error
              ? answer
              : answer.map((sample) => ({
                  ...sample,
                  values: { cpuUsed: (sample.values.cpuUsed ?? 0) / 2, memoryUsed: sample.values.memoryUsed ?? 0 },
                })),
          ),
      },
    }),
  },
};

/** The window as a careless reader would have it: the newest sample again for every minute until now. */
function filled(state: ComponentState, nowMs: number): ComponentState {
  const seen = state.window.samples();
  const newest = seen.findLast(({ values }) => values.cpuUsed !== undefined);
  if (newest === undefined) return state;
  const window = Array.from({ length: 15 }, (_, index) => {
    const endMs = Math.floor(nowMs / newest.periodMs - 14 + index) * newest.periodMs;
    return seen.find((each) => each.endMs === endMs && each.values.cpuUsed !== undefined) ?? { ...newest, endMs };
  });
  return { ...state, window: SampleWindow.of(window) };
}

test.each(Object.entries(BUGS))("found: %s", async (_, { breaks, wrap, run, promised }) => {
  const found: string[] = [];
  for (const seed of SEEDS) {
    const drawn = drawStorm(seed, WHEN);
    const storm = promised === undefined ? drawn : { ...drawn, fleet: promised(drawn.fleet) };
    const { promises } = await weather(storm, {
      seed,
      run: run === undefined ? drawn.fleet : run(drawn.fleet),
      ...(wrap === undefined ? {} : { wrap }),
    });
    found.push(...promises.broken.map((each) => `${seed} ${each}`));
    if (promises.broken.some((each) => breaks.some((start) => each.startsWith(start)))) return;
  }
  expect.fail(`not found; instead: ${found.slice(0, 5).join("\n")}`);
});
