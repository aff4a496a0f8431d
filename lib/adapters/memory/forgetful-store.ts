import type { Decision } from "../../domain/model/decision.ts";
import { MemoryStore } from "./memory-store.ts";

/**
 * A store that forgets holds at once: no loop reads them, a backtest tells of actions only, and there is one for nearly
 * every sample. In all else it is the store in memory.
 */
export class ForgetfulStore extends MemoryStore {
  override async appendDecisions(fleet: string, decisions: readonly Decision[]): Promise<void> {
    const actions = decisions.filter(({ action }) => action !== "NO_ACTION");
    if (actions.length > 0) await super.appendDecisions(fleet, actions);
  }
}
