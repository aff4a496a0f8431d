/** A child process of the benchmark: runs one job after the other. */
import type { Job } from "./job.ts";
import { JobRunner } from "./job-run.ts";
import type { WorkerAnswer } from "./pool.ts";

const runner = new JobRunner(process.argv[2] ?? ".");

function answer(message: WorkerAnswer): void {
  process.send?.(message);
}

process.on("message", (job: Job) => {
  runner.run(job).then(
    (outcome) => answer({ outcome }),
    (error: unknown) => answer({ error: error instanceof Error ? (error.stack ?? error.message) : String(error) }),
  );
});
process.on("disconnect", () => process.exit());
