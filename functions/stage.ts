import type { Context } from "aws-lambda";
import { ControllerError, InputError } from "../lib/domain/model/errors.ts";
import type { FleetPolicy } from "../lib/domain/model/policy.ts";
import { BEAT_MS, type LoopName, type LoopOutcome, TICK_MS } from "../lib/flow.ts";
import type { runLoop } from "../lib/loops/run-loop.ts";
import type { Measurement } from "../lib/own-metrics.ts";
import type { Clock, Log, Ports } from "../lib/ports.ts";
import { readTickEvent } from "./tick-event.ts";

/** What one of the four functions runs on: made by functions/runtime.ts, or by a test. */
export interface Stage {
  readonly loop: LoopName;
  readonly clock: Clock;
  readonly log: Log;
  /** Fields of every log line until the next invocation. */
  readonly bind: (fields: Readonly<Record<string, unknown>>) => void;
  readonly emit: (measurement: Measurement) => void;
  /** The state and the loop's code; called once, and again after a failure. */
  readonly open: () => Promise<OpenStage>;
  /** The loop that this function may wake; throws when the message was not taken. */
  readonly wakes?: { readonly loop: LoopName; readonly send: (scheduledMs: number) => Promise<void> } | undefined;
}

export interface OpenStage {
  readonly ports: Ports;
  readonly fleets: readonly FleetPolicy[];
  readonly runLoop: typeof runLoop;
  /** What is measured of a tick besides its outcome; forgets it. */
  readonly measure: (nowMs: number) => Promise<readonly Measurement[]>;
}

/** All work was done that could be done; thrown at the end so that the function's error metric shows the rest. */
export class PartialFailure extends ControllerError {
  override readonly name = "PartialFailure";
  readonly code = "PARTIAL";
}

/** No fleet is begun with less than this left of the function's time: calls of its pass would be cut off. */
const RESERVE_MS = 5000;
/** So many failures are named in the error; all of them are in the log. */
const NAMED_MAX = 20;
/** A pass that takes longer than this share of the function's time will soon not come to its end. */
const SLOW_SHARE = 0.8;

/**
 * The handler of one loop's function. Of the ticks in an event only the newest is run, since a later tick makes the older
 * ones void; what cannot be read, and what failed in part, is thrown after everything else has been done.
 */
export function stageHandler(stage: Stage): (event: unknown, context: Context) => Promise<void> {
  let opened: Promise<OpenStage> | undefined;
  let coldStart = true;
  const open = async (): Promise<OpenStage> => {
    opened ??= stage.open();
    try {
      return await opened;
    } catch (error) {
      opened = undefined;
      throw error;
    }
  };
  return async (event, context) => {
    const bound = { loop: stage.loop, requestId: context.awsRequestId, coldStart };
    coldStart = false;
    stage.bind(bound);
    const { scheduledMs, problems } = readTickEvent(event);
    for (const problem of problems) stage.log("error", "message is no tick", { problem });
    for (const older of scheduledMs.slice(0, -1)) stage.log("warn", "tick superseded by a later one", { older });
    const newest = scheduledMs.at(-1);
    const skipped = Math.max(0, scheduledMs.length - 1);
    if (newest === undefined) measureLoop(stage, { skipped, errors: problems.length });
    else {
      stage.bind({ ...bound, tick: newest });
      await runTick(stage, open, context, { scheduledMs: newest, skipped, malformed: problems.length });
    }
    if (problems.length > 0) throw new InputError(`${problems.length} message(s) are no ticks`, problems);
  };
}

interface TickOfEvent {
  readonly scheduledMs: number;
  readonly skipped: number;
  readonly malformed: number;
}

async function runTick(
  stage: Stage,
  open: () => Promise<OpenStage>,
  context: Context,
  { scheduledMs, skipped, malformed }: TickOfEvent,
): Promise<void> {
  const { loop, clock } = stage;
  const startedMs = clock.nowMs();
  const slowMs = SLOW_SHARE * context.getRemainingTimeInMillis();
  let outcome: LoopOutcome;
  let openStage: OpenStage;
  try {
    openStage = await open();
    const { ports, fleets } = openStage;
    const mayContinue = (): boolean => context.getRemainingTimeInMillis() >= RESERVE_MS;
    outcome = await openStage.runLoop(loop, { ports, fleets: inTurn(fleets, scheduledMs), scheduledMs, mayContinue });
  } catch (error) {
    stage.log("error", "tick failed", { error });
    measureLoop(stage, { skipped, errors: malformed + 1 });
    throw error;
  }
  const { ran, errors } = outcome;
  for (const { component, message } of errors) stage.log("error", "failed in part", { component, error: message });
  const nowMs = clock.nowMs();
  const fields = { skippedBecause: outcome.skipped, ageMs: startedMs - scheduledMs, durationMs: nowMs - startedMs };
  const counts = { completed: ran, skipped: skipped + (ran ? 0 : 1), errors: malformed + errors.length };
  measureLoop(stage, counts, fields);
  if (nowMs - startedMs > slowMs) stage.emit({ values: { SlowPasses: 1 }, fields: { message: "slow pass", slowMs } });
  await measure(stage, openStage, nowMs);
  if (outcome.wake !== undefined) await wake(stage, outcome.wake);
  if (errors.length > 0) throw partialFailure(loop, errors);
}

/** What cannot be measured is told, and fails no pass: its work is done. */
async function measure({ emit, log }: Stage, opened: OpenStage, nowMs: number): Promise<void> {
  try {
    for (const measurement of await opened.measure(nowMs)) emit(measurement);
  } catch (error) {
    log("warn", "not measured", { error });
  }
}

/** Each fleet is the first in its turn: with too little time, not always the same one goes short. */
function inTurn(fleets: readonly FleetPolicy[], scheduledMs: number): readonly FleetPolicy[] {
  const first = Math.floor(scheduledMs / BEAT_MS) % Math.max(1, fleets.length);
  return [...fleets.slice(first), ...fleets.slice(0, first)];
}

function measureLoop(
  stage: Stage,
  { completed = false, skipped, errors }: { completed?: boolean; skipped: number; errors: number },
  fields: Readonly<Record<string, unknown>> = {},
): void {
  const values = { TicksSkipped: skipped, LoopErrors: errors, ...(completed ? { TicksCompleted: 1 } : {}) };
  stage.emit({ dimension: { Loop: stage.loop }, values, fields: { message: "tick", ...fields } });
}

/**
 * A wake has the time at which it is sent: the beat's own number is mostly claimed already. It is never worth failing a
 * pass for: without it the next beat does the work.
 */
async function wake({ wakes, clock, log }: Stage, loop: LoopName): Promise<void> {
  try {
    if (wakes?.loop !== loop) throw new InputError("no queue to wake it by", [`this function cannot wake ${loop}`]);
    await wakes.send(Math.floor(clock.nowMs() / TICK_MS) * TICK_MS);
    log("info", "loop woken", { woken: loop });
  } catch (error) {
    log("warn", "loop not woken; its next beat does the work", { woken: loop, error });
  }
}

function partialFailure(loop: LoopName, errors: LoopOutcome["errors"]): PartialFailure {
  const components = [...new Set(errors.flatMap(({ component }) => component ?? []))];
  const named = errors
    .slice(0, NAMED_MAX)
    .map(({ component, message }) => (component === undefined ? message : `${component}: ${message}`));
  const more = errors.length > NAMED_MAX ? ` and ${errors.length - NAMED_MAX} more` : "";
  return new PartialFailure(`${loop} failed in part: ${named.join("; ")}${more}`, { components });
}
