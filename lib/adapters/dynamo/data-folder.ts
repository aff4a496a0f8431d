import { existsSync, linkSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { InputError } from "../../domain/model/errors.ts";

/** Version of the layout of the folder. */
export const FOLDER_FORMAT = 1;
const META = "meta.json";
const LOCK = "lock.json";

/** A folder that this process, and no other, may use until it releases it. */
export interface DataFolder {
  readonly database: string;
  release(): void;
}

/** Locks that this process holds: a lock file with our own pid is otherwise one of an earlier life (containers count from 1). */
const held = new Set<string>();

/**
 * Takes the folder for this process: creates it where needed, refuses one of another format or one that is in use, and
 * touches nothing in either case. The lock of a killed process is taken over.
 */
export function openFolder(folder: string, version: string): DataFolder {
  checkMeta(folder);
  mkdirSync(folder, { recursive: true });
  const lock = join(folder, LOCK);
  takeLock(folder, lock);
  held.add(lock);
  writeMeta(folder, version);
  return {
    database: join(folder, "database"),
    release: () => {
      if (held.delete(lock)) rmSync(lock, { force: true });
    },
  };
}

function checkMeta(folder: string): void {
  const path = join(folder, META);
  if (!existsSync(path)) {
    // What a start that was killed at once leaves behind does not make the folder somebody else's.
    const others = existsSync(folder)
      ? readdirSync(folder).filter((each) => !each.startsWith(LOCK) && !each.startsWith(META))
      : [];
    if (others.length > 0)
      throw new InputError(`The data folder ${folder} cannot be used`, [
        `it holds ${others[0]} but no ${META}: it was not written by this program`,
      ]);
    return;
  }
  const meta = readJson(path);
  const format = typeof meta === "object" && meta !== null && "format" in meta ? meta.format : undefined;
  if (format === undefined)
    throw new InputError(`The data folder ${folder} cannot be used`, [
      `${META} cannot be read: it is damaged or not of this program`,
    ]);
  if (format !== FOLDER_FORMAT) {
    throw new InputError(`The data folder ${folder} cannot be used`, [
      `it has format ${JSON.stringify(format)}; this program reads format ${FOLDER_FORMAT}`,
    ]);
  }
}

function writeMeta(folder: string, version: string): void {
  const path = join(folder, META);
  if (existsSync(path)) return;
  // Renamed into place: a kill in between leaves no half of it.
  writeFileSync(`${path}.new`, `${JSON.stringify({ format: FOLDER_FORMAT, version })}\n`);
  renameSync(`${path}.new`, path);
}

function takeLock(folder: string, lock: string): void {
  const mine = `${lock}.${process.pid}`;
  writeFileSync(mine, JSON.stringify({ pid: process.pid, started: startOf(process.pid) }));
  try {
    for (let attempt = 0; attempt < 5; attempt++) {
      if (linked(mine, lock)) return;
      const text = readText(lock);
      if (text === undefined) continue; // released in this moment
      const holder = holderOf(text);
      if (holder !== undefined && isAlive(holder, lock)) {
        throw new InputError(`The data folder ${folder} is in use`, [
          `process ${holder.pid} has it open; stop it, or choose another folder`,
        ]);
      }
      removeStale(lock, text);
    }
  } finally {
    rmSync(mine, { force: true });
  }
  throw new InputError(`The data folder ${folder} is in use`, ["other processes take and release it all the time"]);
}

/** A link appears with its whole content or not at all, and only if the name is free. */
function linked(from: string, to: string): boolean {
  try {
    linkSync(from, to);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  }
}

/** Moves a dead process's lock away; if somebody else was quicker, what we moved is theirs and goes back. */
function removeStale(lock: string, text: string): void {
  const aside = `${lock}.stale.${process.pid}`;
  try {
    renameSync(lock, aside);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return;
    throw error;
  }
  if (readText(aside) !== text) linked(aside, lock);
  rmSync(aside, { force: true });
}

interface Holder {
  readonly pid: number;
  /** When it was started, in the kernel's own count; tells a new process with an old number. */
  readonly started: string | undefined;
}

function holderOf(text: string): Holder | undefined {
  const lock = parse(text);
  if (typeof lock !== "object" || lock === null || !("pid" in lock) || typeof lock.pid !== "number") return undefined;
  return { pid: lock.pid, started: "started" in lock && typeof lock.started === "string" ? lock.started : undefined };
}

function isAlive({ pid, started }: Holder, lock: string): boolean {
  if (pid === process.pid) return held.has(lock);
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EPERM") return false; // EPERM: alive, of another user
  }
  const [state, now] = [fieldOf(pid, 0), startOf(pid)];
  if (state === "Z" || state === "X") return false; // killed, and only not yet waited for by its parent
  return started === undefined || now === undefined || started === now;
}

/** Start time of a process in kernel ticks where /proc tells it (the 22nd field; the name before it may hold anything). */
function startOf(pid: number): string | undefined {
  return fieldOf(pid, 19);
}

/** A field of what the kernel tells of a process, counted from its state on. */
function fieldOf(pid: number, index: number): string | undefined {
  return readText(`/proc/${pid}/stat`)?.split(") ").at(-1)?.split(" ")[index];
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined; // gone, or nothing of ours
  }
}
function readJson(path: string): unknown {
  const text = readText(path);
  return text === undefined ? undefined : parse(text);
}
function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
