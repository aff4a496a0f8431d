import { type Score, Scorer } from "./score.ts";
import type { Stage, Step } from "./stage.ts";

/**
 * Plays a scenario to its end and scores it: `act` does what a scaler does at the stage's time, then the world goes one step
 * on. `watch` sees every step.
 */
export async function play(
  stage: Stage,
  act: (step: Step | undefined) => Promise<void> | undefined,
  watch?: (step: Step) => void,
): Promise<Score> {
  const { scenario } = stage;
  const scorer = new Scorer(scenario);
  let last: Step | undefined;
  while (stage.nowMs < scenario.endMs) {
    const acting = act(last);
    if (acting !== undefined) await acting; // for most steps there is nothing to do, nor to wait for
    if (stage.nowMs === scenario.scoredFromMs) scorer.begin(stage.bill());
    last = stage.step();
    scorer.add(last);
    watch?.(last);
  }
  return scorer.result(stage.bill());
}
