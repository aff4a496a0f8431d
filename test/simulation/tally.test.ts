import { expect, test } from "vitest";
import { uniformAt } from "../../lib/simulation/prng.ts";
import { World, type WorldOptions } from "../../lib/simulation/world.ts";

const STEP_MS = 5000;
const START_MS = Date.UTC(2026, 0, 5);

function optionsWith(memoryGrowthMilliPerHour: number): WorldOptions {
  const size = { cpu: 1000, memory: 2000, network: 100, storage: 0 };
  return {
    seed: 3,
    startMs: START_MS,
    stepMs: STEP_MS,
    services: [
      {
        name: "web",
        initial: { tasks: 6, size },
        load: { kind: "generator", meanRate: 40 },
        profile: { memoryGrowthMilliPerHour, storageGrowthMilliPerHour: 0 },
      },
    ],
  };
}

async function change(world: World, step: number): Promise<void> {
  if (step % 37 !== 0) return;
  const tasks = 1 + Math.floor(12 * uniformAt(9, step));
  const size = { cpu: step % 5 === 0 ? 2000 : 1000, memory: 4000, network: 100, storage: 0 };
  const { orchestrator } = world;
  const made = await orchestrator.ensureRevision({ component: "web", size, decision: `${step}` });
  const revision = step % 2 === 0 && made.kind === "ok" ? made.revision : world.view("web").revision;
  await orchestrator.update({ component: "web", tasks, revision, decision: `${step}` });
}

test.each([0, 40])(
  "tasks are remembered from step to step as they are counted anew, with growth %d",
  async (growth) => {
    const options = optionsWith(growth);
    const remembering = new World(options);
    let anew = new World(options); // a restored world remembers nothing
    const [seen, seenAnew]: [unknown[], unknown[]] = [[], []];
    for (let step = 0; step < 1500; step++) {
      await change(remembering, step);
      await change(anew, step);
      remembering.advanceTo(remembering.nowMs + STEP_MS);
      anew.advanceTo(anew.nowMs + STEP_MS);
      anew = World.restore(options, anew.snapshot());
      seen.push(remembering.view("web"));
      seenAnew.push(anew.view("web"));
    }
    expect(seen).toEqual(seenAnew);
    expect(remembering.snapshot()).toEqual(anew.snapshot());
    expect(remembering.account("web")).toEqual(anew.account("web"));
  },
);
