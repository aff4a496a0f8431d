import { writeWhole } from "../local/run-folder.ts";
import { type Register, type StateOptions, stateCommand, withState } from "./command.ts";
import { printJson } from "./output.ts";

/** `export`: the whole state as one document. */
export const registerExport: Register = (program, output) => {
  stateCommand(program, "export", "the whole state as one JSON document; pause first for an exact copy of a live run")
    .argument("[file]", "where to; without it, standard output")
    .action(async (file: string | undefined, options: StateOptions) => {
      const document = await withState(options, async (_, controller) => controller.exportState());
      const text = JSON.stringify(document);
      if (file === undefined) {
        output.out(text);
        return;
      }
      writeWhole(file, `${text}\n`);
      if (options.json) printJson(output, { schemaVersion: 1, file, items: document.items.length });
      else output.out(`${document.items.length} items written to ${file}.`);
    });
};
