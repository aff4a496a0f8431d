import { type Decision, TERMINAL } from "../../domain/model/decision.ts";
import type { RollupBlock } from "../../domain/model/sample.ts";
import type { Kind } from "../keys.ts";
import type { Item, OwnSample, Records, Tick } from "../records.ts";
import { BLOCK_MS } from "../retention.ts";
import { type Row, rowOf } from "./table.ts";

/** How long each history is kept, ms. */
export interface TimeToLive {
  readonly samplesMs?: number | undefined;
  readonly rollups5mMs?: number | undefined;
  readonly rollups1hMs?: number | undefined;
  readonly holdsMs?: number | undefined;
  readonly actionsMs?: number | undefined;
}

/** An item with the marks that conditions, purging and the table's own clean-up look at. */
export function toRow<K extends Kind>(kind: K, item: Item, record: Records[K], live: TimeToLive): Row {
  return rowOf(item, marksOf(kind, record, live));
}

function marksOf(kind: Kind, record: Records[Kind], live: TimeToLive): Pick<Row, "version" | "status" | "ttl"> {
  switch (kind) {
    case "ledger":
    case "learning":
    case "alerts":
      return { version: (record as Records["ledger" | "learning" | "alerts"]).version };
    case "tick":
      return { version: (record as Tick).tick };
    case "action": {
      const { version, status, decidedAtMs } = record as Decision;
      // One that never ended is kept, however old: somebody has to look at it.
      return { version, status, ...(TERMINAL.has(status) ? ttl(decidedAtMs, live.actionsMs) : {}) };
    }
    case "hold":
      return ttl((record as Decision).decidedAtMs, live.holdsMs);
    case "sample":
      return ttl((record as OwnSample).sample.endMs, live.samplesMs);
    case "rollup": {
      const { resolution, startMs } = record as RollupBlock;
      return ttl(startMs + BLOCK_MS[resolution], resolution === "5m" ? live.rollups5mMs : live.rollups1hMs);
    }
    default:
      return {};
  }
}

function ttl(fromMs: number, liveMs: number | undefined): Pick<Row, "ttl"> {
  return liveMs === undefined ? {} : { ttl: Math.ceil((fromMs + liveMs) / 1000) };
}
