import { FakeEcs } from "../support/fake-ecs.ts";
import { INITIAL, orchestratorContract } from "./orchestrator.contract.ts";

orchestratorContract("FakeEcs", () => {
  const ecs = new FakeEcs();
  for (const name of ["first", "second"]) ecs.add(name, INITIAL);
  return {
    orchestrator: ecs,
    settle: () => {
      ecs.nowMs += 10 * ecs.startMs;
    },
  };
});
