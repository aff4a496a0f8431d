import { optimizationStage } from "../runtime.ts";
import { stageHandler } from "../stage.ts";

/** Outcomes, samples -> overlays, forecasts, roll-ups, recommendations, scores; cleans up. */
export const handler = stageHandler(optimizationStage());
