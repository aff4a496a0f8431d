import { type ChildProcess, fork } from "node:child_process";
import type { Job } from "./job.ts";
import type { JobOutcome } from "./job-run.ts";

export type WorkerAnswer = { readonly outcome: JobOutcome } | { readonly error: string };

const WORKER = new URL("./worker.ts", import.meta.url);
/** Megabytes of heap of a worker. The controller's store takes up to 200 of them on two months of bursts. */
const HEAP_MB = 400;
const WORKER_OPTIONS = [`--max-old-space-size=${HEAP_MB}`, "--max-semi-space-size=4", "--import", "tsx"];

/**
 * Runs jobs in their order, as many at a time as there are workers; `ended` is told of each with what came of it, or why it
 * failed. A worker that dies is replaced.
 */
export async function runJobs(
  jobs: readonly Job[],
  { folder, workers }: { readonly folder: string; readonly workers: number },
  ended: (job: Job, answer: WorkerAnswer) => void,
): Promise<void> {
  const queue = [...jobs];
  const start = (): ChildProcess => fork(WORKER, [folder], { execArgv: WORKER_OPTIONS });
  await Promise.all(Array.from({ length: Math.min(workers, jobs.length) }, async () => workOff(start, queue, ended)));
}

async function workOff(
  start: () => ChildProcess,
  queue: Job[],
  ended: (job: Job, answer: WorkerAnswer) => void,
): Promise<void> {
  let child = start();
  for (let job = queue.shift(); job !== undefined; job = queue.shift()) {
    if (!child.connected) child = start();
    child.send(job);
    ended(job, await answerOf(child));
  }
  child.kill();
}

async function answerOf(child: ChildProcess): Promise<WorkerAnswer> {
  return new Promise((resolve) => {
    const settle = (answer: WorkerAnswer): void => {
      child.off("message", settle).off("error", failed).off("exit", died);
      resolve(answer);
    };
    const failed = (error: Error): void => settle({ error: error.message });
    const died = (code: number | null, signal: string | null): void =>
      settle({ error: `the worker ended: ${code ?? signal}` });
    child.on("message", settle).on("error", failed).on("exit", died);
  });
}
