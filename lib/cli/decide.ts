import { InvalidArgumentError } from "commander";
import { explainDecision } from "../domain/decision/explain.ts";
import { TRIGGERS, type TriggerName } from "../domain/model/trigger.ts";
import { numberArgument, type Register, type StateOptions, stateCommand, withState } from "./command.ts";
import { printJson } from "./output.ts";

/** `decide`: one decision on a reading of your own. */
export const registerDecide: Register = (program, output) => {
  stateCommand(
    program,
    "decide",
    "decide for one component now, on a value of your own; carried out like any other decision",
  )
    .argument("<component>", "component to decide for")
    .argument("<trigger>", "what the value is, such as CPU_UTILIZATION", triggerArgument)
    .argument("<current>", "its value now: percent, ms, operations/s, count", numberArgument)
    .argument("<target>", "the value that is wanted", numberArgument)
    .action(async (component: string, trigger: TriggerName, current: number, target: number, options: StateOptions) => {
      const decision = await withState(options, async (_, controller) =>
        controller.makeScalingDecision(component, trigger, current, target),
      );
      if (options.json) printJson(output, { schemaVersion: 1, sentence: explainDecision(decision), decision });
      else output.out(`${explainDecision(decision)}\n${decision.id} ${decision.status}`);
    });
};

function triggerArgument(text: string): TriggerName {
  const name = TRIGGERS.find((each) => each === text.toUpperCase().replaceAll("-", "_"));
  if (name === undefined) throw new InvalidArgumentError(`expected one of ${TRIGGERS.join(", ")}`);
  return name;
}
