/** A repository's source as data: who imports whom, and which names of the platform are used. Parsed by oxc. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, posix } from "node:path";
import { parseSync, visitorKeys } from "oxc-parser";

export interface SourceTree {
  readonly files: readonly SourceFile[];
  readonly byPath: ReadonlyMap<string, SourceFile>;
}

export interface SourceFile {
  /** Relative to the root, with forward slashes. */
  readonly path: string;
  readonly text: string;
  readonly lineCount: number;
  readonly imports: readonly Import[];
  readonly ambient: readonly AmbientUse[];
}

export interface Import {
  /** A path in this tree for a relative specifier, else the specifier itself. */
  readonly target: string;
  readonly line: number;
  /** Erased at run time: `import type`, `export type … from`, `import("…").T`. */
  readonly typeOnly: boolean;
  /** What is taken by name: `default`, `z`; empty for `import * as z`. */
  readonly names: readonly string[];
}

export interface AmbientUse {
  readonly what: string;
  readonly line: number;
}

const FOLDERS = ["lib", "bin", "functions", "test", "bench", "scripts"];
const SOURCE = /\.m?[jt]s$/;
const SKIPPED = new Set(["node_modules", "fixtures", "cdk.out"]);

export function readSourceTree(root: string): SourceTree {
  const paths = FOLDERS.flatMap((folder) => sourcePaths(root, folder)).sort();
  const known = new Set(paths);
  const files = paths.map((path) => parseSource(path, readFileSync(join(root, path), "utf8"), known));
  return { files, byPath: new Map(files.map((file) => [file.path, file])) };
}

function sourcePaths(root: string, folder: string): string[] {
  if (!existsSync(join(root, folder))) return [];
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = posix.join(folder, entry.name);
    if (entry.isDirectory()) return SKIPPED.has(entry.name) ? [] : sourcePaths(root, path);
    return SOURCE.test(entry.name) ? [path] : [];
  });
}

interface SyntaxNode {
  readonly type: string;
  readonly start: number;
  readonly [key: string]: unknown;
}

function parseSource(path: string, text: string, known: ReadonlySet<string>): SourceFile {
  const { program, errors } = parseSync(path, text);
  // A file that does not parse would pass every rule.
  if (errors.length > 0) throw new SyntaxError(`${path}: ${errors[0]?.message}`);
  const root = program as unknown as SyntaxNode;
  const lineOf = (node: SyntaxNode) => text.slice(0, node.start).split("\n").length;
  const imports: Import[] = [];
  const bound = new Set<string>();
  const suspects: { name: string; what: string; line: number }[] = [];
  walk(root, (node, parent) => {
    const imported = importIn(node);
    if (imported) {
      const target = resolve(path, imported.specifier, known);
      imports.push({ target, line: lineOf(node), typeOnly: imported.typeOnly, names: imported.names });
    }
    for (const name of namesBoundBy(node)) bound.add(name);
    const what = ambientUse(node, parent);
    if (what) suspects.push({ name: String(node["name"]), what, line: lineOf(node) });
  });
  // A parameter called `performance` is not the platform's; one binding in the file clears the name.
  const ambient = suspects.filter(({ name }) => !bound.has(name)).map(({ what, line }) => ({ what, line }));
  return { path, text, lineCount: text.replace(/\n$/, "").split("\n").length, imports, ambient };
}

function walk(
  node: SyntaxNode,
  visit: (node: SyntaxNode, parent: SyntaxNode | undefined) => void,
  parent?: SyntaxNode,
) {
  visit(node, parent);
  for (const key of visitorKeys[node.type] ?? []) for (const child of nodesAt(node, key)) walk(child, visit, node);
}

function nodesAt(node: SyntaxNode, key: string): SyntaxNode[] {
  const value = node[key];
  const isNode = (item: unknown): item is SyntaxNode => typeof item === "object" && item !== null && "type" in item;
  return (Array.isArray(value) ? value : [value]).filter(isNode);
}

function importIn(node: SyntaxNode): { specifier: string; typeOnly: boolean; names: string[] } | undefined {
  const kind = node["importKind"] ?? node["exportKind"];
  const specifier = nodesAt(node, "source").find(({ type }) => type === "Literal")?.["value"];
  if (typeof specifier !== "string") return undefined;
  const names = nodesAt(node, "specifiers").flatMap((part) => {
    if (part.type === "ImportDefaultSpecifier") return ["default"];
    return nodesAt(part, part.type === "ExportSpecifier" ? "local" : "imported").map(({ name }) => String(name));
  });
  return { specifier, typeOnly: kind === "type" || node.type === "TSImportType", names };
}

function resolve(from: string, specifier: string, known: ReadonlySet<string>): string {
  if (!specifier.startsWith(".")) return specifier;
  const path = posix.join(posix.dirname(from), specifier);
  const spellings = [path, path.replace(/\.js$/, ".ts"), `${path}.ts`, `${path}/index.ts`];
  return spellings.find((spelling) => known.has(spelling)) ?? path;
}

function namesBoundBy(node: SyntaxNode): string[] {
  const isImport = node.type.startsWith("Import") && node.type.endsWith("Specifier");
  return [isImport ? "local" : "id", "params"].flatMap((key) => patternNames(node, key));
}

function patternNames(node: SyntaxNode, key: string): string[] {
  return nodesAt(node, key).flatMap((pattern): string[] => {
    if (pattern.type === "Identifier") return [String(pattern["name"])];
    return ["properties", "elements", "value", "left", "argument", "parameter"].flatMap((part) =>
      patternNames(pattern, part),
    );
  });
}

const AMBIENT = new Set([
  "process",
  "console",
  "performance",
  "setTimeout",
  "setInterval",
  "setImmediate",
  "crypto",
  "fetch",
  "globalThis",
]);
/** What of Date and Math depends on its arguments alone is fine: `new Date(ms)`, `Date.UTC`, `Math.max`. */
const PURE_DATE = new Set(["UTC", "parse"]);

function ambientUse(node: SyntaxNode, parent: SyntaxNode | undefined): string | undefined {
  if (node.type !== "Identifier" || !parent || !isReference(node, parent)) return undefined;
  const name = String(node["name"]);
  const isObject = parent.type === "MemberExpression" && parent["object"] === node;
  const member = isObject && !parent["computed"] ? String((parent["property"] as SyntaxNode)["name"]) : undefined;
  if (AMBIENT.has(name)) return member ? `${name}.${member}` : name;
  if (name === "Math") return member && member !== "random" ? undefined : `Math.${member ?? "*"}`;
  if (name !== "Date") return undefined;
  if (member) return PURE_DATE.has(member) ? undefined : `Date.${member}`;
  if (parent.type === "BinaryExpression") return undefined; // instanceof Date
  if (parent.type !== "NewExpression" || parent["callee"] !== node) return "Date";
  return nodesAt(parent, "arguments").length > 0 ? undefined : "new Date()";
}

/** A value in an expression: not a type, a member's name or an object's key. */
function isReference(node: SyntaxNode, parent: SyntaxNode): boolean {
  if (parent.type.startsWith("TS")) return parent["expression"] === node;
  if (parent.type === "MemberExpression") return parent["object"] === node || parent["computed"] === true;
  const isMember = ["Property", "MethodDefinition", "PropertyDefinition"].includes(parent.type);
  return !isMember || parent["value"] === node || parent["computed"] === true;
}
