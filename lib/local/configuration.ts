import { readConfigFile } from "../config/file.ts";
import { type Config, loadConfig } from "../config/index.ts";
import { SEVEN } from "../config/presets/seven.ts";

/**
 * The effective configuration of a local run: the file's, or the seven preset components. A deployment observes until told
 * otherwise; a simulation acts, unless the file names a mode.
 */
export async function localConfig(file?: string): Promise<Config> {
  return loadConfig(actingByDefault(file === undefined ? {} : await readConfigFile(file)));
}

function actingByDefault(written: unknown): unknown {
  if (!isObject(written)) return written;
  const fleets = written["fleets"] ?? [SEVEN];
  if (!Array.isArray(fleets)) return written;
  return {
    ...written,
    fleets: fleets.map((fleet: unknown) =>
      isObject(fleet) && fleet["mode"] === undefined ? { ...fleet, mode: "auto" } : fleet,
    ),
  };
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
