/**
 * Speed of a backtest: 14 days at 60 s under one scaler, ours and one peer, as JSON. `node --import tsx bench/backtest.ts`
 * starts a process for each figure; with `SCALER RUNS` it is one of those and tells of its runs.
 */
import { spawnSync } from "node:child_process";
import { CONTROLLER, controllerScalers } from "../lib/backtest/controller-scalers.ts";
import { PEER_SCALERS } from "../lib/backtest/scalers.ts";
import { type Scenario, scenarioOf } from "../lib/backtest/scenario.ts";
import { makeLoad } from "../lib/simulation/load.ts";
import { cpuMs } from "./forecasting/cpu-time.ts";

const SEED = 1;
const DAYS = 14;
const MINUTE_MS = 60_000;
const START_MS = Date.UTC(2026, 0, 5);
const PEER = "kubernetes-hpa";
const GOAL_SECONDS = 3;
/** For medians. */
const TIMES = 3;
/** As the command line has it: bin/scaling-controller.js. */
const INLINING = "--max-inlined-bytecode-size-cumulative=300";

interface Runs {
  /** CPU time of each run, in their order. */
  readonly seconds: readonly number[];
  readonly peakMemoryMB: number;
}

/** A workday's wave with bursts and noise, for 30 tasks at its 99th percentile. */
function scenario(): Scenario {
  const load = makeLoad({ kind: "generator", meanRate: 200, burstsPerDay: 6 }, { startMs: START_MS, seed: SEED });
  const values = Array.from({ length: DAYS * 1440 }, (_, minute) => load.rateAt(START_MS + minute * MINUTE_MS));
  const trace = { startMs: START_MS, stepMs: MINUTE_MS, values, heldValues: 0 };
  return scenarioOf("generated", trace, { seed: SEED });
}

async function run(name: string, runs: number): Promise<Runs> {
  const scaler = [...controllerScalers(), ...PEER_SCALERS].find((each) => each.name === name);
  if (scaler === undefined) throw new Error(`no such scaler: ${name}`);
  const seconds: number[] = [];
  for (let count = 0; count < runs; count++) {
    const beganMs = cpuMs();
    await scaler.run(scenario(), {});
    seconds.push((cpuMs() - beganMs) / 1000);
  }
  return { seconds, peakMemoryMB: Math.round(process.resourceUsage().maxRSS / 1024) };
}

function inItsOwnProcess(scaler: string, runs: number): Runs {
  const args = [INLINING, "--import", "tsx", import.meta.filename, scaler, String(runs)];
  const { stdout, status, error } = spawnSync(process.execPath, args, {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "inherit"],
  });
  if (error !== undefined) throw error;
  if (status !== 0) throw new Error(`${args.join(" ")} ended with ${status}`);
  return JSON.parse(stdout) as Runs;
}

function figures(scaler: string) {
  const cold = Array.from({ length: TIMES }, () => inItsOwnProcess(scaler, 1));
  const warm = inItsOwnProcess(scaler, TIMES + 1);
  return {
    coldCpuSeconds: judged(median(cold.flatMap(({ seconds }) => seconds))),
    warmCpuSeconds: judged(median(warm.seconds.slice(1))),
    peakMemoryMB: Math.max(...cold.map(({ peakMemoryMB }) => peakMemoryMB)),
  };
}

function judged(seconds: number): { value: number; goal: string; met: boolean } {
  const value = Math.round(seconds * 100) / 100;
  return { value, goal: `<= ${GOAL_SECONDS}`, met: value <= GOAL_SECONDS };
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

const [scaler, runs] = process.argv.slice(2);
const report =
  scaler === undefined
    ? {
        what: `backtest: ${DAYS} days at 60 s, one scaler; median of ${TIMES}, cold: the first run of a process`,
        [CONTROLLER]: figures(CONTROLLER),
        [PEER]: figures(PEER),
      }
    : await run(scaler, Number(runs));
console.log(JSON.stringify(report, null, 2));
