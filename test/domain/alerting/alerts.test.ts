import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { admit, delivered, noAlerts, OUTBOX_MAX } from "../../../lib/domain/alerting/alerts.ts";
import { conditions, type RaisedAlert } from "../../../lib/domain/alerting/conditions.ts";
import { SampleWindow } from "../../../lib/domain/model/sample-window.ts";
import {
  ALLOCATION,
  aComponent,
  aFleet,
  aLearning,
  aLedger,
  aSample,
  aState,
  HOUR,
  MINUTE,
  T0,
} from "../../support/optimization-builders.ts";

const policy = { cooldownMs: 10 * MINUTE, perHour: 15 };
const raised = (kind: string): RaisedAlert => ({ type: "scaling-failure", kind, severity: "warning", message: kind });
const calm = { states: [aState(T0)], ledger: aLedger(), learning: [] };
const kinds = (...args: Parameters<typeof conditions>) =>
  conditions(...args).map(({ kind, severity }) => `${kind} ${severity}`);

describe("admitting alerts", () => {
  it("keeps a kind quiet for its cooldown and counts what it held back", () => {
    const first = admit(noAlerts("default"), [raised("a")], policy, T0);
    expect(first).toMatchObject({ version: 1, sent: 1, suppressed: 0, sentMs: [T0] });
    expect(first.outbox.map(({ id }) => id)).toEqual([`default/a@${T0}`]);
    const again = admit(first, [raised("a"), raised("b")], policy, T0 + 10 * MINUTE - 1);
    expect(again).toMatchObject({ sent: 2, suppressed: 1, suppressedByKind: { a: 1 } });
    expect(admit(again, [raised("a")], policy, T0 + 10 * MINUTE)).toMatchObject({ sent: 3, suppressed: 1 });
  });

  it("lets at most fifteen through in any hour", () => {
    const many = Array.from({ length: 20 }, (_, index) => raised(`k${index}`));
    const first = admit(noAlerts("default"), many, policy, T0);
    expect(first).toMatchObject({ sent: 15, suppressed: 5 });
    expect(admit(first, [raised("z")], policy, T0 + HOUR - 1)).toMatchObject({ sent: 15, suppressed: 6 });
    expect(admit(first, [raised("z")], policy, T0 + HOUR)).toMatchObject({ sent: 16, suppressed: 5 });
  });

  it("records nothing when nothing is raised", () => {
    const state = admit(noAlerts("default"), [raised("a")], policy, T0);
    expect(admit(state, [], policy, T0 + HOUR)).toBe(state);
    expect(delivered(state, ["other"])).toBe(state);
    expect(delivered(state, [`default/a@${T0}`])).toMatchObject({ version: 2, outbox: [], sent: 1 });
  });

  it("property: sent + suppressed = raised, cooldown and cap hold, the outbox is bounded", () => {
    const step = fc.record({
      afterMs: fc.integer({ min: 0, max: 20 * MINUTE }),
      kinds: fc.uniqueArray(fc.integer({ min: 0, max: 30 }), { maxLength: 25 }),
      deliver: fc.boolean(),
    });
    fc.assert(
      fc.property(
        fc.array(step, { maxLength: 60 }),
        fc.integer({ min: 0, max: 20 }),
        fc.integer({ min: 0, max: 30 }),
        (steps, perHour, minutes) => {
          const limits = { cooldownMs: minutes * MINUTE, perHour };
          let state = noAlerts("f");
          let nowMs = T0;
          let total = 0;
          const seen: { kind: string; atMs: number }[] = [];
          for (const each of steps) {
            nowMs += each.afterMs;
            total += each.kinds.length;
            const before = new Set(state.outbox.map(({ id }) => id));
            state = admit(
              state,
              each.kinds.map((kind) => raised(`k${kind}`)),
              limits,
              nowMs,
            );
            seen.push(...state.outbox.filter(({ id }) => !before.has(id)));
            expect(state.outbox.length).toBeLessThanOrEqual(OUTBOX_MAX);
            if (each.deliver)
              state = delivered(
                state,
                state.outbox.map(({ id }) => id),
              );
          }
          expect(state.sent + state.suppressed).toBe(total);
          expect(Object.values(state.suppressedByKind).reduce((sum, count) => sum + count, 0)).toBe(state.suppressed);
          for (const { kind, atMs } of seen) {
            const later = seen.filter((other) => other.kind === kind && other.atMs > atMs);
            for (const other of later) expect(other.atMs - atMs).toBeGreaterThanOrEqual(limits.cooldownMs);
            expect(seen.filter((other) => other.atMs >= atMs && other.atMs < atMs + HOUR).length).toBeLessThanOrEqual(
              perHour,
            );
          }
        },
      ),
      { numRuns: 60 },
    );
  });
});

describe("alert conditions", () => {
  const fleet = aFleet();

  it("raises nothing when all is calm, or when nothing is known yet", () => {
    expect(conditions(fleet, calm, T0)).toEqual([]);
    expect(conditions(fleet, { states: [], learning: [] }, T0)).toEqual([]);
    expect(
      conditions(fleet, { states: [aState(T0, { window: SampleWindow.EMPTY, readThroughMs: 0 })], learning: [] }, T0),
    ).toEqual([]);
  });

  it("warns at 90 % of a fleet limit and is critical at the limit", () => {
    const booked = (tasks: number) => ({ ...calm, ledger: aLedger({ booked: { api: { ...ALLOCATION, tasks } } }) });
    expect(kinds(fleet, booked(28), T0)).toEqual([]);
    expect(kinds(fleet, booked(29), T0)).toEqual([
      "resource-limit:fleet:cpu warning",
      "resource-limit:fleet:memory warning",
    ]);
    expect(kinds(fleet, booked(32), T0)[0]).toBe("resource-limit:fleet:cpu critical");
  });

  it("judges the fleet's use against its thresholds, from fresh samples only", () => {
    const using = (cpuUsed: number, endMs = T0) => ({
      ...calm,
      states: [aState(T0, { window: SampleWindow.of([aSample(endMs, { cpuUsed })]) })],
    });
    expect(kinds(fleet, using(800), T0)).toEqual(["resource-limit:fleet:cpu:use warning"]);
    expect(kinds(fleet, using(900), T0)).toEqual(["resource-limit:fleet:cpu:use critical"]);
    expect(kinds(fleet, using(900, T0 - 5 * MINUTE), T0)).toEqual([]);
  });

  it("counts the free 20 GiB of each task when it judges storage", () => {
    const state = (storageUsed: number) => ({
      ...calm,
      states: [aState(T0, { window: SampleWindow.of([aSample(T0, { storageUsed })]) })],
    });
    expect(kinds(fleet, state(31_000), T0)).toEqual([]);
    expect(kinds(fleet, state(33_000), T0)).toContain("resource-limit:fleet:storage:use warning");
  });

  it("names a component that is full at its own maximum", () => {
    const small = aFleet({
      components: [
        aComponent({ max: { cpu: 1000, memory: 8000, network: 4000, storage: 0 } }),
        aComponent({ name: "b" }),
      ],
    });
    const states = [
      aState(T0, { window: SampleWindow.of([aSample(T0, { cpuUsed: 850 })]) }),
      aState(T0, { component: "b", window: SampleWindow.of([aSample(T0, { cpuUsed: 100 })]) }),
    ];
    expect(kinds(small, { ...calm, states }, T0)).toEqual(["resource-limit:api:cpu warning"]);
  });

  it("tells failures in a row, stuck executions and decisions that do not help", () => {
    const quiet = (failures: number) =>
      aLedger({ quietUntil: { api: { untilMs: T0 + MINUTE, why: "backing-off", failures } } });
    expect(kinds(fleet, { ...calm, ledger: quiet(1) }, T0)).toEqual(["scaling-failure:api warning"]);
    expect(kinds(fleet, { ...calm, ledger: quiet(3) }, T0)).toEqual(["scaling-failure:api critical"]);
    expect(kinds(fleet, { ...calm, ledger: quiet(3) }, T0 + MINUTE)).toEqual([]);
    const history = [1, 2, 3].map((n) => ({
      decision: `api@${n}`,
      atMs: T0 - n * MINUTE,
      direction: "grow" as const,
      effectiveness: 10,
    }));
    expect(kinds(fleet, { ...calm, learning: [aLearning({ history })] }, T0)).toEqual(["scaling-failure:api warning"]);
  });

  it("compares the score with its own baseline and the fleet with its targets", () => {
    const state = (performanceScore: number) => ({
      ...calm,
      states: [aState(T0, { performanceScore, performanceBaseline: 95 })],
    });
    expect(kinds(fleet, state(75), T0)).toEqual([]);
    expect(kinds(fleet, state(70), T0)).toEqual(["performance-degradation:api warning"]);
    expect(kinds(fleet, state(45), T0)).toEqual(["performance-degradation:api critical"]);
    const base = { v: 1 as const, fleet: "default", atMs: T0, efficiency: 0.2, score: 50, components: {} };
    const scores = { ...base, responseTimeMs: 2500, successRate: 0.93 };
    expect(kinds(fleet, { ...calm, scores }, T0)).toEqual([
      "performance-degradation:fleet:response-time critical",
      "performance-degradation:fleet:success-rate warning",
    ]);
    expect(kinds(fleet, { ...calm, scores }, T0 + HOUR)).not.toContain(
      "performance-degradation:fleet:success-rate warning",
    );
  });

  it("notices silence, unless nothing is supposed to run", () => {
    const empty = aSample(T0, {}, { values: {}, absent: { cpuUsed: "missing" } });
    const silent = aState(T0, { window: SampleWindow.of([aSample(T0 - 8 * MINUTE), empty]) });
    expect(kinds(fleet, { ...calm, states: [silent] }, T0)).toEqual(["monitoring:api warning"]);
    expect(kinds(fleet, { ...calm, states: [silent] }, T0 + HOUR)).toEqual(["monitoring:api critical"]);
    const service = silent.service && { ...silent.service, desired: { ...ALLOCATION, tasks: 0 } };
    expect(kinds(fleet, { ...calm, states: [{ ...silent, service }] }, T0)).toEqual([]);
    expect(kinds(fleet, { ...calm, states: [aState(T0, { serviceProblem: "denied" })] }, T0)).toEqual([
      "monitoring:api warning",
    ]);
  });
});
