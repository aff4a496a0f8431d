import { compileFleet, loadConfig, type WrittenConfig } from "../../lib/config/index.ts";
import type { FleetRecords } from "../../lib/domain/decision/decide-fleet.ts";
import type { ComponentState } from "../../lib/domain/model/component-state.ts";
import type { Ledger } from "../../lib/domain/model/ledger.ts";
import type { FleetPolicy } from "../../lib/domain/model/policy.ts";
import type { Allocation } from "../../lib/domain/model/resources.ts";
import type { MetricName, Sample } from "../../lib/domain/model/sample.ts";
import { SampleWindow } from "../../lib/domain/model/sample-window.ts";

export const NOW_MS = 1_800_000_000_000;
const MINUTE_MS = 60_000;

type WrittenFleet = NonNullable<WrittenConfig["fleets"]>[number];

/** A fleet in mode auto; components are REACTIVE on EC2 with 0.1-10 vCPU and 0.1-10 GiB unless said otherwise. */
export function aFleet(
  overrides: Partial<WrittenFleet> = {},
  ...components: Partial<WrittenFleet["components"][number]>[]
): FleetPolicy {
  const written = components.length > 0 ? components : [{}];
  const config = loadConfig({
    fleets: [
      {
        mode: "auto",
        ...overrides,
        components: written.map((each, i) => ({
          name: `service-${String.fromCharCode(97 + i)}`,
          strategy: "REACTIVE",
          compute: "ec2",
          cpu: { min: 0.1, max: 10 },
          memory: { min: 0.1, max: 10 },
          ...each,
        })),
      },
    ],
  });
  const [fleet] = config.fleets;
  if (fleet === undefined) throw new Error("no fleet");
  return compileFleet(fleet);
}

export const ALLOCATION: Allocation = { tasks: 2, size: { cpu: 1000, memory: 1000, network: 100, storage: 0 } };

/** Use of ALLOCATION's four milli-quantities and the rest of a sample; default: everything on target (60 %, 70 %). */
export type Values = Partial<Record<MetricName, number>>;
export const ON_TARGET: Values = {
  cpuUsed: 1200,
  memoryUsed: 1400,
  networkUsed: 60,
  storageUsed: 20_000,
  responseTime: 500,
  throughput: 20,
  queueLength: 0,
  errorRate: 0,
};

/** Fifteen samples, newest last and half a minute old; `values` overrides all of them, `newest` only the last. */
export function aWindow(values: Values = {}, newest: Values = {}): Sample[] {
  return Array.from({ length: 15 }, (_, i) => ({
    endMs: NOW_MS - 30_000 - (14 - i) * MINUTE_MS,
    periodMs: MINUTE_MS,
    values: { ...ON_TARGET, ...values, ...(i === 14 ? newest : {}) },
    absent: {},
  }));
}

export function aState(
  component: string,
  window: readonly Sample[] = aWindow(),
  service: Partial<NonNullable<ComponentState["service"]>> = {},
): ComponentState {
  const desired = service.desired ?? ALLOCATION;
  return {
    v: 1,
    component,
    updatedAtMs: NOW_MS,
    window: SampleWindow.of(window),
    readThroughMs: NOW_MS - 30_000,
    service: {
      identity: `arn/${component}`,
      desired,
      running: desired.tasks,
      pending: 0,
      revision: `${component}:1`,
      deploying: false,
      rolloutFailed: false,
      observedAtMs: NOW_MS,
      ...service,
    },
  };
}

export function aLedger(fleet: FleetPolicy, overrides: Partial<Ledger> = {}): Ledger {
  return {
    v: 1,
    fleet: fleet.name,
    version: 1,
    epoch: 1,
    paused: false,
    componentModeOverride: {},
    booked: Object.fromEntries(fleet.components.map(({ name }) => [name, ALLOCATION])),
    identity: {},
    open: [],
    recent: [],
    quietUntil: {},
    watermarkMs: 0,
    ...overrides,
  };
}

export function theRecords(fleet: FleetPolicy, overrides: Partial<FleetRecords> = {}): FleetRecords {
  return {
    states: fleet.components.map(({ name }) => aState(name)),
    ledger: aLedger(fleet),
    learning: [],
    overlays: [],
    recommendations: [],
    forecasts: [],
    ...overrides,
  };
}
