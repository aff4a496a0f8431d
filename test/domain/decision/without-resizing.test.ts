import { describe, expect, test } from "vitest";
import { decideFleet, type FleetRecords } from "../../../lib/domain/decision/decide-fleet.ts";
import type { Decision } from "../../../lib/domain/model/decision.ts";
import type { FleetPolicy } from "../../../lib/domain/model/policy.ts";
import { ALLOCATION, aFleet, aState, aWindow, NOW_MS, theRecords, type Values } from "../../support/fleet-builders.ts";

const HOT: Values = { cpuUsed: 1800 }; // 90 % of 2 x 1 vCPU; up above 70 %
const only = (fleet: FleetPolicy, records: Partial<FleetRecords>): Decision =>
  decideFleet(fleet, theRecords(fleet, records), NOW_MS)[0] as Decision;
const one = (values: Values) => [aState("service-a", aWindow(values))];

describe("a component whose tasks are not to be resized", () => {
  const sideways = (changes: object = {}) => aFleet({}, { resize: false, ...changes });

  test("takes more tasks for a CPU breach, and for a minimum of CPU", () => {
    expect(only(sideways(), { states: one(HOT) })).toMatchObject({
      action: "SCALE_OUT",
      plan: { steps: [{ after: { tasks: 3, size: ALLOCATION.size } }] },
    });
    expect(only(sideways({ cpu: { min: 3, max: 4 } }), {})).toMatchObject({
      action: "SCALE_OUT",
      plan: { steps: [{ after: { tasks: 3, size: ALLOCATION.size } }] },
    });
  });

  test("holds at its number of tasks, where another would grow in size for a slow response", () => {
    const slow = { states: one({ responseTime: 1200 }) };
    const tasks = { min: 1, max: 2 };
    expect(only(aFleet({}, { tasks }), slow).action).toBe("SCALE_UP");
    expect(only(sideways({ tasks }), slow).hold).toBe("at-component-limit");
  });

  test("takes up a recommendation of fewer tasks, and none of smaller ones", () => {
    const recommended = (allocation: typeof ALLOCATION) =>
      only(sideways({ tasks: { min: 1, max: 20 } }), {
        recommendations: [
          {
            v: 1,
            component: "service-a",
            madeAtMs: NOW_MS,
            kind: "OPTIMIZE",
            allocation,
            savingPerHour: 0.01,
            because: "",
          },
        ],
      });
    expect(recommended({ ...ALLOCATION, tasks: 1 }).action).toBe("OPTIMIZE");
    expect(recommended({ tasks: 2, size: { ...ALLOCATION.size, memory: 900 } }).hold).toBe("saving-too-small");
  });
});
