/**
 * Root of every error raised on purpose. `code` is stable: alarms, exit codes and the runbook key on it. `name` is written
 * out, not taken from the class: a minified bundle has other names for classes, and Lambda reports this one.
 */
export abstract class ControllerError extends Error {
  abstract readonly code: string;
  abstract override readonly name: string;
  readonly details: Readonly<Record<string, unknown>>;
  constructor(message: string, details: Readonly<Record<string, unknown>> = {}, options?: ErrorOptions) {
    super(message, options);
    this.details = details;
  }
}

/** A precondition was broken inside this repository. Never thrown for bad data. */
export class InvariantError extends ControllerError {
  override readonly name = "InvariantError";
  readonly code = "INVARIANT";
}

/** Input of the user (configuration, trace, state document) that cannot be used; `problems` lists all of them. */
export class InputError extends ControllerError {
  override readonly name = "InputError";
  readonly code = "INPUT";
  readonly problems: readonly string[];
  constructor(what: string, problems: readonly string[], options?: ErrorOptions) {
    super(`${what}\n${problems.map((each) => `  ${each}`).join("\n")}`, { problems }, options);
    this.problems = problems;
  }
}

/** The state store, or another dependency, did not do what was asked; nothing may be decided or applied on top of it. */
export class DependencyError extends ControllerError {
  override readonly name = "DependencyError";
  readonly code = "DEPENDENCY";
}

/** It was not its turn: what was asked for is to be had, and the next pass asks again. Told in the log, not an error of anybody's. */
export class NotYetError extends ControllerError {
  override readonly name = "NotYetError";
  readonly code = "NOT_YET";
}
