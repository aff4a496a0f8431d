import { anEcsBench, aTarget } from "../support/ecs-bench.ts";
import { INITIAL, orchestratorContract } from "./orchestrator.contract.ts";

orchestratorContract("EcsOrchestrator", () => {
  const { api, orchestrator } = anEcsBench([aTarget("first"), aTarget("second")]);
  for (const name of ["first", "second"]) api.addService({ name, tasks: INITIAL.tasks });
  return {
    orchestrator,
    settle: () => {
      api.nowMs += 10 * api.startMs;
    },
  };
});
