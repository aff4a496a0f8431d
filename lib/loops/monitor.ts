import { STRATEGIES_BY_NAME } from "../domain/decision/strategies/index.ts";
import { TRIGGERS_BY_NAME } from "../domain/decision/triggers/index.ts";
import type { ComponentState } from "../domain/model/component-state.ts";
import { NotYetError } from "../domain/model/errors.ts";
import type { ComponentPolicy, FleetPolicy } from "../domain/model/policy.ts";
import type { Sample } from "../domain/model/sample.ts";
import { SampleWindow } from "../domain/model/sample-window.ts";
import { type ServiceState, sameService } from "../domain/model/service.ts";
import { nextBaseline, performanceScore } from "../domain/monitor/performance.ts";
import { plausibleSample } from "../domain/monitor/plausible.ts";
import { lagAfterAnswer, lagAfterSilence } from "../domain/monitor/publication-lag.ts";
import {
  coarseMetrics,
  isReadingDue,
  type KnownLedger,
  restUntilMs,
  samplesToGrow,
} from "../domain/monitor/reading.ts";
import { nextServed, servedDuring } from "../domain/monitor/served.ts";
import type { LoopOutcome } from "../flow.ts";
import type { MetricRequest, Ports } from "../ports.ts";
import { raiseAlerts } from "./alerting.ts";
import { withJudgedChanges } from "./judged-changes.ts";
import { lastSeenServices } from "./last-seen.ts";

type Failure = LoopOutcome["errors"][number];

/**
 * Reads the live state and the new samples of every component, keeps the recent window of each, stores samples, updates
 * scores, raises alerts. A component that cannot be read keeps its old window, which ages and thereby stops shrinks.
 */
export async function runMonitor(ports: Ports, fleet: FleetPolicy, nowMs: number): Promise<LoopOutcome> {
  const { store } = ports;
  const names = fleet.components.map(({ name }) => name);
  const old = await store.readStates(fleet.name);
  const services = await ports.orchestrator.describe(names, lastSeenServices(old));
  const later = services.filter((service) => service instanceof NotYetError).length;
  if (later > 0) ports.log("info", "services are not read yet, the next pass goes on", { fleet: fleet.name, later });
  const before = new Map<string, ComponentState>();
  for (const state of old) before.set(state.component, state);
  // Read only where it can spare something.
  const booked = fleet.monitor.calmReading ? await store.readLedger(fleet.name) : undefined;
  const ledger = booked && (await withJudgedChanges(store, fleet, booked, nowMs));
  const readings = await read(ports, fleet, { before, services, ledger }, nowMs);
  const errors: Failure[] = [];
  const fresh: { component: string; sample: Sample }[] = [];
  const newest: (Sample | undefined)[] = [];
  const states = fleet.components.map((policy, i): ComponentState => {
    const reading = readings[i];
    const service = services[i];
    if (reading instanceof Error) errors.push({ component: policy.name, message: reading.message });
    if (service instanceof Error && !(service instanceof NotYetError))
      errors.push({ component: policy.name, message: service.message });
    const previous = before.get(policy.name);
    const samples =
      reading === undefined || reading instanceof Error
        ? NO_SAMPLES
        : newSamples(reading, previous, policy, service, nowMs);
    for (const sample of samples) fresh.push({ component: policy.name, sample });
    newest.push(samples[samples.length - 1]);
    const next = nextState(policy, previous, samples, service, { fleet, nowMs });
    // Set, not copied with: nobody else has it yet.
    if (samples.length > 0) next.restUntilMs = restUntilMs(next, policy, fleet, ledger, nowMs);
    else if (reading !== undefined && !(reading instanceof Error) && next.lag !== undefined)
      next.lag = lagAfterSilence(next.lag, nowMs - next.readThroughMs - fleet.monitor.periodMs);
    return next;
  });
  const changed = states.filter((state) => differs(before.get(state.component), state));
  await Promise.all([
    fresh.length > 0 ? store.appendSamples(fleet.name, fresh) : undefined,
    changed.length > 0 ? store.writeStates(fleet.name, changed) : undefined,
  ]);
  if (fresh.length > 0) await alerts(ports, fleet, states, nowMs, errors);
  return { ran: true, errors, wake: fresh.length > 0 && isSevere(fleet, states, newest) ? "decision" : undefined };
}

/** The readings by component, undefined where none is due. Nothing is read twice, and nothing before it can matter. */
async function read(
  ports: Ports,
  fleet: FleetPolicy,
  known: {
    before: ReadonlyMap<string, ComponentState>;
    services: readonly (ServiceState | Error)[];
    ledger: KnownLedger | undefined;
  },
  nowMs: number,
): Promise<readonly (readonly Sample[] | Error | undefined)[]> {
  const { before, services, ledger } = known;
  const due: number[] = [];
  const requests: MetricRequest[] = [];
  for (const [i, policy] of fleet.components.entries()) {
    const state = before.get(policy.name);
    if (!isReadingDue(state, policy, fleet, ledger, nowMs)) continue;
    const service = services[i];
    const live = service instanceof Error ? undefined : service;
    const allocationAt = servedDuring(state, live, { periodMs: fleet.monitor.periodMs, nowMs });
    const coarse = coarseMetrics(state, policy, fleet, ledger, nowMs);
    due.push(i);
    requests.push({ component: policy.name, sinceMs: state?.readThroughMs ?? 0, allocationAt, coarse });
  }
  const readings: (readonly Sample[] | Error | undefined)[] = fleet.components.map(() => undefined);
  if (due.length === 0) return readings;
  const answers = await ports.metrics.read(requests, nowMs);
  for (const [at, i] of due.entries()) readings[i] = answers[at] ?? new Error("no answer");
  return readings;
}

const NO_SAMPLES: readonly Sample[] = [];

function newSamples(
  reading: readonly Sample[],
  previous: ComponentState | undefined,
  policy: ComponentPolicy,
  service: ServiceState | Error | undefined,
  nowMs: number,
): readonly Sample[] {
  const since = previous?.readThroughMs ?? 0;
  const live = service instanceof Error ? undefined : service;
  const surroundings = { previous: previous?.window ?? SampleWindow.EMPTY, service: live ?? previous?.service, policy };
  const fresh = reading.filter(({ endMs }) => endMs > since && endMs <= nowMs);
  return fresh.map((sample) => plausibleSample(sample, surroundings));
}

/** A state of which the readings' own fields are still to be set. */
type UnreadState = { -readonly [Field in "restUntilMs" | "lag"]?: ComponentState[Field] } & Omit<
  ComponentState,
  "restUntilMs" | "lag"
>;

function nextState(
  policy: ComponentPolicy,
  previous: ComponentState | undefined,
  samples: readonly Sample[],
  service: ServiceState | Error | undefined,
  { fleet, nowMs }: { fleet: FleetPolicy; nowMs: number },
): UnreadState {
  const live = service instanceof Error || service === undefined ? undefined : service;
  // Nothing is known of it, which is no problem yet: without a service nothing is decided.
  const isFirstTurn = service instanceof NotYetError && previous?.service === undefined;
  const reborn = live !== undefined && previous?.service !== undefined && previous.service.identity !== live.identity;
  const kept = reborn ? SampleWindow.EMPTY : (previous?.window ?? SampleWindow.EMPTY);
  const newest = samples[samples.length - 1];
  const score = newest === undefined ? previous?.performanceScore : performanceScore(newest, policy);
  const elapsedMs = newest === undefined ? 0 : newest.periodMs * samples.length;
  return {
    v: 1,
    component: policy.name,
    updatedAtMs: nowMs,
    service: serviceNow(previous?.service, live),
    served: nextServed(previous, live, nowMs),
    serviceProblem: service instanceof Error && !isFirstTurn ? service.message : undefined,
    window: samples.length === 0 ? kept : kept.append(samples, fleet.monitor.windowSamples),
    readThroughMs: newest?.endMs ?? previous?.readThroughMs ?? 0,
    lag:
      newest === undefined
        ? previous?.lag
        : lagAfterAnswer(previous?.lag, {
            seenMs: nowMs - newest.endMs,
            periodMs: newest.periodMs,
            isNext: samples.length === 1,
          }),
    restUntilMs: previous?.restUntilMs,
    performanceScore: score,
    performanceBaseline:
      newest === undefined
        ? previous?.performanceBaseline
        : nextBaseline(previous?.performanceBaseline, score, elapsedMs),
  };
}

/** What is told again though nothing changed, ms. */
const RENEWED_MS = 300_000;

/** The service as it is: the earlier look where nothing changed since, so that it is not kept anew every minute. */
function serviceNow(before: ServiceState | undefined, live: ServiceState | undefined): ServiceState | undefined {
  if (live === undefined || before === undefined || !sameService(before, live)) return live ?? before;
  return live.observedAtMs - before.observedAtMs >= RENEWED_MS ? live : before;
}

/** A state is written again when something but the time of looking changed, and once in five minutes in any case. */
function differs(before: ComponentState | undefined, after: ComponentState): boolean {
  if (
    before === undefined ||
    after.readThroughMs !== before.readThroughMs ||
    after.lag?.sooner !== before.lag?.sooner ||
    after.serviceProblem !== before.serviceProblem
  )
    return true;
  return after.updatedAtMs - before.updatedAtMs >= RENEWED_MS || before.service !== after.service;
}

/**
 * A value far beyond its up threshold, for long enough to be acted on, does not wait for the next beat.
 * @param newest of each component that has new samples, the last of them
 */
function isSevere(
  fleet: FleetPolicy,
  states: readonly ComponentState[],
  newest: readonly (Sample | undefined)[],
): boolean {
  return fleet.components.some((policy, i) => {
    const state = states[i];
    const sample = newest[i];
    const allocation = state?.service?.desired;
    if (state === undefined || sample === undefined || allocation === undefined) return false;
    const context = { allocation, state, policy };
    return policy.rules.some((rule) => {
      // Staffing by demand answers to every sample, not to thresholds.
      if (STRATEGIES_BY_NAME[policy.strategy].staffing?.(rule, policy.parameters) !== undefined) return true;
      const trigger = TRIGGERS_BY_NAME[rule.trigger];
      const value = trigger.read(sample, context);
      const severe = rule.target + (rule.up - rule.target) * fleet.monitor.severeMultiple;
      if (value === undefined || value <= severe) return false;
      // What has not lasted long enough decides nothing yet: to wake the decision loop for it would be in vain.
      const needed = samplesToGrow(rule, policy, fleet.monitor.periodMs);
      if (needed === 1) return true;
      return state.window
        .last(needed)
        .samples()
        .every((each) => (trigger.read(each, context) ?? 0) > rule.up);
    });
  });
}

/** Alerts never stop the monitor: what fails here is told as an error of the loop. */
async function alerts(
  ports: Ports,
  fleet: FleetPolicy,
  states: readonly ComponentState[],
  nowMs: number,
  errors: Failure[],
): Promise<void> {
  try {
    const { ledger, learning, scores, alerts: known } = await ports.store.readFleet(fleet.name);
    const { problems } = await raiseAlerts(ports, fleet, { states, ledger, learning, scores }, nowMs, known);
    for (const problem of problems) errors.push({ message: `alerts: ${problem}` });
  } catch (error) {
    errors.push({ message: `alerts: ${error instanceof Error ? error.message : String(error)}` });
  }
}
