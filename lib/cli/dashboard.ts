import { type Register, type StateOptions, stateCommand, withState } from "./command.ts";
import { printJson } from "./output.ts";

/** `dashboard`: data for a screen; always JSON. */
export const registerDashboard: Register = (program, output) => {
  stateCommand(program, "dashboard", "data of a dashboard, as JSON (getScalingDashboardData)").action(
    async (options: StateOptions) => {
      const data = await withState(options, async (_, controller) => controller.getScalingDashboardData());
      printJson(output, { schemaVersion: 1, ...data });
    },
  );
};
