import { ControllerError } from "../domain/model/errors.ts";
import type { FleetPolicy } from "../domain/model/policy.ts";
import type { Clock, Log } from "../ports.ts";
import { problemPage, widgetPage } from "./page.ts";
import { readRecords, type WidgetStore } from "./records.ts";
import { readRequest } from "./request.ts";

/** What the widget function runs on. */
export interface WidgetSource {
  readonly clock: Clock;
  readonly log: Log;
  /** The deployed fleets and their records. */
  readonly open: () => Promise<{ readonly fleets: readonly FleetPolicy[]; readonly store: WidgetStore }>;
}

const DESCRIPTION = `## Decisions of the scaling controller

What each service had over time, when the controller decided to change it, and why; with a component, also why it held.
A triangle is a decision to grow or shrink: green went well, red failed or was taken back, yellow is open, grey had no
consequence. It only reads.

### Parameters

| name | meaning | default |
| --- | --- | --- |
| \`fleet\` | name of a fleet | the first one |
| \`component\` | one component, with its holds of the last three hours of the range | all, without holds |
| \`limit\` | most rows of the table, 1 to 100 | 20 |

\`\`\` yaml
limit: 20
\`\`\`
`;

/**
 * Answers CloudWatch: markdown for \`{ describe: true }\`, else HTML. Never throws: what is wrong is said in the widget,
 * without a stack, and in the log.
 */
export async function answerWidget(event: unknown, { clock, log, open }: WidgetSource): Promise<string> {
  if (typeof event === "object" && event !== null && "describe" in event && event.describe === true) return DESCRIPTION;
  try {
    const { fleets, store } = await open();
    const request = readRequest(event, fleets, clock.nowMs());
    if ("problems" in request) return problemPage("The widget's parameters cannot be used.", request.problems).text;
    return widgetPage(await readRecords(store, request), request).text;
  } catch (error) {
    log("error", "widget failed", { error });
    // A message of ours is written for people; any other may hold anything.
    const known = error instanceof ControllerError ? error.message : "An unexpected error; the function's log has it.";
    return problemPage("The decisions cannot be shown.", [known]).text;
  }
}
