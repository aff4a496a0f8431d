import { createRequire } from "node:module";
import type dynalite from "dynalite";

/** The part of dynalite's inside that is touched here. */
interface Store {
  getTable(name: string, checkStatus: unknown, done?: Done): void;
  readonly db: { values(options: object): Values };
}
interface Values {
  next(): Promise<unknown>;
  close(): Promise<void>;
}
type Done = (error: unknown, answer?: unknown) => void;
type Action = (store: Store, data: unknown, done: Done) => void;

const OF_ITEMS = ["batchGetItem", "batchWriteItem", "deleteItem", "getItem", "putItem", "query", "scan", "updateItem"];
const OF_TABLES = ["createTable", "deleteTable", "describeTable", "updateTable"];

/**
 * Loads dynalite with its actions wrapped, for three reasons. It throws what its files say (a full disk) outside any call,
 * which would end this process with a bare stack; such an error is answered as DynamoDB would: 500, with the reason. It
 * reads the table's description from its files once for every item, half of all reads; that is remembered. And it leaves
 * iterators open.
 */
export function loadDynalite(): typeof dynalite {
  const require = createRequire(import.meta.url);
  for (const name of [...OF_ITEMS, ...OF_TABLES]) {
    const path = require.resolve(`dynalite/actions/${name}.js`);
    const action = require(path) as Action;
    const module = require.cache[path];
    if (wrapped.has(action) || module === undefined) continue;
    module.exports = wrap(action, OF_TABLES.includes(name));
  }
  return require("dynalite") as typeof dynalite;
}

const wrapped = new WeakSet<Action>();
function wrap(action: Action, isOfTable: boolean): Action {
  const outer: Action = (store, data, done) => {
    const tables = knownTables(store);
    if (isOfTable) tables.clear();
    action(store, data, (error, answer) => {
      if (isOfTable) tables.clear();
      done(answerable(error), answer);
    });
  };
  wrapped.add(outer);
  return outer;
}

/** Larger steps through a list: its items in one go rather than 16 KB at a time. */
const READ_AHEAD_BYTES = 1_000_000;
const known = new WeakMap<Store, Map<string, unknown>>();

/** Descriptions of tables in use, remembered until the next action on a table. */
function knownTables(store: Store): Map<string, unknown> {
  const seen = known.get(store);
  if (seen !== undefined) return seen;
  const tables = new Map<string, unknown>();
  known.set(store, tables);
  const { db } = store;
  const read = store.getTable.bind(store);
  store.getTable = (name, checkStatus, done) => {
    const then = typeof checkStatus === "function" ? (checkStatus as Done) : (done as Done);
    const table = tables.get(name);
    if (table !== undefined) return then(null, table);
    read(name, typeof checkStatus === "function" ? true : checkStatus, (error, found) => {
      if (isActive(found)) tables.set(name, found);
      then(error, found);
    });
  };
  const values = db.values.bind(db);
  db.values = (options) => closedAtEnd(values({ highWaterMarkBytes: READ_AHEAD_BYTES, ...options }));
  return tables;
}

/**
 * dynalite never closes what it iterates with. LevelDB then keeps every version of every item for it: the files grow for
 * ever and each list takes longer than the one before (14 ms after 4,000 writes of the same seven items, against 1).
 */
function closedAtEnd(iterator: Values): Values & { return(): Promise<void> } {
  const close = (): Promise<void> => iterator.close();
  const next = async (): Promise<unknown> => {
    const value = await iterator.next();
    if (value === undefined) await close();
    return value;
  };
  return { next, close, return: close };
}

function isActive(table: unknown): boolean {
  return typeof table === "object" && table !== null && "TableStatus" in table && table.TableStatus === "ACTIVE";
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
