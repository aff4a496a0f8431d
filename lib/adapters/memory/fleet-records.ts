import type { ComponentState } from "../../domain/model/component-state.ts";
import type { Decision } from "../../domain/model/decision.ts";
import type { AlertState, FleetScores, Learning, Overlay, Recommendation } from "../../domain/model/learning.ts";
import type { Ledger } from "../../domain/model/ledger.ts";
import type { Resolution, RollupBlock, Sample } from "../../domain/model/sample.ts";
import type { ForecastRecord, ModelRecord } from "../../ports.ts";
import { Directory, Timeline } from "./ordered.ts";

/** All records of one fleet. Keys are those of the table, so that lists come in the same order from both adapters. */
export class FleetRecords {
  ledger: Ledger | undefined;
  scores: FleetScores | undefined;
  alerts: AlertState | undefined;
  readonly states = new Directory<ComponentState>();
  readonly learning = new Directory<Learning>();
  readonly overlays = new Directory<Overlay>();
  readonly forecasts = new Directory<ForecastRecord>();
  readonly models = new Directory<ModelRecord>();
  readonly recommendations = new Directory<Recommendation>();
  readonly actions = new Timeline<string, Decision>();
  readonly holds = new Map<string, Timeline<string, Decision>>();
  readonly samples = new Map<string, Timeline<number, Sample>>();
  readonly rollups: Record<Resolution, Map<string, Timeline<number, RollupBlock>>> = {
    "5m": new Map(),
    "1h": new Map(),
  };
}

/** The timeline of a component, created at its first record. */
export function lineOf<K extends number | string, V>(
  lines: Map<string, Timeline<K, V>>,
  component: string,
): Timeline<K, V> {
  let line = lines.get(component);
  if (line === undefined) lines.set(component, (line = new Timeline<K, V>()));
  return line;
}

/** Number of items that the table would have for these records. */
export function countOf(fleet: FleetRecords): number {
  const single = [fleet.ledger, fleet.scores, fleet.alerts].filter((each) => each !== undefined).length;
  const listed = [fleet.states, fleet.learning, fleet.overlays, fleet.forecasts, fleet.models, fleet.recommendations];
  const lines = [
    fleet.actions,
    ...fleet.holds.values(),
    ...fleet.samples.values(),
    ...fleet.rollups["5m"].values(),
    ...fleet.rollups["1h"].values(),
  ];
  return [...listed, ...lines].reduce((sum, each) => sum + each.size, single);
}
