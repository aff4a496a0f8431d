import { describe, expect, test } from "vitest";
import { measureFleet } from "../lib/report/fleet-measurement.ts";
import { ALLOCATION, aFleet, aLedger, aState, aWindow, NOW_MS } from "./support/fleet-builders.ts";

const NOTHING = { states: [], learning: [], overlays: [], forecasts: [], recommendations: [] };
const fleet = aFleet({ name: "shop" });

describe("what is measured of a fleet", () => {
  test("nothing known is nothing said: counts only, no zeros in place of the unknown", () => {
    const { dimension, values } = measureFleet(fleet, NOTHING, NOW_MS);
    expect(dimension).toEqual({ Fleet: "shop" });
    expect(values).toEqual({ ResourceLimitAlerts: 0, ScalingFailureAlerts: 0, PerformanceAlerts: 0 });
  });

  test("booked share of the scarcest limit, scores, effect of the measured changes", () => {
    const learning = [
      { v: 1, component: "service-a", version: 1, succeeded: 2, failed: 0, rolledBack: 0, byAction: {}, byStatus: {} },
    ].map((each) => ({
      ...each,
      v: 1 as const,
      byReason: {},
      history: [60, 90].map((effectiveness, i) => ({
        decision: `service-a@${i}`,
        atMs: i,
        direction: "grow" as const,
        effectiveness,
      })),
    }));
    const scores = { v: 1, fleet: "shop", atMs: NOW_MS - 1000, efficiency: 0.62, score: 81.5, components: {} } as const;
    const ledger = aLedger(fleet, { booked: { "service-a": { ...ALLOCATION, tasks: 3 } } });
    const { values, fields } = measureFleet(fleet, { ...NOTHING, ledger, learning, scores }, NOW_MS);
    const share = Math.max(3000 / fleet.limits.cpu, 3000 / fleet.limits.memory, 300 / fleet.limits.network);
    expect(values.ResourceUse).toBeCloseTo(share * 100, 3);
    expect([values.Effectiveness, values.Efficiency, fields["performance"]]).toEqual([75, 62, 81.5]);
    const old = { ...scores, atMs: NOW_MS - 900_001 };
    const stale = measureFleet(fleet, { ...NOTHING, ledger, learning, scores: old }, NOW_MS);
    expect([stale.values.Efficiency, stale.fields["performance"]]).toEqual([undefined, undefined]);
  });

  test("alert conditions that hold, by type, for as long as they hold", () => {
    const states = [aState("service-a", aWindow(), { rolloutFailed: true })];
    const { values, fields } = measureFleet(fleet, { ...NOTHING, ledger: aLedger(fleet), states }, NOW_MS);
    expect(values.ScalingFailureAlerts).toBe(1);
    expect(fields["conditions"]).toEqual(["scaling-failure:service-a"]);
  });

  test("for people: what each component has and how much of it is used; stale use is left out", () => {
    const snapshot = { ...NOTHING, ledger: aLedger(fleet), states: [aState("service-a")] };
    const { fields } = measureFleet(fleet, snapshot, NOW_MS);
    expect(fields["components"]).toMatchObject({
      "service-a": { tasks: 2, cpu: 2, memory: 2, use: { cpu: 60, memory: 70 } },
    });
    const later = measureFleet(fleet, snapshot, NOW_MS + 600_000).fields;
    expect(later["components"]).toMatchObject({ "service-a": { tasks: 2, use: {} } });
  });
});
