import { beforeAll, describe, expect, test } from "vitest";
import { MemoryStore } from "../../lib/adapters/memory/memory-store.ts";
import { DependencyError } from "../../lib/domain/model/errors.ts";
import { runDecision } from "../../lib/loops/decision.ts";
import type { Ports } from "../../lib/ports.ts";
import { answerWidget, type WidgetSource } from "../../lib/widget/answer.ts";
import { ALLOCATION, aFleet, aLedger, aState, aWindow, NOW_MS } from "../support/fleet-builders.ts";

const MINUTE = 60_000;
const fleet = aFleet({ name: "shop" }, { name: "price_feeds" }, { name: "web" });
const store = new MemoryStore();
const lines: string[] = [];
const source: WidgetSource = {
  clock: { nowMs: () => NOW_MS },
  log: (level, message) => lines.push(`${level} ${message}`),
  open: async () => ({ fleets: [fleet, aFleet({ name: "other" })], store }),
};
const HOUR_AGO = { timeRange: { mode: "relative", start: NOW_MS - 60 * MINUTE, end: NOW_MS } };

/** Ten quiet minutes, then load on price_feeds: decided by the real loop, grown, measured; a later one failed. */
beforeAll(async () => {
  const ports = { store, log: () => {} } as unknown as Ports;
  await store.writeLedger(aLedger(fleet));
  const at = (minutes: number) => NOW_MS - minutes * MINUTE;
  const moved = (window: ReturnType<typeof aWindow>, ms: number) =>
    window.map((sample) => ({ ...sample, endMs: sample.endMs - NOW_MS + ms }));
  for (let minutes = 40; minutes >= 30; minutes--) {
    const hot = minutes === 30;
    const window = moved(aWindow(hot ? { cpuUsed: 1900 } : {}), at(minutes));
    await store.writeStates("shop", [aState("price_feeds", window), aState("web", moved(aWindow(), at(minutes)))]);
    await runDecision(ports, fleet, at(minutes));
  }
  const [grown] = await store.readActions("shop", 0, NOW_MS);
  if (grown === undefined) throw new Error("nothing was decided");
  const result = { finishedAtMs: at(24), valueBefore: 0.95, valueAfter: 0.63, effectiveness: 88 };
  await store.writeDecision({ ...grown, status: "MEASURED", result, version: 2 });
  const booked = { price_feeds: { ...ALLOCATION, tasks: 3 }, web: ALLOCATION };
  await store.writeLedger(aLedger(fleet, { booked, version: 2 }));
  const failed = { ...grown, id: `price_feeds@${at(10)}`, decidedAtMs: at(10), current: { ...ALLOCATION, tasks: 3 } };
  await store.appendDecisions("shop", [
    { ...failed, status: "FAILED", result: { finishedAtMs: at(9), reason: "call-refused" } },
  ]);
});

const page = (event: object) => answerWidget({ widgetContext: HOUR_AGO, ...event }, source);

describe("the widget", () => {
  test("documents itself, with parameters to begin with", async () => {
    const text = await answerWidget({ describe: true }, source);
    expect(text).toMatch(/^## /);
    expect(text).toContain("``` yaml\nlimit: 20\n```");
    for (const parameter of ["fleet", "component", "limit"]) expect(text).toContain(`\`${parameter}\``);
  });

  test("shows a fleet as reviewed", async () => {
    await expect(await page({ fleet: "shop" })).toMatchFileSnapshot("golden/fleet.html");
  });

  test("shows a component with its holds, each run of them once, in the dark and on the viewer's clock", async () => {
    const widgetContext = { ...HOUR_AGO, theme: "dark", width: 1000, timezone: { offsetISO: "+05:30" } };
    const html = await page({ component: "price_feeds", widgetContext });
    await expect(html).toMatchFileSnapshot("golden/component.html");
    expect(html).toContain("(10 since 12:50)");
  });

  test("says why, how sure, and what came of it", async () => {
    const html = await page({});
    expect(html).toContain("price_feeds SCALE_UP: cpu utilization 95 % is above 70 %; 1 -&gt; 1.3 vCPU a task");
    for (const factor of ["deviation", "effectiveness", "stability", "headroom"]) expect(html).toContain(`${factor} `);
    expect(html).toContain("88 of 100");
    expect(html).toMatch(/FAILED.*call-refused/s);
  });

  test("keeps to the limit of rows, and to the range of time", async () => {
    expect((await page({ limit: 1 })).match(/<tr /g)).toHaveLength(1);
    const widgetContext = { timeRange: { start: NOW_MS - 20 * MINUTE, end: NOW_MS } };
    expect((await page({ widgetContext })).match(/<tr /g)).toHaveLength(1);
    const zoom = { start: NOW_MS - 5 * MINUTE, end: NOW_MS };
    const zoomed = await page({ widgetContext: { timeRange: { ...HOUR_AGO.timeRange, zoom } } });
    expect(zoomed).toContain("No decisions in this range of time.");
    expect(zoomed).toContain("3 tasks, 3 vCPU, 3 GiB");
  });

  test("does not draw what there is now into the past", async () => {
    const widgetContext = { timeRange: { start: NOW_MS - 600 * MINUTE, end: NOW_MS - 300 * MINUTE } };
    const html = await page({ component: "web", widgetContext });
    expect(html).toContain("unknown");
    expect(html).not.toContain("<path");
  });
});

describe("parameters that cannot be used", () => {
  test.each([
    [{ fleet: "nowhere" }, "fleet is &quot;nowhere&quot;; there are shop, other."],
    [{ fleet: 7 }, "fleet is 7; it must be a name."],
    [{ component: "x" }, "component is &quot;x&quot;; the fleet shop has price_feeds, web."],
    [{ fleet: "other", component: "web" }, "component is &quot;web&quot;; the fleet other has service-a."],
    [{ limit: 0 }, "limit is 0; it must be a whole number from 1 to 100."],
    [{ limit: "many" }, "limit is &quot;many&quot;; it must be a whole number from 1 to 100."],
    [{ limit: 101, fleet: [] }, "limit is 101"],
  ])("%j is answered in words", async (event, sentence) => {
    const html = await page(event);
    expect(html).toContain("The widget&#39;s parameters cannot be used.");
    expect(html).toContain(sentence);
    expect(html).not.toContain("<svg");
  });

  test("unknown ones are told, and the rest is shown", async () => {
    const html = await page({ components: "web" });
    expect(html).toContain("The parameter &quot;components&quot; means nothing to this widget.");
    expect(html).toContain("<svg");
  });

  test.each([
    [undefined],
    [null],
    [[]],
    ["x"],
    [{ widgetContext: { timeRange: { start: "x" }, width: -5, theme: 3 } }],
  ])("the event %j is shown with defaults", async (event) =>
    expect(await answerWidget(event, source)).toContain("<svg"),
  );
});

describe("failure", () => {
  const failing = (error: Error): WidgetSource => ({ ...source, open: async () => Promise.reject(error) });

  test("of the store is told in its own words", async () => {
    const html = await answerWidget(
      {},
      failing(new DependencyError("the state store (table t) did not read: AccessDenied")),
    );
    expect(html).toContain("the state store (table t) did not read: AccessDenied");
    expect(lines.at(-1)).toBe("error widget failed");
  });

  test("of any other kind is told without its text or stack", async () => {
    const html = await answerWidget({}, failing(new TypeError("secret of undefined")));
    expect(html).toContain("An unexpected error; the function&#39;s log has it.");
    expect(html).not.toMatch(/secret|answer\.test/);
  });
});
