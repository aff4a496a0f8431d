import { type Register, type StateOptions, stateCommand, withState } from "./command.ts";
import { printJson } from "./output.ts";

/** `resume`: ends a pause. */
export const registerResume: Register = (program, output) => {
  stateCommand(program, "resume", "end a pause").action(async (options: StateOptions) => {
    await withState(options, async (_, controller) => controller.resume());
    if (options.json) printJson(output, { schemaVersion: 1, paused: false });
    else output.out("Resumed.");
  });
};
