import { activeStep, bookedOf, bookedTotals, directionOf } from "../../lib/domain/execution/ledger.ts";
import { type Decision, TERMINAL } from "../../lib/domain/model/decision.ts";
import type { Ledger } from "../../lib/domain/model/ledger.ts";
import {
  maxResources,
  RESOURCE_NAMES,
  type Resources,
  sameAllocation,
  sumResources,
  totalOf,
} from "../../lib/domain/model/resources.ts";
import type { Bench } from "./execution-bench.ts";
import { HOUR } from "./execution-bench.ts";
import type { Effect } from "./fake-ecs.ts";

/** Watches a bench and collects every broken promise; it reads the fake ECS and the stored records, not the loop. */
export class Watch {
  readonly broken: string[] = [];
  readonly #bench: Bench;
  #ledger: Ledger | undefined;
  readonly #ended = new Map<string, string>();
  /** Effects that a read showed, as the ledger has it. */
  readonly #applied = new Set<Effect>();

  constructor(bench: Bench) {
    this.#bench = bench;
    const { store } = bench;
    const writeLedger = store.writeLedger.bind(store);
    const writeDecision = store.writeDecision.bind(store);
    store.writeLedger = async (next) => {
      const cas = await writeLedger(next);
      if (cas.won) this.#onLedger(next);
      return cas;
    };
    store.writeDecision = async (next) => {
      const cas = await writeDecision(next);
      if (cas.won) this.#onDecision(next);
      return cas;
    };
    bench.ecs.onEffect = (effect) => this.#onEffect(effect);
  }

  #say(promise: string, detail: unknown): void {
    this.broken.push(`${promise} ${JSON.stringify(detail)}`);
  }

  #onLedger(ledger: Ledger): void {
    this.#ledger = ledger;
    const { concurrentExecutions } = this.#bench.policy.decision;
    if (ledger.open.length > concurrentExecutions) this.#say("S3 concurrency", ledger.open.length);
    const touched = ledger.open.flatMap((open) => open.steps.map((step) => step.component));
    if (new Set(touched).size < touched.length) this.#say("S3 one each", touched);
    for (const open of ledger.open) {
      const { component } = activeStep(open);
      const newest = this.#bench.ecs.effects.findLast(
        (each) => each.by === open.decision && each.component === component,
      );
      if (open.appliedAtMs !== undefined && newest !== undefined) this.#applied.add(newest);
    }
    this.#budget();
  }

  #onDecision(decision: Decision): void {
    const before = this.#ended.get(decision.id);
    if (before !== undefined) this.#say("S11 terminal left", [decision.id, before, decision.status]);
    if (TERMINAL.has(decision.status)) this.#ended.set(decision.id, decision.status);
  }

  #onEffect({ component, by, after, before }: Effect): void {
    if (by === undefined) return;
    const ledger = this.#ledger;
    const policy = this.#bench.policy.components.find((each) => each.name === component);
    const open = ledger?.open.find((each) => each.decision === by);
    if (ledger === undefined || open === undefined || open.attempts < 1) {
      this.#say("S11 effect without intent", [component, by]);
      return;
    }
    const ended = this.#ended.get(by);
    if (ended !== undefined) this.#say("S11 effect after the end", [by, ended]);
    if (ledger.paused) this.#say("S15 effect under pause", component);
    if (policy !== undefined && (after.tasks < policy.tasksMin || after.tasks > policy.tasksMax))
      this.#say("S1 bounds", [component, after]);
    if (!covers(bookedOf(ledger, component), totalOf(after)))
      this.#say("S2b booked below ECS", [component, before, after]);
    this.#budget();
  }

  /** S2: the sum over components of the larger of booked and wanted by ECS, unless others pushed it over. */
  #budget(): void {
    const { ecs, policy } = this.#bench;
    const ledger = this.#ledger;
    if (ledger === undefined || ecs.effects.some((each) => each.by === undefined)) return;
    const most = policy.components.map(({ name }) => maxResources(bookedOf(ledger, name), totalOf(ecs.desired(name))));
    if (!covers(policy.limits, sumResources(most))) this.#say("S2 budget", sumResources(most));
    if (!covers(policy.limits, bookedTotals(ledger))) this.#say("S2 bookings", bookedTotals(ledger));
  }

  /** What is judged on the whole log: S6 rates, S7 cooldown, S11 one effect for each step of a decision. */
  judge(): string[] {
    const effects = this.#bench.ecs.effects.filter((each) => each.by !== undefined);
    for (const [index, effect] of effects.entries()) this.#judgeOne(effect, effects.slice(0, index));
    return this.broken;
  }

  #judgeOne(effect: Effect, earlier: readonly Effect[]): void {
    const { policy } = this.#bench;
    const component = policy.components.find((each) => each.name === effect.component);
    if (component === undefined) return;
    const hour = [...earlier, effect].filter((each) => effect.atMs - each.atMs < HOUR && !this.#unseen(each));
    if (new Set(hour.map((each) => each.by)).size > policy.decision.decisionsPerHour) this.#say("S6 fleet", effect);
    const own = hour.filter((each) => each.component === effect.component && !isBack(each, earlier));
    const ups = own.filter((each) => directionOf(each.before, each.after) === "grow").length;
    const downs = own.filter((each) => directionOf(each.before, each.after) === "shrink").length;
    if (ups > component.upPerHour || downs > component.downPerHour) this.#say("S6 component", [effect, ups, downs]);
    for (const other of earlier) {
      if (other.component !== effect.component) continue;
      if (other.by === effect.by && !isBack(effect, earlier) && !this.#undone(other, effect))
        this.#say("S11 twice", effect);
      if (other.by !== effect.by && effect.atMs - other.atMs < component.cooldownMs && !this.#unseen(other))
        this.#say("S7 cooldown", [other, effect]);
    }
  }

  /** Put back by a hand before any read saw it: for the controller it was a call without effect, which gives its slot back. */
  #unseen(ours: Effect): boolean {
    if (this.#applied.has(ours)) return false;
    const all = this.#bench.ecs.effects;
    const next = all.slice(all.indexOf(ours) + 1).find((each) => each.component === ours.component);
    return next !== undefined && next.by === undefined && sameAllocation(next.after, ours.before);
  }

  /** A hand that puts back exactly what was there, before any read saw ours, cannot be told from a call that was lost. */
  #undone(ours: Effect, again: Effect): boolean {
    const all = this.#bench.ecs.effects;
    const between = all.slice(all.indexOf(ours) + 1, all.indexOf(again));
    return between.some((each) => each.by === undefined && each.component === ours.component);
  }

  /** Nothing under way, nothing lost: every decision at its end, bookings as ECS has it. */
  async quiet(): Promise<string[]> {
    const ledger = await this.#bench.ledger();
    if (ledger.open.length > 0) this.#say("L3 slot leaked", ledger.open);
    for (const each of await this.#bench.store.readActions("test", 0, Number.MAX_SAFE_INTEGER)) {
      if (!TERMINAL.has(each.status)) this.#say("L3 decision not at its end", [each.id, each.status]);
    }
    for (const { name } of this.#bench.policy.components) {
      const booked = ledger.booked[name];
      if (booked === undefined || !sameAllocation(booked, this.#bench.ecs.desired(name)))
        this.#say("L4 booked", [name, booked]);
    }
    for (const { component, history } of await this.#bench.store.readLearning("test")) {
      const ids = history.map((each) => each.decision);
      if (new Set(ids).size < ids.length) this.#say("learned twice", [component, ids]);
    }
    return this.judge();
  }
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
