/**
 * Bundles the Lambda functions into a folder (default: dist/functions) and prints their sizes.
 *
 *   npm run build:functions -- [FOLDER]
 */
import { resolve } from "node:path";
import { describeBundles } from "../lib/infrastructure/bundle.ts";

const [, , folder = "dist/functions"] = process.argv;
for (const [name, bundle] of Object.entries(describeBundles(resolve(folder)))) {
  const sdk = bundle.packages.filter((each) => each.startsWith("@aws-sdk/client-"));
  console.log(`${name.padEnd(14)}${String(Math.ceil(bundle.bytes / 1024)).padStart(6)} KiB   ${sdk.join(" ")}`);
}
