import { describe, expect, test } from "vitest";
import type { ComponentState } from "../../../lib/domain/model/component-state.ts";
import type { Resources } from "../../../lib/domain/model/resources.ts";
import type { ServiceState } from "../../../lib/domain/model/service.ts";
import { nextServed, servedAt, servedDuring } from "../../../lib/domain/monitor/served.ts";
import { aState, NOW_MS } from "../../support/fleet-builders.ts";

const SMALL: Resources = { cpu: 1000, memory: 1000, network: 100, storage: 0 };
const LARGE: Resources = { ...SMALL, cpu: 2000 };
const SECOND = 1000;
const MINUTE = 60 * SECOND;

function look(running: number, over: Partial<ServiceState> & { size?: Resources } = {}): ServiceState {
  const { size = SMALL, ...rest } = over;
  const desired = { tasks: Math.max(running, 1), size };
  return { ...(aState("web").service as ServiceState), desired, running, ...rest };
}

/** What the monitor keeps, look after look: [seconds from NOW_MS, what was seen]. */
function watched(looks: readonly (readonly [number, ServiceState | undefined])[]): ComponentState {
  return looks.reduce<ComponentState>(
    (previous, [seconds, live], i) => {
      const known = i === 0 ? undefined : previous;
      const nowMs = NOW_MS + seconds * SECOND;
      return { ...previous, service: live ?? previous.service, served: nextServed(known, live, nowMs) };
    },
    { ...aState("web"), served: undefined },
  );
}
const tasksAt = (state: ComponentState, seconds: number): number | undefined =>
  servedAt(state, NOW_MS + seconds * SECOND)?.tasks;

describe("what served when", () => {
  test("a service at rest keeps nothing: what it says now held before", () => {
    const state = watched([
      [0, look(4)],
      [30, look(4)],
      [60, look(4)],
    ]);
    expect(state.served).toBeUndefined();
    expect(tasksAt(state, -600)).toBe(4);
  });

  test("tasks that start are counted from the look that saw them", () => {
    const state = watched([
      [0, look(4)],
      [30, look(4, { pending: 8 })],
      [60, look(9)],
      [90, look(12)],
    ]);
    expect([0, 30, 59, 60, 89, 90, 500].map((seconds) => tasksAt(state, seconds))).toEqual([4, 4, 4, 9, 9, 12, 12]);
  });

  test("while tasks of two sizes run, the size is the one before", () => {
    const state = watched([
      [0, look(4)],
      [30, look(5, { size: LARGE, deploying: true })],
      [60, look(4, { size: LARGE, deploying: true })],
      [90, look(4, { size: LARGE })],
    ]);
    const sizes = [0, 30, 60, 90].map((seconds) => servedAt(state, NOW_MS + seconds * SECOND)?.size.cpu);
    expect(sizes).toEqual([1000, 1000, 1000, 2000]);
  });

  test("a look that failed changes nothing", () => {
    const state = watched([
      [0, look(4)],
      [30, look(9)],
      [60, undefined],
    ]);
    expect([0, 60].map((seconds) => tasksAt(state, seconds))).toEqual([4, 9]);
  });

  test("a service that was created anew has no past", () => {
    const state = watched([
      [0, look(4)],
      [30, look(9)],
      [60, look(1, { identity: "another" })],
    ]);
    expect(state.served).toBeUndefined();
    expect(tasksAt(state, 0)).toBe(1);
  });

  test("a quarter of an hour after the last change nothing is kept any more, and until then no more than that", () => {
    const looks = Array.from({ length: 90 }, (_, i) => [i * 30, look(4 + (Math.min(i, 60) % 2))] as const);
    expect(watched(looks).served?.length).toBeLessThanOrEqual(32);
    const rested = watched([...looks, [3600, look(4)], [3630 + 15 * 60, look(4)]]);
    expect(rested.served).toBeUndefined();
  });

  test("a sample is counted with what served in its middle, known from this very look or from those before", () => {
    const before = watched([
      [0, look(6)],
      [30, look(6)],
    ]);
    const during = servedDuring(before, look(14), { periodMs: MINUTE, nowMs: NOW_MS + MINUTE });
    expect(during(NOW_MS + MINUTE)?.tasks).toBe(6);
    expect(during(NOW_MS + 2 * MINUTE)?.tasks).toBe(14);
    expect(servedDuring(undefined, undefined, { periodMs: MINUTE, nowMs: NOW_MS })(NOW_MS)).toBeUndefined();
    expect(servedDuring(undefined, look(3), { periodMs: MINUTE, nowMs: NOW_MS })(NOW_MS)?.tasks).toBe(3);
  });
});
