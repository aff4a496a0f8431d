import * as z from "zod";
import { ConfigSchema } from "./schema.ts";

/** The JSON Schema (draft 7) of the written configuration, by which editors complete and check the file. */
export function configJsonSchema(): Record<string, unknown> {
  const { $schema, ...schema } = z.toJSONSchema(ConfigSchema, { io: "input", target: "draft-7" });
  return { $schema, title: "Scaling Controller configuration", ...schema };
}
