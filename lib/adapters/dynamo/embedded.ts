import type { AddressInfo } from "node:net";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { InputError } from "../../domain/model/errors.ts";
import { type DataFolder, openFolder } from "./data-folder.ts";
import { talkInProcess } from "./in-process.ts";
import { loadDynalite } from "./load-dynalite.ts";

/** A database with DynamoDB's protocol inside this process, for one machine: npm start and the tests. */
export interface Embedded {
  readonly client: DynamoDBClient;
  readonly endpoint: string;
  close(): Promise<void>;
}

export interface EmbeddedOptions {
  /** Folder to keep the data in; in memory without it. */
  readonly path?: string | undefined;
  /** Version of the program, noted in a new folder. */
  readonly version?: string | undefined;
}

/**
 * Starts the database on a free port of the loopback address. With a folder, its data outlives the process, also one
 * that is killed.
 */
export async function startEmbedded(options: EmbeddedOptions = {}): Promise<Embedded> {
  const folder = options.path === undefined ? undefined : openFolder(options.path, options.version ?? "unknown");
  try {
    return await start(folder);
  } catch (error) {
    folder?.release();
    throw error;
  }
}

async function start(folder: DataFolder | undefined): Promise<Embedded> {
  const server = loadDynalite()({ createTableMs: 0, ...(folder === undefined ? {} : { path: folder.database }) });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", resolve);
  });
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const client = localClient(endpoint);
  talkInProcess(client, server);
  const close = async (): Promise<void> => {
    client.destroy();
    await new Promise<void>((resolve, reject) => {
      server.close((error) => (error === undefined || error === null ? resolve() : reject(error)));
      server.closeAllConnections();
    });
    folder?.release();
  };
  return { client, endpoint, close };
}

/** A client for a local endpoint: any credentials do, and the region is a formality. */
export function localClient(endpoint: string): DynamoDBClient {
  if (!URL.canParse(endpoint)) throw new InputError("The endpoint cannot be used", [`${endpoint} is no URL`]);
  return new DynamoDBClient({
    endpoint,
    region: "us-east-1",
    credentials: { accessKeyId: "local", secretAccessKey: "local" },
  });
}
