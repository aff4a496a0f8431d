import { monitorStage } from "../runtime.ts";
import { stageHandler } from "../stage.ts";

/** CloudWatch, ECS -> component states, samples, alerts. Wakes the decision loop on a severe breach. */
export const handler = stageHandler(monitorStage());
