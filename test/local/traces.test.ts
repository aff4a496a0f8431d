import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { compileFleet, loadConfig } from "../../lib/config/index.ts";
import { servicesFor } from "../../lib/local/services.ts";
import { parseTraceRequest, withTraces } from "../../lib/local/traces.ts";

const folder = mkdtempSync(join(tmpdir(), "traces-"));
afterAll(() => rmSync(folder, { recursive: true }));
const fleets = loadConfig().fleets.map(compileFleet);
const load = (rows: readonly string[]) => {
  const file = join(folder, "trace.csv");
  writeFileSync(file, ["timestamp,value", ...rows, ""].join("\n"));
  return withTraces(servicesFor(fleets), fleets, [parseTraceRequest(`${file}=price_feeds`)]);
};
const row = (minute: number, value: number | string) => `2026-01-01T00:${String(minute).padStart(2, "0")}:00Z,${value}`;

test("a short gap holds the value before it, and how many values that made is told", () => {
  expect(load([row(0, 5), row(1, 4), row(2, 3), row(5, 4)]).traces[0]).toMatchObject({
    component: "price_feeds",
    heldValues: 2,
    p99Tasks: 6,
  });
  expect(load([row(0, 5), row(1, 4)]).traces[0]).toMatchObject({ heldValues: 0 });
});

test("a long gap, a bad value and an unordered row are errors, all at once", () => {
  expect(() => load([row(0, 5), row(1, "NaN"), row(2, 3), row(3, -1), row(40, 4), row(41, 4), row(39, 4)])).toThrow(
    /NaN[^]*negative[^]*out of order/,
  );
  expect(() => load([row(0, 5), row(1, 4), row(2, 3), row(40, 4), row(41, 4)])).toThrow(
    /more than the 15 that may be held/,
  );
});
