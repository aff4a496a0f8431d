import { ResponseTimes } from "./response-times.ts";
import type { Scenario } from "./scenario.ts";
import type { RunningBill, Step } from "./stage.ts";

/**
 * What a run came to, over its scored part. Definitions and sources: docs/backtest.md; theta, tau, instability and sigma
 * after SPEC RG (Herbst et al., ToMPECS 2018), in percent.
 */
export interface Score {
  /** Operations that ended, failed ones included. */
  readonly requests: number;
  /** Share of them, 0..1, that failed or were served while fewer than the promised share was in time. */
  readonly violatingShare: number;
  /** Share of them, 0..1, that failed or were each later than promised. */
  readonly lateShare: number;
  readonly violationSeconds: number;
  readonly longestViolationSeconds: number;
  /** Response times of single finished operations, milliseconds: response-times.ts. */
  readonly p50Ms: number;
  readonly p95Ms: number;
  readonly p99Ms: number;
  readonly taskHours: number;
  readonly costUsd: number;
  /** Mean under-supply over demand, percent. */
  readonly thetaU: number;
  readonly thetaO: number;
  /** Share of the time under-supplied, percent. */
  readonly tauU: number;
  readonly tauO: number;
  /** Share of the time in which supply and demand do not move in the same direction, percent. */
  readonly instability: number;
  /** Minkowski distance (p = 5) of the five above to the ideal. */
  readonly sigma: number;
  readonly scaleActions: number;
  /** Changes of direction within ten minutes. */
  readonly reversals: number;
  readonly taskStarts: number;
  /** Mean time from the beginning of a shortage until three minutes without one, seconds; absent without a shortage. */
  readonly recoverySeconds?: number | undefined;
}

const REVERSAL_MS = 600_000;
const RECOVERED_MS = 180_000;
const SIGMA_P = 5;

/** Adds up steps; those before the scored part are only looked at for what was asked for last. */
export class Scorer {
  readonly #scenario: Scenario;
  #ended = 0;
  #violating = 0;
  #late = 0;
  #violationSeconds = 0;
  #violationRun = 0;
  #longestRun = 0;
  readonly #responses: ResponseTimes;
  readonly #elasticity = new Elasticity();
  readonly #actions = new Actions();
  readonly #recovery: Recovery;
  #before: RunningBill | undefined;

  constructor(scenario: Scenario) {
    this.#scenario = scenario;
    this.#responses = new ResponseTimes(scenario.profile.sloMs);
    this.#recovery = new Recovery(scenario.stepMs);
  }

  /** The scored part begins with the next step, with so much on the bill. */
  begin(bill: RunningBill): void {
    this.#before = bill;
  }

  add(step: Step): void {
    const { scoredFromMs, stepMs, sloShare, demand } = this.#scenario;
    this.#actions.add(step, step.startMs >= scoredFromMs);
    if (step.startMs < scoredFromMs) return;
    const seconds = stepMs / 1000;
    const ended = step.finished + step.failed;
    const violates = step.failed > 0 || (step.finished > 0 && step.late > (1 - sloShare) * step.finished + 1e-9);
    this.#ended += ended;
    this.#late += step.failed + step.late;
    if (violates && ended > 0) {
      this.#violating += step.late > (1 - sloShare) * step.finished ? ended : step.failed;
      this.#violationSeconds += seconds;
      this.#violationRun += seconds;
      this.#longestRun = Math.max(this.#longestRun, this.#violationRun);
    } else this.#violationRun = 0;
    this.#responses.add(step.responseMs, step.late / step.finished, step.finished);
    const needed = demand.tasksFor(step.offered);
    this.#elasticity.add(needed, step.running);
    this.#recovery.add(step.running < needed);
  }

  result(bill: RunningBill): Score {
    const before = this.#before ?? bill;
    const elasticity = this.#elasticity.result();
    const per = (part: number): number => (this.#ended > 0 ? part / this.#ended : 0);
    return {
      requests: Math.round(this.#ended),
      violatingShare: per(this.#violating),
      lateShare: per(this.#late),
      violationSeconds: this.#violationSeconds,
      longestViolationSeconds: this.#longestRun,
      p50Ms: this.#responses.quantile(0.5),
      p95Ms: this.#responses.quantile(0.95),
      p99Ms: this.#responses.quantile(0.99),
      taskHours: bill.taskHours - before.taskHours,
      costUsd: bill.dollars - before.dollars,
      ...elasticity,
      scaleActions: this.#actions.count,
      reversals: this.#actions.reversals,
      taskStarts: bill.starts - before.starts,
      recoverySeconds: this.#recovery.mean(),
    };
  }
}

/** theta, tau and instability of SPEC RG over steps of equal length. */
class Elasticity {
  #steps = 0;
  #under = 0;
  #over = 0;
  #underTime = 0;
  #overTime = 0;
  #apart = 0;
  #last: { demand: number; supply: number } | undefined;

  add(demand: number, supply: number): void {
    this.#steps++;
    if (supply < demand) {
      this.#under += (demand - supply) / demand;
      this.#underTime++;
    } else if (supply > demand) {
      this.#over += (supply - demand) / demand;
      this.#overTime++;
    }
    const last = this.#last;
    if (last !== undefined && Math.sign(supply - last.supply) !== Math.sign(demand - last.demand)) this.#apart++;
    this.#last = { demand, supply };
  }

  result(): Pick<Score, "thetaU" | "thetaO" | "tauU" | "tauO" | "instability" | "sigma"> {
    const percent = (sum: number, of: number): number => (of > 0 ? (100 * sum) / of : 0);
    const thetaU = percent(this.#under, this.#steps);
    const thetaO = percent(this.#over, this.#steps);
    const tauU = percent(this.#underTime, this.#steps);
    const tauO = percent(this.#overTime, this.#steps);
    const instability = percent(this.#apart, this.#steps - 1);
    const sum = [thetaU, thetaO, tauU, tauO, instability].reduce((all, each) => all + each ** SIGMA_P, 0);
    return { thetaU, thetaO, tauU, tauO, instability, sigma: sum ** (1 / SIGMA_P) };
  }
}

/** Changes of the desired count, and those that take back one of the opposite direction within ten minutes. */
class Actions {
  count = 0;
  reversals = 0;
  #desired: number | undefined;
  #last: { atMs: number; direction: number } | undefined;

  add({ startMs, desired }: Step, scored: boolean): void {
    const change = this.#desired === undefined ? 0 : Math.sign(desired - this.#desired);
    this.#desired = desired;
    if (change === 0) return;
    const last = this.#last;
    this.#last = { atMs: startMs, direction: change };
    if (!scored) return;
    this.count++;
    if (last !== undefined && last.direction !== change && startMs - last.atMs <= REVERSAL_MS) this.reversals++;
  }
}

/** A shortage begins when supply falls under demand and is over when it has not been under it for three minutes. */
class Recovery {
  readonly #stepMs: number;
  #began = 0;
  #total = 0;
  #calm = Number.POSITIVE_INFINITY;

  constructor(stepMs: number) {
    this.#stepMs = stepMs;
  }

  add(short: boolean): void {
    if (short) {
      if (this.#calm >= RECOVERED_MS) this.#began++;
      this.#total += this.#stepMs + (this.#calm >= RECOVERED_MS ? 0 : this.#calm);
      this.#calm = 0;
    } else this.#calm += this.#stepMs;
  }

  mean(): number | undefined {
    return this.#began === 0 ? undefined : this.#total / this.#began / 1000;
  }
}
