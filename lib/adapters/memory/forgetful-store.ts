import { type Decision, TERMINAL } from "../../domain/model/decision.ts";
import type { Retention } from "../../ports.ts";
import { MemoryStore } from "./memory-store.ts";

/** Decisions at their end are looked at by nobody after the hour in which they are learned from. */
const KEPT_MS = 86_400_000;
/** How often it is looked for those to forget. */
const EVERY_MS = 3_600_000;
/** Of all other records everything is kept. */
const NOTHING: Retention = { samplesMs: 0, rollups5mMs: 0, rollups1hMs: 0, holdsMs: 0, actionsMs: 0 };

/**
 * A store that forgets what a backtest has no use for: holds at once, since no loop reads them and there is one for nearly
 * every sample; actions a day after they were decided, once they are at their end. In all else it is the store in memory.
 */
export class ForgetfulStore extends MemoryStore {
  readonly #forgotten: (decision: Decision) => void;
  #dueMs = 0;

  /** @param forgotten told of each action as it was in the end, ascending by the time of the decision, before it is forgotten */
  constructor(forgotten: (decision: Decision) => void = () => undefined) {
    super();
    this.#forgotten = forgotten;
  }

  override async appendDecisions(fleet: string, decisions: readonly Decision[]): Promise<void> {
    const actions = decisions.filter(({ action }) => action !== "NO_ACTION");
    if (actions.length === 0) return;
    await super.appendDecisions(fleet, actions);
    for (const { decidedAtMs } of actions) if (decidedAtMs >= this.#dueMs) await this.#forget(fleet, decidedAtMs);
  }

  async #forget(fleet: string, nowMs: number): Promise<void> {
    this.#dueMs = nowMs + EVERY_MS;
    const actionsMs = nowMs - KEPT_MS;
    const old = (await super.readActions(fleet, 0, actionsMs)).filter(({ status }) => TERMINAL.has(status));
    for (const decision of old) this.#forgotten(decision);
    for (const component of new Set(old.map((each) => each.component)))
      await super.purge(fleet, component, { ...NOTHING, actionsMs }, old.length);
  }
}
