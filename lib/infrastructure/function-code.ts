import { cpSync, existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as lambda from "aws-cdk-lib/aws-lambda";
import type { Deployment } from "../deployment.ts";
import { InputError } from "../domain/model/errors.ts";
import { bundleFunctions, FUNCTIONS, type FunctionName } from "./bundle.ts";

/**
 * The code of every function: its bundle and, beside it, the configuration. Bundled with esbuild from the sources, unless
 * `bundles` names a folder with one folder for each function (`npm run build:functions` writes such a one).
 *
 * `use` must make its functions before it returns: the files are gone then. CDK copies an asset when the function is made.
 *
 * @throws InputError when a bundle is missing in `bundles`.
 */
export function withFunctionCode<T>(
  deployment: Deployment,
  bundles: string | undefined,
  use: (code: Readonly<Record<FunctionName, lambda.Code>>) => T,
): T {
  const folder = mkdtempSync(join(tmpdir(), "scaling-controller-code-"));
  try {
    if (bundles === undefined) bundleFunctions(folder);
    else copyBundles(bundles, folder);
    const document = JSON.stringify(deployment);
    for (const name of FUNCTIONS) writeFileSync(join(folder, name, "deployment.json"), document);
    const codeOf = (name: FunctionName) => lambda.Code.fromAsset(join(folder, name));
    return use({
      monitor: codeOf("monitor"),
      decision: codeOf("decision"),
      execution: codeOf("execution"),
      optimization: codeOf("optimization"),
      widget: codeOf("widget"),
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function copyBundles(from: string, to: string): void {
  const missing = FUNCTIONS.map((name) => join(from, name, "index.mjs")).filter((path) => !existsSync(path));
  if (missing.length > 0)
    throw new InputError(
      "the bundles of the functions cannot be used",
      missing.map((path) => `${path}: there is no such file`),
    );
  for (const name of FUNCTIONS) cpSync(join(from, name), join(to, name), { recursive: true });
}
