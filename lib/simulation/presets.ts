import type { Allocation } from "../domain/model/resources.ts";
import type { GeneratorLoad } from "./load.ts";
import type { ServiceProfile } from "./profile.ts";
import type { ServiceSpec } from "./service.ts";

/**
 * The seven preconfigured components as simulated services. Tuned (test/simulation/presets.test.ts holds them to it) so that
 * at the initial allocation the daily peak is above each CPU and memory target + 10 points and the night below target - 15,
 * at mid-day about as many operations arrive as the policy names, and calm response times are 40-60 % of the policy's.
 */
export interface ServicePreset {
  readonly initial: Allocation;
  readonly profile: Partial<ServiceProfile>;
  readonly load: GeneratorLoad;
}

export const SERVICE_PRESETS = {
  arbitrage_engine: {
    initial: allocation(2, 750, 500),
    profile: {
      cpuMsPerOp: 45,
      ioMsPerOp: 10,
      baseMemoryMilli: 95,
      workingSetMilliPerRate: 22,
      networkMbitPerOp: 1.5,
      sloMs: 200,
    },
    load: { kind: "generator", meanRate: 18.5, dailyFraction: 0.42, peakHour: 14, burstsPerDay: 4, burstFraction: 0.3 },
  },
  bridge_monitor: {
    initial: allocation(2, 250, 300),
    profile: {
      cpuMsPerOp: 22,
      ioMsPerOp: 270,
      baseMemoryMilli: 48,
      workingSetMilliPerRate: 22,
      networkMbitPerOp: 2,
      sloMs: 800,
    },
    load: { kind: "generator", meanRate: 11, dailyFraction: 0.42, peakHour: 13, burstsPerDay: 2, burstFraction: 0.25 },
  },
  cross_chain_mev: {
    initial: allocation(2, 400, 400),
    profile: {
      cpuMsPerOp: 51,
      ioMsPerOp: 20,
      baseMemoryMilli: 85,
      workingSetMilliPerRate: 36,
      networkMbitPerOp: 2.5,
      sloMs: 400,
    },
    load: {
      kind: "generator",
      meanRate: 8.9,
      dailyFraction: 0.42,
      peakHour: 15,
      burstsPerDay: 5,
      burstFraction: 0.4,
      burstMinutes: 8,
    },
  },
  price_feeds: {
    initial: allocation(2, 600, 800),
    profile: {
      cpuMsPerOp: 17.5,
      ioMsPerOp: 10,
      baseMemoryMilli: 240,
      workingSetMilliPerRate: 17.5,
      networkMbitPerOp: 1.2,
      sloMs: 100,
    },
    load: {
      kind: "generator",
      meanRate: 37,
      dailyFraction: 0.42,
      peakHour: 14,
      weekendFraction: 0.95,
      burstsPerDay: 3,
      burstFraction: 0.3,
    },
  },
  wallet_manager: {
    initial: allocation(1, 300, 300),
    profile: {
      cpuMsPerOp: 36,
      ioMsPerOp: 540,
      baseMemoryMilli: 38,
      workingSetMilliPerRate: 33,
      networkMbitPerOp: 3,
      sloMs: 1500,
    },
    load: {
      kind: "generator",
      meanRate: 3.6,
      dailyFraction: 0.48,
      peakHour: 13,
      weekendFraction: 0.7,
      burstsPerDay: 1,
      burstFraction: 0.2,
    },
  },
  memory_system: {
    initial: allocation(2, 300, 1200),
    profile: {
      cpuMsPerOp: 12.7,
      ioMsPerOp: 40,
      baseMemoryMilli: 270,
      fixedMemoryMilli: 400,
      workingSetMilliPerRate: 40,
      networkMbitPerOp: 1,
      sloMs: 200,
    },
    load: { kind: "generator", meanRate: 22, dailyFraction: 0.42, peakHour: 14, burstsPerDay: 2, burstFraction: 0.15 },
  },
  health_monitor: {
    initial: allocation(1, 150, 150),
    profile: {
      cpuMsPerOp: 7.6,
      ioMsPerOp: 880,
      baseMemoryMilli: 14,
      workingSetMilliPerRate: 7.2,
      memoryGrowthMaxMilli: 4,
      idleCpuMilli: 2,
      networkMbitPerOp: 0.5,
      sloMs: 2000,
    },
    load: {
      kind: "generator",
      meanRate: 5.2,
      dailyFraction: 0.6,
      halfDayFraction: 0.1,
      peakHour: 13,
      burstsPerDay: 2,
      burstFraction: 0.2,
    },
  },
} as const satisfies Record<string, ServicePreset>;

export type PresetName = keyof typeof SERVICE_PRESETS;

/** The seven as services of a world, in the order of the policies. */
export function presetServices(): readonly ServiceSpec[] {
  return Object.entries(SERVICE_PRESETS).map(([name, preset]) => ({ name, ...preset }));
}

/** Milli-vCPU and milli-GiB a task; 0.1 Gbit/s and the free storage only. */
function allocation(tasks: number, cpu: number, memory: number): Allocation {
  return { tasks, size: { cpu, memory, network: 100, storage: 0 } };
}
