import { World } from "../../lib/simulation/world.ts";
import { INITIAL, orchestratorContract } from "./orchestrator.contract.ts";

orchestratorContract("World", () => {
  const world = new World({
    seed: 1,
    startMs: Date.UTC(2026, 0, 5),
    services: ["first", "second"].map((name) => ({ name, initial: INITIAL, load: { kind: "constant", rate: 1 } })),
  });
  return { orchestrator: world.orchestrator, settle: () => world.advanceTo(world.nowMs + 1_800_000) };
});
