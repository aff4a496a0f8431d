import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { readDeployment } from "../../functions/deployment-document.ts";
import { VERSION } from "../../lib/version.ts";
import { aFleet } from "../support/fleet-builders.ts";

const folder = mkdtempSync(join(tmpdir(), "deployment-document-"));
afterAll(() => rmSync(folder, { recursive: true }));

function written(text: string): string {
  const path = join(folder, "deployment.json");
  writeFileSync(path, text);
  return path;
}

describe("the document beside a bundle", () => {
  test("is read as it was compiled", () => {
    const document = { format: 1, version: VERSION, fleets: [aFleet()], targets: [] };
    expect(readDeployment(written(JSON.stringify(document)))).toEqual(JSON.parse(JSON.stringify(document)));
  });

  test("of another version, format or shape is refused with all that is wrong", () => {
    const path = written(JSON.stringify({ format: 2, version: "0.0.1", fleets: [], targets: {} }));
    expect(() => readDeployment(path)).toThrow(
      [
        `${path} cannot be used`,
        "  format is 2; this function reads format 1",
        `  version is "0.0.1"; this function is ${VERSION}: synthesize and deploy again`,
        "  fleets must be a list of at least one fleet",
        "  targets must be a list",
      ].join("\n"),
    );
  });

  test.each([
    ["{", "it is no JSON"],
    ["[]", "it must be an object"],
    ["null", "it must be an object"],
  ])("%s is refused: %s", (text, problem) => {
    expect(() => readDeployment(written(text))).toThrow(problem);
  });

  test("that is not there is told with its path", () => {
    const path = join(folder, "nowhere.json");
    expect(() => readDeployment(path)).toThrow(path);
  });
});
