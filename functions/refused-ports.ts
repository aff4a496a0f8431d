import { InvariantError } from "../lib/domain/model/errors.ts";
import type { LoopName } from "../lib/flow.ts";
import type { Ports } from "../lib/ports.ts";

/** The ports that lead out of the controller. */
export type Edges = Pick<Ports, "metrics" | "orchestrator" | "notifier">;

/** Ports that a function has no business with, and no permission for: each use throws InvariantError. */
export function refusedEdges(loop: LoopName): Edges {
  const refuse = (port: keyof Edges) => async (): Promise<never> => {
    throw new InvariantError(`the ${loop} function must not use the port ${port}`);
  };
  const orchestrator = refuse("orchestrator");
  return {
    metrics: { read: refuse("metrics") },
    orchestrator: { describe: orchestrator, ensureRevision: orchestrator, update: orchestrator },
    notifier: { publish: refuse("notifier") },
  };
}
