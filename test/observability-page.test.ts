import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { LOOPS } from "../lib/flow.ts";
import { OWN_METRICS } from "../lib/own-metrics.ts";

test("docs/observability.md lists every metric that is emitted, as it is emitted, and no other", () => {
  const page = readFileSync(join(import.meta.dirname, "../docs/observability.md"), "utf8");
  const rows = page.split("\n").filter((line) => /^\| `[A-Z]\w+` \|/.test(line));
  expect(rows).toEqual(
    OWN_METRICS.map(({ name, unit, dimension, emittedBy, emitted, sentence }) => {
      const by = emittedBy.length === LOOPS.length ? "every loop" : emittedBy.join(", ");
      return `| \`${name}\` | ${unit} | ${dimension} | ${by} | ${emitted} | ${sentence} |`;
    }),
  );
});
