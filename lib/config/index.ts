import type { WrittenConfig } from "./schema.ts";

export { compileFleet } from "./compile.ts";
export { effectiveConfig, type Inspection, inspectConfig, loadConfig } from "./load.ts";
export type { Problem } from "./problems.ts";
export type { Finding } from "./reach.ts";
export type { CompleteRule } from "./rules.ts";
export type { CompleteComponent, Config, FleetConfig, WrittenConfig } from "./schema.ts";
export { compileDeployment, compileTargets, sourceProblems } from "./sources.ts";

/**
 * For a configuration in TypeScript: completes and checks the fields in the editor, and gives back what it was given.
 *
 * @example
 * export default defineConfig({ fleets: [{ components: [{ name: "web", cpu: { max: 8 } }] }] });
 */
export function defineConfig(config: WrittenConfig): WrittenConfig {
  return config;
}
