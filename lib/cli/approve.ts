import { userInfo } from "node:os";
import { explainDecision } from "../domain/decision/explain.ts";
import { type Register, type StateOptions, stateCommand, withState } from "./command.ts";
import { printJson } from "./output.ts";

interface ApproveOptions extends StateOptions {
  readonly by?: string;
}

/** `approve`: lets a recommended decision be carried out. */
export const registerApprove: Register = (program, output) => {
  stateCommand(program, "approve <decision>", "let a decision of mode recommend be carried out")
    .option("--by <name>", "who approves (default: your user name)")
    .action(async (id: string, options: ApproveOptions) => {
      const decision = await withState(options, async (_, controller) =>
        controller.approve(id, options.by ?? userInfo().username),
      );
      if (options.json) printJson(output, { schemaVersion: 1, decision });
      else output.out(`Approved: ${explainDecision(decision)}`);
    });
};
