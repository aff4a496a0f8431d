import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { App, Stack, Validations } from "aws-cdk-lib";
import { Template } from "aws-cdk-lib/assertions";
import * as iam from "aws-cdk-lib/aws-iam";
import * as sns from "aws-cdk-lib/aws-sns";
import { AwsSolutionsChecks, ServerlessChecks } from "cdk-nag";
import type { WrittenConfig } from "../../lib/config/index.ts";
import { FUNCTIONS } from "../../lib/infrastructure/bundle.ts";
import { ScalingController, type ScalingControllerProps } from "../../lib/infrastructure/scaling-controller.ts";

export const ENVIRONMENT = { account: "111122223333", region: "eu-central-1" } as const;
export const ON_CALL = `arn:aws:sns:${ENVIRONMENT.region}:${ENVIRONMENT.account}:on-call`;
export const TASK_ROLE = `arn:aws:iam::${ENVIRONMENT.account}:role/web-task`;

/** Feature flags as the app has them. */
const { context } = JSON.parse(readFileSync(new URL("../../cdk.json", import.meta.url), "utf8")) as {
  context: Record<string, unknown>;
};

export interface Synthesized {
  readonly stack: Stack;
  readonly controller: ScalingController;
  readonly template: Template;
  /** What the construct says about its configuration when it is synthesized. */
  readonly warnings: readonly string[];
}
interface Options {
  /** Account and Region that are known when the template is made. */
  readonly env?: { readonly account: string; readonly region: string };
  /** Called with the whole app before it is synthesized. */
  readonly prepare?: (app: App, built: Pick<Synthesized, "stack" | "controller">) => void;
  /** Bundles other than the stubs, which hold next to nothing, so that no test waits for esbuild. */
  readonly bundles?: "real";
}

/** A stack with one controller, synthesized; props may need the stack first. Throws what CDK's validation throws. */
export function synthesized(
  props: ScalingControllerProps | ((stack: Stack) => ScalingControllerProps) = {},
  { env, prepare, bundles }: Options = {},
): Synthesized {
  const folder = mkdtempSync(join(tmpdir(), "scaling-controller-test-"));
  try {
    const app = new App({ context, analyticsReporting: false, autoSynth: false, outdir: join(folder, "cdk.out") });
    const stack = new Stack(app, "ScalingController", env === undefined ? {} : { env });
    const controller = new ScalingController(stack, "Controller", {
      ...(bundles === "real" ? {} : { bundles: stubBundles(join(folder, "bundles")) }),
      ...(typeof props === "function" ? props(stack) : props),
    });
    prepare?.(app, { stack, controller });
    const warnings = controller.node.metadata.map(({ data }) => String(data));
    // What CDK would print for each test; `warnings` has it.
    for (const id of ["ScalingController-Configuration", "ScalingController-ClustersInsteadOfServices"])
      Validations.of(stack).acknowledge({ id: `Annotation::${id}`, reason: "a test" });
    return { stack, controller, warnings, template: Template.fromStack(stack) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function stubBundles(folder: string): string {
  for (const name of FUNCTIONS) {
    mkdirSync(join(folder, name), { recursive: true });
    writeFileSync(join(folder, name, "index.mjs"), `export const handler = () => "${name}";\n`);
  }
  return folder;
}

/** Services in all modes: `web` is changed in both dimensions, `jobs` too and its autoscaler suspended, `api` watched. */
export const MIXED: WrittenConfig = {
  fleets: [
    {
      name: "shop",
      mode: "auto",
      components: [
        {
          name: "web",
          cluster: "prod",
          cpu: { min: 0.5, max: 4 },
          memory: { min: 1, max: 16 },
          tasks: { min: 2 },
          source: { targetGroup: "targetgroup/web/0123456789abcdef", loadBalancer: "app/prod/0123456789abcdef" },
        },
        {
          name: "jobs",
          cluster: "prod",
          cpu: { min: 0.25, max: 2 },
          memory: { min: 0.5, max: 4 },
          mode: "recommend",
          source: { queue: "jobs", otherAutoscaler: "suspend" },
        },
        { name: "api", cluster: "prod", mode: "observe" },
      ],
    },
  ],
};

/** A fleet of so many resizable components in `clusters` clusters, all to be changed. */
export function fleetOf(components: number, clusters = 1): WrittenConfig {
  return {
    fleets: [
      {
        mode: "auto",
        limits: { cpu: 50_000, memory: 100_000, network: 50_000, storage: 50_000 },
        components: Array.from({ length: components }, (_, i) => ({
          name: `component-${i}`,
          cluster: `production-${i % clusters}`,
          cpu: { max: 2 + (i % 20) },
        })),
      },
    ],
  };
}

const once = new Map<string, Synthesized>();
/** Made when first asked for, in whichever test, then the same: a synthesis takes half a second. */
function shared(name: string, make: () => Synthesized): Synthesized {
  const made = once.get(name) ?? make();
  once.set(name, made);
  return made;
}

const nag = { prepare: checkWithNag };
const byName = { taskRoles: [] };

/** Both packs of cdk-nag; a finding without a reason makes synthesis throw. */
export function checkWithNag(app: App): void {
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app), new ServerlessChecks(app));
}

/** The preset, in mode observe. */
export const preset = (): Synthesized => shared("preset", () => synthesized({}, nag));
/** What may be chosen otherwise: two fleets, another topic, retention and dashboard. */
export const chosen = (): Synthesized =>
  shared("chosen", () =>
    synthesized((stack) => ({
      logRetention: 7,
      alertTopic: sns.Topic.fromTopicArn(stack, "OnCall", ON_CALL),
      dashboardComponents: 0,
      configuration: { fleets: ["one", "two"].map((name) => ({ name, components: [{ name: `${name}-web` }] })) },
    })),
  );
/** All modes, in an account and a Region that are known. */
export const mixed = (): Synthesized => shared("mixed", () => synthesized(withRole, { ...nag, env: ENVIRONMENT }));
/** The same for any account. */
export const mixedAnywhere = (): Synthesized => shared("mixed anywhere", () => synthesized(withRole));
/** More statements than one policy holds. */
export const sixty = (): Synthesized =>
  shared("sixty", () => synthesized({ configuration: fleetOf(60, 3), ...byName }, nag));
/** Clusters stand for services. */
export const twoHundred = (): Synthesized =>
  shared("two hundred", () => synthesized({ configuration: fleetOf(200, 2), ...byName }, nag));
/** As large as it gets. */
export const thousand = (): Synthesized =>
  shared("thousand", () => synthesized({ configuration: fleetOf(1000, 20), ...byName }));

function withRole(stack: Stack): ScalingControllerProps {
  return { configuration: MIXED, taskRoles: [iam.Role.fromRoleArn(stack, "TaskRole", TASK_ROLE)] };
}
