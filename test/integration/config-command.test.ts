import { mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Command, CommanderError } from "commander";
import { afterAll, describe, expect, test } from "vitest";
import { registerConfigCommand } from "../../lib/cli/config.ts";
import { loadConfigFile, readConfigFile } from "../../lib/config/file.ts";
import { loadConfig } from "../../lib/config/index.ts";
import { InputError } from "../../lib/domain/model/errors.ts";

const folder = mkdtempSync(join(tmpdir(), "scaling-config-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function written(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}
const ONE = '{ "fleets": [{ "components": [{ "name": "web" }] }] }';

describe("files", () => {
  test.each([
    ["a.json", ONE],
    ["a.ts", `const name: string = "web"; export default { fleets: [{ components: [{ name }] }] };`],
    ["b.ts", `export const config = ${ONE};`],
    ["a.mjs", `export default ${ONE};`],
    ["b.mjs", `export const config = ${ONE};`],
    [
      "a.mts",
      `import type { Stats } from "node:fs";\nexport const size = (of: Stats) => of.size;\nexport default ${ONE};`,
    ],
  ])("%s", async (name, text) => {
    expect(await loadConfigFile(written(name, text))).toEqual(loadConfig(JSON.parse(ONE)));
  });

  test.each([
    ["bad.json", '{\n "a": x }', "line 2, column 7"],
    ["function.ts", "export default () => 1;", "it has a function"],
    ["nothing.ts", "export const other = {};", "it has neither"],
    ["syntax.ts", "export default {", "Expected"],
    ["throws.mjs", 'throw new Error("no such host");', "no such host"],
    ["config.yaml", "a: 1", ".json file"],
  ])("%s is refused with a reason", async (name, text, reason) => {
    const failure = readConfigFile(written(name, text));
    await expect(failure).rejects.toThrow(InputError);
    await expect(failure).rejects.toThrow(reason);
  });

  test("a file of more than 10 MB is not read", async () => {
    const path = written("big.json", "");
    truncateSync(path, 11_000_000);
    await expect(readConfigFile(path)).rejects.toThrow("it has 10.5 MB, expected at most 10 MB");
  });

  test("a folder and a missing file are told apart", async () => {
    mkdirSync(join(folder, "folder.json"));
    await expect(readConfigFile(join(folder, "folder.json"))).rejects.toThrow("it is not a file");
    await expect(readConfigFile(join(folder, "missing.json"))).rejects.toThrow("there is no such file");
  });
});

async function run(...args: string[]) {
  const result = { out: "", err: "", code: 0 };
  const program = new Command("scaling-controller").exitOverride().configureOutput({ writeErr: () => undefined });
  registerConfigCommand(program, {
    out: (text) => void (result.out += text),
    err: (text) => void (result.err += text),
    exit: (code) => void (result.code = code),
  });
  await program.parseAsync(["config", ...args], { from: "user" });
  return result;
}

describe("config show", () => {
  test("--json prints the effective configuration, which is accepted again", async () => {
    const { out, code } = await run("show", written("show.json", ONE), "--json");
    expect(code).toBe(0);
    expect(JSON.parse(out)).toEqual(loadConfig(JSON.parse(ONE)));
    expect(loadConfig(JSON.parse(out))).toEqual(loadConfig(JSON.parse(ONE)));
  });
  test("without a file it is the preset", async () => {
    expect(JSON.parse((await run("show", "--json")).out)).toEqual(loadConfig());
    expect((await run("show")).out).toContain("arbitrage_engine  PROACTIVE     ec2");
  });
  test("problems go to standard error", async () => {
    const { out, err, code } = await run("show", written("wrong.json", '{ "flets": 1 }'), "--json");
    expect([out, code]).toEqual(["", 1]);
    expect(err).toContain("did you mean fleets?");
  });
});

describe("config validate", () => {
  test("a valid file: what cannot be reached, and the fleet", async () => {
    const text = '{ "fleets": [{ "components": [{ "name": "web", "cpu": { "min": 0.1 } }] }] }';
    const { out, code } = await run("validate", written("valid.json", text));
    expect(code).toBe(0);
    expect(out).toContain("valid.json is valid");
    expect(out).toContain("1 part of the ranges cannot be had:\n  fleets[0].components[0].cpu.min: 0.1 vCPU");
    expect(out).toMatch(/web +ADAPTIVE +fargate +observe +0\.1-4 +0\.5-8 +1-20 +3 +0/);
  });
  test("an invalid one: all problems, with path, value and bound", async () => {
    const text = '{ "fleets": [{ "mode": "on", "components": [{ "name": "web", "cpu": { "min": 9 } }] }] }';
    const { err, code } = await run("validate", written("invalid.json", text));
    expect(code).toBe(1);
    expect(err).toContain("invalid.json has 2 problems:");
    expect(err).toContain('  fleets[0].mode: got "on", expected one of observe, recommend, auto');
    expect(err).toContain(
      "  fleets[0].components[0].cpu.min: got 9, expected at most fleets[0].components[0].cpu.max, 4 vCPU",
    );
  });
  test("--json", async () => {
    const { out, code } = await run("validate", "--json", written("twice.json", '{ "version": 3, "version": 1 }'));
    expect(code).toBe(1);
    expect(JSON.parse(out)).toMatchObject({
      valid: false,
      problems: [{ message: expect.stringContaining("no second") }],
    });
  });
  test("without a file it is used wrongly", async () => {
    await expect(run("validate")).rejects.toThrow(CommanderError);
  });
});

test("config schema prints the JSON Schema", async () => {
  expect(JSON.parse((await run("schema")).out)).toMatchObject({ title: "Scaling Controller configuration" });
});
