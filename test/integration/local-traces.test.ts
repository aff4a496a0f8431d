import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { compileFleet, loadConfig } from "../../lib/config/index.ts";
import { servicesFor } from "../../lib/local/services.ts";
import { parseTraceRequest, withTraces } from "../../lib/local/traces.ts";

describe("--trace FILE[=component]", () => {
  it("names a component after the last =", () => {
    expect(parseTraceRequest("a/b.csv")).toEqual({ file: "a/b.csv", component: "price_feeds" });
    expect(parseTraceRequest("a=b.csv=web")).toEqual({ file: "a=b.csv", component: "web" });
  });

  it("is scaled so that its 99th percentile needs what the policy's maximum holds", () => {
    const folder = mkdtempSync(join(tmpdir(), "trace-"));
    try {
      const file = join(folder, "load.csv");
      const rows = Array.from({ length: 100 }, (_, i) => `${new Date(i * 60_000).toISOString()},${i + 1}`);
      writeFileSync(file, rows.join("\n"));
      const fleets = loadConfig().fleets.map(compileFleet);
      const { services, traces } = withTraces(servicesFor(fleets), fleets, [{ file, component: "price_feeds" }]);
      // 4 vCPU at most, tasks of 0.6: 6 tasks; each 600 / 17.5 operations/s at 100 %, wanted at 65 %; the p99 is 99.
      expect(traces).toMatchObject([{ file, component: "price_feeds", p99Tasks: 6 }]);
      expect(traces[0]?.scale).toBeCloseTo((6 * (600 / 17.5) * 0.65) / 99, 9);
      expect(services.find(({ name }) => name === "price_feeds")?.load).toMatchObject({
        kind: "trace",
        stepMs: 60_000,
        factor: traces[0]?.scale,
      });
      expect(() => withTraces(servicesFor(fleets), fleets, [{ file, component: "nobody" }])).toThrow(
        /no component nobody; there are arbitrage_engine/,
      );
      expect(() =>
        withTraces(servicesFor(fleets), fleets, [{ file: `${file}.none`, component: "price_feeds" }]),
      ).toThrow(/cannot be read/);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
