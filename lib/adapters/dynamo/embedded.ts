import { createRequire } from "node:module";
import type { AddressInfo } from "node:net";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import type dynalite from "dynalite";
import { InputError } from "../../domain/model/errors.ts";
import { type DataFolder, openFolder } from "./data-folder.ts";
import { talkInProcess } from "./in-process.ts";

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

type Action = (store: unknown, data: unknown, done: (error: unknown, answer?: unknown) => void) => void;
const ACTIONS = ["batchWriteItem", "createTable", "deleteItem", "describeTable", "getItem", "putItem", "query", "scan"];

/**
 * dynalite throws what its files say (a full disk) outside any call, which would end this process with a bare stack. Its
 * actions are wrapped before it loads them, so that such an error is answered as DynamoDB would: 500, with the reason.
 */
function loadDynalite(): typeof dynalite {
  const require = createRequire(import.meta.url);
  for (const name of ACTIONS) {
    const path = require.resolve(`dynalite/actions/${name}.js`);
    const action = require(path) as Action & { answersErrors?: true };
    const module = require.cache[path];
    if (action.answersErrors === true || module === undefined) continue;
    const wrapped: Action & { answersErrors?: true } = (store, data, done) =>
      action(store, data, (error, answer) => done(answerable(error), answer));
    wrapped.answersErrors = true;
    module.exports = wrapped;
  }
  return require("dynalite") as typeof dynalite;
}

function answerable(error: unknown): unknown {
  if (!(error instanceof Error) || "statusCode" in error) return error;
  const reasons = [error.message, error.cause instanceof Error ? error.cause.message : ""].filter(
    (each) => each !== "",
  );
  return Object.assign(error, {
    statusCode: 500,
    body: { __type: "com.amazonaws.dynamodb.v20120810#InternalServerError", message: reasons.join(": ") },
  });
}
