import { readFileSync } from "node:fs";
import { InputError } from "../domain/model/errors.ts";
import { type Register, type StateOptions, stateCommand, withState } from "./command.ts";
import { printJson } from "./output.ts";

interface RestoreOptions extends StateOptions {
  readonly replace?: boolean;
}

/** `restore`: puts an exported document back. */
export const registerRestore: Register = (program, output) => {
  stateCommand(
    program,
    "restore <file>",
    "put an exported state back; the controller then only observes until given its mode",
  )
    .option("--replace", "in place of the state that is there")
    .action(async (file: string, options: RestoreOptions) => {
      const document = read(file);
      const { items } = await withState(
        options,
        async (_, controller) => controller.restoreState(document, { replace: options.replace ?? false }),
        { forRestore: true },
      );
      if (options.json) printJson(output, { schemaVersion: 1, items });
      else
        output.out(
          `${items} items restored. The controller observes; \`scaling-controller mode auto\` lets it act again.`,
        );
    });
};

function read(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch (error) {
    throw new InputError(`the state ${file} cannot be read`, [error instanceof Error ? error.message : String(error)], {
      cause: error,
    });
  }
}
