import { join } from "node:path";
import { averagedTrace } from "../../lib/backtest/averaged-trace.ts";
import { CONTROLLER, controllerScalers } from "../../lib/backtest/controller-scalers.ts";
import { fleetFor } from "../../lib/backtest/run-controller.ts";
import type { Parameters } from "../../lib/backtest/scaler.ts";
import type { BacktestScaler } from "../../lib/backtest/scaler-run.ts";
import { PEER_SCALERS } from "../../lib/backtest/scalers.ts";
import { type Scenario, STEP_MS, scenarioOf } from "../../lib/backtest/scenario.ts";
import type { Score } from "../../lib/backtest/score.ts";
import { SERVICE } from "../../lib/backtest/stage.ts";
import { readTraceFile } from "../../lib/backtest/trace-file.ts";
import { webFleet } from "../../lib/config/presets/web.ts";
import type { FleetPolicy } from "../../lib/domain/model/policy.ts";
import type { Trace } from "../../lib/simulation/trace.ts";
import { factsOf, type Job, optionsOf, type TraceFacts, type VariantName } from "./job.ts";
import { sighted } from "./sighted.ts";

/** What came of a job. */
export interface JobOutcome {
  readonly facts: TraceFacts;
  readonly parameters: Parameters;
  readonly score: Score;
  /** CPU time of the run, seconds. */
  readonly cpuSeconds: number;
  /** Of the process so far, its earlier jobs included. */
  readonly peakMemoryKib: number;
}

/** Runs jobs; the last trace read and its scenario are kept: neither changes, and what is looked up in one is remembered. */
export class JobRunner {
  readonly #folder: string;
  #last: { name: string; trace: Trace } | undefined;
  #scenario: { of: Trace; variant: VariantName; scenario: Scenario } | undefined;

  /** @param folder that of the traces, `<name>.csv` each. */
  constructor(folder: string) {
    this.#folder = folder;
  }

  async run({ trace: name, scaler, setting, variant }: Job): Promise<JobOutcome> {
    if (this.#last?.name !== name) this.#last = { name, trace: await readTraceFile(join(this.#folder, `${name}.csv`)) };
    const { trace } = this.#last;
    const before = process.cpuUsage();
    const scenario = this.#scenarioOf(name, trace, variant);
    const { parameters, score } = await runOf(scaler, setting)(scenario);
    const { user, system } = process.cpuUsage(before);
    const peakMemoryKib = process.resourceUsage().maxRSS;
    return {
      facts: factsOf(scenario, trace.stepMs),
      parameters,
      score,
      cpuSeconds: (user + system) / 1e6,
      peakMemoryKib,
    };
  }

  #scenarioOf(name: string, trace: Trace, variant: VariantName): Scenario {
    const last = this.#scenario;
    if (last?.of === trace && last.variant === variant) return last.scenario;
    const scenario = scenarioOf(name, averagedTrace(trace, STEP_MS), optionsOf(variant));
    this.#scenario = { of: trace, variant, scenario };
    return scenario;
  }
}

function runOf(name: string, setting: Parameters = {}): (scenario: Scenario) => ReturnType<BacktestScaler["run"]> {
  const isPeer = !name.startsWith(CONTROLLER);
  const all = isPeer
    ? [...PEER_SCALERS, sighted]
    : controllerScalers(name === CONTROLLER ? staffedFleet(setting) : plainFleet());
  const scaler = all.find((each) => each.name === name);
  if (scaler === undefined) throw new Error(`no such scaler: ${name}`);
  return (scenario) => scaler.run(scenario, isPeer ? setting : {});
}

/** The preset for web services, acting, with some of its strategy's parameters set otherwise. */
function staffedFleet(setting: Parameters): FleetPolicy {
  const fleet = fleetFor({ fleets: [{ ...webFleet({ name: SERVICE }), mode: "auto" }] });
  return {
    ...fleet,
    components: fleet.components.map((component) => ({
      ...component,
      parameters: { ...component.parameters, ...setting },
    })),
  };
}

/** The same without staffing, and with the thresholds of CPU that every component has by default. */
function plainFleet(): FleetPolicy {
  const rules = {
    cpu: { upAction: "SCALE_OUT", downAction: "SCALE_IN" },
    memory: { upAction: "SCALE_OUT", downAction: "SCALE_IN", down: 0 },
    "response-time": { enabled: false },
  } as const;
  return fleetFor({ fleets: [{ ...webFleet({ name: SERVICE, parameters: {}, rules }), mode: "auto" }] });
}
