import { expect, test } from "vitest";
import { backtestFleet, CONTROLLER, controllerScalers } from "../../lib/backtest/controller-scalers.ts";
import { type Scenario, scenarioOf } from "../../lib/backtest/scenario.ts";
import { compileFleet, loadConfig } from "../../lib/config/index.ts";
import { STRATEGIES } from "../../lib/domain/model/trigger.ts";

/** Two and a half hours, in the second half twice the load. */
const scenario: Scenario = scenarioOf(
  "steps",
  { startMs: 0, stepMs: 60_000, values: Array.from({ length: 150 }, (_, at) => (at < 90 ? 5 : 10)), heldValues: 0 },
  { seed: 2, peakTasks: 6 },
);

test("the controller as it is set, and with each strategy", () => {
  const scalers = controllerScalers();
  expect(scalers.map(({ name }) => name)).toEqual([CONTROLLER, ...STRATEGIES.map((each) => `${CONTROLLER}:${each}`)]);
  expect(scalers.every(({ isOurs }) => isOurs)).toBe(true);
  const budgets = scalers.map(({ sweep }) => sweep.values.length);
  expect(new Set(budgets)).toEqual(new Set([11])); // as many tries as the peers have
});

test("the real loops run: more tasks for more load, each change with its reason, the same every time", async () => {
  const [controller] = controllerScalers();
  const run = await controller?.run(scenario, {});
  expect(run?.score.requests).toBeGreaterThan(100_000);
  const grown = run?.decisions?.filter(({ from, to }) => to > from) ?? [];
  expect(grown.length).toBeGreaterThan(0);
  for (const { reason } of run?.decisions ?? []) expect(reason).toMatch(/^service SCALE_(OUT|IN): .+ -> .+ tasks/);
  expect(await controller?.run(scenario, {})).toEqual(run);
});

test("covering more of the growths has more tasks; a target moves the thresholds with it", async () => {
  const [staffed, ...strategies] = controllerScalers();
  expect(staffed?.sweep.parameter).toBe("growthPercent");
  const hours = async (growthPercent: number) =>
    (await staffed?.run(scenario, { growthPercent }))?.score.taskHours ?? 0;
  expect(await hours(99.9)).toBeGreaterThan(await hours(80));
  const reactive = strategies.find(({ name }) => name.endsWith("REACTIVE"));
  expect(reactive?.sweep.parameter).toBe("target");
  const low = await reactive?.run(scenario, { target: 0.3 });
  const high = await reactive?.run(scenario, { target: 0.9 });
  expect(low?.parameters).toMatchObject({ target: 0.3 });
  expect(low?.score.taskHours).toBeGreaterThan(high?.score.taskHours ?? Number.POSITIVE_INFINITY);
});

test("a component of any configuration acts alone in a backtest", () => {
  const [fleet] = loadConfig({}).fleets.map(compileFleet);
  const component = fleet?.components.find(({ name }) => name === "price_feeds");
  if (fleet === undefined || component === undefined) throw new Error("the preset has price_feeds");
  const alone = backtestFleet(fleet, component);
  expect(alone.mode).toBe("auto");
  expect(alone.components).toEqual([{ ...component, name: "service", mode: "auto" }]);
  expect(controllerScalers(alone)[0]?.sweep.parameter).toBe("target");
});
