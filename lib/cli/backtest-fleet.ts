import { backtestFleet } from "../backtest/controller-scalers.ts";
import { readConfigFile } from "../config/file.ts";
import { compileFleet, loadConfig } from "../config/index.ts";
import { InputError } from "../domain/model/errors.ts";
import type { FleetPolicy } from "../domain/model/policy.ts";

/**
 * The policy of one component of a configuration, as a backtest runs it: alone in its fleet, and acting whatever its mode.
 * Without a file it is of the preset. The simulated tasks have 1 vCPU and 2 GiB: totals of the policy are counted in these.
 *
 * @throws InputError when the component is not there, or none is named and there are several.
 */
export async function readBacktestFleet(file: string | undefined, component: string | undefined): Promise<FleetPolicy> {
  const { fleets } = loadConfig(file === undefined ? {} : await readConfigFile(file));
  const all = fleets.map(compileFleet).flatMap((fleet) => fleet.components.map((each) => ({ fleet, component: each })));
  const found = component === undefined ? all : all.filter((each) => each.component.name === component);
  const [only] = found;
  if (only === undefined || found.length > 1)
    throw new InputError(`the configuration ${file ?? "(the preset of seven)"} cannot be backtested`, [
      only === undefined ? `it has no component ${component}` : "it has several components: name one with --component",
      `there are ${all.map((each) => each.component.name).join(", ")}`,
    ]);
  return backtestFleet(only.fleet, only.component);
}
