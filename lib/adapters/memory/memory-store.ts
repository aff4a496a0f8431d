import type { ComponentState } from "../../domain/model/component-state.ts";
import { type Decision, TERMINAL } from "../../domain/model/decision.ts";
import { InputError, InvariantError } from "../../domain/model/errors.ts";
import type { AlertState, FleetScores, Learning, Overlay, Recommendation } from "../../domain/model/learning.ts";
import type { Ledger } from "../../domain/model/ledger.ts";
import type { Resolution, RollupBlock, Sample } from "../../domain/model/sample.ts";
import type { LoopName } from "../../flow.ts";
import type {
  Cas,
  FleetSnapshot,
  ForecastRecord,
  ModelRecord,
  Retention,
  StateStore,
  StoredItem,
} from "../../ports.ts";
import { boundTime, decisionSk, listedSk, ownDecisionSk, parseDecisionId } from "../keys.ts";
import { BLOCK_MS } from "../retention.ts";
import { countOf, FleetRecords, lineOf } from "./fleet-records.ts";
import { exportFleets, importInto } from "./memory-document.ts";

const WON: Cas = { won: true };
const LOST: Cas = { won: false };

/**
 * The state in memory: for simulations, benchmarks and tests. Same conditions as the table; records are immutable by
 * convention, hence handed out as they are. Every method decides before its first await: a compare-and-set is atomic.
 */
export class MemoryStore implements StateStore {
  readonly #fleets = new Map<string, FleetRecords>();
  readonly #ticks = new Map<LoopName, number>();

  async claimTick(loop: LoopName, tick: number): Promise<boolean> {
    const claimed = this.#ticks.get(loop);
    if (claimed !== undefined && claimed >= tick) return false;
    this.#ticks.set(loop, tick);
    return true;
  }

  async readTicks(): Promise<ReadonlyMap<LoopName, number>> {
    return new Map(this.#ticks);
  }

  async readFleet(fleet: string): Promise<FleetSnapshot> {
    const records = this.#fleets.get(fleet);
    if (records === undefined) return { states: [], learning: [], overlays: [], forecasts: [], recommendations: [] };
    const { ledger, scores, alerts, states, learning, overlays, forecasts, recommendations } = records;
    return {
      ledger,
      scores,
      alerts,
      states: states.list(),
      learning: learning.list(),
      overlays: overlays.list(),
      forecasts: forecasts.list(),
      recommendations: recommendations.list(),
    };
  }

  async readLedger(fleet: string): Promise<Ledger | undefined> {
    return this.#fleets.get(fleet)?.ledger;
  }

  async writeLedger(next: Ledger): Promise<Cas> {
    const records = this.#of(next.fleet);
    if ((records.ledger?.version ?? 0) !== next.version - 1) return LOST;
    records.ledger = next;
    return WON;
  }

  async readStates(fleet: string): Promise<readonly ComponentState[]> {
    return this.#fleets.get(fleet)?.states.list() ?? [];
  }

  async writeStates(fleet: string, states: readonly ComponentState[]): Promise<void> {
    const records = this.#of(fleet);
    for (const state of states) records.states.set(listedSk("state", state.component), state);
  }

  async appendSamples(fleet: string, samples: readonly { component: string; sample: Sample }[]): Promise<void> {
    const records = this.#of(fleet);
    for (const { component, sample } of samples) lineOf(records.samples, component).add(sample.endMs, sample);
  }

  async readSamples(fleet: string, component: string, fromMs: number, toMs: number): Promise<readonly Sample[]> {
    return this.#fleets.get(fleet)?.samples.get(component)?.range(fromMs, toMs) ?? [];
  }

  async writeRollups(fleet: string, blocks: readonly RollupBlock[]): Promise<void> {
    const records = this.#of(fleet);
    for (const block of blocks) lineOf(records.rollups[block.resolution], block.component).set(block.startMs, block);
  }

  async readRollups(
    fleet: string,
    component: string,
    resolution: Resolution,
    fromMs: number,
    toMs: number,
  ): Promise<readonly RollupBlock[]> {
    return this.#fleets.get(fleet)?.rollups[resolution].get(component)?.range(fromMs, toMs) ?? [];
  }

  async appendDecisions(fleet: string, decisions: readonly Decision[]): Promise<void> {
    const records = this.#of(fleet);
    for (const decision of decisions) {
      if (decision.fleet !== fleet) throw new InvariantError("a decision of another fleet", { id: decision.id, fleet });
      const sk = ownDecisionSk(decision);
      if (decision.action === "NO_ACTION") lineOf(records.holds, decision.component).add(sk, decision);
      else records.actions.add(sk, decision);
    }
  }

  async writeDecision(next: Decision): Promise<Cas> {
    if (next.action === "NO_ACTION") throw new InvariantError("a hold is terminal and never changes", { id: next.id });
    const { actions } = this.#of(next.fleet);
    const sk = ownDecisionSk(next);
    if (actions.get(sk)?.version !== next.version - 1) return LOST;
    actions.set(sk, next);
    return WON;
  }

  async readDecision(fleet: string, id: string): Promise<Decision | undefined> {
    const parsed = parseDecisionId(id);
    const records = this.#fleets.get(fleet);
    if (parsed === undefined || records === undefined) return undefined;
    const sk = decisionSk(parsed.timeMs, id);
    return records.actions.get(sk) ?? records.holds.get(parsed.component)?.get(sk);
  }

  async readActions(fleet: string, fromMs: number, toMs: number): Promise<readonly Decision[]> {
    return this.#fleets.get(fleet)?.actions.range(boundTime(fromMs), boundTime(toMs)) ?? [];
  }

  async readHolds(fleet: string, component: string, fromMs: number, toMs: number): Promise<readonly Decision[]> {
    return this.#fleets.get(fleet)?.holds.get(component)?.range(boundTime(fromMs), boundTime(toMs)) ?? [];
  }

  async readLearning(fleet: string): Promise<readonly Learning[]> {
    return this.#fleets.get(fleet)?.learning.list() ?? [];
  }

  async writeLearning(fleet: string, next: Learning): Promise<Cas> {
    const { learning } = this.#of(fleet);
    const name = listedSk("learning", next.component);
    if ((learning.get(name)?.version ?? 0) !== next.version - 1) return LOST;
    learning.set(name, next);
    return WON;
  }

  async readOverlays(fleet: string): Promise<readonly Overlay[]> {
    return this.#fleets.get(fleet)?.overlays.list() ?? [];
  }

  async writeOverlays(fleet: string, overlays: readonly Overlay[]): Promise<void> {
    const records = this.#of(fleet);
    for (const each of overlays) records.overlays.set(listedSk("overlay", each.component), each);
  }

  async readForecasts(fleet: string): Promise<readonly ForecastRecord[]> {
    return this.#fleets.get(fleet)?.forecasts.list() ?? [];
  }

  async writeForecasts(fleet: string, forecasts: readonly ForecastRecord[]): Promise<void> {
    const records = this.#of(fleet);
    for (const each of forecasts) records.forecasts.set(listedSk("forecast", each.component, each.metric), each);
  }

  async readModels(fleet: string): Promise<readonly ModelRecord[]> {
    return this.#fleets.get(fleet)?.models.list() ?? [];
  }

  async writeModels(fleet: string, models: readonly ModelRecord[]): Promise<void> {
    const records = this.#of(fleet);
    for (const each of models) records.models.set(listedSk("model", each.component, each.metric), each);
  }

  async readRecommendations(fleet: string): Promise<readonly Recommendation[]> {
    return this.#fleets.get(fleet)?.recommendations.list() ?? [];
  }

  async writeRecommendations(fleet: string, recommendations: readonly Recommendation[]): Promise<void> {
    const records = this.#of(fleet);
    records.recommendations.clear();
    for (const each of recommendations) records.recommendations.set(listedSk("recommendation", each.component), each);
  }

  async readScores(fleet: string): Promise<FleetScores | undefined> {
    return this.#fleets.get(fleet)?.scores;
  }

  async writeScores(scores: FleetScores): Promise<void> {
    this.#of(scores.fleet).scores = scores;
  }

  async readAlerts(fleet: string): Promise<AlertState | undefined> {
    return this.#fleets.get(fleet)?.alerts;
  }

  async writeAlerts(next: AlertState): Promise<Cas> {
    const records = this.#of(next.fleet);
    if ((records.alerts?.version ?? 0) !== next.version - 1) return LOST;
    records.alerts = next;
    return WON;
  }

  async purge(fleet: string, component: string, before: Retention, limit: number): Promise<number> {
    const records = this.#fleets.get(fleet);
    if (records === undefined) return 0;
    let left = limit;
    left -= records.samples.get(component)?.dropBefore(before.samplesMs, left) ?? 0;
    left -= records.rollups["5m"].get(component)?.dropBefore(before.rollups5mMs - BLOCK_MS["5m"] + 1, left) ?? 0;
    left -= records.rollups["1h"].get(component)?.dropBefore(before.rollups1hMs - BLOCK_MS["1h"] + 1, left) ?? 0;
    left -= records.holds.get(component)?.dropBefore(boundTime(before.holdsMs), left) ?? 0;
    left -= records.actions.dropBefore(
      boundTime(before.actionsMs),
      left,
      (each) => each.component === component && TERMINAL.has(each.status),
    );
    return limit - left;
  }

  async exportItems(): Promise<readonly StoredItem[]> {
    return exportFleets(this.#fleets, this.#ticks);
  }

  async importItems(items: readonly StoredItem[], options: { replace: boolean }): Promise<void> {
    if (!options.replace && (await this.countItems()) > 0) {
      throw new InputError("The state cannot be restored", ["the store is not empty; say replace to overwrite it"]);
    }
    const fleets = new Map<string, FleetRecords>();
    const ticks = new Map<LoopName, number>();
    importInto(items, (fleet) => fleetOf(fleets, fleet), ticks);
    this.#fleets.clear();
    this.#ticks.clear();
    for (const [name, records] of fleets) this.#fleets.set(name, records);
    for (const [loop, tick] of ticks) this.#ticks.set(loop, tick);
  }

  async countItems(): Promise<number> {
    let count = this.#ticks.size;
    for (const fleet of this.#fleets.values()) count += countOf(fleet);
    return count;
  }

  #of(fleet: string): FleetRecords {
    return fleetOf(this.#fleets, fleet);
  }
}

function fleetOf(fleets: Map<string, FleetRecords>, fleet: string): FleetRecords {
  let records = fleets.get(fleet);
  if (records === undefined) fleets.set(fleet, (records = new FleetRecords()));
  return records;
}
