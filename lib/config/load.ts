import { STRATEGIES_BY_NAME } from "../domain/decision/strategies/index.ts";
import { InputError } from "../domain/model/errors.ts";
import { checkFleets, RESOURCE_UNITS } from "./check.ts";
import { compileComponent } from "./compile.ts";
import type { ComponentConfig } from "./component-schema.ts";
import { SEVEN } from "./presets/seven.ts";
import { type Mismatch, type Problem, problemOf, problemsOfIssue, renderProblem, show, valueAt } from "./problems.ts";
import { type Finding, reachOf } from "./reach.ts";
import { isTouched, repair } from "./repair.ts";
import { completeRules } from "./rules.ts";
import { type CompleteComponent, type Config, ConfigSchema, type FleetConfig, type ParsedFleet } from "./schema.ts";

/** What is known about a configuration; `config` is absent exactly when there are problems. */
export interface Inspection {
  readonly config?: Config;
  readonly problems: readonly Problem[];
  /** What can be lived with but not reached; see reach.ts. */
  readonly warnings: readonly Finding[];
}

/**
 * Checks a configuration as written, and fills in every default. Without fleets it is the preset of seven components.
 *
 * @throws InputError that lists all problems, each with path, value and bound.
 */
export function loadConfig(input: unknown = {}): Config {
  const { config, problems } = inspectConfig(input);
  if (config) return config;
  const count = problems.length === 1 ? "1 problem" : `${problems.length} problems`;
  throw new InputError(`the configuration has ${count}`, problems.map(renderProblem));
}

/**
 * The effective configuration: every default filled in, rules included. It is a valid configuration itself, and its
 * effective configuration is itself.
 */
export function effectiveConfig(input: unknown = {}): Config {
  return loadConfig(input);
}

/** The same as loadConfig, as data: nothing is thrown. */
export function inspectConfig(input: unknown): Inspection {
  const written = withPreset(input);
  const parsed = ConfigSchema.safeParse(written);
  const issues = parsed.success ? [] : parsed.error.issues;
  const usable = parsed.success ? { config: parsed.data, touched: [] } : repair(written, issues);
  const fleets = usable?.config.fleets ?? [];
  const isUntouched = (place: string) => !isTouched(place, usable?.touched ?? []);
  const checks = checkFleets(fleets).filter(({ path, uses = [] }) => [path, ...uses].every(isUntouched));
  const mismatches = [...issues.flatMap((issue) => problemsOfIssue(issue, written)), ...checks];

  const wrong = mismatches.map(({ path }) => path);
  const findings = reachOfSound(fleets, (path) => isUntouched(path) && !isTouched(path, wrong));
  const warnings = findings.filter(({ severity }) => severity === "warning");
  const unreachable = findings.filter(({ severity }) => severity === "error");
  mismatches.push(...unreachable.map((finding) => unreachableMismatch(finding, fleets)));
  const problems = mismatches.map(problemOf);
  if (problems.length > 0) return { problems, warnings };
  warnings.push(...scheduledMinima(fleets));
  return { config: { version: 1, fleets: fleets.map(completeFleet) }, problems, warnings };
}

function withPreset(input: unknown): unknown {
  if (typeof input !== "object" || input === null || Array.isArray(input)) return input;
  return "fleets" in input && input.fleets !== undefined ? input : { ...input, fleets: [SEVEN] };
}

function unreachableMismatch({ path, message }: Finding, fleets: readonly ParsedFleet[]): Mismatch {
  const steps = path.split(/[.[\]]+/).map((step) => (/^\d+$/.test(step) ? Number(step) : step));
  return { path, value: show(valueAt({ fleets }, steps)), bound: `a range that can be had: ${message}` };
}

function completeFleet(fleet: ParsedFleet): FleetConfig {
  return { ...fleet, components: fleet.components.map(completeComponent) };
}

function completeComponent(component: ComponentConfig): CompleteComponent {
  const { name, cluster, service, ...rest } = component;
  return {
    name,
    cluster,
    service: service ?? name,
    ...rest,
    parameters: STRATEGIES_BY_NAME[component.strategy].parameters.parse(component.parameters),
    rules: completeRules(component),
  };
}

/** Scheduled minima that would not fit if all their windows were open at the same time; they may never be. */
function scheduledMinima(fleets: readonly ParsedFleet[]): Finding[] {
  return fleets.flatMap((fleet, f) =>
    (["cpu", "memory"] as const).flatMap((name): Finding[] => {
      const highest = fleet.components.map((component) =>
        Math.max(component[name].min, ...component.schedules.map((schedule) => schedule[name]?.min ?? 0)),
      );
      const milli = highest.reduce((sum, each) => sum + Math.round(each * 1000), 0);
      const limit = fleet.limits[name];
      if (milli <= Math.round(limit * 1000)) return [];
      const total = `${milli / 1000} ${RESOURCE_UNITS[name]}`;
      const message = `if all windows were open together, the minima would come to ${total}, more than limits.${name}, ${limit}`;
      return [{ path: `fleets[${f}].components`, message, severity: "warning" }];
    }),
  );
}

/** Findings of all components without problems, with whole paths. */
function reachOfSound(fleets: readonly ParsedFleet[], isSound: (path: string) => boolean): Finding[] {
  return fleets.flatMap((fleet, f) =>
    fleet.components.flatMap((component, c) => {
      const path = `fleets[${f}].components[${c}]`;
      if (!isSound(path)) return [];
      const findings = reachOf(compileComponent(completeComponent(component)));
      return findings.map((finding) => ({ ...finding, path: `${path}.${finding.path}` }));
    }),
  );
}
