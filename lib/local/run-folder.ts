import { closeSync, existsSync, fsyncSync, openSync, readFileSync, renameSync, rmSync, writeSync } from "node:fs";
import { join } from "node:path";
import * as z from "zod";
import { FOLDER_FORMAT, openFolder } from "../adapters/dynamo/data-folder.ts";
import type { Config } from "../config/schema.ts";
import { InputError } from "../domain/model/errors.ts";
import type { WorldSnapshot } from "../simulation/world.ts";

/*
 * What a local run keeps beside the database (meta.json, lock.json and database/ belong to the adapter):
 *   run.json         what the run is: seed, start, configuration, traces; written once
 *   world.json       the last snapshot of the simulated world, replaced as a whole
 *   mutations.jsonl  each change of the world since the beginning (journal.ts)
 *   endpoint.json    where the database answers while a run holds the folder
 */
export const DEFAULT_FOLDER = ".scaling-controller";
/** Version of the files of this module; those of the adapter have their own. */
const RUN_FORMAT = 1;
const OURS = ["run.json", "world.json", "mutations.jsonl", "endpoint.json", "database", "meta.json", "lock.json"];

const TraceRecord = z.strictObject({
  file: z.string(),
  component: z.string(),
  /** Operations per second for one unit of the file. */
  scale: z.number(),
  /** Tasks of the initial size that its 99th percentile needs. */
  p99Tasks: z.number(),
  /** Values that were missing in the file and are held over from the one before. */
  heldValues: z.int(),
  fingerprint: z.string(),
});
/** A trace that drives a component, and how it was scaled. */
export type TraceRecord = z.output<typeof TraceRecord>;

const RunRecord = z.strictObject({
  format: z.literal(RUN_FORMAT),
  seed: z.int(),
  startMs: z.int(),
  /** The effective configuration, so that every command reads the state as the run does. */
  config: z.custom<Config>((value) => typeof value === "object" && value !== null && "fleets" in value),
  configFingerprint: z.string(),
  faults: z.unknown().optional(),
  faultsFingerprint: z.string().optional(),
  traces: z.array(TraceRecord),
});
/** What a run is, from its first start on. */
export type RunRecord = z.output<typeof RunRecord>;

const WorldRecord = z.object({
  format: z.literal(RUN_FORMAT),
  journalBytes: z.int(),
  snapshot: z.custom<WorldSnapshot>(),
});
/** The world at the end of a beat, and how much of the journal is in it. */
export type WorldRecord = z.output<typeof WorldRecord>;

const Endpoint = z.object({ pid: z.int(), endpoint: z.url(), table: z.string() });
/** Where the database of a live run answers. */
export type Endpoint = z.output<typeof Endpoint>;

export const journalPath = (folder: string): string => join(folder, "mutations.jsonl");

export function readRun(folder: string): RunRecord | undefined {
  return read(folder, "run.json", RunRecord);
}
export function writeRun(folder: string, run: Omit<RunRecord, "format">): void {
  writeWhole(join(folder, "run.json"), JSON.stringify({ format: RUN_FORMAT, ...run }, null, 2));
}
export function readWorld(folder: string): WorldRecord | undefined {
  return read(folder, "world.json", WorldRecord);
}
export function writeWorld(folder: string, record: Omit<WorldRecord, "format">): void {
  writeWhole(join(folder, "world.json"), JSON.stringify({ format: RUN_FORMAT, ...record }));
}
export function readEndpoint(folder: string): Endpoint | undefined {
  return read(folder, "endpoint.json", Endpoint);
}
export function writeEndpoint(folder: string, endpoint: Endpoint): void {
  writeWhole(join(folder, "endpoint.json"), JSON.stringify(endpoint));
}
export function removeEndpoint(folder: string): void {
  rmSync(join(folder, "endpoint.json"), { force: true });
}

/** Whether a run has ever been kept here. */
export function hasRun(folder: string): boolean {
  return existsSync(join(folder, "run.json")) || existsSync(join(folder, "meta.json"));
}

/**
 * Throws away what a run kept, of whatever version, and nothing else. Refuses while a live process holds the folder, and
 * a folder that no run has written.
 */
export function discardRun(folder: string): void {
  if (!existsSync(folder)) return;
  if (formatOf(folder) === FOLDER_FORMAT)
    openFolder(folder, "").release(); // throws when it is in use
  else if (!existsSync(join(folder, "meta.json"))) {
    openFolder(folder, "").release(); // throws when the folder is somebody else's
  }
  for (const name of OURS) rmSync(join(folder, name), { recursive: true, force: true });
}

function formatOf(folder: string): unknown {
  try {
    const meta: unknown = JSON.parse(readFileSync(join(folder, "meta.json"), "utf8"));
    return typeof meta === "object" && meta !== null && "format" in meta ? meta.format : undefined;
  } catch {
    return undefined;
  }
}

function read<T extends z.ZodType>(folder: string, name: string, schema: T): z.output<T> | undefined {
  const path = join(folder, name);
  if (!existsSync(path)) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(path, "utf8"));
  } catch {
    throw unusable(folder, `${name} is damaged`);
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const format = typeof value === "object" && value !== null && "format" in value ? value.format : undefined;
  if (format !== undefined && format !== RUN_FORMAT) {
    throw unusable(folder, `${name} has format ${JSON.stringify(format)}; this program reads format ${RUN_FORMAT}`);
  }
  throw unusable(folder, `${name} is not what this program writes: ${z.prettifyError(parsed.error)}`);
}

/** The way out is the same for every folder that cannot be continued. */
export function unusable(folder: string, ...problems: string[]): InputError {
  return new InputError(`The data folder ${folder} cannot be continued`, [
    ...problems,
    "discard its data with --fresh, or choose another folder with --data",
  ]);
}

/** The file has either its old or its new content, also after a power cut: written beside it, synced, renamed. */
export function writeWhole(path: string, text: string): void {
  const aside = `${path}.new`;
  const descriptor = openSync(aside, "w");
  try {
    const bytes = Buffer.from(text);
    for (let at = 0; at < bytes.length; ) at += writeSync(descriptor, bytes, at);
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
  renameSync(aside, path);
}
