import type { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import type { ComponentState } from "../../domain/model/component-state.ts";
import { type Decision, type DecisionStatus, TERMINAL } from "../../domain/model/decision.ts";
import { InvariantError } from "../../domain/model/errors.ts";
import type { AlertState, FleetScores, Learning, Overlay, Recommendation } from "../../domain/model/learning.ts";
import type { Ledger } from "../../domain/model/ledger.ts";
import type { Resolution, RollupBlock, Sample } from "../../domain/model/sample.ts";
import { LOOPS, type LoopName } from "../../flow.ts";
import type {
  Cas,
  FleetSnapshot,
  ForecastRecord,
  ModelRecord,
  Retention,
  StateStore,
  StoredItem,
} from "../../ports.ts";
import {
  actionsPk,
  alertsKey,
  boundTime,
  decisionSk,
  fleetPk,
  holdsPk,
  type Key,
  type Kind,
  type Listed,
  ledgerKey,
  listedSk,
  PREFIX,
  parseDecisionId,
  placeOf,
  rollupsPk,
  samplesPk,
  scoresKey,
  tickKey,
} from "../keys.ts";
import { decode, encode, type Records } from "../records.ts";
import { BLOCK_MS } from "../retention.ts";
import { Decoder } from "./decoded.ts";
import { exportTable, importTable } from "./document.ts";
import { type TimeToLive, toRow } from "./rows.ts";
import { checkTable, isMeta } from "./schema.ts";
import { type Condition, itemOf, type Row, Table, type TableOptions } from "./table.ts";

export interface DynamoStoreOptions extends TableOptions {
  /** How long items of a history are kept before DynamoDB may delete them; without it nothing carries a ttl. */
  readonly timeToLive?: TimeToLive | undefined;
  /** Open a table whose restore was interrupted, in order to restore it again. */
  readonly forRestore?: boolean | undefined;
  /** Opening does not mark an empty table as ours, nor look through it. The methods that write are to be left alone. */
  readonly readOnly?: boolean | undefined;
}

/** The state in one DynamoDB table: docs/data-model.md. Every limit hangs on conditional writes of single items. */
export class DynamoStore implements StateStore {
  readonly #table: Table;
  readonly #timeToLive: TimeToLive;
  readonly #decoder = new Decoder();

  private constructor(table: Table, timeToLive: TimeToLive) {
    this.#table = table;
    this.#timeToLive = timeToLive;
  }

  /** Refuses a table of another version, or half restored, without touching it. */
  static async open(client: DynamoDBClient, tableName: string, options: DynamoStoreOptions = {}): Promise<DynamoStore> {
    const table = new Table(client, tableName, options);
    await checkTable(table, {
      forRestore: options.forRestore ?? false,
      readOnly: options.readOnly ?? false,
    });
    return new DynamoStore(table, options.timeToLive ?? {});
  }

  async claimTick(loop: LoopName, tick: number): Promise<boolean> {
    return (await this.#table.putIf(this.#row("tick", "", { loop, tick }), { below: tick })).won;
  }

  async readTicks(): Promise<ReadonlyMap<LoopName, number>> {
    const ticks = await Promise.all(LOOPS.map(({ name }) => this.#get("tick", tickKey(name), false)));
    return new Map(ticks.flatMap((each) => (each === undefined ? [] : [[each.loop, each.tick] as const])));
  }

  async readFleet(fleet: string): Promise<FleetSnapshot> {
    const rows = await this.#table.query(fleetPk(fleet), FLEET_RANGE, { consistent: true });
    const of = <K extends Kind>(kind: K): Records[K][] =>
      rows.filter((row) => placeOf(row)?.kind === kind).map((row) => this.#decoder.read(kind, row));
    return {
      ledger: of("ledger")[0],
      scores: of("scores")[0],
      alerts: of("alerts")[0],
      states: of("state"),
      learning: of("learning"),
      overlays: of("overlay"),
      forecasts: of("forecast"),
      recommendations: of("recommendation"),
    };
  }

  async readLedger(fleet: string): Promise<Ledger | undefined> {
    return this.#get("ledger", ledgerKey(fleet), true);
  }

  async writeLedger(next: Ledger): Promise<Cas> {
    return this.#compareAndSet("ledger", next.fleet, next);
  }

  async readStates(fleet: string): Promise<readonly ComponentState[]> {
    return this.#list("state", fleet, true);
  }

  async writeStates(fleet: string, states: readonly ComponentState[]): Promise<void> {
    await this.#putAll("state", fleet, states);
  }

  /** A period is read once, so the same key means the same sample: putting it again changes nothing. */
  async appendSamples(fleet: string, samples: readonly { component: string; sample: Sample }[]): Promise<void> {
    await this.#putAll("sample", fleet, samples);
  }

  async readSamples(fleet: string, component: string, fromMs: number, toMs: number): Promise<readonly Sample[]> {
    const list = await this.#range("sample", samplesPk(fleet, component), fromMs, toMs, false);
    return list.map(({ sample }) => sample);
  }

  async writeRollups(fleet: string, blocks: readonly RollupBlock[]): Promise<void> {
    await this.#putAll("rollup", fleet, blocks);
  }

  async readRollups(
    fleet: string,
    component: string,
    resolution: Resolution,
    fromMs: number,
    toMs: number,
  ): Promise<readonly RollupBlock[]> {
    return this.#range("rollup", rollupsPk(fleet, component, resolution), fromMs, toMs, false);
  }

  /**
   * Actions go in one by one, each only if its id is new: a second put would undo what execution wrote since. Holds are
   * terminal and derive from their tick, so putting the same one again changes nothing, and twenty-five go in one call.
   */
  async appendDecisions(fleet: string, decisions: readonly Decision[]): Promise<void> {
    const foreign = decisions.find((each) => each.fleet !== fleet);
    if (foreign !== undefined) throw new InvariantError("a decision of another fleet", { id: foreign.id, fleet });
    const actions = decisions.filter((each) => each.action !== "NO_ACTION");
    await Promise.all([
      this.#putAll(
        "hold",
        fleet,
        decisions.filter((each) => each.action === "NO_ACTION"),
      ),
      ...actions.map((each) => this.#table.putIf(this.#row("action", fleet, each), "absent")),
    ]);
  }

  async writeDecision(next: Decision): Promise<Cas> {
    if (next.action === "NO_ACTION") throw new InvariantError("a hold is terminal and never changes", { id: next.id });
    return this.#table.putIf(this.#row("action", next.fleet, next), { version: next.version - 1 });
  }

  async readDecision(fleet: string, id: string): Promise<Decision | undefined> {
    const parsed = parseDecisionId(id);
    if (parsed === undefined) return undefined;
    const sk = decisionSk(parsed.timeMs, id);
    return (
      (await this.#get("action", { pk: actionsPk(fleet), sk }, true)) ??
      this.#get("hold", { pk: holdsPk(fleet, parsed.component), sk }, true)
    );
  }

  async readActions(fleet: string, fromMs: number, toMs: number): Promise<readonly Decision[]> {
    return this.#range("action", actionsPk(fleet), fromMs, toMs, true);
  }

  async readHolds(fleet: string, component: string, fromMs: number, toMs: number): Promise<readonly Decision[]> {
    return this.#range("hold", holdsPk(fleet, component), fromMs, toMs, false);
  }

  async readLearning(fleet: string): Promise<readonly Learning[]> {
    return this.#list("learning", fleet, true);
  }

  async writeLearning(fleet: string, next: Learning): Promise<Cas> {
    return this.#compareAndSet("learning", fleet, next);
  }

  async readOverlays(fleet: string): Promise<readonly Overlay[]> {
    return this.#list("overlay", fleet, false);
  }

  async writeOverlays(fleet: string, overlays: readonly Overlay[]): Promise<void> {
    await this.#putAll("overlay", fleet, overlays);
  }

  async readForecasts(fleet: string): Promise<readonly ForecastRecord[]> {
    return this.#list("forecast", fleet, false);
  }

  async writeForecasts(fleet: string, forecasts: readonly ForecastRecord[]): Promise<void> {
    await this.#putAll("forecast", fleet, forecasts);
  }

  async readModels(fleet: string): Promise<readonly ModelRecord[]> {
    return this.#list("model", fleet, false);
  }

  async writeModels(fleet: string, models: readonly ModelRecord[]): Promise<void> {
    await this.#putAll("model", fleet, models);
  }

  async readRecommendations(fleet: string): Promise<readonly Recommendation[]> {
    return this.#list("recommendation", fleet, false);
  }

  /** New ones first, then those that are gone: a reader in between sees too many, never none. */
  async writeRecommendations(fleet: string, recommendations: readonly Recommendation[]): Promise<void> {
    const kept = new Set(recommendations.map((each) => listedSk("recommendation", each.component)));
    await this.#putAll("recommendation", fleet, recommendations);
    const there = await this.#table.query(
      fleetPk(fleet),
      { prefix: PREFIX.recommendation },
      { consistent: true, project: ["pk", "sk"] },
    );
    await this.#table.deleteAll(there.filter(({ sk }) => !kept.has(sk)));
  }

  async readScores(fleet: string): Promise<FleetScores | undefined> {
    return this.#get("scores", scoresKey(fleet), false);
  }

  async writeScores(scores: FleetScores): Promise<void> {
    await this.#table.put(this.#row("scores", scores.fleet, scores));
  }

  async readAlerts(fleet: string): Promise<AlertState | undefined> {
    return this.#get("alerts", alertsKey(fleet), true);
  }

  async writeAlerts(next: AlertState): Promise<Cas> {
    return this.#compareAndSet("alerts", next.fleet, next);
  }

  async purge(fleet: string, component: string, before: Retention, limit: number): Promise<number> {
    const lines: readonly [pk: string, beforeMs: number][] = [
      [samplesPk(fleet, component), before.samplesMs],
      [rollupsPk(fleet, component, "5m"), before.rollups5mMs - BLOCK_MS["5m"] + 1],
      [rollupsPk(fleet, component, "1h"), before.rollups1hMs - BLOCK_MS["1h"] + 1],
      [holdsPk(fleet, component), before.holdsMs],
    ];
    let purged = 0;
    for (const [pk, beforeMs] of lines) {
      const old = await this.#old(pk, beforeMs, limit - purged);
      await this.#table.deleteAll(old);
      purged += old.length;
    }
    const ended = (await this.#old(actionsPk(fleet), before.actionsMs))
      .filter((row) => isEndedActionOf(component, row))
      .slice(0, limit - purged);
    await this.#table.deleteAll(ended);
    return purged + ended.length;
  }

  async exportItems(): Promise<readonly StoredItem[]> {
    return exportTable(this.#table);
  }

  async importItems(items: readonly StoredItem[], options: { replace: boolean }): Promise<void> {
    await importTable(this.#table, items, options, this.#timeToLive);
  }

  async countItems(): Promise<number> {
    let count = 0;
    for await (const row of this.#table.scan("keys")) if (!isMeta(row)) count += 1;
    return count;
  }

  #row<K extends Kind>(kind: K, fleet: string, record: Records[K]): Row {
    return toRow(kind, encode(kind, fleet, record), record, this.#timeToLive);
  }

  async #get<K extends Kind>(kind: K, key: Key, consistent: boolean): Promise<Records[K] | undefined> {
    const row = await this.#table.get(key, consistent);
    return row === undefined ? undefined : this.#decoder.read(kind, row);
  }

  async #list<K extends Listed>(kind: K, fleet: string, consistent: boolean): Promise<Records[K][]> {
    const rows = await this.#table.query(fleetPk(fleet), { prefix: PREFIX[kind] }, { consistent });
    return rows.map((row) => this.#decoder.read(kind, row));
  }

  async #range<K extends Kind>(
    kind: K,
    pk: string,
    fromMs: number,
    toMs: number,
    consistent: boolean,
  ): Promise<Records[K][]> {
    const range = between(fromMs, toMs);
    const rows = range === undefined ? [] : await this.#table.query(pk, range, { consistent });
    // Histories but for the few actions are read once, by one reader: nothing to remember.
    return rows.map((row) => (kind === "action" ? this.#decoder.read(kind, row) : decode(kind, { ...itemOf(row) })));
  }

  async #old(pk: string, beforeMs: number, limit?: number): Promise<Row[]> {
    const range = between(0, beforeMs);
    if (range === undefined || limit === 0) return [];
    return this.#table.query(pk, range, {
      consistent: false,
      project: ["pk", "sk", "status"],
      ...(limit === undefined ? {} : { limit }),
    });
  }

  async #putAll<K extends Kind>(kind: K, fleet: string, records: readonly Records[K][]): Promise<void> {
    await this.#table.putAll(records.map((each) => this.#row(kind, fleet, each)));
  }

  async #compareAndSet<K extends "ledger" | "learning" | "alerts">(
    kind: K,
    fleet: string,
    next: Records[K],
  ): Promise<Cas> {
    const condition: Condition = next.version === 1 ? "absent" : { version: next.version - 1 };
    return this.#table.putIf(this.#row(kind, fleet, next), condition);
  }
}

/** Sort keys of a fleet's partition but for the trained models, which come last. */
const FLEET_RANGE = { from: "A", to: `${PREFIX.state}~` };

/** Sort keys of the times in [fromMs, toMs); undefined when there are none. "~" sorts after whatever follows a time. */
function between(fromMs: number, toMs: number): { from: string; to: string } | undefined {
  const from = boundTime(fromMs);
  const end = Math.ceil(toMs) - 1;
  const to = `${boundTime(end)}~`;
  return end < 0 || to < from ? undefined : { from, to };
}

/** An action that was never brought to an end is kept, however old: somebody has to look at it. */
function isEndedActionOf(component: string, row: Row): boolean {
  const place = placeOf(row);
  const owner = place?.kind === "action" ? parseDecisionId(place.id)?.component : undefined;
  return owner === component && TERMINAL.has(row.status as DecisionStatus);
}
