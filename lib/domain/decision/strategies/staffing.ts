import type { RulePolicy } from "../../model/policy.ts";
import type { SignalDemand } from "../../model/signal.ts";
import type { Opinion, StaffingNeed } from "./strategy.ts";

/** Which rules are staffed by demand: CPU is what grows with operations, and the number of tasks is what follows it. */
export function staffingNeed(
  { trigger, upAction }: RulePolicy,
  parameters: Readonly<Record<string, number>>,
): StaffingNeed | undefined {
  if (!((parameters["staffing"] ?? 0) > 0) || trigger !== "CPU_UTILIZATION" || upAction !== "SCALE_OUT")
    return undefined;
  return {
    leadMinutes: Math.max(1, Math.round((parameters["leadSeconds"] ?? 300) / 60)),
    quantile: (parameters["growthPercent"] ?? 95) / 100,
    keepMs: (parameters["keepSeconds"] ?? 300) * 1000,
  };
}

/** Beyond the square root: a part of a task, for what is so small that the square root says little. */
const SPARE = 0.3;

/** A shrink by less than this part of the tasks is not worth an action: it halves reversals for 1 % of the task-hours. */
const TRIFLE = 0.05;

/**
 * Square-root staffing: a service that must not make its callers wait needs its demand plus a margin that grows with the
 * square root of it (Halfin and Whitt 1981), so the utilization that it bears rises with its size, which no single target
 * can express. Grows to what is needed for the demand ahead; shrinks no further than what the recent past would need.
 */
export function staffed(demand: SignalDemand, parameters: Readonly<Record<string, number>>): Opinion {
  const { tasks, ahead, keep, from } = demand;
  const staffing = marginOf(parameters);
  const judgedAs = from === "model" ? "PREDICTIVE" : "REACTIVE";
  const need = tasksFor(ahead, staffing);
  const had = Math.max(1, tasks); // what is compared is demand for each of the tasks
  if (need > tasks) {
    const threshold = Math.max(0.0001, demandFor(tasks, staffing) / had);
    return {
      want: "grow",
      because: "demand-ahead",
      judgedAs,
      compared: ahead / had,
      threshold,
      factor: need / had,
      tasks: need,
    };
  }
  const enough = Math.max(need, tasksFor(keep, staffing));
  if (enough >= tasks - Math.floor(TRIFLE * tasks))
    return { want: "hold", because: "demand-met", judgedAs, compared: ahead / had };
  return {
    want: "shrink",
    because: "demand-fell",
    judgedAs,
    compared: keep / had,
    threshold: demandFor(enough, staffing) / had,
    factor: enough / tasks,
    tasks: enough,
  };
}

/**
 * The margin at the configured sureness: as it is up to 95 % of the growths, beyond that in proportion to the deviations of
 * a normal distribution, since chance within a minute is covered by it and not by the growth (99.9 %: 1.9 times).
 */
export function marginOf(parameters: Readonly<Record<string, number>>): number {
  const percent = parameters["growthPercent"] ?? 95;
  return (parameters["staffing"] ?? 0) * Math.max(1, normalQuantile(percent / 100) / normalQuantile(0.95));
}

/** Abramowitz and Stegun 26.2.23, for 0.5..1; off by at most 4.5e-4. */
function normalQuantile(share: number): number {
  if (share <= 0.5) return 0;
  const t = Math.sqrt(-2 * Math.log(1 - share));
  const above = 2.515517 + t * (0.802853 + t * 0.010328);
  return t - above / (1 + t * (1.432788 + t * (0.189269 + t * 0.001308)));
}

/** Whole tasks for a demand in tasks. */
export function tasksFor(demand: number, staffing: number): number {
  return Math.ceil(demand + staffing * Math.sqrt(demand) + SPARE - 1e-9);
}

/** The most demand that so many tasks are enough for: the inverse of `tasksFor`. */
function demandFor(tasks: number, staffing: number): number {
  const root = (Math.sqrt(staffing ** 2 + 4 * Math.max(0, tasks - SPARE)) - staffing) / 2;
  return root ** 2;
}
