import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decisionKey, type Kind, listedSk, parseDecisionId, placeOf, samplesPk } from "../../lib/adapters/keys.ts";
import { decode, decodeAny, encode, type Records, storedItem } from "../../lib/adapters/records.ts";
import { decisionId } from "../../lib/domain/model/decision.ts";
import { DependencyError, InvariantError } from "../../lib/domain/model/errors.ts";
import { ABSENCES, METRICS, type Sample } from "../../lib/domain/model/sample.ts";
import { SampleWindow } from "../../lib/domain/model/sample-window.ts";
import {
  aForecast,
  aHold,
  aLearning,
  aLedger,
  aModel,
  anAction,
  anAlertState,
  anAllocation,
  anOverlay,
  aRecommendation,
  aRollup,
  aSample,
  aState,
  FLEET,
  NOON,
  someScores,
} from "../contracts/store-records.ts";

const examples: Records = {
  ledger: aLedger(),
  scores: someScores(),
  alerts: anAlertState(),
  state: aState(),
  learning: aLearning(),
  overlay: anOverlay(),
  recommendation: aRecommendation(),
  forecast: aForecast(),
  model: aModel(),
  sample: { component: "a", sample: aSample() },
  rollup: aRollup(),
  hold: aHold(),
  action: anAction(),
  tick: { loop: "monitor", tick: 7 },
};
const kinds = Object.keys(examples) as Kind[];
const fleetOf = (kind: Kind): string => (kind === "tick" ? "" : FLEET);

/** Through the text that a table or a file holds. */
function roundTrip<K extends Kind>(kind: K, record: Records[K]): Records[K] {
  return decode(kind, storedItem(encode(kind, fleetOf(kind), record)));
}

describe.each(kinds)("the record %s", (kind) => {
  const item = () => storedItem(encode(kind, fleetOf(kind), examples[kind]));

  test("comes back as it went in, and says what it is", () => {
    expect(roundTrip(kind, examples[kind])).toEqual(examples[kind]);
    expect(decodeAny(item())).toEqual({ kind, fleet: fleetOf(kind), record: examples[kind] });
  });

  test("of an unknown version is refused, with item and version", () => {
    for (const v of [0, 2, "1", undefined]) {
      expect(() => decode(kind, { ...item(), v })).toThrow(DependencyError);
      expect(() => decode(kind, { ...item(), v })).toThrow(
        `item ${item().pk} ${item().sk} cannot be read: unknown version ${JSON.stringify(v)}`,
      );
    }
  });

  test("with a field too many is refused, when writing too", () => {
    expect(() => decode(kind, { ...item(), data: { ...(item()["data"] as object), surprise: 1 } })).toThrow(/surprise/);
    expect(() => encode(kind, fleetOf(kind), { ...examples[kind], surprise: 1 } as never)).toThrow(InvariantError);
  });

  test("under another key is refused", () => {
    const { pk, sk } = item();
    expect(decodeAny({ ...item(), pk: `${pk}x`, sk: `${sk}y` })).toHaveProperty("problems");
    expect(decodeAny({ ...item(), extra: true })).toEqual({ problems: ["unknown fields extra"] });
  });
});

const number = fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => (Object.is(value, -0) ? 0 : value));
const byMetric = <T>(of: fc.Arbitrary<T>) =>
  fc.record(Object.fromEntries(METRICS.map((metric) => [metric, of])), { requiredKeys: [] });
const someSample = fc.record({
  endMs: fc.nat({ max: 4e12 }),
  periodMs: fc.integer({ min: 1, max: 3_600_000 }),
  values: byMetric(number),
  absent: byMetric(fc.constantFrom(...ABSENCES)),
}) as fc.Arbitrary<Sample>;

describe("the compact forms lose nothing", () => {
  test("samples", () => {
    fc.assert(
      fc.property(someSample, (sample) => {
        expect(roundTrip("sample", { component: "a", sample })).toEqual({ component: "a", sample });
      }),
    );
  });

  test("an outlook of demand, without a model and without a path", () => {
    const minutes = [{ usualGrowth: 0.1, yesterday: 3, lastWeek: 0, threeDays: 2.5, lastHour: 4 }];
    const outlook = { v: 1, madeAtMs: NOON, startMs: NOON, taskCpu: 1000, minutes } as const;
    const model = { trainedAtMs: NOON, quantile: 0.95, leadMinutes: 4, weights: [0.1, -0.2], rows: 400, highest: 12.5 };
    for (const each of [outlook, { ...outlook, model, triedAtMs: NOON }]) {
      const record = aForecast("a", "cpuUsed", { path: undefined, outlook: each });
      expect(roundTrip("forecast", record)).toEqual(record);
    }
  });

  test("windows", () => {
    fc.assert(
      fc.property(fc.array(someSample, { maxLength: 15 }), (window) => {
        const state = aState("a", { window: SampleWindow.of(window) });
        expect(roundTrip("state", state)).toEqual(state);
      }),
      { numRuns: 30 },
    );
  });

  test("roll-ups", () => {
    const bucket = fc.record({
      startMs: fc.nat({ max: 4e12 }),
      samples: fc.nat(),
      mean: byMetric(number),
      max: byMetric(number),
    });
    fc.assert(
      fc.property(fc.array(bucket, { maxLength: 12 }), (buckets) => {
        expect(roundTrip("rollup", aRollup("a", NOON, { buckets }))).toEqual(aRollup("a", NOON, { buckets }));
      }),
      { numRuns: 30 },
    );
  });

  test("points of signals, in any order of time, and vectors of resources", () => {
    const points = fc.array(fc.record({ atMs: fc.nat({ max: 4e12 }), value: number }), { maxLength: 30 });
    const whole = fc.nat({ max: 1_000_000 });
    const size = fc.record({ cpu: whole, memory: whole, network: whole, storage: whole });
    fc.assert(
      fc.property(points, size, (list, amount) => {
        const [signal] = aHold().signals;
        if (signal === undefined) throw new Error("the example has signals");
        const hold = aHold("a", NOON, {
          signals: [
            { ...signal, points: { atMs: list.map(({ atMs }) => atMs), values: list.map(({ value }) => value) } },
          ],
          current: { tasks: amount.cpu, size: amount },
        });
        expect(roundTrip("hold", hold)).toEqual(hold);
      }),
    );
  });
});

describe("what cannot be stored is refused where it is written", () => {
  test.each([NaN, Infinity, -Infinity])("%s in a sample, a state, a decision, a model", (value) => {
    const bad = aSample(NOON, { cpuUsed: value });
    expect(() => encode("sample", FLEET, { component: "a", sample: bad })).toThrow(/a record cannot be stored: sample/);
    expect(() => encode("state", FLEET, aState("a", { window: SampleWindow.of([bad]) }))).toThrow(InvariantError);
    expect(() => encode("hold", FLEET, aHold("a", NOON, { priority: value }))).toThrow(InvariantError);
    expect(() => encode("model", FLEET, { ...aModel(), model: { profile: [value] } as never })).toThrow(InvariantError);
  });

  test("a model that is no plain JSON, or too deep", () => {
    const deep = JSON.parse(`${'{"a":'.repeat(12)}1${"}".repeat(12)}`) as unknown;
    for (const model of [new Map(), new Float64Array(3), { when: new Date(0) }, { f: () => 1 }, deep, [1], null]) {
      expect(() => encode("model", FLEET, { ...aModel(), model: model as never })).toThrow(InvariantError);
    }
  });

  test("parts of tasks and of thousandths", () => {
    expect(() => encode("ledger", FLEET, aLedger(1, { booked: { a: anAllocation(1.5) } }))).toThrow(InvariantError);
    expect(() => encode("ledger", FLEET, aLedger(1, { booked: { a: anAllocation(-1) } }))).toThrow(InvariantError);
  });
});

test("a state with fifteen full samples stays below 4 KB", () => {
  const values = Object.fromEntries(METRICS.map((metric, i) => [metric, 1234.567890123456 + i])) as Sample["values"];
  const window = Array.from(
    { length: 15 },
    (_, i): Sample => ({ endMs: NOON + i * 60_000, periodMs: 60_000, values, absent: {} }),
  );
  expect(
    JSON.stringify(
      storedItem(encode("state", FLEET, aState("a-component-with-a-long-name", { window: SampleWindow.of(window) }))),
    ).length,
  ).toBeLessThan(4096);
});

describe("keys", () => {
  const anyName = fc.string({
    minLength: 1,
    maxLength: 20,
    unit: fc.constantFrom("a", "#", "%", "2", "3", "5", "@", "1", "-", "é"),
  });

  test("no two places share a key, and the place is read back", () => {
    fc.assert(
      fc.property(anyName, anyName, anyName, anyName, (fleet, component, fleet2, component2) => {
        expect(placeOf({ pk: samplesPk(fleet, component), sk: "000000000000042" })).toEqual({
          kind: "sample",
          fleet,
          component,
          timeMs: 42,
        });
        const same = fleet === fleet2 && component === component2;
        expect(samplesPk(fleet, component) === samplesPk(fleet2, component2)).toBe(same);
        expect(placeOf({ pk: "FLEET#f", sk: listedSk("model", component, component2) })).toEqual({
          kind: "model",
          fleet: "f",
          component,
          metric: component2,
        });
      }),
    );
  });

  test("a decision's id alone tells where it lies", () => {
    fc.assert(
      fc.property(
        anyName,
        fc.nat({ max: 4e12 }),
        fc.constantFrom("", "/manual", "-2", "#x"),
        (component, timeMs, suffix) => {
          const id = decisionId(component, timeMs, suffix);
          expect(parseDecisionId(id)).toEqual({ component, timeMs });
          const { sk } = decisionKey({ ...aHold(component, timeMs), id });
          expect(placeOf({ pk: "ACTIONS#f", sk })).toEqual({ kind: "action", fleet: "f", timeMs, id });
        },
      ),
    );
  });

  test.each([
    ["FLEET#a", "LEDGER#b"],
    ["FLEET#a", "STATE"],
    ["FLEET#a", "STATE#b#c"],
    ["FLEET#a", "TRAINED#b"],
    ["FLEET#a#b", "LEDGER"],
    ["FLEET#a", "toString"],
    ["SAMPLES#a#b", "42"],
    ["SAMPLES#a#b", "000000000000042#x"],
    ["ROLLUP#a#b#7m", "000000000000042"],
    ["HOLDS#a#b", "000000000000042"],
    ["X", "Y"],
    ["", ""],
  ])("%s %s is no place", (pk, sk) => expect(placeOf({ pk, sk })).toBeUndefined());
});
