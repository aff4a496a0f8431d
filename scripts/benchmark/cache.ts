import { createHash } from "node:crypto";
import { appendFileSync, existsSync, mkdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { CONTROLLER } from "../../lib/backtest/controller-scalers.ts";
import { type Job, keyOf } from "./job.ts";
import type { JobOutcome } from "./job-run.ts";

interface Line {
  readonly key: string;
  readonly source: string;
  readonly outcome: JobOutcome;
}

/**
 * Outcomes of earlier runs, one a line, so that a run that was broken off goes on. One counts as long as the code it came
 * from is the same: for a peer the world and the peers, for the controller all that it is made of.
 */
export class OutcomeCache {
  readonly #file: string;
  readonly #known = new Map<string, JobOutcome>();
  readonly #sources: { readonly peers: string; readonly controller: string };

  constructor(root: string) {
    this.#file = join(root, ".benchmark", "outcomes.jsonl");
    this.#sources = {
      peers: sourceHash(root, ["lib/backtest/scalers.ts", "scripts/benchmark/job.ts", "scripts/benchmark/sighted.ts"]),
      controller: sourceHash(root, ["scripts/benchmark/job-run.ts"]),
    };
    mkdirSync(dirname(this.#file), { recursive: true });
    for (const text of existsSync(this.#file) ? readFileSync(this.#file, "utf8").split("\n") : []) {
      const line = lineFrom(text);
      if (line !== undefined) this.#known.set(`${line.source} ${line.key}`, line.outcome);
    }
  }

  find(job: Job): JobOutcome | undefined {
    return this.#known.get(`${this.#sourceOf(job)} ${keyOf(job)}`);
  }

  add(job: Job, outcome: JobOutcome): void {
    const line: Line = { key: keyOf(job), source: this.#sourceOf(job), outcome };
    this.#known.set(`${line.source} ${line.key}`, outcome);
    appendFileSync(this.#file, `${JSON.stringify(line)}\n`);
  }

  #sourceOf({ scaler }: Job): string {
    return scaler.startsWith(CONTROLLER) ? this.#sources.controller : this.#sources.peers;
  }
}

/** Undefined for what a killed process left half written. */
function lineFrom(text: string): Line | undefined {
  try {
    return JSON.parse(text) as Line;
  } catch {
    return undefined;
  }
}

const IMPORTED = /(?:from|import) "(\.[^"]+)"/g;

/** Of the files and all that they import, to any depth. */
function sourceHash(root: string, entries: readonly string[]): string {
  const texts = new Map<string, string>();
  const queue = entries.map((entry) => join(root, entry));
  for (let file = queue.pop(); file !== undefined; file = queue.pop()) {
    if (texts.has(file)) continue;
    const text = readFileSync(file, "utf8");
    texts.set(file, text);
    for (const [, target] of text.matchAll(IMPORTED)) if (target !== undefined) queue.push(join(dirname(file), target));
  }
  const hash = createHash("sha256");
  for (const [file, text] of [...texts].sort(([a], [b]) => (a < b ? -1 : 1)))
    hash.update(`${relative(root, file)}\0${text}\0`);
  return hash.digest("hex").slice(0, 16);
}
