import type { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { DynamoStore } from "../adapters/dynamo/dynamo-store.ts";
import { type Embedded, startEmbedded } from "../adapters/dynamo/embedded.ts";
import { ensureTable } from "../adapters/dynamo/schema.ts";
import { type Config, compileFleet } from "../config/index.ts";
import { InputError } from "../domain/model/errors.ts";
import type { FleetPolicy } from "../domain/model/policy.ts";
import type { StateStore } from "../ports.ts";
import type { FaultPlan } from "../simulation/faults.ts";
import { World, type WorldOptions } from "../simulation/world.ts";
import { VERSION } from "../version.ts";
import { MutationJournal, readMutations } from "./journal.ts";
import {
  discardRun,
  hasRun,
  journalPath,
  type RunRecord,
  readRun,
  readWorld,
  removeEndpoint,
  unusable,
  writeEndpoint,
  writeRun,
  writeWorld,
} from "./run-folder.ts";
import { servicesFor } from "./services.ts";
import { lastBeatMs, TABLE } from "./state.ts";
import { fingerprintOf, type TraceRequest, withTraces } from "./traces.ts";

/** Simulations begin on a Monday morning, so that the first hours show a rising load. */
const START_MS = Date.UTC(2026, 0, 5, 6);

/** What a run is asked to be. Undefined: what the folder says, or the default for a new one. */
export interface SessionRequest {
  readonly folder: string;
  readonly fresh: boolean;
  readonly seed?: number | undefined;
  readonly config?: Config | undefined;
  readonly traces?: readonly TraceRequest[] | undefined;
  readonly faults?: FaultPlan | undefined;
}

/** A run that is open: its world, its database, its folder. */
export interface Session {
  readonly run: RunRecord;
  readonly fleets: readonly FleetPolicy[];
  readonly world: World;
  readonly store: StateStore;
  /** Where this process continues; the beat of this time may be half done. */
  readonly fromMs: number;
  readonly resumed: boolean;
  /** Why the run has to end: the world can no longer be changed safely. */
  failure(): Error | undefined;
  /** The world as it is, in place of the last snapshot. Between two beats only. */
  save(): void;
  close(): Promise<void>;
}

/**
 * Opens a run: new, or where it ended. The order in which things reach the disk makes any end resumable: a mutation before
 * it takes effect, a tick's claim before its work, a snapshot only between beats.
 */
export async function openSession(
  request: SessionRequest,
  defaults: { readonly config: () => Promise<Config> },
): Promise<Session> {
  const planned = async (known: RunRecord | undefined) =>
    plan(request, known, request.config ?? known?.config ?? (await defaults.config()));
  // What cannot run must not cost the data that is there, nor leave a folder behind.
  await planned(request.fresh ? undefined : readRun(request.folder));
  if (request.fresh) discardRun(request.folder);
  const database = await openDatabase(request.folder);
  try {
    const known = readRun(request.folder);
    const { run, options } = await planned(known);
    if (known === undefined) writeRun(request.folder, run);
    await ensureTable(database.client, TABLE);
    const store = await DynamoStore.open(database.client, TABLE);
    return await begin({ folder: request.folder, database, store, run, options, resumed: known !== undefined });
  } catch (error) {
    await database.close();
    throw error;
  }
}

/** A folder that cannot be used says what can be done about it. */
async function openDatabase(path: string): Promise<Embedded> {
  try {
    return await startEmbedded({ path, version: VERSION });
  } catch (error) {
    if (!(error instanceof InputError) || error.message.includes("is in use")) throw error;
    const way = hasRun(path) ? "discard its data with --fresh, or choose" : "choose";
    throw new InputError(
      `The data folder ${path} cannot be used`,
      [...error.problems, `${way} another folder with --data`],
      {
        cause: error,
      },
    );
  }
}

/** The run's record, checked against what was asked for, and the world's options. */
function plan(
  request: SessionRequest,
  known: RunRecord | undefined,
  config: Config,
): { run: RunRecord; options: WorldOptions } {
  const fleets = config.fleets.map(compileFleet);
  const requests = request.traces ?? known?.traces ?? [];
  const { services, traces } = withTraces(servicesFor(fleets), fleets, requests);
  const faults = request.faults ?? (known?.faults as FaultPlan | undefined);
  const run: RunRecord = {
    format: 1,
    seed: request.seed ?? known?.seed ?? 1,
    startMs: known?.startMs ?? START_MS,
    config,
    configFingerprint: fingerprintOf(JSON.stringify(config)),
    traces,
    ...(faults === undefined ? {} : { faults, faultsFingerprint: fingerprintOf(JSON.stringify(faults)) }),
  };
  if (known !== undefined) refuseOther(request.folder, known, run);
  return {
    run,
    options: { seed: run.seed, startMs: run.startMs, services, ...(faults === undefined ? {} : { faults }) },
  };
}

/** Continuing with another seed or configuration would be a silent wrong answer. */
function refuseOther(folder: string, known: RunRecord, asked: RunRecord): void {
  const problems: string[] = [];
  if (known.seed !== asked.seed) problems.push(`it was begun with seed ${known.seed}, not ${asked.seed}`);
  if (known.configFingerprint !== asked.configFingerprint) problems.push("it was begun with another configuration");
  if (known.faultsFingerprint !== asked.faultsFingerprint) problems.push("it was begun with other faults");
  const traces = ({ traces: list }: RunRecord): string =>
    list
      .map(({ component, fingerprint, scale }) => `${component} ${fingerprint} ${scale}`)
      .sort()
      .join("\n");
  if (traces(known) !== traces(asked)) problems.push("it was begun with other traces, or their files have changed");
  if (problems.length > 0) throw unusable(folder, ...problems);
}

interface Parts {
  readonly folder: string;
  readonly database: Embedded;
  readonly store: StateStore;
  readonly run: RunRecord;
  readonly options: WorldOptions;
  readonly resumed: boolean;
}

async function begin({ folder, database, store, run, options, resumed }: Parts): Promise<Session> {
  // Opened after the replay: what is replayed is in it already.
  const log: { journal?: MutationJournal } = {};
  const world = restoreWorld(folder, {
    ...options,
    onMutation: (mutation) => {
      // Planned foreign changes are made again by the world itself.
      if (mutation.kind !== "foreign" || !mutation.planned) log.journal?.append(mutation);
    },
  });
  const fromMs = await continueAt(database.client, world);
  const journal = MutationJournal.open(journalPath(folder));
  log.journal = journal;
  writeEndpoint(folder, { pid: process.pid, endpoint: database.endpoint, table: TABLE });
  return {
    run,
    fleets: run.config.fleets.map(compileFleet),
    world,
    store,
    fromMs,
    resumed,
    failure: () => journal.failure,
    save: () => writeWorld(folder, { journalBytes: journal.bytes, snapshot: world.snapshot() }),
    close: async () => {
      removeEndpoint(folder);
      journal.close();
      await database.close();
    },
  };
}

/** The last snapshot, and every mutation that came after it, at its time. */
function restoreWorld(folder: string, options: WorldOptions): World {
  const saved = readWorld(folder);
  const world = saved === undefined ? new World(options) : World.restore(options, saved.snapshot);
  for (const mutation of readMutations(journalPath(folder), saved?.journalBytes ?? 0)) world.replay(mutation);
  return world;
}

/** Not before the last claimed tick: what was decided and sent there is in the database. */
async function continueAt(client: DynamoDBClient, world: World): Promise<number> {
  const fromMs = Math.max(world.nowMs, await lastBeatMs(client));
  world.advanceTo(fromMs);
  return fromMs;
}
