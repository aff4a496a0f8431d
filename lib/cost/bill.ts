import { type Config, compileDeployment } from "../config/index.ts";
import type { Deployment, MetricInput, ServiceTarget } from "../deployment.ts";
import { TRIGGERS_BY_NAME } from "../domain/decision/triggers/index.ts";
import { InvariantError } from "../domain/model/errors.ts";
import type { ComponentPolicy } from "../domain/model/policy.ts";
import { mayLeaveAlone } from "../domain/monitor/reading.ts";
import { LOOPS } from "../flow.ts";
import { HOURS_IN_MONTH, PRICES, type Price, type PriceName } from "./prices.ts";
import { ASSUMED, MEASURED, PASSES } from "./usage.ts";

/** One line of the bill: a month of 30 days, USD, list price. */
export interface BillLine {
  readonly service: string;
  readonly what: string;
  readonly price: PriceName;
  readonly quantity: number;
  readonly usd: number;
}

export interface Bill {
  readonly lines: readonly BillLine[];
  readonly usd: number;
  /** With what every account has for free, as if nothing else in the account used it. */
  readonly usdAfterAllowances: number;
}

export interface ControllerBill extends Bill {
  readonly components: number;
  /** The same, if every metric were asked for at every tick of the monitor. */
  readonly atEveryTick: Bill;
  /** Each fleet with its share, by components, of what all share. */
  readonly fleets: readonly { readonly name: string; readonly components: number; readonly usd: number }[];
}

/** The monthly bill of a deployment of this configuration, computed; see docs/cost.md for what is measured or assumed. */
export function billOf(config: Config): ControllerBill {
  const deployment = compileDeployment(config);
  const components = deployment.targets.length;
  const shared = sharedLines(deployment);
  const perFleet = deployment.fleets.map((fleet) => {
    const targets = deployment.targets.filter((target) => target.fleet === fleet.name);
    return { fleet, targets, lines: fleetLines(targets) };
  });
  const reads = (everything: boolean): BillLine[] =>
    perFleet.map(({ fleet, targets }) =>
      readLine(
        targets,
        fleet.components,
        everything ? "everything" : fleet.monitor.calmReading ? "calm" : "every beat",
      ),
    );
  const others = [...perFleet.flatMap(({ lines }) => lines), ...shared];
  const sharedUsd = sum(shared);
  return {
    ...totalled([...reads(false), ...others]),
    components,
    atEveryTick: totalled([...reads(true), ...others]),
    fleets: perFleet.map(({ fleet, targets, lines }, i) => ({
      name: fleet.name,
      components: targets.length,
      usd: (reads(false)[i]?.usd ?? 0) + sum(lines) + (sharedUsd * targets.length) / Math.max(1, components),
    })),
  };
}

/** Metrics of a component that are asked for together: how many, and how often. */
interface Asked {
  readonly metrics: number;
  readonly timesPerHour: number;
}

/**
 * What is asked for a component: its distinct metrics, since up to five statistics of one metric in a request count once.
 * Those with a longer period than the samples are asked for once in the shortest of such periods; what only the error rate
 * needs as often as `errorsPerHour` says.
 */
export function askedOf(
  { metrics, periodMs: sampleMs }: ServiceTarget,
  readsPerHour: number,
  errorsPerHour: number = readsPerHour,
): Asked[] {
  const { errorRate, ...others } = metrics;
  const inputs = Object.values(others).flatMap((binding) => binding.inputs);
  const errors = errorRate?.inputs ?? [];
  const slow = [...inputs, ...errors].filter(({ periodMs }) => periodMs > sampleMs);
  const shortestMs = Math.min(...slow.map(({ periodMs }) => periodMs));
  const prompt = inputs.filter(({ periodMs }) => periodMs <= sampleMs);
  const promptErrors = errors.filter(({ periodMs }) => periodMs <= sampleMs);
  return [
    { metrics: distinct(prompt), timesPerHour: readsPerHour },
    { metrics: distinct([...prompt, ...promptErrors]) - distinct(prompt), timesPerHour: errorsPerHour },
    { metrics: distinct(slow), timesPerHour: Math.min(readsPerHour, HOUR_MS / shortestMs) },
  ].filter((asked) => asked.metrics > 0);
}
const HOUR_MS = 3_600_000;
const STATISTICS_OF_A_METRIC = 5;

/** Every metric that a component may ever ask for, also what is needed only where another is silent. */
function everyMetric({ metrics }: ServiceTarget): number {
  return distinct(
    Object.values(metrics).flatMap(({ inputs, whenSilent }) => (whenSilent ? [...inputs, whenSilent] : inputs)),
  );
}

function distinct(inputs: readonly MetricInput[]): number {
  const statistics = new Map<string, Set<string>>();
  for (const { namespace, name, dimensions, statistic } of inputs) {
    const sorted = Object.entries(dimensions).sort(([a], [b]) => (a < b ? -1 : 1));
    const key = JSON.stringify([namespace, name, sorted]);
    statistics.set(key, (statistics.get(key) ?? new Set()).add(statistic));
  }
  return [...statistics.values()].reduce((sum, { size }) => sum + Math.ceil(size / STATISTICS_OF_A_METRIC), 0);
}

/** How often a component's metrics are asked for (lib/domain/monitor/reading.ts). */
function readsPerHour(policy: ComponentPolicy, periodMs: number): number {
  const { eachPeriod, leftAlone } = MEASURED.readsPerComponentHour;
  return mayLeaveAlone(policy, periodMs) ? leftAlone : eachPeriod;
}

/** And its errors: by the period around changes and above thresholds, else once in ten minutes. */
function errorsPerHour(policy: ComponentPolicy, readsPerHour: number): number {
  const isWatched = policy.rules.some(({ trigger }) => TRIGGERS_BY_NAME[trigger].metrics.includes("errorRate"));
  const prompt = MEASURED.errorReadsPerComponentHour;
  return isWatched ? readsPerHour : prompt + 6 * (1 - prompt / readsPerHour);
}

function readLine(
  targets: readonly ServiceTarget[],
  policies: readonly ComponentPolicy[],
  reading: "calm" | "every beat" | "everything",
): BillLine {
  const policyOf = new Map(policies.map((policy) => [policy.name, policy]));
  const [monitor] = LOOPS;
  const beats = 3600 / monitor.everySeconds;
  const all = targets.map((target): Asked[] => {
    if (reading === "everything") return [{ metrics: everyMetric(target), timesPerHour: beats }];
    if (reading === "every beat") return askedOf(target, beats);
    const policy = policyOf.get(target.component);
    if (policy === undefined) throw new InvariantError("a target without a policy", { component: target.component });
    // At 20 s every beat has something new to ask for.
    const reads = target.periodMs < monitor.everySeconds * 1000 ? beats : readsPerHour(policy, target.periodMs);
    return askedOf(target, reads, errorsPerHour(policy, reads));
  });
  const perHour = all.flat().reduce((sum, { metrics, timesPerHour }) => sum + metrics * timesPerHour, 0);
  const metrics = all.flat().reduce((sum, asked) => sum + asked.metrics, 0);
  const times = Number((perHour / Math.max(1, metrics)).toFixed(1));
  const what = `GetMetricData: ${metrics} metrics of ${targets.length} components, each ${times} times an hour`;
  return line("CloudWatch", what, "metricRequest", perHour * HOURS_IN_MONTH);
}

function fleetLines(targets: readonly ServiceTarget[]): BillLine[] {
  const share = targets.length / MEASURED.components;
  const gigabytes = (ASSUMED.tableMegabytesPerComponent * targets.length) / 1000;
  const ticks = ticksPerHour();
  return [
    line(
      "CloudWatch",
      "own metrics: alerts that hold, and what else is not as it should be",
      "customMetric",
      MEASURED.positiveMetrics,
    ),
    line("CloudWatch", "alarms of the fleet", "alarm", ALARMS.ofFleet),
    line("CloudWatch", "logs", "logGigabyte", (MEASURED.logBytesPerHour * share * HOURS_IN_MONTH) / 1e9),
    line("DynamoDB", "writes", "writeUnit", (MEASURED.writeUnitsPerHour - ticks) * share * HOURS_IN_MONTH),
    line("DynamoDB", "reads", "readUnit", MEASURED.readUnitsPerHour * share * HOURS_IN_MONTH),
    line("DynamoDB", "storage", "tableGigabyte", gigabytes),
    line("DynamoDB", "point-in-time recovery", "recoveryGigabyte", gigabytes),
  ];
}

/** Alarms of lib/infrastructure/alarms.ts: two of silence, slow passes, dead letters, function errors; three of a fleet. */
const ALARMS = { shared: 5, ofFleet: 3 } as const;

function ticksPerHour(): number {
  return LOOPS.reduce((total, { everySeconds }) => total + 3600 / everySeconds, 0);
}

/** Firings of the loops' schedules: once a minute at most (lib/infrastructure/beat.ts), for all messages of that minute. */
function beatsPerHour(): number {
  return LOOPS.reduce((total, { everySeconds }) => total + 3600 / Math.max(60, everySeconds), 0);
}

function sharedLines({ targets }: Deployment): BillLine[] {
  const ticks = ticksPerHour() * HOURS_IN_MONTH;
  const beats = beatsPerHour() * HOURS_IN_MONTH;
  const { pollersOfQueue, notificationsPerMonth } = ASSUMED;
  const polls = pollsPerMonth(pollersOfQueue);
  const growth = Math.max(1, targets.length / MEASURED.components);
  const gigabyteSeconds = LOOPS.reduce((total, { name, everySeconds }) => {
    const { seconds, megabytes } = PASSES[name];
    return total + ((3600 * HOURS_IN_MONTH) / everySeconds) * seconds * growth * (megabytes / 1024);
  }, 0);
  return [
    line("CloudWatch", "alarms of the loops and functions", "alarm", ALARMS.shared),
    line("CloudWatch", "dashboard", "dashboard", 1),
    line("Lambda", "invocations", "invocation", ticks),
    line("Lambda", "compute", "gigabyteSecond", gigabyteSeconds),
    line("DynamoDB", "claims of ticks", "writeUnit", ticks),
    line("SQS", "beats sent, received, deleted, and polls of empty queues", "queueRequest", beats + 2 * ticks + polls),
    line("EventBridge Scheduler", "beats", "schedule", beats),
    line("SNS", "alerts", "notification", notificationsPerMonth),
  ];
}

/** Receives from the queues of all loops, with so many pollers on each. */
export function pollsPerMonth(pollers: number): number {
  return LOOPS.length * pollers * (3600 / ASSUMED.pollSeconds) * HOURS_IN_MONTH;
}

function line(service: string, what: string, price: PriceName, quantity: number): BillLine {
  return { service, what, price, quantity, usd: quantity * PRICES[price].usd };
}

function sum(lines: readonly BillLine[]): number {
  return lines.reduce((total, { usd }) => total + usd, 0);
}

function totalled(lines: readonly BillLine[]): Bill {
  const used = new Map<PriceName, number>();
  for (const { price, quantity } of lines) used.set(price, (used.get(price) ?? 0) + quantity);
  const charged = [...used].reduce((total, [name, quantity]) => {
    const { usd, free }: Price = PRICES[name];
    return total + Math.max(0, quantity - free) * usd;
  }, 0);
  return { lines, usd: sum(lines), usdAfterAllowances: charged };
}
