/**
 * The architecture as functions from a source tree to violations. test/tidy.test.ts runs them over this repository and
 * over the bad examples in test/fixtures/architecture, so that a rule which no longer fires is noticed.
 *
 * Not here: what oxlint measures better (function length, floating promises); tidy.test.ts checks that it does.
 */
import { posix } from "node:path";
import type { SourceFile, SourceTree } from "./source-tree.ts";

export interface Violation {
  readonly rule: string;
  readonly path: string;
  /** 1-based; 0 when the file as a whole is meant. */
  readonly line: number;
  readonly message: string;
}

const LINES_MAX = 400;
const HANDLER_LINES_MAX = 40;
const PRODUCT = /^(lib|bin|functions)\//;

const SDK = /^(@aws-sdk|@smithy)\//;
const CDK = /^(aws-cdk-lib(\/|$)|constructs$)/;

/** Where ports meet their adapters. Everything else asks for a port. */
const COMPOSITION_ROOTS =
  /^(functions\/runtime\.ts|lib\/(local|cli|adapters|backtest)\/|bin\/|bench\/|scripts\/|test\/)/;

interface Layer {
  readonly rule: string;
  readonly from: (path: string) => boolean;
  /** `target` is a path in this repository, or the package's specifier. */
  readonly forbids: (target: string) => boolean;
  readonly because: string;
}

const LAYERS: readonly Layer[] = [
  {
    rule: "domain-is-pure",
    from: (path) => path.startsWith("lib/domain/"),
    forbids: (target) =>
      SDK.test(target) ||
      CDK.test(target) ||
      target.startsWith("node:") ||
      /^(bin|functions|bench|scripts|test)\//.test(target) ||
      /^lib\/(adapters|simulation|local|cli|infrastructure|backtest)\//.test(target),
    because: "lib/domain is functions of (config, records, nowMs)",
  },
  {
    rule: "adapters-in-roots-only",
    from: (path) => !COMPOSITION_ROOTS.test(path),
    forbids: (target) => target.startsWith("lib/adapters/"),
    because: "adapters are chosen in composition roots only; ask for a port",
  },
  {
    rule: "cdk-in-infrastructure-only",
    from: (path) => !path.startsWith("lib/infrastructure/") && path !== "bin/app.ts" && !path.startsWith("test/"),
    forbids: (target) => CDK.test(target),
    because: "CDK belongs to lib/infrastructure and bin/app.ts",
  },
  {
    rule: "tests-are-not-shipped",
    from: (path) => PRODUCT.test(path),
    forbids: (target) => /^(test|bench|scripts)\//.test(target),
    because: "the product does not depend on its tests, benches or scripts",
  },
];

/** Every import statement, `import type` included, against the table of layers. */
export function layerViolations(tree: SourceTree): Violation[] {
  return tree.files.flatMap((file) =>
    file.imports.flatMap(({ target, line }) =>
      LAYERS.filter((layer) => layer.from(file.path) && layer.forbids(target)).map(({ rule, because }) => ({
        rule,
        path: file.path,
        line,
        message: `imports ${target}: ${because}`,
      })),
    ),
  );
}

/** A pure file that loads an impure one at run time is impure: follows value imports out of lib/domain to any depth. */
export function transitivePurityViolations(tree: SourceTree): Violation[] {
  const impure = (target: string) => SDK.test(target) || CDK.test(target) || target.startsWith("node:");
  const found: Violation[] = [];
  const seen = new Set<string>();
  const queue = tree.files
    .filter(({ path }) => path.startsWith("lib/domain/"))
    .map((file) => ({ file, trail: [file.path] }));
  for (let next = queue.shift(); next; next = queue.shift()) {
    const { file, trail } = next;
    if (seen.has(file.path)) continue;
    seen.add(file.path);
    for (const { target, line, typeOnly } of file.imports) {
      if (typeOnly) continue;
      if (impure(target) && trail.length > 1) {
        const message = `reached from ${trail[0]} (${trail.join(" > ")}) and imports ${target}`;
        found.push({ rule: "domain-is-pure-transitively", path: file.path, line, message });
      }
      const imported = tree.byPath.get(target);
      if (imported) queue.push({ file: imported, trail: [...trail, imported.path] });
    }
  }
  return found;
}

/** No clock, randomness, environment or output of the platform in what must replay exactly. */
export function ambientViolations(tree: SourceTree): Violation[] {
  return tree.files
    .filter(({ path }) => /^lib\/(domain|simulation)\//.test(path))
    .flatMap((file) =>
      file.ambient.map(({ what, line }) => ({
        rule: "nothing-ambient",
        path: file.path,
        line,
        message: `uses ${what}: pass in nowMs, a seeded generator, or a port`,
      })),
    );
}

/** One violation per cycle found, type imports included: a cycle of types is a cycle of ideas. */
export function cycleViolations(tree: SourceTree): Violation[] {
  const found: Violation[] = [];
  const state = new Map<string, "open" | "done">();
  const trail: string[] = [];
  const visit = (file: SourceFile): void => {
    state.set(file.path, "open");
    trail.push(file.path);
    for (const { target, line } of file.imports) {
      const imported = tree.byPath.get(target);
      if (!imported) continue;
      if (state.get(target) === "open") {
        const cycle = [...trail.slice(trail.indexOf(target)), target];
        found.push({ rule: "no-cycles", path: file.path, line, message: cycle.join(" > ") });
      } else if (!state.has(target)) visit(imported);
    }
    trail.pop();
    state.set(file.path, "done");
  };
  for (const file of tree.files) if (PRODUCT.test(file.path) && !state.has(file.path)) visit(file);
  return found;
}

/** `import { z } from "zod"` keeps a bundler from dropping what is unused, about 360 KB in each Lambda. */
export function bundleViolations(tree: SourceTree): Violation[] {
  const isWhole = (name: string) => name === "z" || name === "default";
  return tree.files.flatMap(({ path, imports }) =>
    imports
      .filter(({ target, typeOnly, names }) => target === "zod" && !typeOnly && names.some(isWhole))
      .map(({ line }) => ({ rule: "bundle", path, line, message: 'write `import * as z from "zod"`' })),
  );
}

export function sizeViolations(tree: SourceTree): Violation[] {
  return tree.files.flatMap(({ path, lineCount }) => {
    const max = /^functions\/[^/]+\/handler\.ts$/.test(path) ? HANDLER_LINES_MAX : LINES_MAX;
    return lineCount <= max ? [] : [{ rule: "size", path, line: 0, message: `${lineCount} lines, at most ${max}` }];
  });
}

const NOUNLESS = new Set(["util", "utils", "helper", "helpers", "common", "manager", "managers", "misc"]);

/** Each word of each file and folder name: `alert-manager.ts` lacks a noun as much as `utils/` does. */
export function nameViolations(tree: SourceTree): Violation[] {
  return tree.files.flatMap(({ path }) => {
    const words = path.split(/[/.\-_]/).map((word) => word.toLowerCase());
    const bad = words.find((word) => NOUNLESS.has(word));
    return bad ? [{ rule: "names", path, line: 0, message: `"${bad}" names no thing; say what it is` }] : [];
  });
}

/** Folders where a new file plus one line in index.ts adds a kind. */
const REGISTRIES = ["lib/domain/decision/triggers", "lib/domain/decision/strategies", "lib/backtest/peers"];

/**
 * Every entry is named in its index and mentioned by a test: as cpu-utilization, CPU_UTILIZATION or cpuUtilization. A
 * file that the index does not load and entries import (their type, a shared step) is a part of them, not an entry.
 */
export function registryViolations(tree: SourceTree): Violation[] {
  const tested = new Set(
    tree.files.filter(({ path }) => path.endsWith(".test.ts")).flatMap((file) => wordsOf(file.text)),
  );
  return REGISTRIES.flatMap((folder) => {
    const members = tree.files.filter(({ path }) => posix.dirname(path) === folder);
    const indexed = valueImports(tree.byPath.get(`${folder}/index.ts`));
    const entries = members.filter(({ path }) => indexed.has(path));
    const parts = new Set(entries.flatMap(({ imports }) => imports.map(({ target }) => target)));
    return members.flatMap(({ path }) => {
      const stem = posix.basename(path, ".ts");
      const violation = (message: string) => [{ rule: "registry", path, line: 0, message }];
      if (stem === "index" || (!indexed.has(path) && parts.has(path))) return [];
      if (!indexed.has(path)) return violation(`is not named in ${folder}/index.ts`);
      return tested.has(plain(stem)) ? [] : violation(`no test mentions "${stem}"`);
    });
  });
}

function valueImports(file: SourceFile | undefined): Set<string> {
  return new Set(file?.imports.filter(({ typeOnly }) => !typeOnly).map(({ target }) => target));
}

function wordsOf(text: string): string[] {
  return (text.match(/[\w-]+/g) ?? []).map(plain);
}

function plain(name: string): string {
  return name.replace(/[-_]/g, "").toLowerCase();
}

export const RULES = {
  layers: layerViolations,
  "transitive purity": transitivePurityViolations,
  ambient: ambientViolations,
  cycles: cycleViolations,
  bundles: bundleViolations,
  sizes: sizeViolations,
  names: nameViolations,
  registries: registryViolations,
} as const;
