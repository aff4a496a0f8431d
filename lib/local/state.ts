import { createConnection } from "node:net";
import type { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { DynamoStore } from "../adapters/dynamo/dynamo-store.ts";
import { localClient, startEmbedded } from "../adapters/dynamo/embedded.ts";
import { ensureTable } from "../adapters/dynamo/schema.ts";
import { Table } from "../adapters/dynamo/table.ts";
import { tickKey } from "../adapters/keys.ts";
import { InputError } from "../domain/model/errors.ts";
import { BEAT_MS, LOOPS } from "../flow.ts";
import type { StateStore } from "../ports.ts";
import { type Endpoint, type RunRecord, readEndpoint, readRun } from "./run-folder.ts";

export const TABLE = "scaling-controller";
export const ENGINE = "dynalite 4 (DynamoDB protocol), on disk";

/** The state of a local run as another command sees it, whether the run is going on or not. */
export interface LocalState {
  readonly run: RunRecord;
  readonly store: StateStore;
  /** Simulated time of the last beat. */
  readonly nowMs: number;
  /** Process of the live run; undefined when nobody runs. */
  readonly pid?: number | undefined;
  close(): Promise<void>;
}

/**
 * Opens what a local run keeps: through the database of the live run, or by opening the folder.
 *
 * @throws InputError when there is no run in the folder.
 */
export async function openState(
  folder: string,
  { forRestore = false }: { forRestore?: boolean } = {},
): Promise<LocalState> {
  const run = readRun(folder);
  if (run === undefined)
    throw new InputError(`there is no local run in ${folder}`, [
      "start one with `scaling-controller local`, or name its folder with --data",
    ]);
  const live = readEndpoint(folder);
  const running = live !== undefined && isAlive(live.pid) ? await connect(live, run, { forRestore }) : undefined;
  if (running !== undefined) return running;
  const database = await startEmbedded({ path: folder });
  try {
    await ensureTable(database.client, TABLE);
    return { ...(await stateOf(database.client, run, { forRestore })), close: () => database.close() };
  } catch (error) {
    await database.close();
    throw error;
  }
}

/** Undefined when nobody answers: what a killed run left, under a number that another process has now. */
async function connect(
  { endpoint, pid }: Endpoint,
  run: RunRecord,
  options: { forRestore: boolean },
): Promise<LocalState | undefined> {
  if (!(await answers(endpoint))) return undefined;
  const client = localClient(endpoint);
  try {
    return { ...(await stateOf(client, run, options)), pid, close: async () => client.destroy() };
  } catch (error) {
    client.destroy();
    throw error;
  }
}

/** Whether anything listens there; what it is, the first request tells. */
async function answers(endpoint: string): Promise<boolean> {
  const { hostname, port } = new URL(endpoint);
  return new Promise((resolve) => {
    const socket = createConnection({ host: hostname, port: Number(port) });
    const end = (answered: boolean) => (): void => {
      socket.destroy();
      resolve(answered);
    };
    socket.once("connect", end(true)).once("error", end(false)).setTimeout(2000, end(false));
  });
}

async function stateOf(
  client: DynamoDBClient,
  run: RunRecord,
  options: { forRestore: boolean },
): Promise<Omit<LocalState, "close">> {
  const store = await DynamoStore.open(client, TABLE, options);
  // After a restore no tick is claimed; the states still tell the time.
  const states = await Promise.all(run.config.fleets.map(async ({ name }) => store.readStates(name)));
  const seenMs = states.flat().map(({ updatedAtMs }) => updatedAtMs);
  return { run, store, nowMs: Math.max(run.startMs, await lastBeatMs(client), ...seenMs) };
}

/** Time of the last tick that any loop has claimed; 0 before the first. */
export async function lastBeatMs(client: DynamoDBClient): Promise<number> {
  const table = new Table(client, TABLE);
  const rows = await Promise.all(LOOPS.map(({ name }) => table.get(tickKey(name), true)));
  return Math.max(0, ...rows.map((row) => Math.floor(row?.version ?? 0) * BEAT_MS));
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
