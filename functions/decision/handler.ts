import { decisionStage } from "../runtime.ts";
import { stageHandler } from "../stage.ts";

/** States, forecasts, overlays -> decisions, or holds with a reason. Wakes the execution loop for new decisions. */
export const handler = stageHandler(decisionStage());
