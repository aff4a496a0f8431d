import { type ChildProcess, fork } from "node:child_process";
import { appendFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

/** How one invocation ended. */
export type Invocation =
  | { readonly kind: "returned"; readonly result: unknown; readonly log: readonly LogLine[] }
  | { readonly kind: "threw"; readonly name: string; readonly message: string; readonly log: readonly LogLine[] };

/** A line of structured log; a line that is no JSON is `{ text }`. */
export type LogLine = Readonly<Record<string, unknown>>;

export interface FunctionOptions {
  readonly name: string;
  /** The bundled module, index.mjs. */
  readonly bundle: string;
  readonly env: Readonly<Record<string, string>>;
  /** All that it prints goes there too. */
  readonly logFile: string;
}

type Reply = { ready: true } | { id: number; result?: unknown; error?: { name: string; message: string } };

const TIMEOUT_MS = 25_000;

/** A bundled function in a process of its own, warm from its first event on, as on Lambda. */
export class FunctionProcess {
  readonly #options: FunctionOptions;
  #child: ChildProcess | undefined;
  #printed = "";
  #told = 0;
  #id = 0;

  constructor(options: FunctionOptions) {
    this.#options = options;
  }

  /** One event, at this time; what it printed meanwhile is its log. */
  async invoke(event: unknown, nowMs: number): Promise<Invocation> {
    const child = this.#child ?? (await this.#start());
    this.#id += 1;
    const reply = await exchange(child, { id: this.#id, nowMs, event, timeoutMs: TIMEOUT_MS });
    // What was printed before the reply may arrive just after it: another pipe.
    await new Promise((resolve) => setTimeout(resolve, 5));
    const log = linesOf(this.#printed.slice(this.#told));
    this.#told = this.#printed.length;
    if ("error" in reply && reply.error !== undefined) return { kind: "threw", ...reply.error, log };
    return { kind: "returned", result: "result" in reply ? reply.result : undefined, log };
  }

  async stop(): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    if (child === undefined || child.exitCode !== null) return;
    const ended = new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGKILL");
    await ended;
  }

  async #start(): Promise<ChildProcess> {
    const { name, bundle, env, logFile } = this.#options;
    const child = fork(join(import.meta.dirname, "lambda.mjs"), [bundle, name], {
      execArgv: ["--import", pathToFileURL(join(import.meta.dirname, "clock.mjs")).href],
      env: { ...env, PATH: process.env["PATH"] ?? "" },
      stdio: ["ignore", "pipe", "pipe", "ipc"],
    });
    this.#child = child;
    const print = (chunk: Buffer): void => {
      this.#printed += chunk.toString();
      appendFileSync(logFile, chunk);
    };
    child.stdout?.on("data", print);
    child.stderr?.on("data", print);
    await exchange(child).catch((error: unknown) => {
      throw new Error(`${name} did not start: ${String(error)}\n${this.#printed}`);
    });
    return child;
  }
}

/** Sends, and waits for the one message that comes back. */
async function exchange(child: ChildProcess, message?: object): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const exited = (code: number | null): void => reject(new Error(`the process ended with ${code}`));
    const timer = setTimeout(() => reject(new Error("no answer")), TIMEOUT_MS + 5_000);
    child.once("exit", exited);
    child.once("message", (reply) => {
      clearTimeout(timer);
      child.off("exit", exited);
      resolve(reply as Reply);
    });
    if (message !== undefined) child.send(message);
  });
}

function linesOf(text: string): LogLine[] {
  return text
    .split("\n")
    .filter((line) => line.trim() !== "")
    .map((line) => {
      try {
        return JSON.parse(line) as LogLine;
      } catch {
        return { text: line };
      }
    });
}
