import { InvariantError } from "../domain/model/errors.ts";
import { type Allocation, RESOURCE_NAMES, type Resources } from "../domain/model/resources.ts";
import type { Sample } from "../domain/model/sample.ts";
import type { ServiceState } from "../domain/model/service.ts";
import { type Account, BILLED_MIN_MS, chargeTask, emptyAccount } from "./account.ts";
import { type DrawMemory, type Drawn, drawArrivals } from "./arrivals.ts";
import { type DemandState, type DemandStep, restingDemand, stepDemand } from "./demand.ts";
import { ComponentFaults, type FaultPlan, type ForeignChange } from "./faults.ts";
import { type LoadSource, type LoadSpec, makeLoad } from "./load.ts";
import {
  emptyMeter,
  type MeterState,
  meterStep,
  type Publication,
  type PublishedSample,
  sampleFromMeter,
} from "./meter.ts";
import { hash32, hashText, Prng } from "./prng.ts";
import { DEFAULT_PROFILE, type ServiceProfile } from "./profile.ts";
import { countServing, type Tally, tallyStep } from "./tally.ts";
import {
  advanceTasks,
  DEFAULT_LIFECYCLE,
  killOldest,
  type Lifecycle,
  setDesired,
  settledTasks,
  type TaskClock,
  type TaskSet,
} from "./tasks.ts";

/** One service of the world, as plain data. What is not given has the defaults of profile.ts and tasks.ts. */
export interface ServiceSpec {
  readonly name: string;
  /** At the start all these tasks run. */
  readonly initial: Allocation;
  readonly load: LoadSpec;
  readonly profile?: Partial<ServiceProfile>;
  readonly lifecycle?: Partial<Lifecycle>;
  /** Length of a metric period, a multiple of the world's step. Default 60 s. */
  readonly periodMs?: number;
  /** Shared by the worlds of several runs over the same load. Default: everything is drawn anew. */
  readonly drawn?: DrawMemory | undefined;
}

export interface Revision {
  readonly number: number;
  readonly size: Resources;
  /** Who registered it; absent for the first one and for foreign changes. */
  readonly decision?: string;
}

/** All that changes. Plain JSON without NaN or infinity, so that a snapshot is exact. */
export interface ServiceRecord {
  createdMs: number;
  revisions: Revision[];
  nextRevision: number;
  tasks: TaskSet;
  demand: DemandState;
  meter: MeterState;
  samples: PublishedSample[];
  account: Account;
  refusal: string | null;
  lastKillMs: number;
  lastStep: { rate: number } & DemandStep;
}

/** The service as a page shows it: of the last step, not of the last published sample. */
export interface ServiceView {
  /** Offered operations per second. */
  readonly rate: number;
  readonly running: number;
  /** Waiting for capacity or starting. */
  readonly pending: number;
  readonly draining: number;
  readonly desired: number;
  /** Of one task, in the primary deployment. */
  readonly size: Resources;
  readonly revision: string;
  /** Use over what the running tasks have, 0..1. */
  readonly cpuFraction: number;
  readonly memoryFraction: number;
  readonly responseMs: number;
  readonly errorFraction: number;
  readonly queueLength: number;
}

export interface ServiceContext {
  readonly seed: number;
  readonly startMs: number;
  readonly stepMs: number;
  readonly publication: Publication;
  readonly samplesKeptMs: number;
  readonly faults: FaultPlan | undefined;
}

/** Registered revisions that are remembered, besides those in use. */
const REVISIONS_KEPT = 100;
/** At least this between two kills for want of memory; and none while the replacement of the last one is not serving. */
const KILL_PAUSE_MS = 60_000;
const NO_STEP: ServiceRecord["lastStep"] = {
  rate: 0,
  finished: 0,
  failed: 0,
  late: 0,
  responseMs: 0,
  cpuUsed: 0,
  memoryUsed: 0,
  networkUsed: 0,
  storageUsed: 0,
  queue: 0,
  outOfMemory: false,
};

export class SimulatedService {
  readonly name: string;
  readonly profile: ServiceProfile;
  readonly lifecycle: Lifecycle;
  readonly faults: ComponentFaults;
  readonly #context: ServiceContext;
  readonly #seed: number;
  readonly #load: LoadSource;
  readonly #drawn: DrawMemory | undefined;
  readonly #periodMs: number;
  #record: ServiceRecord;
  /** Of the last step, as long as nobody has changed the tasks since. */
  #tally: Tally | undefined;

  constructor(spec: ServiceSpec, context: ServiceContext) {
    const { seed, startMs, stepMs, faults } = context;
    this.name = spec.name;
    this.profile = { ...DEFAULT_PROFILE, ...spec.profile };
    this.lifecycle = { ...DEFAULT_LIFECYCLE, ...spec.lifecycle };
    this.#context = context;
    this.#seed = hash32(seed, hashText(spec.name));
    this.#load = makeLoad(spec.load, { startMs, seed: hash32(this.#seed, 31) });
    this.#periodMs = spec.periodMs ?? 60_000;
    this.#drawn = spec.drawn;
    this.#drawn?.claim({ seed: this.#seed, dispersion: this.profile.dispersion, stepMs });
    this.faults = new ComponentFaults(faults, spec.name, this.#seed);
    if (this.#periodMs % stepMs !== 0)
      throw new InvariantError("a period must be whole steps", { periodMs: this.#periodMs, stepMs });
    const problem = allocationProblem(spec.initial);
    if (problem !== undefined) throw new InvariantError(problem, { name: spec.name, initial: spec.initial });
    this.#record = {
      createdMs: startMs,
      revisions: [{ number: 1, size: spec.initial.size }],
      nextRevision: 2,
      tasks: settledTasks(spec.initial.tasks, 1, startMs),
      demand: restingDemand(this.#load.rateAt(startMs)),
      meter: emptyMeter(),
      samples: [],
      account: emptyAccount(),
      refusal: null,
      lastKillMs: -1,
      lastStep: { ...NO_STEP, rate: this.#load.rateAt(startMs) },
    };
  }

  /** With the number of tasks ever asked for. */
  get account(): Readonly<Account> & { readonly starts: number } {
    return { ...this.#record.account, starts: this.#record.tasks.nextIndex };
  }

  /** The account itself, as it goes on. */
  get totals(): Readonly<Account> {
    return this.#record.account;
  }

  record(): ServiceRecord {
    return structuredClone(this.#record);
  }

  restore(record: ServiceRecord): void {
    this.#record = structuredClone(record);
    this.#tally = undefined;
  }

  /** Simulates [nowMs, nowMs + step). */
  step(nowMs: number): void {
    const { stepMs } = this.#context;
    const record = this.#record;
    const { capacity } = this.#advanceAndCharge(nowMs);
    const rate = this.#load.rateAt(nowMs);
    const { arrivals, noise } = this.#drawn?.at(nowMs, rate, this.#draw) ?? this.#draw(nowMs, rate);
    const step = stepDemand(record.demand, { profile: this.profile, capacity, rate, arrivals, stepMs, noise });
    record.account.finished += step.finished;
    record.account.failed += step.failed;
    record.account.late += step.late;
    record.lastStep = stepAt(step, rate);
    meterStep(record.meter, step);
    if (step.outOfMemory && capacity.tasks >= record.tasks.desired && nowMs - record.lastKillMs >= KILL_PAUSE_MS) {
      record.lastKillMs = nowMs;
      record.account.kills++;
      this.#tally = undefined;
      killOldest(record.tasks, this.#clock(nowMs + stepMs));
    }
    if ((nowMs + stepMs) % this.#periodMs === 0) this.#publish(nowMs + stepMs);
  }

  describe(nowMs: number): ServiceState {
    const { tasks, refusal, createdMs } = this.#record;
    let live = 0;
    let running = 0;
    let isReplacing = tasks.rollout !== "completed";
    for (const { phase, revision } of tasks.tasks) {
      if (phase === "draining") continue;
      live++;
      if (phase === "running") running++;
      if (revision !== tasks.primary) isReplacing = true;
    }
    return {
      identity: `sim/${this.name}/${createdMs}`,
      desired: { tasks: tasks.desired, size: this.#sizeOf(tasks.primary) },
      running,
      pending: live - running,
      revision: this.#label(tasks.primary),
      deploying: isReplacing,
      rolloutFailed: tasks.rolloutFailed,
      ...(refusal === null ? {} : { refusal }),
      observedAtMs: nowMs,
    };
  }

  view(): ServiceView {
    const { tasks, lastStep } = this.#record;
    const { capacity, draining } = this.#tally ?? countServing(tasks, this.#sizeOf);
    const { tasks: running, total } = capacity;
    const ended = lastStep.finished + lastStep.failed;
    return {
      rate: lastStep.rate,
      running,
      pending: tasks.tasks.length - running - draining,
      draining,
      desired: tasks.desired,
      size: this.#sizeOf(tasks.primary),
      revision: this.#label(tasks.primary),
      cpuFraction: total.cpu === 0 ? 0 : Math.min(1, lastStep.cpuUsed / total.cpu),
      memoryFraction: total.memory === 0 ? 0 : Math.min(1, lastStep.memoryUsed / total.memory),
      responseMs: lastStep.responseMs,
      errorFraction: ended === 0 ? 0 : lastStep.failed / ended,
      queueLength: lastStep.queue,
    };
  }

  /** Samples that a reader sees at `nowMs`, ended after `sinceMs`, ascending. */
  samples(sinceMs: number, nowMs: number): readonly Sample[] {
    const seen: Sample[] = [];
    for (let at = this.#record.samples.length - 1; at >= 0; at--) {
      const published = this.#record.samples[at];
      if (published === undefined || published.sample.endMs <= sinceMs) break;
      const distorted = this.faults.distort(published.sample, published.publishedMs);
      if (distorted !== undefined && distorted.publishedMs <= nowMs) seen.push(distorted.sample);
    }
    return seen.reverse();
  }

  /** The revision that this decision has registered already, or undefined. */
  revisionOf(decision: string): string | undefined {
    const found = this.#record.revisions.find((revision) => revision.decision === decision);
    return found && this.#label(found.number);
  }

  nextRevision(): string {
    return this.#label(this.#record.nextRevision);
  }

  hasRevision(label: string): boolean {
    return this.#record.revisions.some(({ number }) => this.#label(number) === label);
  }

  register(size: Resources, decision?: string): string {
    const record = this.#record;
    const number = record.nextRevision++;
    record.revisions.push(decision === undefined ? { number, size } : { number, size, decision });
    const { tasks } = record;
    if (record.revisions.length > REVISIONS_KEPT) {
      const used = new Set([number, tasks.primary, tasks.lastGood, ...tasks.tasks.map((task) => task.revision)]);
      const oldestUnused = record.revisions.findIndex((revision) => !used.has(revision.number));
      if (oldestUnused >= 0) record.revisions.splice(oldestUnused, 1);
    }
    return this.#label(number);
  }

  update(desired: number, revision: string, nowMs: number): void {
    const number = this.#record.revisions.find((each) => this.#label(each.number) === revision)?.number;
    if (number === undefined) throw new InvariantError("unknown revision", { revision });
    this.#tally = undefined;
    setDesired(this.#record.tasks, { desired, revision: number }, this.#clock(nowMs));
  }

  changeByOthers(change: ForeignChange, nowMs: number): void {
    const record = this.#record;
    const clock = this.#clock(nowMs);
    if (change.refusal !== undefined) record.refusal = change.refusal;
    const size = change.size === undefined ? undefined : this.register(change.size);
    const desired = change.tasks ?? record.tasks.desired;
    if (change.recreated === true) {
      this.#tally = undefined;
      setDesired(record.tasks, { desired: 0, revision: record.tasks.primary }, clock);
      record.createdMs = nowMs;
    }
    if (size !== undefined || change.tasks !== undefined || change.recreated === true) {
      this.update(desired, size ?? this.#label(record.tasks.primary), nowMs);
    }
  }

  #clock(nowMs: number): TaskClock {
    return {
      nowMs,
      seed: this.#seed,
      lifecycle: this.lifecycle,
      conditions: this.faults.startConditions(nowMs),
      ended: this.#ended,
    };
  }

  /** What the tasks come to in the step from `nowMs`, after what is due; charged to the account. */
  #advanceAndCharge(nowMs: number): Tally {
    const { stepMs } = this.#context;
    const { tasks, account } = this.#record;
    const known = this.#tally;
    if (known !== undefined && nowMs + stepMs <= known.steadyUntilMs) {
      chargeTask(account, known.size, known.settled * stepMs);
      return known;
    }
    advanceTasks(tasks, this.#clock(nowMs));
    const { profile } = this;
    return (this.#tally = tallyStep({ tasks, account, profile, sizeOf: this.#sizeOf, nowMs, stepMs }));
  }

  readonly #draw = (nowMs: number, rate: number): Drawn =>
    drawArrivals(rate, {
      seed: this.#seed,
      dispersion: this.profile.dispersion,
      nowMs,
      stepMs: this.#context.stepMs,
    });

  #publish(endMs: number): void {
    const { stepMs, publication, samplesKeptMs } = this.#context;
    const record = this.#record;
    const sample = sampleFromMeter(record.meter, { endMs, periodMs: this.#periodMs, stepMs });
    if (sample === undefined) return;
    const jitterMs = Math.floor(new Prng(this.#seed, 42, endMs).uniform() * publication.jitterMs);
    record.samples.push({ sample, publishedMs: endMs + publication.delayMs + jitterMs });
    const oldest = record.samples[0];
    if (oldest !== undefined && oldest.sample.endMs <= endMs - samplesKeptMs) record.samples.shift();
  }

  /** Settles the bill of a task that is gone. */
  readonly #ended: TaskClock["ended"] = (task, atMs) => {
    const missingMs = BILLED_MIN_MS - (atMs - task.pulledMs);
    if (missingMs > 0) chargeTask(this.#record.account, this.#sizeOf(task.revision), missingMs);
  };

  readonly #sizeOf = (revision: number): Resources => {
    const { revisions } = this.#record;
    for (let at = revisions.length - 1; at >= 0; at--) {
      const each = revisions[at];
      if (each?.number === revision) return each.size;
    }
    throw new InvariantError("unknown revision", { component: this.name, revision });
  };

  /** The same text each time it is asked for in a row: every step asks for the primary's. */
  #label(revision: number): string {
    if (this.#labelled.revision !== revision) this.#labelled = { revision, label: `${this.name}:${revision}` };
    return this.#labelled.label;
  }
  #labelled = { revision: -1, label: "" };
}

/** Field by field: a spread here was a fifth of the time of a simulated step, in itself and for those who read it. */
function stepAt(step: DemandStep, rate: number): ServiceRecord["lastStep"] {
  const { finished, failed, late, responseMs, cpuUsed, memoryUsed, networkUsed, storageUsed, queue } = step;
  return {
    finished,
    failed,
    late,
    responseMs,
    cpuUsed,
    memoryUsed,
    networkUsed,
    storageUsed,
    queue,
    outOfMemory: step.outOfMemory,
    rate,
  };
}

/** Why these cannot be the values of a service; undefined when they can. */
export function allocationProblem({ tasks, size }: Allocation): string | undefined {
  const all = [tasks, ...RESOURCE_NAMES.map((name) => size[name])];
  if (!all.every((value) => Number.isInteger(value) && value >= 0))
    return "tasks and sizes must be whole and not negative";
  return size.cpu === 0 || size.memory === 0 ? "a task needs CPU and memory" : undefined;
}
