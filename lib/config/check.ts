import { RESOURCE_NAMES, type ResourceName } from "../domain/model/resources.ts";
import { type ScheduleProblem, scheduleProblem } from "../domain/planning/schedules.ts";
import { checkRules } from "./check-rules.ts";
import type { ComponentConfig, ScheduleConfig } from "./component-schema.ts";
import { type Mismatch, show } from "./problems.ts";
import type { ParsedFleet } from "./schema.ts";
import { checkSources } from "./sources-check.ts";

/** Unit of each resource as the file has it. */
export const RESOURCE_UNITS: Readonly<Record<ResourceName, string>> = {
  cpu: "vCPU",
  memory: "GiB",
  network: "Gbit/s",
  storage: "GiB",
};

/** Everything that the schema cannot see: between fields, between components, in the words of other libraries. */
export function checkFleets(fleets: readonly ParsedFleet[]): Mismatch[] {
  return [
    ...duplicates(
      fleets.map(({ name }, index) => ({ name, path: `fleets[${index}].name` })),
      "fleet",
    ),
    ...duplicates(
      located(fleets).map(({ component, path }) => ({ name: component.name, path: `${path}.name` })),
      "component in all fleets",
    ),
    ...sameService(fleets),
    ...fleets.flatMap((fleet, index) => checkFleet(fleet, `fleets[${index}]`)),
    ...located(fleets).flatMap(({ fleet, component, path }) => checkComponent(component, path, fleet)),
  ];
}

interface Located {
  readonly fleet: ParsedFleet;
  readonly component: ComponentConfig;
  readonly path: string;
}

function located(fleets: readonly ParsedFleet[]): Located[] {
  return fleets.flatMap((fleet, f) =>
    fleet.components.map((component, c) => ({ fleet, component, path: `fleets[${f}].components[${c}]` })),
  );
}

function duplicates(named: readonly { name: string; path: string }[], what: string): Mismatch[] {
  const first = new Map<string, string>();
  return named.flatMap(({ name, path }) => {
    const other = first.get(name);
    if (other === undefined) first.set(name, path);
    return other === undefined
      ? []
      : [{ path, value: show(name), bound: `a name that no other ${what} has; ${other} is the same`, uses: [other] }];
  });
}

/** Two components that steer one ECS service would undo each other's work. */
function sameService(fleets: readonly ParsedFleet[]): Mismatch[] {
  const first = new Map<string, string>();
  return located(fleets).flatMap(({ component, path }) => {
    const service = component.service ?? component.name;
    const key = `${component.cluster} ${service}`;
    const other = first.get(key);
    if (other === undefined) first.set(key, path);
    // Two components of one name are told as such.
    if (other === undefined || component.service === undefined) return [];
    const bound = `a service that no other component steers; ${other} has it in cluster ${component.cluster}`;
    return [{ path: `${path}.service`, value: show(service), bound, uses: [other, `${path}.cluster`, `${path}.name`] }];
  });
}

function checkFleet(fleet: ParsedFleet, path: string): Mismatch[] {
  const { decision, monitor, optimization } = fleet;
  const problems: Mismatch[] = sumsOfMinima(fleet, path);
  const atMost = (field: string, value: number, limit: number, bound: string, ...uses: string[]) => {
    if (value > limit) problems.push({ path: `${path}.${field}`, value: show(value), bound, uses });
  };
  if (Object.values(decision.weights).every((weight) => weight === 0)) {
    problems.push({ path: `${path}.decision.weights`, value: "four zeros", bound: "at least one weight above 0" });
  }
  const twoPeriods = 2 * monitor.periodSeconds;
  if (monitor.freshSeconds < twoPeriods) {
    const bound = `at least two periods, ${twoPeriods} seconds: metrics arrive a period late`;
    problems.push({
      path: `${path}.monitor.freshSeconds`,
      value: show(monitor.freshSeconds),
      bound,
      uses: [`${path}.monitor.periodSeconds`],
    });
  }
  const { rawHours, fiveMinuteDays, hourDays, historyDays, evidenceHours, holdDays, actionDays } = optimization;
  const of = `${path}.optimization`;
  const kept = `${of}.fiveMinuteDays`;
  atMost(
    "optimization.rawHours",
    rawHours,
    fiveMinuteDays * 24,
    `at most fiveMinuteDays, ${fiveMinuteDays} days`,
    kept,
  );
  atMost(
    "optimization.fiveMinuteDays",
    fiveMinuteDays,
    hourDays,
    `at most hourDays, ${hourDays} days`,
    `${of}.hourDays`,
  );
  atMost(
    "optimization.historyDays",
    historyDays,
    fiveMinuteDays,
    `at most what is kept, fiveMinuteDays, ${fiveMinuteDays} days`,
    kept,
  );
  atMost(
    "optimization.evidenceHours",
    evidenceHours,
    fiveMinuteDays * 24,
    `at most what is kept, fiveMinuteDays, ${fiveMinuteDays} days`,
    kept,
  );
  atMost("optimization.holdDays", holdDays, actionDays, `at most actionDays, ${actionDays} days`, `${of}.actionDays`);
  for (const name of RESOURCE_NAMES) problems.push(...wholeThousandths(fleet.limits[name], `${path}.limits.${name}`));
  return problems;
}

/** What the components must have at least has to fit; what they may have at most need not. */
function sumsOfMinima(fleet: ParsedFleet, path: string): Mismatch[] {
  return RESOURCE_NAMES.flatMap((name) => {
    const milli = fleet.components.reduce((sum, component) => sum + Math.round(component[name].min * 1000), 0);
    const limit = fleet.limits[name];
    if (milli <= Math.round(limit * 1000)) return [];
    const unit = RESOURCE_UNITS[name];
    return [
      {
        path: `${path}.components`,
        value: `${milli / 1000} ${unit} as the sum of all ${name}.min`,
        bound: `at most the fleet's limits.${name}, ${limit} ${unit}`,
        uses: [
          `${path}.limits.${name}`,
          ...fleet.components.map((_, index) => `${path}.components[${index}].${name}.min`),
        ],
      },
    ];
  });
}

function checkComponent(component: ComponentConfig, path: string, fleet: ParsedFleet): Mismatch[] {
  return [
    ...RESOURCE_NAMES.flatMap((name) => checkRange(component[name], `${path}.${name}`, RESOURCE_UNITS[name])),
    ...checkRange(component.tasks, `${path}.tasks`, "tasks"),
    ...(["cpu", "memory"] as const)
      .filter((name) => component[name].max === 0)
      .map((name) => ({
        path: `${path}.${name}.max`,
        value: "0",
        bound: `more than 0 ${RESOURCE_UNITS[name]}: a task needs some`,
      })),
    ...wholeThousandths(component.networkPerTask, `${path}.networkPerTask`),
    ...checkRules(component, path, fleet.monitor),
    ...checkSources(component, path, fleet.monitor),
    ...duplicates(
      component.schedules.map(({ name }, index) => ({ name, path: `${path}.schedules[${index}].name` })),
      "schedule of the component",
    ),
    ...component.schedules.flatMap((schedule, index) => checkSchedule(schedule, component, path, index)),
  ];
}

function checkRange({ min, max }: { min: number; max: number }, path: string, unit: string): Mismatch[] {
  const thousandths =
    unit === "tasks" ? [] : [...wholeThousandths(min, `${path}.min`), ...wholeThousandths(max, `${path}.max`)];
  if (min <= max) return thousandths;
  return [
    ...thousandths,
    { path: `${path}.min`, value: show(min), bound: `at most ${path}.max, ${max} ${unit}`, uses: [`${path}.max`] },
  ];
}

/** Quantities are whole thousandths inside; a finer one would be rounded in silence. */
function wholeThousandths(value: number, path: string): Mismatch[] {
  const off = Math.abs(value * 1000 - Math.round(value * 1000));
  return off <= 1e-9 * Math.max(1, value * 1000) ? [] : [{ path, value: show(value), bound: "at most 3 decimals" }];
}

function checkSchedule(
  schedule: ScheduleConfig,
  component: ComponentConfig,
  componentPath: string,
  index: number,
): Mismatch[] {
  const path = `${componentPath}.schedules[${index}]`;
  const wrong = cachedScheduleProblem(schedule);
  const problems: Mismatch[] = wrong
    ? [{ path: `${path}.${wrong.field}`, value: show(schedule[wrong.field]), bound: wrong.message }]
    : [];
  const windows = (["tasks", "cpu", "memory"] as const).map((name) => ({
    name,
    window: schedule[name],
    own: component[name],
  }));
  if (windows.every(({ window }) => window?.min === undefined && window?.max === undefined)) {
    problems.push({
      path,
      value: "a window without bounds",
      bound: "tasks, cpu or memory with min or max",
      uses: windows.map(({ name }) => `${path}.${name}`),
    });
  }
  for (const { name, window, own } of windows) {
    for (const end of ["min", "max"] as const) {
      const value = window?.[end];
      if (value === undefined) continue;
      if (name !== "tasks") problems.push(...wholeThousandths(value, `${path}.${name}.${end}`));
      if (value >= own.min && value <= own.max) continue;
      const bound = `within the component's ${name}, ${own.min} to ${own.max}: a schedule only narrows it`;
      problems.push({ path: `${path}.${name}.${end}`, value: show(value), bound, uses: [`${componentPath}.${name}`] });
    }
    if (window?.min !== undefined && window.max !== undefined && window.min > window.max) {
      const bound = `at most ${path}.${name}.max, ${window.max}`;
      problems.push({ path: `${path}.${name}.min`, value: show(window.min), bound, uses: [`${path}.${name}.max`] });
    }
  }
  return problems;
}

const schedulesSeen = new Map<string, ScheduleProblem | undefined>();

/** Many components share a schedule, and finding its next start is slow. */
function cachedScheduleProblem({ cron, timeZone }: ScheduleConfig): ScheduleProblem | undefined {
  const key = `${timeZone}\n${cron}`;
  if (!schedulesSeen.has(key)) {
    if (schedulesSeen.size >= 1000) schedulesSeen.clear();
    schedulesSeen.set(key, scheduleProblem({ cron, timeZone }));
  }
  return schedulesSeen.get(key);
}
