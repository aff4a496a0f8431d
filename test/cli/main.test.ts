import { describe, expect, it } from "vitest";
import { main } from "../../lib/cli/index.ts";
import { table } from "../../lib/cli/output.ts";
import manifest from "../../package.json" with { type: "json" };

async function run(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  const out: string[] = [];
  const err: string[] = [];
  const code = await main(args, { out: (text) => out.push(text), err: (text) => err.push(text) });
  return { code, out: out.join("\n"), err: err.join("\n") };
}

describe("the command line", () => {
  it.each([
    [["loca"], /Did you mean local/],
    [["local", "--for", "soon"], /expected a time such as/],
    [["local", "--for", "10s"], /one beat/],
    [["local", "--speed", "0"], /above 0, or max/],
    [["local", "--seed", "1.5"], /whole number/],
    [["local", "--trace", "a.csv", "--trace", "b.csv=price_feeds"], /two traces for price_feeds/],
    [["local", "--no-such-option"], /unknown option/],
    [["decide", "price_feeds", "CPU", "95", "65"], /expected one of CPU_UTILIZATION/],
    [["decide", "price_feeds", "CPU_UTILIZATION", "much", "65"], /expected a number/],
    [["decisions", "--action", "JUMP"], /expected one of SCALE_UP/],
    [["mode", "fast"], /expected one of observe/],
    [["metrics", "--hours", "0"], /number of hours/],
    [["explain"], /missing required argument/],
  ])("that cannot be understood ends with 2: %j", async (args, message) => {
    const { code, out, err } = await run(...args);
    expect({ code, out }).toEqual({ code: 2, out: "" });
    expect(err).toMatch(message);
  });

  it.each([[["--help"]], [["--version"]], [["local", "--help"]]])("answers %j with 0", async (args) => {
    const { code, out, err } = await run(...args);
    expect({ code, err }).toEqual({ code: 0, err: "" });
    expect(out).not.toBe("");
  });

  it("has the version of the package", async () => {
    expect((await run("--version")).out).toBe(manifest.version);
  });

  it("says that there is no run, and that AWS comes later, with 1", async () => {
    const { code, err } = await run("status", "--data", "/nonexistent");
    expect(code).toBe(1);
    expect(err).toMatch(/no local run in \/nonexistent/);
  });
});

describe("a table", () => {
  it("sets numbers right and text left", () => {
    expect(
      table(
        ["name", "count"],
        [
          ["a", "1"],
          ["bcd", "100"],
        ],
      ),
    ).toBe("name  count\na         1\nbcd     100");
  });
});
