import { type ChildProcess, fork } from "node:child_process";
import { type Job, keyOf } from "./job.ts";
import type { JobOutcome } from "./job-run.ts";

export type WorkerAnswer = { readonly outcome: JobOutcome } | { readonly error: string };

const WORKER = new URL("./worker.ts", import.meta.url);
/** Megabytes of heap of a worker: without it, the collector takes what the machine has. */
const HEAP_MB = 200;
const WORKER_OPTIONS = [`--max-old-space-size=${HEAP_MB}`, "--max-semi-space-size=4", "--import", "tsx"];

/**
 * Runs jobs in their order, as many at a time as there are workers; `done` is told of each as it ends.
 *
 * @throws Error when a job fails; the others under way are given up.
 */
export async function runJobs(
  jobs: readonly Job[],
  { folder, workers }: { readonly folder: string; readonly workers: number },
  done: (job: Job, outcome: JobOutcome) => void,
): Promise<void> {
  const queue = [...jobs];
  const children = Array.from({ length: Math.min(workers, jobs.length) }, () =>
    fork(WORKER, [folder], { execArgv: WORKER_OPTIONS }),
  );
  try {
    await Promise.all(children.map(async (child) => Promise.race([workOff(child, queue, done), failureOf(child)])));
  } finally {
    for (const child of children) child.kill();
  }
}

async function workOff(
  child: ChildProcess,
  queue: Job[],
  done: (job: Job, outcome: JobOutcome) => void,
): Promise<void> {
  for (let job = queue.shift(); job !== undefined; job = queue.shift()) {
    child.send(job);
    const answer = await answerOf(child);
    if ("error" in answer) throw new Error(`${keyOf(job)}: ${answer.error}`);
    done(job, answer.outcome);
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
