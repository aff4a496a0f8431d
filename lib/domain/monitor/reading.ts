import { shrinksPerHour } from "../decision/gate.ts";
import { STRATEGIES_BY_NAME, type Strategy } from "../decision/strategies/index.ts";
import { pointsIn } from "../decision/strategies/strategy.ts";
import { TRIGGERS_BY_NAME } from "../decision/triggers/index.ts";
import type { ComponentState } from "../model/component-state.ts";
import type { Ledger } from "../model/ledger.ts";
import type { ComponentPolicy, FleetPolicy, RulePolicy } from "../model/policy.ts";
import { type Allocation, RESOURCE_NAMES, type Resources, sumResources, totalOf } from "../model/resources.ts";
import type { MetricName, Sample } from "../model/sample.ts";
import { isShortest, MONITOR_BEAT_MS } from "./publication-lag.ts";

/*
 * When a component's metrics are asked for. A request costs by the metric, whether it brings one period or five
 * ($0.01 for 1,000 metrics requested, us-east-1), so one is worth making only when its answer could change a decision:
 *
 *   not before       the next period can have been published (`EARLIEST_MS` after its end);
 *   in each period   when publication is due (publication-lag.ts), not at every beat between. A beat early until that was in
 *                    vain often enough, and once in three hours, so that a shorter lag is noticed;
 *   several periods  where every rule needs several samples in a row beyond its threshold: the read that brings the last
 *                    of them brings the others as well. For five minutes at most, and only while no other component could
 *                    need what this one might give.
 *
 *   errors           of a component at rest over ten minutes, once in ten minutes (`coarseMetrics`): no rule reads them, and
 *                    a change is judged by those of each period.
 *
 * Once an answer is due, every beat asks until it comes. Not calm: the newest sample is above the `up` of a rule, lacks a
 * rule's value, or the service is changing.
 */

/** No metric is published sooner after its period's end; the simulated world takes 20 s, CloudWatch a minute or more. */
const EARLIEST_MS = 15_000;
/** A beat may fire so much sooner after the one before than it should. */
const BEAT_JITTER_MS = 10_000;
const HOUR_MS = 3_600_000;
/** Once in such a time a period is asked for a beat early, although that was in vain often enough. */
const PROBE_MS = 3 * HOUR_MS;
/** Nothing is left alone for longer: alerts are raised from what is read. */
const REST_MAX_MS = 300_000;

/** The fleet's ledger, and of its recent changes the decisions that are over: nobody looks at their effect any more. */
export type KnownLedger = Ledger & { readonly over?: ReadonlySet<string> | undefined };

/** Whether the next period can have been published at all; before that there is nothing to ask for. */
function isPublishable({ readThroughMs }: ComponentState, periodMs: number, nowMs: number): boolean {
  return nowMs >= readThroughMs + periodMs + EARLIEST_MS;
}

/**
 * Whether a component's metrics are to be asked for now. `ledger` is asked for only where a component could be left alone
 * for several periods.
 */
export function isReadingDue(
  state: ComponentState | undefined,
  policy: ComponentPolicy,
  fleet: FleetPolicy,
  ledger: KnownLedger | undefined,
  nowMs: number,
): boolean {
  if (state === undefined) return true;
  const { periodMs, calmReading } = fleet.monitor;
  if (!isPublishable(state, periodMs, nowMs)) return false;
  const lagMs = lagOf(state);
  if (!calmReading || lagMs === undefined) return true;
  const { restUntilMs } = state;
  if (restUntilMs !== undefined && periodsToLeave(state, policy, { fleet, ledger, nowMs, untilMs: restUntilMs }) > 1)
    return isDue(state, restUntilMs - MONITOR_BEAT_MS - lagMs, nowMs);
  return isDue(state, state.readThroughMs + periodMs, nowMs);
}

/**
 * Until when nothing newer than the newest sample of `state` is to be expected, a beat's delay included: the monitor leaves
 * the component alone. Undefined where the next period is asked for anyway.
 */
export function restUntilMs(
  state: ComponentState,
  policy: ComponentPolicy,
  fleet: FleetPolicy,
  ledger: KnownLedger | undefined,
  nowMs: number,
): number | undefined {
  const lagMs = lagOf(state);
  if (!fleet.monitor.calmReading || lagMs === undefined) return undefined;
  const periods = periodsToLeave(state, policy, {
    fleet,
    ledger,
    nowMs,
    untilMs: nowMs + REST_MAX_MS + MONITOR_BEAT_MS,
  });
  return periods > 1 ? state.readThroughMs + periods * fleet.monitor.periodMs + lagMs + MONITOR_BEAT_MS : undefined;
}

/** Share of failed operations above which errors are looked at period by period. */
const FEW_ERRORS = 0.01;

/**
 * Metrics of which a mean over some minutes will do at the next read: the error rate, where no rule of the component reads
 * it, all is calm, nothing is under way or was changed lately (a change is taken back for the errors it makes), and the
 * newest known is small. Without a ledger nothing is known to be over.
 */
export function coarseMetrics(
  state: ComponentState | undefined,
  policy: ComponentPolicy,
  fleet: FleetPolicy,
  ledger: KnownLedger | undefined,
  nowMs: number,
): readonly MetricName[] {
  if (state === undefined || ledger === undefined || !fleet.monitor.calmReading) return [];
  const isWatched = policy.rules.some(({ trigger }) => TRIGGERS_BY_NAME[trigger].metrics.includes("errorRate"));
  if (isWatched || isUnderWay(policy.name, fleet, ledger, nowMs) || !isCalm(state, policy)) return [];
  const newest = state.window.view(-1);
  const errors = newest?.values.errorRate;
  const isSmall = errors === undefined ? newest?.absent.errorRate === "no-traffic" : errors <= FEW_ERRORS;
  return isSmall ? ["errorRate"] : [];
}

/** Undefined while unknown. */
function lagOf({ lag, readThroughMs, window }: ComponentState): number | undefined {
  return window.endMs === readThroughMs ? lag?.ms : undefined;
}

/**
 * Whether the period that ended at `endMs` is to be asked for. A beat early where that may help: until that was in vain often
 * enough, and now and then.
 */
function isDue({ lag, readThroughMs }: ComponentState, endMs: number, nowMs: number): boolean {
  if (lag === undefined) return true;
  // At half past: the full hour is when most else has to be done.
  const probeOf = (ms: number) => Math.floor((ms + HOUR_MS / 2) / PROBE_MS);
  const isProbe = probeOf(endMs) !== probeOf(readThroughMs);
  const isPossible = lag.ms - MONITOR_BEAT_MS >= EARLIEST_MS;
  const early = isPossible && (isProbe || !isShortest(lag)) ? MONITOR_BEAT_MS : 0;
  return nowMs >= endMs + lag.ms - BEAT_JITTER_MS - early;
}

/** The service is at rest, and the newest sample has a value for every rule, none above its `up`. */
function isCalm(state: ComponentState, policy: ComponentPolicy): boolean {
  const allocation = restingAllocation(state);
  const newest = state.window.view(-1);
  if (allocation === undefined || newest === undefined) return false;
  return policy.rules.every((rule) => {
    const value = valueOf(rule, newest, state, policy, allocation);
    if (value !== undefined) return value <= rule.up;
    return TRIGGERS_BY_NAME[rule.trigger].metrics.some((metric) => newest.absent[metric] === "no-traffic");
  });
}

function restingAllocation({ service, serviceProblem }: ComponentState): Allocation | undefined {
  if (service === undefined || serviceProblem !== undefined || service.refusal !== undefined) return undefined;
  const { desired, running, pending, deploying } = service;
  return deploying || pending > 0 || running !== desired.tasks ? undefined : desired;
}

function valueOf(
  rule: RulePolicy,
  sample: Sample,
  state: ComponentState,
  policy: ComponentPolicy,
  allocation: Allocation,
): number | undefined {
  return TRIGGERS_BY_NAME[rule.trigger].read(sample, { allocation, state, policy });
}

type Evidence = ReturnType<NonNullable<Strategy["evidenceMs"]>>;

/** What a rule's strategy needs to see; undefined where one sample, or a forecast alone, may be enough. */
function evidenceOf(rule: RulePolicy, { strategy, parameters }: ComponentPolicy): Evidence | undefined {
  if (TRIGGERS_BY_NAME[rule.trigger].forecastOnly === true) return undefined;
  return STRATEGIES_BY_NAME[strategy].evidenceMs?.(rule, parameters);
}

/** Whether every rule of the component needs two samples in a row at least. */
export function mayLeaveAlone(policy: ComponentPolicy, periodMs: number): boolean {
  const { rules } = policy;
  return rules.length > 0 && rules.every((rule) => samplesToGrow(rule, policy, periodMs) > 1);
}

/** Samples in a row above `up`, at the least, before the rule can want growth. */
export function samplesToGrow(rule: RulePolicy, policy: ComponentPolicy, periodMs: number): number {
  const evidence = evidenceOf(rule, policy);
  return evidence === undefined ? 1 : pointsIn(evidence.grow, periodMs);
}

interface Surroundings {
  readonly fleet: FleetPolicy;
  readonly ledger: KnownLedger | undefined;
  readonly nowMs: number;
  /** When the next read will have come, at the latest. */
  readonly untilMs: number;
}

/**
 * Periods after which the metrics must be read again so that no decision comes later than with a read in every period, at
 * least 1. With no sample above `up` now, growth needs as many more as the strategy's evidence has points, and a shrink as
 * many as are missing of its own; what comes before the last of them decides nothing. 1 while anything of the component
 * is under way or was changed lately: executions are judged by every sample.
 */
function periodsToLeave(
  state: ComponentState,
  policy: ComponentPolicy,
  { fleet, ledger, nowMs, untilMs }: Surroundings,
): number {
  const allocation = restingAllocation(state);
  const { periodMs } = fleet.monitor;
  if (!mayLeaveAlone(policy, periodMs) || allocation === undefined || ledger === undefined) return 1;
  if (isUnderWay(policy.name, fleet, ledger, nowMs) || !hasRoomForAll(fleet, ledger)) return 1;
  let periods = Math.floor(REST_MAX_MS / periodMs);
  for (const rule of policy.rules) {
    const evidence = evidenceOf(rule, policy);
    if (evidence === undefined || periods <= 1) return 1;
    const mayShrink = !isAtLeast(rule, policy, allocation) && !isShrinkRated(policy, fleet, ledger, untilMs);
    periods = Math.min(periods, missingPoints(rule, evidence, { state, policy, allocation, periodMs, mayShrink }));
  }
  return Math.max(1, periods);
}

/**
 * Whether all components could double at once within the fleet's limits. Where they could not, one may be asked to give what
 * another needs, and a component gives on fresh evidence only.
 */
function hasRoomForAll({ limits }: FleetPolicy, { booked }: Ledger): boolean {
  const all = allBooked(booked);
  return RESOURCE_NAMES.every((resource) => 2 * all[resource] <= limits[resource]);
}

const sums = new WeakMap<Ledger["booked"], Resources>();

/** Summed once for each state of the bookings: every component of the fleet asks for it. */
function allBooked(booked: Ledger["booked"]): Resources {
  let all = sums.get(booked);
  if (all === undefined) sums.set(booked, (all = sumResources(Object.values(booked).map(totalOf))));
  return all;
}

/** From a change's call to ECS: for how long its effect may be looked at, ms. */
export function watchedMs({ execution }: FleetPolicy): number {
  return execution.stableTimeoutMs + 3 * execution.settleMs;
}

function isUnderWay(name: string, fleet: FleetPolicy, ledger: KnownLedger, nowMs: number): boolean {
  if (ledger.quietUntil[name] !== undefined) return true;
  // As it nearly always is: asked for every component several times a pass.
  if (ledger.open.length === 0 && ledger.recent.length === 0) return false;
  return (
    ledger.open.some(({ steps }) => steps.some(({ component }) => component === name)) ||
    ledger.recent.some(
      ({ component, atMs, decision }) =>
        component === name && nowMs - atMs < watchedMs(fleet) && ledger.over?.has(decision) !== true,
    )
  );
}

/** Samples that are missing, at the least, for a want of the rule; 1 where the newest is above `up` or unknown. */
function missingPoints(
  rule: RulePolicy,
  evidence: Evidence,
  seen: {
    state: ComponentState;
    policy: ComponentPolicy;
    allocation: Allocation;
    periodMs: number;
    mayShrink: boolean;
  },
): number {
  const { state, policy, allocation, periodMs, mayShrink } = seen;
  const { window } = state;
  let below = 0;
  for (let i = window.length - 1; i >= 0; i--) {
    const sample = window.view(i);
    const value = sample === undefined ? undefined : valueOf(rule, sample, state, policy, allocation);
    if (i === window.length - 1 && (value === undefined || value > rule.up)) return 1;
    if (value === undefined || value >= rule.down) break;
    below++;
  }
  const toGrow = pointsIn(evidence.grow, periodMs);
  return mayShrink ? Math.min(toGrow, pointsIn(evidence.shrink, periodMs) - below) : toGrow;
}

/** What the rule would take away is at its least already, as planning/plan-change.ts sees it; schedules only raise a minimum. */
function isAtLeast({ downAction, trigger }: RulePolicy, policy: ComponentPolicy, allocation: Allocation): boolean {
  const { compute, tasksMin, min } = policy;
  const total = totalOf(allocation);
  if (downAction === "SCALE_IN") return allocation.tasks <= tasksMin;
  // Sizes of Fargate are pairs: less of the one may be less of the other.
  if (compute === "fargate") return total.cpu <= min.cpu && total.memory <= min.memory;
  const { sized } = TRIGGERS_BY_NAME[trigger];
  return total[sized] <= min[sized];
}

/** Whether the shrinks that the component, or the fleet, may have in an hour are used up, and still will be at that time. */
function isShrinkRated(
  { name, downPerHour }: ComponentPolicy,
  { decision }: FleetPolicy,
  { recent }: Ledger,
  atMs: number,
): boolean {
  const counted = recent.filter((each) => atMs - each.atMs < HOUR_MS);
  const own = counted.filter(({ component, direction }) => component === name && direction === "shrink");
  const all = new Set(counted.map((each) => each.decision)).size;
  return own.length >= downPerHour || all >= shrinksPerHour(decision);
}
