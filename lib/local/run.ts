import { statfsSync } from "node:fs";
import { ScalingController, type TickReport } from "../controller.ts";
import { DependencyError } from "../domain/model/errors.ts";
import { BEAT_MS, LOOPS, type LoopName } from "../flow.ts";
import { observeStore } from "../observed-store.ts";
import type { Log, Ports } from "../ports.ts";
import type { Scheduler } from "../scheduler.ts";
import type { FaultPlan } from "../simulation/faults.ts";
import { localConfig } from "./configuration.ts";
import type { Progress } from "./progress/progress.ts";
import { type RunReport, reportOf } from "./report.ts";
import { openSession, type Session } from "./session.ts";
import { SimulatedScheduler } from "./simulated-scheduler.ts";
import { ENGINE } from "./state.ts";
import type { TraceRequest } from "./traces.ts";

/** What `scaling-controller local` was asked for. */
export interface LocalRequest {
  readonly folder: string;
  readonly fresh: boolean;
  /** Simulated time to run; undefined: until stopped. */
  readonly forMs?: number | undefined;
  /** Simulated seconds a second. */
  readonly speed: number;
  readonly seed?: number | undefined;
  readonly traces?: readonly TraceRequest[] | undefined;
  readonly configFile?: string | undefined;
  readonly faults?: FaultPlan | undefined;
}

/** What the terminal gives: how to show progress, and when to stop. */
export interface LocalEdge {
  /** Called once, when it is known what runs. */
  begin(session: Session): Progress;
  /** Registers what to do when the user wants to stop; returns how to take it back. */
  onStop(stop: () => void): () => void;
}

const SNAPSHOT_MS = 3_600_000;

/** Runs the four loops in the simulated world until the time is over or somebody stops it, and says what it came to. */
export async function runLocal(request: LocalRequest, edge: LocalEdge): Promise<RunReport> {
  const { folder, fresh, seed, traces, configFile, faults } = request;
  const config = configFile === undefined ? undefined : await localConfig(configFile);
  const session = await openSession(
    { folder, fresh, seed, config, traces, faults },
    { config: () => localConfig() },
  ).catch((error: unknown) => {
    throw error instanceof DependencyError && isFull(folder)
      ? diskError(folder, new Error(`ENOSPC: ${error.message}`))
      : error;
  });
  try {
    const report = await new LocalRun(session, request, edge).run();
    session.save();
    return report;
  } finally {
    await session.close();
  }
}

/** One run of this process. */
class LocalRun {
  readonly #session: Session;
  readonly #request: LocalRequest;
  readonly #edge: LocalEdge;
  readonly #progress: Progress;
  readonly #loops = Object.fromEntries(LOOPS.map(({ name }) => [name, { ticks: 0, errors: 0 }])) as Record<
    LoopName,
    { ticks: number; errors: number }
  >;
  /** Logged in the running tick. */
  readonly #logged: string[] = [];
  /** Why the run ended before its time. */
  #fatal: Error | undefined;

  constructor(session: Session, request: LocalRequest, edge: LocalEdge) {
    this.#session = session;
    this.#request = request;
    this.#edge = edge;
    this.#progress = edge.begin(session);
  }

  async run(): Promise<RunReport> {
    const session = this.#session;
    const { fromMs, resumed, world, run } = session;
    const { forMs, speed } = this.#request;
    const simulated = new SimulatedScheduler({
      // The beat at which an earlier process ended may be half done: what was claimed there is not done again.
      fromMs: resumed ? fromMs : fromMs + BEAT_MS,
      untilMs: forMs === undefined ? undefined : fromMs + forMs,
      speed,
    });
    const controller = new ScalingController({
      config: run.config,
      ports: this.#ports(),
      scheduler: this.#around(simulated),
      onTick: (report) => this.#count(report),
    });
    const takeBack = this.#edge.onStop(() => simulated.requestStop());
    const startedMs = performance.now();
    try {
      controller.start();
      await simulated.finished;
    } finally {
      takeBack();
      this.#progress.end();
    }
    return reportOf({
      store: session.store,
      fleets: session.fleets,
      engine: ENGINE,
      nowMs: world.nowMs,
      run: {
        seed: run.seed,
        simulatedSeconds: (world.nowMs - fromMs) / 1000,
        wallSeconds: Math.round(performance.now() - startedMs) / 1000,
        loops: this.#loops,
        traces: run.traces,
      },
    });
  }

  /** The world moves before each beat; after it, what must be safe on disk is checked and written. */
  #around(simulated: SimulatedScheduler): Scheduler {
    return {
      start: (beat) =>
        simulated.start(async (scheduledMs) => {
          this.#session.world.advanceTo(scheduledMs);
          await beat(scheduledMs);
          this.#afterBeat(scheduledMs);
        }),
      stop: () => simulated.stop(),
    };
  }

  #afterBeat(scheduledMs: number): void {
    const failure = this.#session.failure() ?? this.#fatal;
    if (failure !== undefined) throw diskError(this.#request.folder, failure);
    if (scheduledMs % SNAPSHOT_MS === 0) {
      try {
        this.#session.save();
      } catch (error) {
        throw diskError(this.#request.folder, error instanceof Error ? error : new Error(String(error)));
      }
    }
    this.#progress.beat(scheduledMs);
  }

  #ports(): Ports {
    const { world, store } = this.#session;
    return {
      metrics: world.metrics,
      orchestrator: world.orchestrator,
      store: observeStore(store, { decisions: (_, decisions) => this.#progress.decisions(decisions) }),
      notifier: { publish: async (alert) => this.#progress.alert(alert) },
      clock: { nowMs: () => world.nowMs },
      log: this.#log,
    };
  }

  readonly #log: Log = (level, message, fields) => {
    if (level === "error") this.#logged.push(fields === undefined ? message : `${message} ${JSON.stringify(fields)}`);
  };

  #count({ loop, outcome: { ran, errors } }: TickReport): void {
    const counts = this.#loops[loop];
    if (ran) counts.ticks++;
    counts.errors += errors.length;
    const full = errors.find(({ message }) => isDiskProblem(message));
    if (full !== undefined) this.#fatal ??= new Error(full.message);
    // No tick could be claimed: without the state there is nothing to decide on, and the next beat will not be better.
    else if (!ran && errors[0] !== undefined) this.#fatal ??= new Error(errors[0].message);
    // What a loop logs and also answers is shown once.
    const only = this.#logged
      .splice(0)
      .filter((line) => !errors.some(({ message }) => line.includes(reasonOf(message))));
    for (const line of only) this.#progress.problem(line);
    for (const { component, message } of errors)
      this.#progress.problem(`${loop}${component === undefined ? "" : ` ${component}`}: ${message}`);
  }
}

/** An outcome may put the fleet's name before what was logged; JSON escapes quotes. */
function reasonOf(message: string): string {
  return JSON.stringify(message.replace(/^[\w-]+: /, "")).slice(1, -1);
}

/** Less than a megabyte left: the database cannot even be opened, and says only that it is closed. */
function isFull(folder: string): boolean {
  try {
    const { bavail, bsize } = statfsSync(folder);
    return bavail * bsize < 1_000_000;
  } catch {
    return false;
  }
}

/** What a file system says when nothing more can be written. */
function isDiskProblem(message: string): boolean {
  return /ENOSPC|no space left|EDQUOT|quota exceeded|EROFS|EIO/i.test(message);
}

function diskError(folder: string, cause: Error): DependencyError {
  const what = isDiskProblem(cause.message) ? "the disk is full or cannot be written" : "the state cannot be written";
  return new DependencyError(
    `${what}: ${cause.message}\n  the run in ${folder} has stopped and can be continued once this is mended`,
    {},
    { cause },
  );
}
