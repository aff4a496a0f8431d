import { readFileSync } from "node:fs";
import type { Deployment } from "../lib/deployment.ts";
import { InputError } from "../lib/domain/model/errors.ts";
import { VERSION } from "../lib/version.ts";

/**
 * Reads the Deployment document beside a bundle. It was validated and compiled when the template was made, so only what
 * can go wrong on the way is checked: that it is there, whole, and of this program's own format and version.
 *
 * @throws InputError that names the path and everything wrong with it.
 */
export function readDeployment(path: string): Deployment {
  const document = parse(path, read(path));
  const { format, version, fleets, targets } = document as Partial<Record<keyof Deployment, unknown>>;
  const problems: string[] = [];
  if (format !== 1) problems.push(`format is ${JSON.stringify(format)}; this function reads format 1`);
  if (version !== VERSION)
    problems.push(`version is ${JSON.stringify(version)}; this function is ${VERSION}: synthesize and deploy again`);
  if (!isList(fleets) || fleets.length === 0) problems.push("fleets must be a list of at least one fleet");
  if (!isList(targets)) problems.push("targets must be a list");
  if (problems.length > 0) throw new InputError(`${path} cannot be used`, problems);
  return document as Deployment;
}

function read(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    throw new InputError("The deployment document cannot be read", [message], { cause: error });
  }
}

function parse(path: string, text: string): object {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch (error) {
    throw new InputError(`${path} cannot be used`, ["it is no JSON"], { cause: error });
  }
  if (typeof document !== "object" || document === null || Array.isArray(document))
    throw new InputError(`${path} cannot be used`, ["it must be an object"]);
  return document;
}

function isList(value: unknown): value is readonly unknown[] {
  return Array.isArray(value);
}
