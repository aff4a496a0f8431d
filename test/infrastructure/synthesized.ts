import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { App, Stack } from "aws-cdk-lib";
import { Template } from "aws-cdk-lib/assertions";
import { FUNCTIONS } from "../../lib/infrastructure/bundle.ts";
import { ScalingController, type ScalingControllerProps } from "../../lib/infrastructure/scaling-controller.ts";

/** Any two of this account and Region come to the same template. */
export const ENVIRONMENT = { account: "111122223333", region: "eu-central-1" } as const;

const { context } = JSON.parse(readFileSync(new URL("../../cdk.json", import.meta.url), "utf8")) as {
  context: Record<string, unknown>;
};

/** Runs with a folder of bundles that hold next to nothing, so that no test waits for esbuild. */
export function withStubBundles<T>(use: (bundles: string) => T): T {
  const folder = mkdtempSync(join(tmpdir(), "scaling-controller-stub-"));
  try {
    for (const name of FUNCTIONS) {
      mkdirSync(join(folder, name));
      writeFileSync(join(folder, name, "index.mjs"), `export const handler = () => "${name}";\n`);
    }
    return use(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A new app with the feature flags of cdk.json, whose output goes with the process's temporary files. */
export function newApp(): App {
  return new App({ context: { ...context, "aws:cdk:enable-path-metadata": false }, analyticsReporting: false });
}

export interface Synthesized {
  readonly app: App;
  readonly stack: Stack;
  readonly controller: ScalingController;
  readonly template: Template;
}

/** A stack with one controller over stub bundles, synthesized; `build` may add to the stack first. */
export function synthesized(
  props: ScalingControllerProps | ((stack: Stack) => ScalingControllerProps) = {},
  options: { readonly env?: { readonly account: string; readonly region: string } } = {},
): Synthesized {
  return withStubBundles((bundles) => {
    const app = newApp();
    const stack = new Stack(app, "ScalingController", options.env === undefined ? {} : { env: options.env });
    const controller = new ScalingController(stack, "Controller", {
      bundles,
      ...(typeof props === "function" ? props(stack) : props),
    });
    return { app, stack, controller, template: Template.fromStack(stack) };
  });
}
