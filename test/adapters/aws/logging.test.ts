import { describe, expect, test } from "vitest";
import { type JsonLogOptions, jsonLog, logLevelOf } from "../../../lib/adapters/aws/logging.ts";

function aLog(level: JsonLogOptions["level"] = "info") {
  const lines: string[] = [];
  const clock = { nowMs: () => 1_800_000_000_000 };
  return { lines, ...jsonLog({ write: (line) => lines.push(line), clock, level }) };
}

describe("a log line", () => {
  test("is one JSON object with time, level and message, the bound fields and its own", () => {
    const { log, bind, lines } = aLog();
    bind({ loop: "decision", requestId: "r1" });
    log("info", "decision ended", { decision: "a@1", error: undefined });
    expect(lines).toEqual([
      '{"timestamp":"2027-01-15T08:00:00.000Z","level":"INFO","message":"decision ended","loop":"decision","requestId":"r1","decision":"a@1"}',
    ]);
  });

  test("binding anew forgets what was bound", () => {
    const { log, bind, lines } = aLog();
    bind({ tick: 1 });
    bind({ requestId: "r2" });
    log("warn", "x");
    expect(lines[0]).not.toContain("tick");
  });

  test("below the level is not written", () => {
    const { log, lines } = aLog("warn");
    for (const level of ["debug", "info", "warn", "error"] as const) log(level, level);
    expect(lines.map((line) => (JSON.parse(line) as { message: string }).message)).toEqual(["warn", "error"]);
  });

  test("no field can forge time, level or message, or begin a second line", () => {
    const { log, lines } = aLog();
    log("info", "one\ntwo", { level: "ERROR", message: "forged", timestamp: "never", text: 'a\n{"level":"ERROR"}' });
    expect(lines).toHaveLength(1);
    expect(lines[0]).not.toContain("\n");
    expect(lines[0]).toMatch(/^\{"timestamp":"2027-01-15T08:00:00.000Z","level":"INFO","message":"one\\ntwo"/);
    expect(lines[0]).not.toContain("forged");
  });

  test("an error is told with its causes", () => {
    const { log, lines } = aLog();
    log("error", "tick failed", { error: new TypeError("outer", { cause: new Error("inner") }) });
    const { error } = JSON.parse(lines[0] ?? "") as {
      error: { name: string; stack: string; cause: { message: string } };
    };
    expect([error.name, error.cause.message]).toEqual(["TypeError", "inner"]);
    expect(error.stack).toContain("logging.test");
  });

  test("what cannot be JSON, or is far too long, is still a line", () => {
    const { log, lines } = aLog();
    const circle: Record<string, unknown> = {};
    circle["self"] = circle;
    log("info", "circle", { circle });
    log("info", "big", { n: 2n, long: "y".repeat(100_000) });
    log("info", "huge", { list: Array.from({ length: 100 }, () => "z".repeat(7000)) });
    expect(lines.map((line) => (JSON.parse(line) as { message: string }).message)).toEqual(["circle", "big", "huge"]);
    expect(Math.max(...lines.map(({ length }) => length))).toBeLessThan(20_000);
  });
});

test.each([
  ["DEBUG", "debug"],
  ["trace", "debug"],
  ["WARN", "warn"],
  ["FATAL", "error"],
  ["loud", "info"],
  [undefined, "info"],
])("Lambda's level %s is ours %s", (setting, level) => {
  expect(logLevelOf(setting)).toBe(level);
});
