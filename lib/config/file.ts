import { type FileHandle, open } from "node:fs/promises";
import { extname, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { InputError } from "../domain/model/errors.ts";
import { parseJson } from "./json.ts";
import { type Inspection, inspectConfig, loadConfig } from "./load.ts";
import type { Config } from "./schema.ts";

const BYTES_MAX = 10 * 1024 * 1024;
const SCRIPTS: readonly string[] = [".ts", ".mts", ".js", ".mjs"];
const REASONS: Readonly<Record<string, string>> = {
  ENOENT: "there is no such file",
  EACCES: "it may not be read",
  EPERM: "it may not be read",
  ENOTDIR: "a part of its path is no folder",
};

/** Reads and checks a configuration file: JSON, or a script whose default export (or `config`) it is. */
export async function loadConfigFile(path: string): Promise<Config> {
  return loadConfig(await readConfigFile(path));
}

/** What is known about a configuration file. */
export interface ConfigFileReport extends Inspection {
  readonly file: string;
}

/** All problems of a configuration file, those of reading it included; nothing is thrown for them. */
export async function inspectConfigFile(file: string): Promise<ConfigFileReport> {
  try {
    return { file, ...inspectConfig(await readConfigFile(file)) };
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    const problems = error.problems.map((message) => ({ path: file, message }));
    return { file, problems, warnings: [] };
  }
}

/**
 * What a configuration file says, not checked yet.
 *
 * @throws InputError for a file that is missing, larger than 10 MB, no JSON (with line and column), or without an export.
 */
export async function readConfigFile(path: string): Promise<unknown> {
  const kind = extname(path).toLowerCase();
  if (kind !== ".json" && !SCRIPTS.includes(kind)) {
    throw new InputError(`cannot read ${path}`, [`a configuration is a .json file, or one of ${SCRIPTS.join(", ")}`]);
  }
  const text = await textOf(path);
  return kind === ".json" ? parseJson(text, path) : exportOf(path);
}

async function textOf(path: string): Promise<string> {
  let file: FileHandle | undefined;
  try {
    file = await open(path, "r");
    const stat = await file.stat();
    if (!stat.isFile()) throw new InputError(`cannot read ${path}`, ["it is not a file"]);
    if (stat.size > BYTES_MAX) {
      const megabytes = (stat.size / 1024 / 1024).toFixed(1);
      throw new InputError(`cannot read ${path}`, [`it has ${megabytes} MB, expected at most 10 MB`]);
    }
    return await file.readFile("utf8");
  } catch (error) {
    if (error instanceof InputError) throw error;
    const code = error instanceof Error && "code" in error ? String(error.code) : "";
    const reason = REASONS[code] ?? (error instanceof Error ? error.message : String(error));
    throw new InputError(`cannot read ${path}`, [reason], { cause: error });
  } finally {
    await file?.close();
  }
}

async function exportOf(path: string): Promise<unknown> {
  const url = pathToFileURL(resolve(path)).href;
  let exported: Record<string, unknown>;
  try {
    exported = await imported(url);
  } catch (error) {
    const reason = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    throw new InputError(`cannot load ${path}`, [reason], { cause: error });
  }
  const config = unwrapped(exported);
  if (typeof config === "object" && config !== null) return config;
  const found = config === undefined ? "neither" : `a ${typeof config}`;
  throw new InputError(`cannot use ${path}`, [
    `expected an object as its default export, or as \`config\`; it has ${found}`,
  ]);
}

/** Outside a package of ES modules the exports stand one level deeper; a configuration itself has neither key. */
function unwrapped(exported: unknown, depth = 0): unknown {
  if (typeof exported !== "object" || exported === null || depth > 2) return exported;
  if ("default" in exported) return unwrapped(exported.default, depth + 1);
  if ("config" in exported) return unwrapped(exported.config, depth + 1);
  return depth === 0 || "__esModule" in exported ? undefined : exported;
}

/** TypeScript through tsx, whether or not this process was started with it. */
async function imported(url: string): Promise<Record<string, unknown>> {
  if (!/\.m?ts$/.test(url)) return (await import(url)) as Record<string, unknown>;
  const { tsImport } = await import("tsx/esm/api");
  return (await tsImport(url, import.meta.url)) as Record<string, unknown>;
}
