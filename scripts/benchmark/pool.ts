import { type ChildProcess, fork } from "node:child_process";
import type { Job } from "./job.ts";
import type { JobOutcome } from "./job-run.ts";

export type WorkerAnswer = { readonly outcome: JobOutcome } | { readonly error: string };

const WORKER = new URL("./worker.ts", import.meta.url);
/** Megabytes of heap of a worker: without it, the collector takes what the machine has. */
const HEAP_MB = 200;
const WORKER_OPTIONS = [`--max-old-space-size=${HEAP_MB}`, "--max-semi-space-size=4", "--import", "tsx"];

/**
 * Runs jobs in their order, as many at a time as there are workers; `ended` is told of each with what came of it, or why it
 * failed.
 *
 * @throws Error when a worker dies; the others under way are given up.
 */
export async function runJobs(
  jobs: readonly Job[],
  { folder, workers }: { readonly folder: string; readonly workers: number },
  ended: (job: Job, answer: WorkerAnswer) => void,
): Promise<void> {
  const queue = [...jobs];
  const children = Array.from({ length: Math.min(workers, jobs.length) }, () =>
    fork(WORKER, [folder], { execArgv: WORKER_OPTIONS }),
  );
  try {
    await Promise.all(children.map(async (child) => Promise.race([workOff(child, queue, ended), failureOf(child)])));
  } finally {
    for (const child of children) child.kill();
  }
}

async function workOff(
  child: ChildProcess,
  queue: Job[],
  ended: (job: Job, answer: WorkerAnswer) => void,
): Promise<void> {
  for (let job = queue.shift(); job !== undefined; job = queue.shift()) {
    child.send(job);
    ended(job, await answerOf(child));
  }
}

async function answerOf(child: ChildProcess): Promise<WorkerAnswer> {
  return new Promise((resolve) => child.once("message", (message) => resolve(message as WorkerAnswer)));
}

async function failureOf(child: ChildProcess): Promise<never> {
  return new Promise((_, reject) => {
    child.once("error", reject);
    child.once("exit", (code, signal) => reject(new Error(`a worker ended: ${code ?? signal}`)));
  });
}
