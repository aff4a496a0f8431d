import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type JournalFile, MutationJournal, readMutations } from "../../lib/local/journal.ts";
import type { Mutation } from "../../lib/simulation/world.ts";

const update = (atMs: number): Mutation => ({
  seq: atMs,
  kind: "update",
  atMs,
  component: "web",
  tasks: 2,
  revision: "web:1",
  decision: `web@${atMs}`,
});

describe("the log of the world's changes", () => {
  let folder = "";
  let path = "";
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "journal-"));
    path = join(folder, "mutations.jsonl");
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it("gives back what was appended, from any noted length on", () => {
    const journal = MutationJournal.open(path);
    journal.append(update(1));
    const { bytes } = journal;
    journal.append(update(2));
    journal.close();
    expect(readMutations(path, 0)).toEqual([update(1), update(2)]);
    expect(readMutations(path, bytes)).toEqual([update(2)]);
  });

  it("drops a line that a killed process left torn, and appends after the last whole one", () => {
    writeFileSync(path, `${JSON.stringify(update(1))}\n{"kind":"upd`);
    expect(readMutations(path, 0)).toEqual([update(1)]);
    const journal = MutationJournal.open(path);
    journal.append(update(2));
    journal.close();
    expect(readFileSync(path, "utf8")).toBe(`${JSON.stringify(update(1))}\n${JSON.stringify(update(2))}\n`);
  });

  it("says what to do when it is shorter than the snapshot counts on, missing, or damaged", () => {
    writeFileSync(path, "damaged\n");
    expect(() => readMutations(path, 0)).toThrow(/line 1 after byte 0 is damaged[^]*--fresh/);
    expect(() => readMutations(path, 100)).toThrow(/has 8 bytes, and the snapshot of the world counts on 100/);
    expect(() => readMutations(join(folder, "none"), 5)).toThrow(/missing/);
    expect(readMutations(join(folder, "none"), 0)).toEqual([]);
  });

  it("refuses everything after a write that failed: the mutation must not happen", () => {
    const truncated: number[] = [];
    const full: JournalFile = {
      write: () => 3,
      sync: () => undefined,
      truncate: (bytes) => truncated.push(bytes),
      close: () => undefined,
    };
    const journal = new MutationJournal(full, 7);
    expect(() => journal.append(update(1))).toThrow(/ENOSPC/);
    expect(journal.failure?.message).toMatch(/ENOSPC/);
    expect(() => journal.append(update(2))).toThrow(/ENOSPC/);
    expect(truncated).toEqual([7]);
    expect(journal.bytes).toBe(7);
  });
});
