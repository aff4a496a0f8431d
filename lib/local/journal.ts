import { closeSync, existsSync, fsyncSync, ftruncateSync, openSync, readFileSync, writeSync } from "node:fs";
import { InputError } from "../domain/model/errors.ts";
import type { Mutation } from "../simulation/world.ts";

/** What the journal asks of a file; replaced in tests by one on a full disk. */
export interface JournalFile {
  write(text: string): number;
  sync(): void;
  truncate(bytes: number): void;
  close(): void;
}

/**
 * Write-ahead log of the world's mutations, one JSON a line, on disk before the mutation takes effect. It is never
 * shortened: snapshots say how far it was read, and the whole of it is the history of who changed what.
 */
export class MutationJournal {
  readonly #file: JournalFile;
  #bytes: number;
  #failure: Error | undefined;

  constructor(file: JournalFile, bytes: number) {
    this.#file = file;
    this.#bytes = bytes;
  }

  /** Opens the log for appending; a line that a killed process left torn is dropped. */
  static open(path: string): MutationJournal {
    const bytes = existsSync(path) ? wholeLines(readFileSync(path)) : 0;
    const file = fileAt(path);
    try {
      file.truncate(bytes);
    } catch (error) {
      file.close();
      throw error;
    }
    return new MutationJournal(file, bytes);
  }

  /** Length up to the last whole line: what a snapshot notes. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Why nothing can be written any more. Once set, the run has to end: the world can no longer be changed safely. */
  get failure(): Error | undefined {
    return this.#failure;
  }

  /** Throws when the line is not safely on disk; then the mutation must not happen. */
  append(mutation: Mutation): void {
    if (this.#failure !== undefined) throw this.#failure;
    const line = `${JSON.stringify(mutation)}\n`;
    const length = Buffer.byteLength(line);
    try {
      const written = this.#file.write(line);
      if (written < length)
        throw Object.assign(new Error("ENOSPC: no space left on device, write"), { code: "ENOSPC" });
      this.#file.sync();
    } catch (error) {
      this.#failure = error instanceof Error ? error : new Error(String(error));
      this.#dropTorn();
      throw error;
    }
    this.#bytes += length;
  }

  close(): void {
    this.#file.close();
  }

  #dropTorn(): void {
    try {
      this.#file.truncate(this.#bytes);
    } catch {
      // The next start drops it.
    }
  }
}

/** Mutations from this byte on; a torn last line is left out. */
export function readMutations(path: string, fromBytes: number): readonly Mutation[] {
  if (!existsSync(path)) {
    if (fromBytes === 0) return [];
    throw journalError(path, `it is missing, and the snapshot of the world counts on its first ${fromBytes} bytes`);
  }
  const content = readFileSync(path);
  const end = wholeLines(content);
  if (end < fromBytes)
    throw journalError(path, `it has ${end} bytes, and the snapshot of the world counts on ${fromBytes}`);
  const lines = content.subarray(fromBytes, end).toString("utf8").split("\n").slice(0, -1);
  return lines.map((line, at) => {
    try {
      return JSON.parse(line) as Mutation;
    } catch {
      throw journalError(path, `line ${at + 1} after byte ${fromBytes} is damaged`);
    }
  });
}

function journalError(path: string, problem: string): InputError {
  return new InputError(`The log of changes ${path} cannot be used`, [
    problem,
    "discard the data with --fresh, or choose another folder with --data",
  ]);
}

/** Bytes up to and including the last end of a line. */
function wholeLines(content: Buffer): number {
  return content.lastIndexOf(0x0a) + 1;
}

function fileAt(path: string): JournalFile {
  const descriptor = openSync(path, "a");
  return {
    write: (text) => writeSync(descriptor, text),
    sync: () => fsyncSync(descriptor),
    truncate: (bytes) => ftruncateSync(descriptor, bytes),
    close: () => closeSync(descriptor),
  };
}
