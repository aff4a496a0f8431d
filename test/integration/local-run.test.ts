import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { main } from "../../lib/cli/index.ts";
import type { Decision } from "../../lib/domain/model/decision.ts";
import type { RunReport } from "../../lib/local/report.ts";
import type { Mutation } from "../../lib/simulation/world.ts";

const LAUNCHER = join(import.meta.dirname, "../../bin/scaling-controller.js");
let folder = "";
const children: ChildProcess[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "local-run-"));
});
afterEach(() => {
  for (const child of children.splice(0)) child.kill("SIGKILL");
  rmSync(folder, { recursive: true, force: true });
});

/** A command in this process. */
async function command(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  const out: string[] = [];
  const err: string[] = [];
  const code = await main([...args, "--data", join(folder, "data")], {
    out: (text) => out.push(text),
    err: (text) => err.push(text),
  });
  return { code, out: out.join("\n"), err: err.join("\n") };
}
async function json<T>(...args: string[]): Promise<T> {
  const { code, out, err } = await command(...args, "--json");
  expect({ code, err }).toEqual({ code: 0, err: "" });
  return JSON.parse(out) as T;
}
const local = async (...args: string[]): Promise<RunReport> => json<RunReport>("local", "--headless", ...args);

/** A command as a process of its own. */
function start(...args: string[]): {
  child: ChildProcess;
  ended: Promise<{ code: number | null; out: string }>;
  said: () => string;
} {
  const child = spawn(process.execPath, [LAUNCHER, ...args, "--data", join(folder, "data")], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  children.push(child);
  let said = "";
  child.stdout.on("data", (chunk: Buffer) => (said += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (said += chunk.toString()));
  const ended = new Promise<{ code: number | null; out: string }>((resolve) =>
    child.on("close", (code) => resolve({ code, out: said })),
  );
  return { child, ended, said: () => said };
}
async function until(what: () => boolean, ended: Promise<unknown>): Promise<void> {
  let over = false;
  void ended.then(() => (over = true));
  while (!what() && !over) await new Promise((resolve) => setTimeout(resolve, 20));
  if (!what()) throw new Error("the process ended first");
}
const journalText = (): string => readFileSync(join(folder, "data", "mutations.jsonl"), "utf8");
const journal = (): readonly Mutation[] => {
  const path = join(folder, "data", "mutations.jsonl");
  if (!existsSync(path)) return [];
  return readFileSync(path, "utf8")
    .split("\n")
    .slice(0, -1)
    .map((line) => JSON.parse(line) as Mutation);
};

describe("a local run", () => {
  it("prints one document, and continues where it ended", async () => {
    const first = await local("--for", "30m", "--seed", "7");
    expect(first).toMatchObject({
      schemaVersion: 1,
      simulatedSeconds: 1800,
      seed: 7,
      loops: {
        monitor: { ticks: 60, errors: 0 },
        execution: { ticks: 60, errors: 0 },
        optimization: { ticks: 6, errors: 0 },
      },
    });
    expect(first.components).toHaveLength(7);
    expect(first.decisions.total).toBeGreaterThanOrEqual(210);
    for (const { allocated, max } of Object.values(first.limits)) expect(allocated).toBeLessThanOrEqual(max);

    const second = await local("--for", "10m");
    expect(second).toMatchObject({ simulatedSeconds: 600, seed: 7, loops: { monitor: { ticks: 20 } } });
    expect(second.decisions.total).toBeGreaterThanOrEqual(first.decisions.total + 70);
    const { sinceStartSeconds } = await json<{ sinceStartSeconds: number }>("status");
    expect(sinceStartSeconds).toBe(2400);
  });

  it("is the same from the same seed, whether interrupted or not", async () => {
    await local("--for", "10m");
    await local("--for", "10m");
    const twice = journal();
    const whole = await local("--for", "20m", "--fresh");
    expect(whole.simulatedSeconds).toBe(1200);
    expect(journal()).toEqual(twice);
  });

  it("refuses to continue as another run, and says what to do", async () => {
    const config = join(folder, "config.json");
    writeFileSync(config, JSON.stringify({ fleets: [{ components: [{ name: "web" }] }] }));
    await local("--for", "1m");
    const otherSeed = await command("local", "--headless", "--for", "1m", "--seed", "2");
    expect(otherSeed.code).toBe(1);
    expect(otherSeed.err).toMatch(/begun with seed 1, not 2[^]*--fresh[^]*--data/);
    expect((await command("local", "--headless", "--for", "1m", "--config", config)).err).toMatch(
      /another configuration/,
    );
    const before = journalText();
    const bad = join(folder, "bad.csv");
    writeFileSync(bad, "timestamp,value\n2020-01-01T00:00:00Z,1\n2020-01-01T00:01:00Z,NaN\n");
    expect((await command("local", "--headless", "--for", "1m", "--trace", bad, "--fresh")).err).toMatch(
      /line 3: not a number/,
    );
    expect(journalText()).toBe(before);
    expect(await json("status")).toMatchObject({ seed: 1, sinceStartSeconds: 60 });
    const own = await local("--for", "5m", "--config", config, "--fresh");
    expect(own.components.map(({ name }) => name)).toEqual(["web"]);
  });

  it("refuses a folder of another version or of somebody else, and leaves it as it is", async () => {
    const data = join(folder, "data");
    mkdirSync(data);
    writeFileSync(join(data, "thesis.txt"), "mine");
    for (const args of [[], ["--fresh"]]) {
      const refused = await command("local", "--headless", "--for", "1m", ...args);
      expect(refused).toMatchObject({ code: 1 });
      expect(refused.err).toMatch(/not written by this program/);
    }
    expect(readFileSync(join(data, "thesis.txt"), "utf8")).toBe("mine");
    rmSync(join(data, "thesis.txt"));
    writeFileSync(join(data, "meta.json"), JSON.stringify({ format: 99 }));
    expect((await command("local", "--headless", "--for", "1m")).err).toMatch(/format 99[^]*--fresh[^]*--data/);
    expect((await local("--for", "1m", "--fresh")).simulatedSeconds).toBe(60);
  });

  it("killed at any moment continues: no decision twice, none lost, limits hold", async () => {
    for (const changes of [2, 9, 14]) {
      const { child, ended } = start("local", "--headless", "--for", "12h", "--json");
      await until(() => journal().length >= changes, ended);
      child.kill("SIGKILL");
      await ended;
    }
    const report = await local("--for", "1h");
    const updates = journal().filter((each) => each.kind === "update");
    const effects = updates.map(
      ({ decision, component, tasks, revision }) => `${decision} ${component} ${tasks} ${revision}`,
    );
    expect(updates.length).toBeGreaterThan(9);
    expect(new Set(effects).size).toBe(effects.length);
    expect(Object.values(report.loops).map(({ errors }) => errors)).toEqual([0, 0, 0, 0]);
    for (const { allocated, max } of Object.values(report.limits)) expect(allocated).toBeLessThanOrEqual(max);

    const { decisions } = await json<{ decisions: Decision[] }>("decisions", "--limit", "1000");
    const newest = Math.max(...decisions.map(({ decidedAtMs }) => decidedAtMs));
    const open = decisions.filter(
      ({ status, decidedAtMs }) =>
        ["PENDING", "CLAIMED", "APPLIED", "STABLE"].includes(status) && decidedAtMs < newest - 1_800_000,
    );
    expect(open).toEqual([]);
    const known = new Set(decisions.map(({ id }) => id));
    expect(updates.filter(({ decision }) => ![...known].some((id) => decision.startsWith(id)))).toEqual([]);
  });
});

describe("the operator's commands", () => {
  it("reach a live run through its database, and Ctrl-C ends it cleanly", async () => {
    const { child, ended, said } = start("local", "--headless", "--speed", "600");
    await until(() => existsSync(join(folder, "data", "endpoint.json")) && said().startsWith("New run"), ended);
    expect(await json("status")).toMatchObject({ pid: child.pid });
    await json("pause", "--reason", "a test");
    await json("mode", "recommend", "--component", "price_feeds");
    const status = await json<{ fleets: { paused: boolean; components: { component: string; mode: string }[] }[] }>(
      "status",
    );
    expect(status.fleets[0]?.paused).toBe(true);
    expect(status.fleets[0]?.components.find(({ component }) => component === "price_feeds")?.mode).toBe("recommend");
    await json("resume");
    const second = await command("local", "--headless", "--for", "1m");
    expect(second.code).toBe(1);
    expect(second.err).toContain(`process ${child.pid}`);
    child.kill("SIGINT");
    const { code, out } = await ended;
    expect(code).toBe(0);
    expect(out).toMatch(/simulated +\d/);
    expect(existsSync(join(folder, "data", "endpoint.json"))).toBe(false);
    expect(await json("status")).toMatchObject({ pid: null });
  });

  it("explain, replay, decide, export and restore a run at rest", async () => {
    await local("--for", "30m");
    const { decisions } = await json<{ decisions: Decision[] }>("decisions", "--holds", "--component", "price_feeds");
    const [last] = decisions.slice(-1);
    if (last === undefined) throw new Error("no decision");
    expect(await json("explain", last.id, "--replay")).toMatchObject({
      decision: { id: last.id },
      replay: { same: true },
    });
    expect((await command("explain", last.id)).out).toContain("What each rule said");
    expect((await command("explain", "nobody@1")).code).toBe(1);
    expect(await json("decide", "price_feeds", "cpu-utilization", "95", "65")).toMatchObject({
      decision: { component: "price_feeds" },
    });
    expect(await json("metrics", "--hours", "1")).toMatchObject({ fleets: [{ fleet: "default" }] });
    expect((await command("metrics")).out).toContain("fleet default, last 24 h");
    expect(await json("dashboard")).toMatchObject({ schemaVersion: 1 });
    expect((await command("status")).out).toContain("not running");
    const file = join(folder, "state.json");
    const { items } = await json<{ items: number }>("export", file);
    expect((await command("restore", file)).err).toMatch(/not empty/);
    expect((await json<{ items: number }>("restore", file, "--replace")).items).toBeGreaterThan(items - 10);
    expect(await json("status")).toMatchObject({ fleets: [{ mode: "observe" }] });
    // The claims of ticks are not restored, so the beat at which the run ended is done once more.
    expect((await local("--for", "5m")).loops.monitor).toEqual({ ticks: 11, errors: 0 });
  });
});
