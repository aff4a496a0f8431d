import { describe, expect, it } from "vitest";
import { formatDuration, parseDuration } from "../../lib/local/duration.ts";

describe("simulated times on the command line", () => {
  it.each([
    ["90s", 90_000],
    ["30m", 1_800_000],
    ["6h", 21_600_000],
    ["1.5h", 5_400_000],
    ["7d", 604_800_000],
  ])("reads %s", (text, ms) => expect(parseDuration(text)).toBe(ms));

  it.each(["", "6", "h", "-1h", "0h", "6 hours", "1e9d", "Infinityd"])("refuses %j", (text) =>
    expect(parseDuration(text)).toBeUndefined(),
  );

  it.each([
    [0, "0 s"],
    [45_000, "45 s"],
    [3_600_000, "1 h"],
    [183_845_000, "2 d 3 h"],
  ])("says %d ms as %s", (ms, text) => expect(formatDuration(ms)).toBe(text));
});
