import { rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { buildSync, type Metafile } from "esbuild";

/** The Lambda functions, each from `functions/<name>/handler.ts`: the four loops and the dashboard's widget. */
export const FUNCTIONS = ["monitor", "decision", "execution", "optimization", "widget"] as const;
export type FunctionName = (typeof FUNCTIONS)[number];

/** One function as it is deployed. */
export interface FunctionBundle {
  /** Folder with everything that the function loads; its handler is `index.handler`. */
  readonly folder: string;
  /** All files of the folder together. */
  readonly bytes: number;
  /** Packages whose code is in the bundle, ascending. */
  readonly packages: readonly string[];
}

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
/** CommonJS code inside the bundle asks for Node's own modules by `require`, which an ES module does not have. */
const REQUIRE = "import{createRequire as __cr}from'node:module';const require=__cr(import.meta.url);";

/**
 * Bundles every function into `<outDir>/<name>`, whose folders are made anew, and returns the folders. The SDK is inside:
 * pinned, and the one that was tested. What is loaded later (credential providers, a loop's code) is a file of its own
 * beside index.mjs, so that starting a function does not parse it.
 *
 * @throws esbuild's BuildFailure when a source cannot be bundled.
 */
export function bundleFunctions(outDir: string): Record<FunctionName, string> {
  const folders = describeBundles(outDir);
  const of = (name: FunctionName): string => folders[name].folder;
  return {
    monitor: of("monitor"),
    decision: of("decision"),
    execution: of("execution"),
    optimization: of("optimization"),
    widget: of("widget"),
  };
}

/** The same, with what went into each bundle. */
export function describeBundles(outDir: string): Record<FunctionName, FunctionBundle> {
  const of = (name: FunctionName): FunctionBundle => bundleFunction(name, join(outDir, name));
  return {
    monitor: of("monitor"),
    decision: of("decision"),
    execution: of("execution"),
    optimization: of("optimization"),
    widget: of("widget"),
  };
}

function bundleFunction(name: FunctionName, folder: string): FunctionBundle {
  rmSync(folder, { recursive: true, force: true });
  const metafile = bundleModule(join(ROOT, "functions", name, "handler.ts"), folder);
  const outputs = Object.values(metafile.outputs);
  const packages = outputs.flatMap(({ inputs }) =>
    Object.entries(inputs).flatMap(([path, { bytesInOutput }]) =>
      bytesInOutput > 0 ? (/.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path)?.slice(1) ?? []) : [],
    ),
  );
  return {
    folder,
    bytes: outputs.reduce((sum, { bytes }) => sum + bytes, 0),
    packages: [...new Set(packages)].sort(),
  };
}

/** One module as it would be deployed; benchmarks bundle what they compare with in the same way. */
export function bundleModule(entry: string, folder: string): Metafile {
  return buildSync({
    entryPoints: { index: entry },
    outdir: folder,
    outExtension: { ".js": ".mjs" },
    // Flat: deployment.json lies beside every one of the files.
    chunkNames: "[name]-[hash]",
    absWorkingDir: ROOT,
    // An entry may lie outside this repository.
    nodePaths: [join(ROOT, "node_modules")],
    bundle: true,
    splitting: true,
    format: "esm",
    platform: "node",
    target: "node24",
    minify: true,
    legalComments: "none",
    mainFields: ["module", "main"],
    banner: { js: REQUIRE },
    metafile: true,
    logLevel: "warning",
  }).metafile;
}
