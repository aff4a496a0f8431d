import type { TickMessage } from "../../lib/deployment.ts";
import { BEAT_MS, LOOPS, type LoopName } from "../../lib/flow.ts";
import { type Account, REGION } from "./account.ts";
import { MEMBERS } from "./fleet.ts";
import type { FunctionProcess, Invocation } from "./function-process.ts";
import type { Rollouts } from "./rollouts.ts";

const MINUTE_MS = 60_000;
/** CloudWatch has the metrics of ECS about a minute after the period's end. */
const PUBLICATION_MS = 60_000;
/** The functions run some seconds after the beat that woke them. */
const LATENESS_MS = 2_000;

export interface Run {
  readonly loop: LoopName;
  readonly nowMs: number;
  readonly event: unknown;
  readonly invocation: Invocation;
}

/**
 * Time in the account, beat by beat, at the pace of the machine: metrics are published, tasks start, each due function
 * gets its message, and a wake that it sent gets another one run.
 */
export class Timeline {
  /** Every invocation so far. */
  readonly runs: Run[] = [];
  readonly startMs: number;
  nowMs: number;
  readonly #account: Account;
  readonly #rollouts: Rollouts;
  readonly #functions: Readonly<Record<LoopName, FunctionProcess>>;
  #publishedMs: number;
  #messages = 0;

  constructor(options: {
    startMs: number;
    account: Account;
    rollouts: Rollouts;
    functions: Readonly<Record<LoopName, FunctionProcess>>;
  }) {
    this.startMs = options.startMs;
    this.nowMs = options.startMs;
    this.#publishedMs = options.startMs;
    this.#account = options.account;
    this.#rollouts = options.rollouts;
    this.#functions = options.functions;
  }

  /** Beats go by until `done` says so. @throws when it has not within `minutes`. */
  async until(what: string, done: () => Promise<boolean>, minutes: number): Promise<void> {
    const endMs = this.nowMs + minutes * MINUTE_MS;
    while (this.nowMs < endMs) {
      await this.beat();
      if (await done()) return;
    }
    throw new Error(`not within ${minutes} minutes: ${what}`);
  }

  async pass(minutes: number): Promise<void> {
    const endMs = this.nowMs + minutes * MINUTE_MS;
    while (this.nowMs < endMs) await this.beat();
  }

  /** The next half minute: every loop that is due, in their order, and what they wake. */
  async beat(): Promise<void> {
    this.nowMs += BEAT_MS;
    this.#rollouts.advance(this.nowMs);
    await this.#publish();
    for (const { name, everySeconds } of LOOPS) {
      if (this.nowMs % (everySeconds * 1000) !== 0) continue;
      await this.invoke(name, this.message(name, { kind: "beat", delaySeconds: 0 }, this.nowMs));
      await this.#wake();
    }
  }

  /** One event for one function. */
  async invoke(loop: LoopName, event: unknown, atMs = this.nowMs + LATENESS_MS): Promise<Invocation> {
    const invocation = await this.#functions[loop].invoke(event, atMs);
    this.runs.push({ loop, nowMs: atMs, event, invocation });
    return invocation;
  }

  /** The event that Lambda makes of a message in a function's queue. */
  message(loop: LoopName, body: TickMessage, sentMs: number, receives = 1): unknown {
    return this.event(loop, JSON.stringify(body), sentMs, receives);
  }

  event(loop: LoopName, body: string, sentMs: number, receives = 1): unknown {
    this.#messages += 1;
    return {
      Records: [
        {
          messageId: `00000000-0000-4000-8000-${String(this.#messages).padStart(12, "0")}`,
          receiptHandle: "receipt",
          body,
          attributes: {
            ApproximateReceiveCount: String(receives),
            SentTimestamp: String(sentMs),
            SenderId: "AROAEXAMPLE:scheduler",
            ApproximateFirstReceiveTimestamp: String(sentMs + 5),
          },
          messageAttributes: {},
          md5OfBody: "",
          eventSource: "aws:sqs",
          eventSourceARN: `arn:aws:sqs:${REGION}:123456789012:controller-${loop}`,
          awsRegion: REGION,
        },
      ],
    };
  }

  /** What a function sent to another one's queue in the emulator is delivered, under the time of here. */
  async #wake(): Promise<void> {
    for (const loop of ["decision", "execution"] as const) {
      for (const { Body = "" } of await this.#account.drain(loop)) {
        await this.invoke(loop, this.event(loop, Body, this.nowMs + LATENESS_MS));
      }
    }
  }

  /** The periods that CloudWatch would have by now: use over what the running tasks have. */
  async #publish(): Promise<void> {
    for (; this.#publishedMs + MINUTE_MS + PUBLICATION_MS <= this.nowMs; this.#publishedMs += MINUTE_MS) {
      const minutes = (this.#publishedMs - this.startMs) / MINUTE_MS;
      for (const { setup, demand } of Object.values(MEMBERS)) {
        const units = this.#rollouts.unitsOf(setup.service) ?? setup.tasks * setup.cpu;
        const CPUUtilization = units === 0 ? 0 : Math.min(100, (demand(minutes) * 1024 * 100) / units);
        await this.#account.publish(setup, this.#publishedMs, { CPUUtilization, MemoryUtilization: 40 });
      }
    }
  }
}
