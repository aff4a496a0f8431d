import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { MemoryStore } from "../../lib/adapters/memory/memory-store.ts";
import type { Decision } from "../../lib/domain/model/decision.ts";
import type { FleetPolicy } from "../../lib/domain/model/policy.ts";
import { answerWidget } from "../../lib/widget/answer.ts";
import { markup } from "../../lib/widget/markup.ts";
import { ALLOCATION, aFleet, aLedger, NOW_MS } from "../support/fleet-builders.ts";
import { aDecision } from "../support/optimization-builders.ts";

const HOSTILE = [
  "<script>alert(1)</script>",
  '"><img src=x onerror=alert(1)>',
  "' onmouseover='alert(1)",
  "a & b &lt; `c`",
  "</title></svg><cwdb-action action=call endpoint=x>",
  "null\u0000byte\u001b[31m",
];

describe("text put into markup", () => {
  test("is escaped, for text and for attributes; markup is not escaped again", () => {
    const inner = markup`<b title="${'"&'}">${"<i>"}</b>`;
    expect(markup`<p>${inner}${[inner]}${undefined}${3}</p>`.text).toBe(
      '<p><b title="&quot;&amp;">&lt;i&gt;</b><b title="&quot;&amp;">&lt;i&gt;</b>3</p>',
    );
  });

  test("whatever it is, it opens no tag, ends no attribute and breaks no XML", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        // oxlint-disable-next-line no-control-regex
        expect(markup`${text}`.text).not.toMatch(/[<>"'`\u0000-\u0008]|&(?!amp;|lt;|gt;|quot;|#39;|#96;)/);
      }),
    );
  });
});

/** Everything that a page shows and that somebody else may have named. */
function hostileDecision(name: string, atMs: number): Decision {
  const plan = {
    steps: [{ component: name, before: ALLOCATION, after: { ...ALLOCATION, tasks: 3 } }],
    limits: [{ limit: "component-max" as const, resource: name, bound: 1, wanted: 2 }],
    costDeltaPerHour: 0,
  };
  const facts = { schedules: [name] } as unknown as Decision["facts"];
  const signals = [{ ...aDecision(atMs).signals[0], rule: name }] as unknown as Decision["signals"];
  const result = { finishedAtMs: atMs, reason: name as "expired", detail: name };
  return aDecision(atMs, {
    id: `${name}@${atMs}`,
    fleet: name,
    component: name,
    action: "SCALE_OUT",
    direction: "grow",
    hold: undefined,
    rule: name,
    strategy: name as "REACTIVE",
    plan,
    facts,
    signals,
    verdicts: [],
    result,
  });
}

function named(name: string, components: number): FleetPolicy {
  const fleet = aFleet({ name: "x" });
  const [first] = fleet.components;
  if (first === undefined) throw new Error("no component");
  const all = Array.from({ length: components }, (_, i) => ({
    ...first,
    name: components === 1 ? name : `${name}${i}`,
  }));
  return { ...fleet, name, components: all };
}

async function pageOf(fleet: FleetPolicy, decisions: readonly Decision[], event: object = {}): Promise<string> {
  const store = new MemoryStore();
  await store.writeLedger({ ...aLedger(fleet), modeOverride: fleet.name as "auto" });
  await store.appendDecisions(fleet.name, decisions);
  const clock = { nowMs: () => NOW_MS };
  return answerWidget(event, { clock, log: () => {}, open: async () => ({ fleets: [fleet], store }) });
}

describe("a page of hostile names", () => {
  test.each(HOSTILE)("%j does nothing", async (name) => {
    const html = await pageOf(named(name, 1), [hostileDecision(name, NOW_MS - 60_000)], {
      component: name,
      [name]: name,
    });
    expect(html).toContain("<svg");
    const tags = new Set([...html.matchAll(/<\/?([^\s/>]+)/g)].map(([, tag]) => tag));
    const known = "div p b br small svg g line text title path circle table thead tbody tr th td".split(" ");
    expect([...tags].filter((tag) => !known.includes(tag ?? ""))).toEqual([]);
    // Every quote that is left stands around an attribute's value; outside of those there is no handler.
    expect(html.replaceAll(/"[^"]*"/g, "")).not.toMatch(/<[^>]*\son[a-z]+=/i);
    expect(html).not.toContain(name);
  });

  test("unknown values are told escaped as well", async () => {
    const html = await pageOf(named("f", 1), [], { component: HOSTILE[0], limit: HOSTILE[1] });
    expect(html).not.toContain("<script");
    expect(html).not.toContain("<img");
  });
});

test("a page's size is bounded, whatever the table holds", async () => {
  const fleet = named("service with a rather long name ", 300);
  const decisions = fleet.components
    .slice(0, 15)
    .flatMap(({ name }) =>
      Array.from({ length: 250 }, (_, i) => ({ ...hostileDecision(name, NOW_MS - 1000 * (i + 1)), fleet: fleet.name })),
    );
  const html = await pageOf(fleet, decisions, { limit: 100, widgetContext: { width: 99_999 } });
  expect(html.match(/<tr /g)).toHaveLength(100);
  expect(html.match(/<title>service/g)).toHaveLength(12);
  expect(html.length).toBeLessThan(600_000);
});
