import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { InputError } from "../../domain/model/errors.ts";

/** The chart library as text, to be written into the page: it must not load anything. */
export interface ChartAssets {
  readonly script: string;
  readonly style: string;
}

/**
 * uPlot by Leon Sorokin (MIT), from node_modules.
 * @throws InputError when it is not installed.
 */
export function uplotAssets(): ChartAssets {
  try {
    const require = createRequire(import.meta.url);
    const folder = dirname(require.resolve("uplot"));
    return {
      script: readFileSync(join(folder, "uPlot.iife.min.js"), "utf8"),
      style: readFileSync(join(folder, "uPlot.min.css"), "utf8"),
    };
  } catch (error) {
    throw new InputError("the report cannot be drawn", ["the package uplot is not installed: npm ci"], {
      cause: error,
    });
  }
}
