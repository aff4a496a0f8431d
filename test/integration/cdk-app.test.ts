import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { VERSION } from "../../lib/version.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "scaling-controller-app-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Runs the app as `cdk synth -c ...` does. */
function synth(name: string, given: Readonly<Record<string, string>>) {
  const { app, context } = JSON.parse(readFileSync(join(root, "cdk.json"), "utf8")) as {
    app: string;
    context: Record<string, unknown>;
  };
  const out = join(folder, name);
  const [command = "", ...args] = app.split(" ");
  const { status, stderr } = spawnSync(command, args, {
    cwd: root,
    encoding: "utf8",
    env: { ...process.env, CDK_OUTDIR: out, CDK_CONTEXT_JSON: JSON.stringify({ ...context, ...given }) },
  });
  return { status, stderr, out };
}

function configuration(name: string, value: unknown): string {
  const path = join(folder, name);
  writeFileSync(path, JSON.stringify(value));
  return path;
}

describe("cdk synth", { timeout: 120_000 }, () => {
  test("makes the whole template from the sources, with the configuration in each function's code", () => {
    const { status, stderr, out } = synth("whole", {
      config: configuration("shop.json", {
        fleets: [{ name: "shop", components: [{ name: "web", cluster: "prod" }] }],
      }),
      stackName: "Shop",
    });
    expect(stderr).toContain("RESPONSE_TIME has no value on AWS");
    expect(status).toBe(0);
    const template = JSON.parse(readFileSync(join(out, "Shop.template.json"), "utf8")) as { Outputs: object };
    expect(Object.keys(template.Outputs)).toEqual(["Table", "Alerts", "Dashboard"]);
    const assets = readdirSync(out).filter((each) => each.startsWith("asset."));
    expect(assets).toHaveLength(5);
    for (const asset of assets) {
      expect(existsSync(join(out, asset, "index.mjs"))).toBe(true);
      const deployment = JSON.parse(readFileSync(join(out, asset, "deployment.json"), "utf8")) as object;
      expect(deployment).toMatchObject({
        format: 1,
        version: VERSION,
        targets: [{ component: "web", cluster: "prod" }],
      });
    }
  });

  test("tells all problems of a configuration at once, and writes no template", () => {
    const { status, stderr, out } = synth("broken", {
      config: configuration("broken.json", {
        fleets: [{ limit: {}, components: [{ name: "web", cpu: { max: -1 } }, { name: "web" }] }],
      }),
    });
    expect(stderr).toMatch(/^the configuration has 3 problems\n/);
    expect(stderr).toContain('fleets[0].limit: got the unknown key "limit"');
    expect(stderr).not.toContain(" at ");
    expect(status).toBe(1);
    expect(readdirSync(out).filter((file) => file.includes("template"))).toEqual([]);
  });

  test("refuses roles that are none, before anything is bundled", () => {
    const { status, stderr } = synth("roles", { taskRoles: "web-task" });
    expect(stderr).toMatch(/^the context cannot be used\n {2}taskRoles: web-task, expected ARNs of roles/);
    expect(status).toBe(1);
  });
});
