import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { InvariantError } from "../../lib/domain/model/errors.ts";
import { ABSENCES, METRICS, type Sample } from "../../lib/domain/model/sample.ts";
import { SampleWindow } from "../../lib/domain/model/sample-window.ts";

const MINUTE_MS = 60_000;
const someSample: fc.Arbitrary<Sample> = fc.record({
  endMs: fc.nat({ max: 4e12 }),
  periodMs: fc.integer({ min: 1, max: 3_600_000 }),
  values: fc.dictionary(fc.constantFrom(...METRICS), fc.double({ noNaN: true }), { maxKeys: METRICS.length }),
  absent: fc.dictionary(fc.constantFrom(...METRICS), fc.constantFrom(...ABSENCES), { maxKeys: METRICS.length }),
});
const at = (minute: number, cpuUsed = minute): Sample => ({
  endMs: minute * MINUTE_MS,
  periodMs: MINUTE_MS,
  values: { cpuUsed },
  absent: {},
});
const minutes = (window: SampleWindow): number[] => window.samples().map(({ endMs }) => endMs / MINUTE_MS);

describe("a window is the newest samples of all that were appended", () => {
  test("as a list would have them, and every window before stays as it was", () => {
    const rounds = fc.array(fc.array(someSample, { maxLength: 4 }), { maxLength: 60 });
    fc.assert(
      fc.property(rounds, fc.integer({ min: 1, max: 15 }), (all, most) => {
        let window = SampleWindow.EMPTY;
        let list: readonly Sample[] = [];
        const seen: { window: SampleWindow; list: readonly Sample[] }[] = [];
        for (const samples of all) {
          window = window.append(samples, most);
          list = [...list, ...samples].slice(-most);
          seen.push({ window, list });
        }
        for (const each of seen) expect(each.window.samples()).toEqual(each.list);
      }),
    );
  });

  test("one by one for a day", () => {
    let window = SampleWindow.EMPTY;
    for (let minute = 1; minute <= 1440; minute++) {
      window = window.append([at(minute)], 15);
      expect([window.length, window.endMs]).toEqual([Math.min(15, minute), minute * MINUTE_MS]);
    }
    expect(minutes(window)).toEqual(Array.from({ length: 15 }, (_, i) => 1426 + i));
  });
});

test("what is appended twice to the same window, as after a write that failed, is in each result once", () => {
  const before = SampleWindow.of([at(1), at(2)]);
  const lost = before.append([at(3, 30)], 15);
  const again = before.append([at(3, 31)], 15);
  const later = lost.append([at(4)], 15);
  expect([before, lost, again, later].map(minutes)).toEqual([
    [1, 2],
    [1, 2, 3],
    [1, 2, 3],
    [1, 2, 3, 4],
  ]);
  expect([lost, again, later].map((window) => window.at(2)?.values.cpuUsed)).toEqual([30, 31, 30]);
});

test("copies, views, the iterator, the scan and JSON tell the same", () => {
  const samples = [at(1), { ...at(2), values: {}, absent: { cpuUsed: "throttled", errorRate: "no-traffic" } as const }];
  const window = SampleWindow.of(samples);
  expect([...window]).toEqual(samples);
  expect([window.at(0), window.at(1), window.at(-1), window.at(-2)]).toEqual([...samples, ...samples.toReversed()]);
  expect([window.at(2), window.at(-3), window.view(2), SampleWindow.EMPTY.at(-1)]).toEqual(Array(4).fill(undefined));
  expect(JSON.parse(JSON.stringify({ window }))).toEqual({ window: samples });
  const scanned = [];
  for (const view = window.scan(); view.next(); ) {
    scanned.push({
      endMs: view.endMs,
      periodMs: view.periodMs,
      values: Object.fromEntries(
        METRICS.flatMap((each) => (view.values[each] === undefined ? [] : [[each, view[each]]])),
      ),
      absent: view.absent,
    });
  }
  expect(scanned).toEqual(samples);
  expect(SampleWindow.EMPTY.endMs).toBeUndefined();
});

test("parts: up to a moment, after it, the last ones; and appended to from there", () => {
  const window = SampleWindow.of([at(1), at(2), at(3)]);
  expect([0, 1, 2.5, 3].map((minute) => minutes(window.after(minute * MINUTE_MS)))).toEqual([
    [1, 2, 3],
    [2, 3],
    [3],
    [],
  ]);
  expect([0, 2, 3, 9].map((most) => minutes(window.last(most)))).toEqual([[], [2, 3], [1, 2, 3], [1, 2, 3]]);
  expect([0, 2.5, 3, 9].map((minute) => minutes(window.upTo(minute * MINUTE_MS)))).toEqual([
    [],
    [1, 2],
    [1, 2, 3],
    [1, 2, 3],
  ]);
  const branch = window.upTo(MINUTE_MS).append([at(5)], 15);
  expect([minutes(branch), minutes(window)]).toEqual([
    [1, 5],
    [1, 2, 3],
  ]);
});

test("a value that is no number is refused, and changes no window", () => {
  const window = SampleWindow.of([at(1)]);
  expect(() => window.append([at(2), at(3, Number.NaN)], 15)).toThrow(InvariantError);
  expect(minutes(window)).toEqual([1]);
  expect(minutes(window.append([at(4)], 15))).toEqual([1, 4]);
});

test("every reason of every metric fits into one number, exactly", () => {
  const reason = ABSENCES[ABSENCES.length - 1];
  if (reason === undefined) throw new Error("no reason");
  const absent = Object.fromEntries(METRICS.map((metric) => [metric, reason]));
  expect(SampleWindow.of([{ ...at(1), values: {}, absent }]).at(0)?.absent).toEqual(absent);
});
