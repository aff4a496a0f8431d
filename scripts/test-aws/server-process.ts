import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, openSync, readFileSync } from "node:fs";
import { createServer } from "node:net";
import { setTimeout as delay } from "node:timers/promises";

/** A server that runs in a process of its own until stopped. */
export interface ServerProcess {
  readonly url: string;
  /** What it printed so far. */
  log(): string;
  stop(): Promise<void>;
}

export interface ServerOptions {
  readonly name: string;
  readonly command: string;
  /** Arguments for a server on this port of the loopback address. */
  readonly args: (port: number) => readonly string[];
  readonly logFile: string;
}

const START_MS = 60_000;

/** Starts it on a free port and waits until it answers HTTP. @throws with the end of its log when it does not. */
export async function startServer({ name, command, args, logFile }: ServerOptions): Promise<ServerProcess> {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const descriptor = openSync(logFile, "w");
  const child = spawn(command, [...args(port)], { stdio: ["ignore", descriptor, descriptor] });
  closeSync(descriptor);
  let failure: Error | undefined;
  child.once("error", (error) => (failure = error));
  const log = (): string => readFileSync(logFile, "utf8");
  const stop = async (): Promise<void> => stopChild(child);
  for (let waitedMs = 0; ; waitedMs += 100) {
    if (failure !== undefined || child.exitCode !== null || waitedMs > START_MS) {
      await stop();
      throw new Error(`${name} did not start${failure === undefined ? "" : `: ${failure.message}`}\n${tail(log())}`);
    }
    if (await answers(url)) return { url, log, stop };
    await delay(100);
  }
}

async function stopChild(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
  const ended = new Promise((resolve) => child.once("exit", resolve));
  child.kill("SIGTERM");
  const timer = setTimeout(() => child.kill("SIGKILL"), 3_000);
  await ended;
  clearTimeout(timer);
}

async function answers(url: string): Promise<boolean> {
  try {
    await fetch(url, { signal: AbortSignal.timeout(2_000) });
    return true;
  } catch {
    return false;
  }
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", resolve);
  });
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === "string") throw new Error("no free port");
  return address.port;
}

/** The last lines of a log. */
export function tail(text: string, lines = 30): string {
  return text.trimEnd().split("\n").slice(-lines).join("\n");
}
