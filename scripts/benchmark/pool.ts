import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { build, stop } from "esbuild";
import type { Job } from "./job.ts";
import type { JobOutcome } from "./job-run.ts";

export type WorkerAnswer = { readonly outcome: JobOutcome } | { readonly error: string };

const SOURCE = fileURLToPath(new URL("./worker.ts", import.meta.url));
/** Megabytes of heap of a worker. The controller's store, a week of samples above all, takes some 80 of them. */
const HEAP_MB = 104;
const WORKER_OPTIONS = [`--max-old-space-size=${HEAP_MB}`, "--max-semi-space-size=4"];

/**
 * Runs jobs in their order, as many at a time as there are workers; `ended` is told of each with what came of it, or why it
 * failed. A worker that dies is replaced, and so is one that comes to another trace: memory that a process once had it
 * keeps. Answers with what the workers' memory came to together at the most, KiB.
 * @param program where the workers' bundle is written, a .mjs
 */
export async function runJobs(
  jobs: readonly Job[],
  { folder, workers, program }: { readonly folder: string; readonly workers: number; readonly program: string },
  ended: (job: Job, answer: WorkerAnswer) => void,
): Promise<number> {
  const queue = [...jobs];
  if (jobs.length === 0) return 0;
  await bundleWorker(program);
  const start = (): ChildProcess => fork(program, [folder], { execArgv: WORKER_OPTIONS });
  const peaksKib = await Promise.all(
    Array.from({ length: Math.min(workers, jobs.length) }, async () => workOff(start, queue, ended)),
  );
  return peaksKib.reduce((sum, each) => sum + each, 0);
}

/** As one file of plain JavaScript: loading TypeScript takes each worker 50 MB, and some time in every closure. */
async function bundleWorker(program: string): Promise<void> {
  await build({
    entryPoints: [SOURCE],
    outfile: program,
    bundle: true,
    platform: "node",
    format: "esm",
    target: "node20",
    logLevel: "error",
  });
  await stop(); // its service would stay, and take more memory than the parent
}

async function workOff(
  start: () => ChildProcess,
  queue: Job[],
  ended: (job: Job, answer: WorkerAnswer) => void,
): Promise<number> {
  let child = start();
  let peakKib = 0;
  let trace: string | undefined;
  for (let job = queue.shift(); job !== undefined; job = queue.shift()) {
    if (trace !== undefined && trace !== job.trace) child.kill();
    if (child.killed || !child.connected) child = start();
    trace = job.trace;
    child.send(job);
    const answer = await answerOf(child);
    if ("outcome" in answer) peakKib = Math.max(peakKib, answer.outcome.peakMemoryKib);
    ended(job, answer);
  }
  child.kill();
  return peakKib;
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
