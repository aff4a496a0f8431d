import type { WrittenConfig } from "../../lib/config/index.ts";
import type { ServiceSetup } from "./account.ts";

export const FLEET = "emulated";
const CLUSTER = "trading";
/** A cluster that the functions may not look into. */
export const DENIED_CLUSTER = "vault";

interface Member {
  readonly setup: ServiceSetup;
  /** CPU that the service needs in all, vCPU, by minutes since the start. */
  readonly demand: (minutes: number) => number;
}

const service = (name: string, cluster = CLUSTER): ServiceSetup => ({
  cluster,
  service: name,
  tasks: 2,
  cpu: 512,
  memory: 1024,
});

/** 50 % of two tasks of half a vCPU; from the sixth minute on 90 %. */
const jumping = (minutes: number): number => (minutes < 6 ? 0.5 : 0.9);
const calm = (): number => 0.5;

/** The services of the scenario. */
export const MEMBERS: Readonly<Record<string, Member>> = {
  /** Grows in number. */
  web: { setup: service("web"), demand: jumping },
  /** Grows in number; the answer to the first UpdateService is lost. */
  feed: { setup: service("feed"), demand: jumping },
  /** Grows in size. */
  pricing: { setup: service("pricing"), demand: jumping },
  /** Grows in size, and its new tasks do not start. */
  search: { setup: service("search"), demand: jumping },
  /** Configured, but there is no such service. */
  ghost: { setup: service("ghost"), demand: calm },
  /** May not be described. */
  locked: { setup: service("locked", DENIED_CLUSTER), demand: calm },
};

const ONLY_CPU = { memory: { enabled: false }, "response-time": { enabled: false } };

/** The configuration as a user would write it. */
export const CONFIG: WrittenConfig = {
  fleets: [
    {
      name: FLEET,
      mode: "auto",
      execution: { settleSeconds: 60, stableTimeoutSeconds: 600 },
      decision: { concurrentExecutions: 5 },
      components: Object.entries(MEMBERS).map(([name, { setup }]) => ({
        name,
        cluster: setup.cluster,
        service: setup.service,
        strategy: "REACTIVE",
        rules:
          name === "web" || name === "feed"
            ? { ...ONLY_CPU, cpu: { upAction: "SCALE_OUT", downAction: "SCALE_IN" } }
            : { ...ONLY_CPU, cpu: { upAction: "SCALE_UP", downAction: "SCALE_DOWN" } },
      })),
    },
  ],
};
