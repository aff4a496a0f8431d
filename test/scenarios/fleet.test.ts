import { expect, test } from "vitest";
import { compileFleet, loadConfig } from "../../lib/config/index.ts";
import { SEVEN } from "../../lib/config/presets/seven.ts";
import { presetServices } from "../../lib/simulation/presets.ts";
import { ControllerBench } from "../support/controller-bench.ts";
import { aFleet } from "../support/fleet-builders.ts";
import { Narrator } from "../support/narrator.ts";

const SIZE = { cpu: 500, memory: 1000, network: 100, storage: 0 };
const PROFILE = { cpuMsPerOp: 25, ioMsPerOp: 20, baseMemoryMilli: 400, workingSetMilliPerRate: 8, dispersion: 0 };

test("the seven preset components through a night, what was carried out only", async () => {
  const [config] = loadConfig({ fleets: [{ ...SEVEN, mode: "auto" }] }).fleets;
  if (config === undefined) throw new Error("no fleet");
  const bench = new ControllerBench({ fleet: compileFleet(config), services: presetServices() });
  const story = new Narrator(bench, { holds: false });
  await bench.runUntil(360);
  expect(bench.errors).toEqual([]);
  await expect(story.text).toMatchFileSnapshot("golden/preset-night.txt");
});

test("the fleet's limit is reached: the idle one gives first, then the busy one gets", async () => {
  const component = (name: string) => ({
    name,
    cpu: { min: 0.5, max: 4 },
    memory: { min: 1, max: 8 },
    tasks: { min: 1, max: 8 },
    target: { cpu: 60, responseTimeMs: 1000 },
    factor: { up: 1.5, down: 0.8 },
    rules: {
      cpu: { upAction: "SCALE_OUT", downAction: "SCALE_IN" },
      memory: { enabled: false },
      "response-time": { enabled: false },
    } as const,
  });
  const fleet = aFleet({ limits: { cpu: 5, memory: 16 } }, component("busy"), component("idle"));
  const bench = new ControllerBench({
    fleet,
    services: [
      { name: "busy", initial: { tasks: 4, size: SIZE }, load: { kind: "constant", rate: 66 }, profile: PROFILE },
      { name: "idle", initial: { tasks: 6, size: SIZE }, load: { kind: "constant", rate: 56 }, profile: PROFILE },
    ],
  });
  const story = new Narrator(bench);
  await bench.runUntil(45);
  await expect(story.text).toMatchFileSnapshot("golden/rebalance.txt");
});
