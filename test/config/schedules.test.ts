import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { compileFleet, loadConfig } from "../../lib/config/index.ts";
import type { ComponentPolicy } from "../../lib/domain/model/policy.ts";
import { withSchedules } from "../../lib/domain/planning/schedules.ts";

function policyWith(...schedules: object[]): ComponentPolicy {
  const named = schedules.map((schedule, index) => ({ name: `s${index}`, ...schedule }));
  const component = {
    name: "web",
    compute: "ec2",
    tasks: { min: 1, max: 20 },
    cpu: { min: 0.5, max: 8 },
    schedules: named,
  };
  const [fleet] = loadConfig({ fleets: [{ components: [component] }] }).fleets;
  const policy = fleet && compileFleet(fleet).components[0];
  if (!policy) throw new Error("one component was written");
  return policy;
}
const at = (time: string) => Date.parse(time);
const MORNING = { cron: "0 8 * * *", timeZone: "Europe/Berlin", durationMinutes: 120, tasks: { min: 5 } };

describe("without an open window the policy is the very same object", () => {
  test("no schedules", () => {
    const policy = policyWith();
    expect(withSchedules(policy, 0).policy).toBe(policy);
  });
  test("a closed one", () => {
    const policy = policyWith(MORNING);
    expect(withSchedules(policy, at("2026-06-01T03:00:00Z"))).toEqual({ policy, active: [] });
    expect(withSchedules(policy, at("2026-06-01T03:00:00Z")).policy).toBe(policy);
  });
});

describe("08:00 to 10:00 in Berlin", () => {
  test.each([
    ["winter, just before", "2026-01-15T06:59:59.999Z", 1],
    ["winter, the start", "2026-01-15T07:00:00Z", 5],
    ["winter, the last moment", "2026-01-15T08:59:59.999Z", 5],
    ["winter, the end", "2026-01-15T09:00:00Z", 1],
    ["summer, an hour earlier in UTC", "2026-07-15T06:00:00Z", 5],
    ["summer, the end", "2026-07-15T08:00:00Z", 1],
    ["the day the clocks go forward", "2026-03-29T06:00:00Z", 5],
    ["the day before", "2026-03-28T06:00:00Z", 1],
    ["the day the clocks go back", "2026-10-25T07:00:00Z", 5],
    ["the day the clocks go back, an hour too early", "2026-10-25T06:59:00Z", 1],
    ["the day before", "2026-10-24T06:00:00Z", 5],
  ])("%s", (_, time, tasksMin) => {
    expect(withSchedules(policyWith(MORNING), at(time)).policy.tasksMin).toBe(tasksMin);
  });
});

describe("a start that the clocks skip or repeat", () => {
  const night = policyWith({ ...MORNING, cron: "30 2 * * *", durationMinutes: 30 });
  const isOpen = (time: string) => withSchedules(night, at(time)).active.length > 0;
  test("however long the window, and whenever it is asked about", () => {
    const long = policyWith({ ...MORNING, cron: "30 2 * * *", durationMinutes: 120 });
    const start = at("2026-03-29T01:30:00Z");
    const open = Array.from({ length: 300 }, (_, minute) => start + (minute - 90) * 60_000).filter(
      (moment) => withSchedules(structuredClone(long), moment).active.length > 0,
    );
    expect([open.length, open[0]]).toEqual([120, start]);
  });
  test("02:30 does not exist: 03:30 on the clock", () => {
    expect([isOpen("2026-03-29T00:30:00Z"), isOpen("2026-03-29T01:30:00Z")]).toEqual([false, true]);
  });
  test("02:30 comes twice: the second one counts", () => {
    expect([isOpen("2026-10-25T00:30:00Z"), isOpen("2026-10-25T01:30:00Z")]).toEqual([false, true]);
  });
});

describe("windows that are open together", () => {
  const noon = at("2026-06-01T12:00:00Z");
  const open = (bounds: object) => ({ cron: "0 0 * * *", durationMinutes: 1440, ...bounds });
  test("the highest minimum and the lowest maximum hold", () => {
    const policy = policyWith(
      open({ tasks: { min: 3 } }),
      open({ tasks: { min: 2, max: 9 } }),
      open({ tasks: { max: 12 } }),
    );
    const { policy: bound, active } = withSchedules(policy, noon);
    expect([bound.tasksMin, bound.tasksMax, active]).toEqual([3, 9, ["s0", "s1", "s2"]]);
  });
  test("the maximum wins where they cross", () => {
    const policy = policyWith(
      open({ tasks: { min: 9 }, cpu: { min: 4 } }),
      open({ tasks: { max: 4 }, cpu: { max: 2 } }),
    );
    const { policy: bound } = withSchedules(policy, noon);
    expect([bound.tasksMin, bound.tasksMax, bound.min.cpu, bound.max.cpu]).toEqual([4, 4, 2000, 2000]);
  });
  test("the component's own bounds are never loosened", () => {
    const own = policyWith(open({ tasks: { min: 3 } }));
    const loose = { ...own, schedules: own.schedules.map((each) => ({ ...each, tasksMin: 0, tasksMax: 500 })) };
    const { policy: bound } = withSchedules(loose, noon);
    expect([bound.tasksMin, bound.tasksMax]).toEqual([1, 20]);
  });
  test("everything else stays", () => {
    const policy = policyWith(open({ memory: { min: 2 } }));
    expect(withSchedules(policy, noon).policy).toEqual({ ...policy, min: { ...policy.min, memory: 2000 } });
  });
});

test("the answer depends on the time alone, not on what was asked before; the object changes with a window only", () => {
  const schedules = [MORNING, { cron: "*/45 * * * *", durationMinutes: 7, cpu: { max: 2 } }];
  const asked = policyWith(...schedules);
  const times = fc.array(fc.integer({ min: at("2026-03-27T00:00:00Z"), max: at("2026-04-02T00:00:00Z") }), {
    maxLength: 30,
  });
  fc.assert(
    fc.property(times, (moments) => {
      for (const moment of moments) {
        const fresh = structuredClone(asked);
        expect(withSchedules(asked, moment)).toEqual(withSchedules(fresh, moment));
        expect(withSchedules(asked, moment).policy).toBe(withSchedules(asked, moment).policy);
      }
    }),
    { numRuns: 50, seed: 4711 },
  );
});

test("windows longer than the time between their starts stay open", () => {
  const policy = policyWith({ cron: "0 0 * * 1", durationMinutes: 10_080, tasks: { min: 2 } });
  for (let hour = 0; hour < 400; hour++) {
    expect(withSchedules(policy, at("2026-06-01T00:00:00Z") + hour * 3_600_000).active).toEqual(["s0"]);
  }
});

test("minute by minute over a day the window is open for exactly its duration", () => {
  const policy = policyWith(MORNING);
  const start = at("2026-03-29T00:00:00Z");
  const open = Array.from({ length: 1440 }, (_, minute) => start + minute * 60_000).filter(
    (moment) => withSchedules(policy, moment).active.length > 0,
  );
  expect([open.length, open[0]]).toEqual([120, at("2026-03-29T06:00:00Z")]);
});
