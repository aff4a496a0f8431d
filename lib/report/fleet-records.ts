import type { ComponentState } from "../domain/model/component-state.ts";
import type { Decision } from "../domain/model/decision.ts";
import type { AlertState, FleetScores, Learning, Overlay, Recommendation } from "../domain/model/learning.ts";
import type { Ledger } from "../domain/model/ledger.ts";
import type { FleetPolicy } from "../domain/model/policy.ts";
import type { Ports } from "../ports.ts";

/** The records of one fleet that reports are made from. */
export interface FleetRecords {
  readonly states: readonly ComponentState[];
  readonly ledger?: Ledger | undefined;
  readonly learning: readonly Learning[];
  readonly overlays: readonly Overlay[];
  readonly recommendations: readonly Recommendation[];
  readonly scores?: FleetScores | undefined;
  readonly alerts?: AlertState | undefined;
  readonly actions: readonly Decision[];
}

export async function readFleet(
  { store }: Pick<Ports, "store">,
  { name }: FleetPolicy,
  fromMs: number,
  nowMs: number,
): Promise<FleetRecords> {
  const [states, ledger, learning, overlays, recommendations, scores, alerts, actions] = await Promise.all([
    store.readStates(name),
    store.readLedger(name),
    store.readLearning(name),
    store.readOverlays(name),
    store.readRecommendations(name),
    store.readScores(name),
    store.readAlerts(name),
    store.readActions(name, fromMs, nowMs + 1),
  ]);
  return { states, ledger, learning, overlays, recommendations, scores, alerts, actions };
}
