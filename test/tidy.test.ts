import { execFile } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { RULES } from "./support/architecture-rules.ts";
import { readSourceTree } from "./support/source-tree.ts";

const root = fileURLToPath(new URL("..", import.meta.url));

describe("this repository", () => {
  const tree = readSourceTree(root);

  test.each(Object.entries(RULES))("keeps the law of %s", (_, rule) => {
    expect(rule(tree).map(({ path, line, message }) => `${path}:${line} ${message}`)).toEqual([]);
  });

  test("is seen by the rules: they read the source, this file included", () => {
    expect([...tree.byPath.keys()]).toEqual(expect.arrayContaining(["lib/flow.ts", "test/tidy.test.ts"]));
  });
});

describe("the bad examples", () => {
  let bad: string;

  beforeAll(() => {
    bad = mkdtempSync(join(tmpdir(), "bad-examples-"));
    cpSync(join(root, "test/fixtures/architecture"), bad, { recursive: true });
    for (const file of [".oxlintrc.json", "tsconfig.json", "package.json"]) cpSync(join(root, file), join(bad, file));
    symlinkSync(join(root, "node_modules"), join(bad, "node_modules"), "dir");
    const lines = (count: number) => Array.from({ length: count }, (_, line) => `  // line ${line + 1}\n`).join("");
    writeFileSync(join(bad, "lib/config/long-file.ts"), `${lines(400)}export const last = 401;\n`);
    writeFileSync(join(bad, "lib/config/full-file.ts"), `${lines(399)}export const last = 400;\n`);
    writeFileSync(join(bad, "lib/config/long-function.ts"), `export function long(): void {\n${lines(69)}}\n`);
    writeFileSync(join(bad, "lib/config/full-function.ts"), `export function full(): void {\n${lines(68)}}\n`);
    writeFileSync(join(bad, "functions/decision/handler.ts"), `${lines(40)}export const handler = 41;\n`);
  });

  afterAll(() => rmSync(bad, { recursive: true, force: true }));

  const violationsOf = (rule: keyof typeof RULES) =>
    RULES[rule](readSourceTree(bad)).map(
      ({ rule: law, path, message }) => `${law} | ${path} | ${message.split(":")[0]}`,
    );

  test("break the layers", () => {
    expect(violationsOf("layers").sort()).toEqual([
      "adapters-in-roots-only | lib/config/settings.ts | imports lib/adapters/memory/memory-store.ts",
      "adapters-in-roots-only | lib/domain/impure-imports.ts | imports lib/adapters/memory/memory-store.ts",
      "cdk-in-infrastructure-only | lib/adapters/memory/memory-store.ts | imports aws-cdk-lib",
      "domain-is-pure | lib/domain/impure-imports.ts | imports @aws-sdk/client-ecs",
      "domain-is-pure | lib/domain/impure-imports.ts | imports lib/adapters/memory/memory-store.ts",
      "domain-is-pure | lib/domain/impure-imports.ts | imports lib/simulation/random-world.ts",
      "domain-is-pure | lib/domain/impure-imports.ts | imports node",
      "tests-are-not-shipped | lib/infrastructure/alert-manager.ts | imports test/triggers.test.ts",
    ]);
  });

  test("reach files from the domain by way of an innocent import", () => {
    expect(RULES["transitive purity"](readSourceTree(bad))).toContainEqual({
      rule: "domain-is-pure-transitively",
      path: "lib/config/settings.ts",
      line: 1,
      message:
        "reached from lib/domain/reaches-files.ts (lib/domain/reaches-files.ts > lib/config/settings.ts) and imports node:fs",
    });
  });

  test("use the platform's clock, randomness, environment and output, and nothing else is taken for them", () => {
    expect(RULES.ambient(readSourceTree(bad)).map(({ path, message }) => `${path} ${message.split(":")[0]}`)).toEqual([
      "lib/domain/ambient.ts uses Date.now",
      "lib/domain/ambient.ts uses new Date()",
      "lib/domain/ambient.ts uses Date",
      "lib/domain/ambient.ts uses Math.random",
      "lib/domain/ambient.ts uses process.env",
      "lib/domain/ambient.ts uses performance.now",
      "lib/domain/ambient.ts uses crypto.randomUUID",
      "lib/domain/ambient.ts uses setTimeout",
      "lib/domain/ambient.ts uses console.log",
      "lib/domain/ambient.ts uses Date",
      "lib/domain/ambient.ts uses Math.*",
      "lib/simulation/random-world.ts uses Math.random",
    ]);
  });

  test("go round in circles, by types alone", () => {
    expect(RULES.cycles(readSourceTree(bad)).map(({ message }) => message)).toEqual([
      "lib/domain/monitor/chicken.ts > lib/domain/monitor/egg.ts > lib/domain/monitor/chicken.ts",
    ]);
  });

  test("import zod in the way that a bundler cannot shake", () => {
    expect(violationsOf("bundles")).toEqual(['bundle | lib/config/settings.ts | write `import * as z from "zod"`']);
  });

  test("are too long by one line, while the limit itself is allowed", () => {
    expect(violationsOf("sizes")).toEqual([
      "size | functions/decision/handler.ts | 41 lines, at most 40",
      "size | lib/config/long-file.ts | 401 lines, at most 400",
    ]);
  });

  test("have names that say nothing", () => {
    expect(violationsOf("names")).toEqual([
      'names | lib/infrastructure/alert-manager.ts | "manager" names no thing; say what it is',
      'names | lib/utils/strings.ts | "utils" names no thing; say what it is',
    ]);
  });

  test("forget a registry entry's index line, and its test", () => {
    expect(violationsOf("registries")).toEqual([
      'registry | lib/domain/decision/triggers/untested.ts | no test mentions "untested"',
      "registry | lib/domain/decision/strategies/forgotten.ts | is not named in lib/domain/decision/strategies/index.ts",
    ]);
  });

  test("are reported by oxlint: promises, layers, lengths", async () => {
    const found = await lint(bad);
    expect(found).toEqual(
      expect.arrayContaining([
        "functions/decision/careless.ts typescript(no-floating-promises)",
        "functions/decision/careless.ts typescript(no-misused-promises)",
        "functions/decision/careless.ts typescript(switch-exhaustiveness-check)",
        "functions/decision/careless.ts typescript(no-explicit-any)",
        "functions/decision/careless.ts eslint(no-empty)",
        "functions/decision/careless.ts eslint(eqeqeq)",
        "lib/domain/impure-imports.ts eslint(no-restricted-imports) node:fs",
        "lib/domain/impure-imports.ts eslint(no-restricted-imports) @aws-sdk/client-ecs",
        "lib/domain/impure-imports.ts eslint(no-restricted-imports) ../adapters/memory/memory-store.ts",
        "lib/domain/ambient.ts eslint(no-restricted-properties) Date.now",
        "lib/config/settings.ts eslint(no-restricted-imports) ../adapters/memory/memory-store.ts",
        "lib/adapters/memory/memory-store.ts eslint(no-restricted-imports) aws-cdk-lib",
        "lib/config/long-file.ts eslint(max-lines)",
        "lib/config/long-function.ts eslint(max-lines-per-function)",
      ]),
    );
    const innocent = /lib\/(config\/full|domain\/allowed)/;
    expect(found.filter((report) => innocent.test(report))).toEqual([]);
  });
});

test("the function limit holds everywhere but in tests, whose describe blocks are long by nature", () => {
  const { rules, overrides } = JSON.parse(readFileSync(join(root, ".oxlintrc.json"), "utf8"));
  expect(rules["max-lines"]).toEqual(["error", { max: 400, skipBlankLines: false, skipComments: false }]);
  expect(rules["max-lines-per-function"]).toEqual(["error", expect.objectContaining({ max: 70, skipComments: false })]);
  const exempt = overrides.filter((override: { rules: object }) => "max-lines-per-function" in override.rules);
  expect(exempt.map((override: { files: string[] }) => override.files)).toEqual([["test/**"]]);
});

/** What oxlint reports for the folder, as "path rule", followed by what its message begins with in quotes: the import or property refused. */
function lint(folder: string): Promise<string[]> {
  const oxlint = join(root, "node_modules/oxlint/bin/oxlint");
  return new Promise((fulfil, reject) => {
    execFile(
      process.execPath,
      [oxlint, "--type-aware", "--format=json", "lib", "functions"],
      { cwd: folder },
      (_failed, stdout, stderr) => {
        try {
          const { diagnostics } = JSON.parse(stdout) as { diagnostics: Diagnostic[] };
          fulfil(diagnostics.map(({ filename, code, message }) => `${filename} ${code}${refused(message)}`));
        } catch (cause) {
          reject(new Error(`oxlint did not answer: ${stdout}${stderr}`, { cause }));
        }
      },
    );
  });
}

interface Diagnostic {
  readonly filename: string;
  readonly code: string;
  readonly message: string;
}

function refused(message: string): string {
  const subject = /^'([^']+)'/.exec(message)?.[1];
  return subject ? ` ${subject}` : "";
}
