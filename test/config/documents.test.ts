import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { configDocuments } from "../../lib/config/documents.ts";
import { compileFleet, inspectConfig, loadConfig } from "../../lib/config/index.ts";
import { configJsonSchema } from "../../lib/config/json-schema.ts";

describe("generated files are what the code says: run `npm run docs` when this fails", () => {
  test.each(Object.entries(configDocuments()))("%s", (path, text) => {
    expect(readFileSync(path, "utf8")).toBe(text);
  });
});

describe("the examples", () => {
  const names = readdirSync("docs/examples");
  const read = (name: string): unknown => JSON.parse(readFileSync(`docs/examples/${name}`, "utf8"));

  test.each(names)(
    "%s is valid, reaches all of its ranges but for the least of several tasks, and compiles",
    (name) => {
      const { config, problems, warnings } = inspectConfig(read(name));
      expect(problems).toEqual([]);
      expect(warnings).toEqual([]);
      expect(config?.fleets.map(compileFleet)).toBeDefined();
    },
  );

  test("are all named on the reference page", () => {
    const page = readFileSync("docs/configuration.md", "utf8");
    for (const name of names) expect(page).toContain(`(examples/${name})`);
  });

  test("the web service scales in number and gives up its memory rule", () => {
    const [fleet] = loadConfig(read("web.json")).fleets;
    const rules = fleet && compileFleet(fleet).components[0]?.rules;
    expect(rules?.map(({ name, upAction }) => `${name} ${upAction}`)).toEqual([
      "cpu SCALE_OUT",
      "response-time SCALE_OUT",
      "errors SCALE_OUT",
    ]);
  });
});

describe("the JSON Schema", () => {
  const schema = JSON.stringify(configJsonSchema());
  test("is draft 7 and refuses unknown keys everywhere", () => {
    expect(configJsonSchema()["$schema"]).toBe("http://json-schema.org/draft-07/schema#");
    const objects = schema.match(/"type":"object"/g)?.length ?? 0;
    const closed = schema.match(/"additionalProperties":/g)?.length ?? 0;
    expect(closed).toBe(objects);
  });
  test("asks for nothing but what has no default", () => {
    const required = [...schema.matchAll(/"required":(\[[^\]]*\])/g)].map(([, list]) => list);
    expect(required).toEqual(['["name","cron"]', '["namespace","name"]', '["name"]', '["components"]']);
  });
});
