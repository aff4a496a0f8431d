import { InvalidArgumentError } from "commander";
import { MODES, type Mode } from "../domain/model/trigger.ts";
import { type Register, type StateOptions, stateCommand, withState } from "./command.ts";
import { printJson } from "./output.ts";

interface ModeOptions extends StateOptions {
  readonly component?: string;
}

/** `mode`: observe, recommend or auto, until said otherwise. */
export const registerMode: Register = (program, output) => {
  stateCommand(program, "mode", "observe, recommend or auto, in place of what the configuration says")
    .argument("<mode>", `${MODES.join(", ")}, or configured: what the configuration says`, modeArgument)
    .option("--component <name>", "of this component only")
    .action(async (mode: Mode | "configured", options: ModeOptions) => {
      await withState(options, async (_, controller) =>
        controller.setMode(mode === "configured" ? undefined : mode, options.component),
      );
      const subject = options.component ?? "all components";
      if (options.json) printJson(output, { schemaVersion: 1, mode, component: options.component ?? null });
      else
        output.out(
          mode === "configured"
            ? `The mode of ${subject} is what the configuration says.`
            : `The mode of ${subject} is ${mode}.`,
        );
    });
};

function modeArgument(text: string): Mode | "configured" {
  const mode = [...MODES, "configured" as const].find((each) => each === text);
  if (mode === undefined) throw new InvalidArgumentError(`expected one of ${MODES.join(", ")}, configured`);
  return mode;
}
