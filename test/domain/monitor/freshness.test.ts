import { expect, test } from "vitest";
import type { ComponentState } from "../../../lib/domain/model/component-state.ts";
import { SampleWindow } from "../../../lib/domain/model/sample-window.ts";
import { asOfMs } from "../../../lib/domain/monitor/freshness.ts";
import { signalsFor } from "../../../lib/domain/monitor/signal.ts";
import { ALLOCATION, aFleet, aState, aWindow, NOW_MS } from "../../support/fleet-builders.ts";

const FRESH = { freshMs: 210_000 };
const NEWEST_MS = NOW_MS - 30_000;
const left = (restUntilMs?: number): ComponentState => ({
  ...aState("service-a", aWindow()),
  ...(restUntilMs === undefined ? {} : { restUntilMs }),
});

test("what is left alone is looked at as of the last moment at which it is fresh, until then and no longer", () => {
  const untilMs = NEWEST_MS + 450_000;
  const asOf = (seconds: number, state = left(untilMs)) =>
    (asOfMs(state, FRESH, NEWEST_MS + seconds * 1000) - NEWEST_MS) / 1000;
  expect([60, 210, 211, 450, 451, 900].map((seconds) => asOf(seconds))).toEqual([60, 210, 210, 210, 451, 900]);
  expect(asOf(300, left())).toBe(300);
  expect(asOf(300, { ...left(untilMs), window: SampleWindow.EMPTY })).toBe(300);
});

test("its signals keep value and completeness meanwhile, and tell their true age; afterwards they are stale", () => {
  const fleet = aFleet({}, { strategy: "CONSERVATIVE" });
  const [policy] = fleet.components;
  if (policy === undefined) throw new Error("no component");
  const signals = (state: ComponentState, nowMs: number) =>
    signalsFor({ policy, monitor: fleet.monitor, state, allocation: ALLOCATION, forecasts: new Map(), nowMs });
  const nowMs = NEWEST_MS + 400_000;
  const [cpu] = signals(left(nowMs), nowMs);
  const [before] = signals(left(), NEWEST_MS + 30_000);
  expect(cpu).toMatchObject({ absent: undefined, value: before?.value, completeness: 1, ageMs: 400_000 });
  expect(signals(left(nowMs - 1), nowMs)[0]).toMatchObject({ absent: "stale", value: undefined });
});

test("a value that is older than the newest sample is not made fresh by it", () => {
  const fleet = aFleet({}, { strategy: "CONSERVATIVE" });
  const [policy] = fleet.components;
  const nowMs = NEWEST_MS + 400_000;
  const state = left(nowMs);
  const samples = state.window.samples().map((sample, i, all) =>
    i < all.length - 5
      ? sample
      : {
          ...sample,
          values: { ...sample.values, responseTime: undefined },
          absent: { responseTime: "no-traffic" as const },
        },
  );
  const blank = { ...state, window: SampleWindow.of(samples) };
  const request = { monitor: fleet.monitor, state: blank, allocation: ALLOCATION, forecasts: new Map() };
  const signals = policy && signalsFor({ ...request, policy, nowMs });
  expect(signals?.find(({ trigger }) => trigger === "RESPONSE_TIME")?.absent).toBe("no-traffic");
});
