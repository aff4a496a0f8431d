import { configJsonSchema } from "./json-schema.ts";
import { effectiveConfig } from "./load.ts";
import { configurationPage } from "./reference.ts";

/** Every generated file of the configuration, by its path in the repository. */
export function configDocuments(): Readonly<Record<string, string>> {
  return {
    "schema/config.schema.json": json(configJsonSchema()),
    "docs/configuration.md": configurationPage(),
    "docs/examples/default.json": json({ $schema: "../../schema/config.schema.json", ...effectiveConfig() }),
  };
}

function json(value: unknown): string {
  return `${JSON.stringify(value, undefined, 2)}\n`;
}
