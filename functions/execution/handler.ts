import { executionStage } from "../runtime.ts";
import { stageHandler } from "../stage.ts";

/** Pending decisions, ledger -> claim -> ECS -> stable -> measured. */
export const handler = stageHandler(executionStage());
