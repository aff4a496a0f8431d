import { type Register, type StateOptions, stateCommand, withState } from "./command.ts";
import { printJson } from "./output.ts";

interface PauseOptions extends StateOptions {
  readonly reason: string;
}

/** `pause`: nothing is changed any more, at once. */
export const registerPause: Register = (program, output) => {
  stateCommand(program, "pause", "change nothing any more, at once; decisions are still made and recorded")
    .option("--reason <text>", "kept with the pause", "paused by an operator")
    .action(async (options: PauseOptions) => {
      await withState(options, async (_, controller) => controller.pause(options.reason));
      if (options.json) printJson(output, { schemaVersion: 1, paused: true, reason: options.reason });
      else output.out("Paused. `scaling-controller resume` ends it.");
    });
};
