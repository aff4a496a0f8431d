import { InputError, InvariantError } from "../domain/model/errors.ts";
import type {
  ClairvoyantContext,
  ClairvoyantFactory,
  MetricFeed,
  MetricScalerFactory,
  Observation,
  ParameterSpec,
  Parameters,
  Scaler,
  ScalerContext,
} from "./scaler.ts";

/**
 * A scaler as its author writes it: parameters are complete and in range, and the number is brought within bounds
 * after.
 */
interface Definition<Name extends string, Context> {
  readonly name: string;
  readonly parameters: Readonly<Record<Name, ParameterSpec>>;
  readonly sweep: { readonly parameter: NoInfer<Name>; readonly values: readonly number[] };
  begin(parameters: Readonly<Record<Name, number>>, context: Context): Course;
}

/** A scaler under way. */
export interface Course {
  readonly everyMs: number;
  readonly metrics: MetricFeed;
  /** A whole number of tasks, not yet bounded; undefined: no change. */
  decide(observation: Observation): number | undefined;
}

export function metricScaler<Name extends string>(definition: Definition<Name, ScalerContext>): MetricScalerFactory {
  return { ...facts(definition), sees: "metrics", create: (given, context) => create(definition, given, context) };
}

export function clairvoyantScaler<Name extends string>(
  definition: Definition<Name, ClairvoyantContext>,
): ClairvoyantFactory {
  return { ...facts(definition), sees: "demand", create: (given, context) => create(definition, given, context) };
}

function facts<Name extends string, Context>({ name, parameters, sweep }: Definition<Name, Context>) {
  return { name, parameters, sweep };
}

function create<Name extends string, Context extends ScalerContext>(
  definition: Definition<Name, Context>,
  given: Parameters,
  context: Context,
): Scaler {
  const { name } = definition;
  const parameters = completeParameters(name, definition.parameters, given);
  const course = definition.begin(parameters, context);
  return {
    name,
    parameters,
    everyMs: course.everyMs,
    metrics: course.metrics,
    decide: (observation) => {
      for (const { publishedMs } of observation.metrics)
        if (publishedMs > observation.nowMs)
          throw new InvariantError(`${name} was shown a point of ${publishedMs} at ${observation.nowMs}`);
      const wanted = course.decide(observation);
      if (wanted === undefined) return undefined;
      if (!Number.isSafeInteger(wanted)) throw new InvariantError(`${name} asked for ${wanted} tasks`);
      return Math.min(context.tasksMax, Math.max(context.tasksMin, wanted));
    },
  };
}

function completeParameters<Name extends string>(
  scaler: string,
  specs: Readonly<Record<Name, ParameterSpec>>,
  given: Parameters,
): Readonly<Record<Name, number>> {
  const problems = Object.keys(given)
    .filter((key) => !Object.hasOwn(specs, key))
    .map((key) => `${key}: unknown; there are ${Object.keys(specs).join(", ")}`);
  const complete: Record<string, number> = {};
  for (const [key, spec] of Object.entries<ParameterSpec>(specs)) {
    const value = Object.hasOwn(given, key) ? given[key] : spec.initial;
    const { min, max, whole } = spec;
    if (value === undefined || !(value >= min && value <= max) || (whole === true && !Number.isInteger(value)))
      problems.push(`${key}: ${value} is not a ${whole === true ? "whole " : ""}number from ${min} to ${max}`);
    else complete[key] = value;
  }
  if (problems.length > 0) throw new InputError(`parameters of the scaler ${scaler}`, problems);
  return complete as Record<Name, number>;
}
