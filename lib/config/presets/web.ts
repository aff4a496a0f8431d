import type { WrittenConfig } from "../schema.ts";

type Fleet = NonNullable<WrittenConfig["fleets"]>[number];

/**
 * A web service on Fargate that is staffed by demand: as many tasks as its load needs within the next minutes, no more.
 * Numbers found on real traces (docs/benchmark.md); they need the 20-second metrics of ECS, and a service whose CPU is what
 * operations take. The 99.9 % of all moments that nobody watches are what it saves on, so limits an hour are wide: the
 * number of tasks is computed from demand each time, and does not add up.
 */
export function webFleet(component: Partial<Fleet["components"][number]> & { readonly name: string }): Fleet {
  return {
    limits: { cpu: 10_000, memory: 100_000, network: 10_000, storage: 0 },
    decision: { decisionsPerHour: 240, growthReservePercent: 50, removedPercent: 100 },
    monitor: { periodSeconds: 20, windowSamples: 60, freshSeconds: 120, calmReading: false },
    execution: { waitForTasks: false, settleSeconds: 60 },
    optimization: { rawHours: 175, refitMinutes: 720, evidenceHours: 720 },
    components: [
      {
        strategy: "PREDICTIVE",
        parameters: { staffing: 0.3, growthPercent: 98 },
        cpu: { min: 0.25, max: 500 },
        memory: { min: 0.5, max: 2000 },
        network: { min: 0, max: 500 },
        storage: { min: 0, max: 0 },
        tasks: { min: 1, max: 200 },
        resize: false,
        perHour: { up: 120, down: 120 },
        cooldownSeconds: 0,
        rules: {
          cpu: { upAction: "SCALE_OUT", downAction: "SCALE_IN", target: 90, up: 97, down: 50 },
          memory: { upAction: "SCALE_OUT", downAction: "SCALE_IN", target: 85, up: 92, down: 0 },
          "response-time": { enabled: false },
        },
        ...component,
      },
    ],
  };
}
