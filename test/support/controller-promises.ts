import { TRIGGERS_BY_NAME } from "../../lib/domain/decision/triggers/index.ts";
import { directionOf } from "../../lib/domain/execution/ledger.ts";
import { type Decision, TERMINAL } from "../../lib/domain/model/decision.ts";
import type { Ledger } from "../../lib/domain/model/ledger.ts";
import type { ComponentPolicy, FleetPolicy, MonitorPolicy } from "../../lib/domain/model/policy.ts";
import type { HoldReason } from "../../lib/domain/model/reasons.ts";
import {
  type Allocation,
  maxResources,
  NO_RESOURCES,
  RESOURCE_NAMES,
  type Resources,
  sameAllocation,
  sumResources,
  totalOf,
} from "../../lib/domain/model/resources.ts";
import { METRICS, type MetricName, type Sample } from "../../lib/domain/model/sample.ts";
import { type ControllerBench, type Effect, MINUTE_MS, type Observer } from "./controller-bench.ts";

const HOUR_MS = 60 * MINUTE_MS;
/** More than any window of samples holds. */
const SAMPLES_KEPT = 40;
/** So long after its start everything has come to its end. */
const SETTLED_MS = 30 * MINUTE_MS;
/** Above the threshold by so much that neither noise nor what tuning may add explains it. */
const MARGIN = 0.12;
/** Holds that a breach in plain sight has to accept: limits, rates, rests and the confidence bar, not missing data. */
const EXCUSES: ReadonlySet<string> = new Set<HoldReason>([
  "cooldown",
  "rate-limit-component",
  "rate-limit-fleet",
  "execution-in-progress",
  "backing-off",
  "foreign-change",
  "at-component-limit",
  "at-fleet-limit",
  "below-confidence",
]);

/**
 * What the controller promises, asserted at every change of the world from the world's own log and from what was really
 * stored: never from what a loop says. Broken promises are collected with their time and component.
 */
export class Promises implements Observer {
  readonly broken: string[] = [];
  /** How often each checker had something to judge: a promise that is never tested proves nothing. */
  readonly seen: Record<string, number> = {};
  readonly #bench: ControllerBench;
  readonly #fleet: FleetPolicy;
  readonly #components: ReadonlyMap<string, ComponentPolicy>;
  readonly #decisions = new Map<string, Decision>();
  /** What was really measured lately, and what of it was known when each decision was made. */
  readonly #samples = new Map<string, readonly Sample[]>();
  readonly #evidence = new Map<string, readonly Sample[]>();
  /** Foreign changes that no ledger shows yet, and until when the component is to be left alone after that. */
  readonly #foreign = new Map<string, { readonly since: Effect; leaveUntilMs: number }>();
  /** Since when a component's CPU has been over its threshold without anything being done. */
  readonly #breach = new Map<string, number>();
  readonly #lastHold = new Map<string, string | undefined>();
  #ledger: Ledger | undefined;

  /** @param fleet the policy that is promised; the bench may run another one, to prove that this is seen */
  constructor(bench: ControllerBench, fleet: FleetPolicy = bench.fleet) {
    this.#bench = bench;
    this.#fleet = fleet;
    this.#components = new Map(fleet.components.map((each) => [each.name, each]));
    bench.observers.push(this);
  }

  /** S5: nothing absurd gets past the monitor. */
  onSamples(samples: readonly { component: string; sample: Sample }[]): void {
    for (const { component, sample } of samples) {
      const bad = METRICS.filter((name) => {
        const value = sample.values[name];
        return value !== undefined && !(Number.isFinite(value) && value >= 0);
      });
      if (bad.length > 0 || sample.endMs > this.#bench.nowMs) this.#say("S5 absurd sample", component, sample);
      const known = (this.#samples.get(component) ?? []).filter(({ endMs }) => endMs !== sample.endMs);
      this.#samples.set(component, [...known, sample].slice(-SAMPLES_KEPT));
    }
  }

  onDecisions(decisions: readonly Decision[]): void {
    for (const decision of decisions) {
      this.#lastHold.set(decision.component, decision.hold);
      // Two runs in one beat (one of them late) may differ; of a hold and an action with one id the store reads the action.
      const known = this.#decisions.get(decision.id);
      if (known !== undefined && (known.action !== "NO_ACTION" || decision.action === "NO_ACTION")) continue;
      this.#decisions.set(decision.id, decision);
      if (decision.plan !== undefined && decision.hold === undefined)
        for (const { component } of decision.plan.steps)
          this.#evidence.set(`${decision.id} ${component}`, this.#samples.get(component) ?? []);
    }
  }

  /** S11: a decision's end is its end. */
  onDecision(decision: Decision): void {
    const before = this.#decisions.get(decision.id);
    if (before === undefined) this.#say("S21 a decision from nowhere", decision.component, decision.id);
    else if (TERMINAL.has(before.status))
      this.#say("S11 end left", decision.component, [before.status, decision.status]);
    this.#decisions.set(decision.id, decision);
  }

  onLedger(ledger: Ledger): void {
    const fleet = this.#fleet;
    const { nowMs } = this.#bench;
    const before = this.#ledger;
    this.#ledger = ledger;
    if (before !== undefined && ledger.version !== before.version + 1)
      this.#say("S11 a lost write", "ledger", [before.version, ledger.version]);
    const touched = ledger.open.flatMap((open) => open.steps.map(({ component }) => component));
    if (ledger.open.length > fleet.decision.concurrentExecutions) this.#say("S3 concurrency", "fleet", touched);
    if (new Set(touched).size < touched.length) this.#say("S3 one for each component", "fleet", touched);
    for (const [name, foreign] of this.#foreign) {
      if (foreign.leaveUntilMs !== Number.POSITIVE_INFINITY) continue;
      const booked = ledger.booked[name];
      if (booked === undefined || !sameAllocation(booked, this.#bench.desired(name)) || touched.includes(name))
        continue;
      foreign.leaveUntilMs = nowMs + fleet.execution.foreignQuietMs;
    }
  }

  onEffect(effect: Effect): void {
    const { component, by, after, mutation } = effect;
    this.#breach.delete(component);
    if (by === undefined) {
      if (mutation.kind === "foreign" && noticeable(effect, this.#ledger))
        this.#foreign.set(component, { since: effect, leaveUntilMs: Number.POSITIVE_INFINITY });
      return;
    }
    const earlier = this.#bench.effects.slice(0, -1).filter((each) => each.by !== undefined);
    const back = isBack(effect, earlier);
    this.#count(back ? "rollbacks" : "effects");
    this.#intent(effect);
    this.#bounds(effect, back);
    this.#budget(effect);
    this.#foreignRest(effect);
    if (back) return;
    this.#rates(effect, earlier);
    this.#once(effect, earlier);
    if (directionOf(effect.before, after) !== "grow") this.#evidenceOf(effect);
  }

  /** L1: a breach that lasts ten minutes while nothing goes wrong was acted upon, or held for a reason that is no doubt. */
  calmMinute(): void {
    const fleet = this.#fleet;
    const { world, nowMs } = this.#bench;
    for (const { name, rules } of fleet.components) {
      const up = rules.find(({ trigger }) => trigger === "CPU_UTILIZATION")?.up ?? 1;
      const sinceMs = world.view(name).cpuFraction > up + MARGIN ? (this.#breach.get(name) ?? nowMs) : undefined;
      if (sinceMs === undefined) this.#breach.delete(name);
      else this.#breach.set(name, sinceMs);
      if (sinceMs === undefined || nowMs - sinceMs < 10 * MINUTE_MS) continue;
      this.#count("breaches of ten minutes");
      const hold = this.#lastHold.get(name);
      if (this.#ledger?.open.some((open) => open.steps.some(({ component }) => component === name)) === true) continue;
      if (hold === undefined || !EXCUSES.has(hold)) this.#say("L1 a breach without effect", name, hold);
    }
  }

  /** L8: under constant load a component does not go to and fro. Two turns are allowed: there and back into place. */
  steady(sinceMs: number): void {
    for (const { name } of this.#fleet.components) {
      const moves = this.#bench.effects.filter((each) => each.component === name && each.atMs >= sinceMs);
      const ways = moves.map(({ before, after }) => directionOf(before, after)).filter((way) => way !== "same");
      const turns = ways.filter((way, index) => index > 0 && way !== ways[index - 1]).length;
      if (moves.length > 0) this.#count("moves under constant load");
      if (turns > 2)
        this.#say(
          "L8 to and fro",
          name,
          moves.map(({ atMs, after }) => [clock(atMs), after]),
        );
    }
  }

  /** Everything came to its end, and the books are right: to be asked some quiet time after the last fault. */
  async settled(): Promise<void> {
    const fleet = this.#fleet;
    const { nowMs } = this.#bench;
    const ledger = await this.#bench.ledger();
    const oldMs = nowMs - SETTLED_MS;
    for (const open of ledger.open)
      if (open.claimedAtMs < oldMs) this.#say("L3 execution without end", open.component, open);
    for (const { id, status, component, decidedAtMs } of await this.#bench.actions())
      if (!TERMINAL.has(status) && decidedAtMs < oldMs) this.#say("L3 decision without end", component, [id, status]);
    const busy = new Set(ledger.open.flatMap((open) => open.steps.map((step) => step.component)));
    for (const { name } of fleet.components) {
      const [booked, desired] = [ledger.booked[name], this.#bench.desired(name)];
      if (busy.has(name) || (booked !== undefined && sameAllocation(booked, desired))) continue;
      this.#say("L4 books differ from the world", name, [booked, desired]);
    }
  }

  /** S11, S15, S2b, S10: announced before it happens, not under a pause, booked, in time. */
  #intent(effect: Effect): void {
    const { component, by = "", after, atMs } = effect;
    const ledger = this.#ledger;
    const open = ledger?.open.find((each) => each.decision === by);
    const decision = this.#decisions.get(by);
    if (decision === undefined) this.#say("S21 effect without decision", component, by);
    if (ledger === undefined || open === undefined || open.attempts < 1)
      return this.#say("S11 effect without intent", component, by);
    if (ledger.paused) this.#say("S15 effect under pause", component, by);
    const step = open.steps.find((each) => each.component === component);
    const wanted = step === undefined ? undefined : [step.before, step.after];
    if (wanted === undefined || !wanted.some((each) => sameAllocation(each, after)))
      this.#say("S11 not what was decided", component, [wanted, after]);
    const booked = totalOf(ledger.booked[component] ?? { tasks: 0, size: NO_RESOURCES });
    const most = (wanted ?? []).reduce((sum, each) => maxResources(sum, totalOf(each)), booked);
    if (!covers(most, totalOf(after))) this.#say("S2b booked below the world", component, [most, after]);
    if (decision !== undefined && open.step === 0 && !open.rollingBack && atMs >= decision.expiresAtMs)
      this.#say("S10 after its time", component, by);
  }

  /** S1: whatever moves, moves inside the widest bounds that the policy can open. The way back may lead out again. */
  #bounds({ component, before, after }: Effect, back: boolean): void {
    const policy = this.#components.get(component);
    if (policy === undefined) return this.#say("S1 not ours", component, after);
    const numbers = [after.tasks, ...RESOURCE_NAMES.map((name) => after.size[name])];
    if (!numbers.every((each) => Number.isSafeInteger(each) && each >= 0))
      this.#say("S1 not a shape", component, after);
    if (back) return;
    const [from, to] = [totalOf(before), totalOf(after)];
    const over = RESOURCE_NAMES.some((name) => to[name] > from[name] && to[name] > policy.max[name]);
    const under = RESOURCE_NAMES.some((name) => to[name] < from[name] && to[name] < policy.min[name]);
    const tasksOver = after.tasks > before.tasks && after.tasks > policy.tasksMax;
    const tasksUnder = after.tasks < before.tasks && after.tasks < Math.max(1, policy.tasksMin);
    if (over || under || tasksOver || tasksUnder) this.#say("S1 bounds", component, [before, after]);
  }

  /** S2: no effect of ours makes the fleet larger than its limits, whatever others did. */
  #budget({ component, before, after }: Effect): void {
    const { limits } = this.#fleet;
    const [sumBefore, sum] = [this.#sum(component, before), this.#sum(component, after)];
    const broken = RESOURCE_NAMES.filter((name) => sum[name] > limits[name] && sum[name] > sumBefore[name]);
    if (broken.length > 0) this.#say("S2 budget", component, [broken, before, after, sum]);
  }

  /**
   * The larger of wanted and booked over the fleet. What somebody else added and no ledger shows yet counts as booked:
   * nobody could know.
   */
  #sum(component: string, allocation: Allocation): Resources {
    return sumResources(
      [...this.#components.keys()].map((name) => {
        const desired = name === component ? allocation : this.#bench.desired(name);
        const entry = this.#ledger?.booked[name];
        const booked = entry === undefined ? totalOf(desired) : totalOf(entry);
        const unknown = this.#foreign.get(name)?.leaveUntilMs === Number.POSITIVE_INFINITY;
        return unknown ? booked : maxResources(booked, totalOf(desired));
      }),
    );
  }

  /** S13: after somebody else's change, hands off until it is adopted and has cooled down. */
  #foreignRest({ component, by, atMs, after }: Effect): void {
    const foreign = this.#foreign.get(component);
    if (foreign === undefined) return;
    if (atMs < foreign.leaveUntilMs)
      this.#say("S13 fighting", component, { by, after, theirs: foreign.since.after, at: clock(foreign.since.atMs) });
    else this.#foreign.delete(component);
    this.#count("effects after foreign changes");
  }

  /** S6 and S7, on effects, so that retries and crashes cannot cheat. */
  #rates(effect: Effect, earlier: readonly Effect[]): void {
    const policy = this.#components.get(effect.component);
    if (policy === undefined) return;
    const forward = earlier.filter((each, index) => !isBack(each, earlier.slice(0, index)));
    const hour = [...forward, effect].filter((each) => effect.atMs - each.atMs < HOUR_MS);
    const decided = new Set(hour.map((each) => each.by)).size;
    if (decided > this.#fleet.decision.decisionsPerHour) this.#say("S6 fleet", effect.component, decided);
    const own = hour.filter((each) => each.component === effect.component);
    const ups = own.filter((each) => directionOf(each.before, each.after) === "grow").length;
    const downs = own.filter((each) => directionOf(each.before, each.after) === "shrink").length;
    if (ups > policy.upPerHour || downs > policy.downPerHour)
      this.#say("S6 component", effect.component, { ups, downs });
    const restMs = Math.min(policy.cooldownMs, ...policy.rules.map((rule) => rule.cooldownMs ?? policy.cooldownMs));
    const near = earlier.find(
      (each) => each.component === effect.component && each.by !== effect.by && effect.atMs - each.atMs < restMs,
    );
    if (near !== undefined) this.#say("S7 cooldown", effect.component, [clock(near.atMs), near.by, effect.by]);
  }

  /** S11: a decision changes a service at most once on its way forward. */
  #once(effect: Effect, earlier: readonly Effect[]): void {
    const before = earlier.find((each) => each.by === effect.by && each.component === effect.component);
    if (before !== undefined) this.#say("S11 twice", effect.component, [before.after, effect.after]);
  }

  /** S4: what takes away had complete and fresh evidence when it was decided, and fresh evidence now. */
  #evidenceOf({ component, by = "", atMs }: Effect): void {
    this.#count("shrinks judged by their evidence");
    const { monitor } = this.#fleet;
    const decision = this.#decisions.get(by);
    if (decision === undefined) return;
    const rules = this.#components.get(component)?.rules ?? [];
    const metrics = rules.flatMap(({ trigger }) => (trigger === "PREDICTIVE" ? [] : TRIGGERS_BY_NAME[trigger].metrics));
    const then = { samples: this.#evidence.get(`${by} ${component}`) ?? [], nowMs: decision.decidedAtMs };
    const now = { samples: this.#samples.get(component) ?? [], nowMs: atMs };
    const doubt =
      doubtOf(then, monitor, metrics, monitor.completeness) ?? doubtOf(now, monitor, ["cpuUsed", "memoryUsed"], 0);
    if (doubt !== undefined) this.#say("S4 shrink on doubt", component, [by, doubt]);
  }

  #count(what: string): void {
    this.seen[what] = (this.seen[what] ?? 0) + 1;
  }

  #say(promise: string, component: string, detail: unknown): void {
    this.broken.push(`${promise} | ${clock(this.#bench.nowMs)} ${component} ${JSON.stringify(detail)}`);
  }
}

/** Which of these metrics is not known well enough for a shrink; undefined when all are. Silence without traffic is known. */
function doubtOf(
  { samples, nowMs }: { readonly samples: readonly Sample[]; readonly nowMs: number },
  { freshMs, windowSamples, periodMs }: MonitorPolicy,
  metrics: readonly MetricName[],
  completeness: number,
): string | undefined {
  const from = nowMs - freshMs - windowSamples * periodMs;
  const window = samples.filter(({ endMs }) => endMs > from && endMs <= nowMs);
  for (const metric of metrics) {
    const known = window.filter((each) => each.values[metric] !== undefined || each.absent[metric] === "no-traffic");
    const newest = known.at(-1)?.endMs;
    if (newest === undefined || nowMs - newest > freshMs)
      return `newest ${metric}: ${newest === undefined ? "none" : clock(newest)}`;
    if (known.length < completeness * windowSamples) return `only ${known.length} of ${windowSamples} of ${metric}`;
  }
  return undefined;
}

/** Whether anybody could see from outside that somebody else changed it: not what is booked, and not what we are just making. */
function noticeable({ component, after, mutation }: Effect, ledger: Ledger | undefined): boolean {
  const change = mutation.kind === "foreign" ? mutation.change : {};
  if (change.tasks === undefined && change.size === undefined) return false;
  const booked = ledger?.booked[component];
  if (booked === undefined || sameAllocation(booked, after)) return false;
  const steps = ledger?.open.flatMap((open) => open.steps).filter((step) => step.component === component) ?? [];
  return !steps.some((step) => sameAllocation(step.before, after) || sameAllocation(step.after, after));
}

/** The way back of the same decision. */
function isBack(effect: Effect, earlier: readonly Effect[]): boolean {
  return earlier.some(
    (each) => each.by === effect.by && each.component === effect.component && sameAllocation(each.before, effect.after),
  );
}

function covers(limit: Resources, value: Resources): boolean {
  return RESOURCE_NAMES.every((name) => value[name] <= limit[name]);
}

function clock(ms: number): string {
  return new Date(ms).toISOString().slice(11, 19);
}
