import { configJsonSchema } from "./json-schema.ts";
import { effectiveConfig } from "./load.ts";
import { webFleet } from "./presets/web.ts";
import { configurationPage } from "./reference.ts";

/** Every generated file of the configuration, by its path in the repository. */
export function configDocuments(): Readonly<Record<string, string>> {
  return {
    "schema/config.schema.json": json(configJsonSchema()),
    "docs/configuration.md": configurationPage(),
    "docs/examples/staffed-web.json": json({
      $schema: "../../schema/config.schema.json",
      fleets: [{ ...webFleet(SHOP), limits: { cpu: 50, memory: 100, network: 10 } }],
    }),
    "docs/examples/default.json": json({ $schema: "../../schema/config.schema.json", ...effectiveConfig() }),
  };
}

const SHOP = {
  name: "web",
  cluster: "production",
  service: "shop-web",
  cpu: { min: 1, max: 50 },
  memory: { min: 2, max: 100 },
  tasks: { min: 2, max: 50 },
};

function json(value: unknown): string {
  return `${JSON.stringify(value, undefined, 2)}\n`;
}
