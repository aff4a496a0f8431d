import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readTickEvent } from "../../functions/tick-event.ts";
import { aMessage, anEvent } from "../support/sqs-events.ts";

const AT = 1_800_000_000_000; // a whole half-minute

describe("time of a tick", () => {
  test.each([
    ["sent at the beat", 0, 0, 0],
    ["sent within the half-minute", 29_999, 0, 0],
    ["sent at the next one", 30_000, 0, 30_000],
    ["half a minute later", 0, 30, 30_000],
    ["half a minute later, sent at any second", 17_123, 30, 30_000],
    ["half a minute later, over the minute's end", 45_000, 30, 60_000],
  ])("a beat %s", (_, sentMs, delaySeconds, expected) => {
    const event = anEvent(aMessage({ kind: "beat", delaySeconds }, AT + sentMs));
    expect(readTickEvent(event)).toEqual({ scheduledMs: [AT + expected], problems: [] });
  });

  test("a wake bears its own time", () => {
    const event = anEvent(aMessage({ kind: "wake", scheduledMs: AT + 17_000 }, AT + 18_000));
    expect(readTickEvent(event)).toEqual({ scheduledMs: [AT + 17_000], problems: [] });
  });

  test("several messages are in order of time, the same tick once", () => {
    const event = anEvent(
      aMessage({ kind: "beat", delaySeconds: 30 }, AT),
      aMessage({ kind: "beat", delaySeconds: 0 }, AT),
      aMessage({ kind: "beat", delaySeconds: 0 }, AT + 9000),
    );
    expect(readTickEvent(event).scheduledMs).toEqual([AT, AT + 30_000]);
  });
});

describe("what is no tick", () => {
  const message = aMessage({ kind: "beat", delaySeconds: 0 }, AT);
  test.each([
    [{}, "the event has no Records: {}; it must come from the SQS queue"],
    [undefined, "the event has no Records: absent; it must come from the SQS queue"],
    [{ Records: [] }, 'the event has no Records: {"Records":[]}; it must come from the SQS queue'],
    [{ Records: [null] }, "Records[0] is null; it must be a message"],
    [{ Records: [{ ...message, body: 7 }] }, "Records[0].body is 7; it must be a text"],
    [{ Records: [{ ...message, body: "{" }] }, 'Records[0].body is "{"; it must be JSON'],
    [{ Records: [{ ...message, body: "[]" }] }, 'Records[0].body is "[]"; it must be an object'],
    [anEvent(aMessage({ kind: "tick" }, AT)), 'Records[0].body.kind is "tick"; it must be "beat" or "wake"'],
    [
      anEvent(aMessage({ kind: "beat", delaySeconds: 15 }, AT)),
      "Records[0].body.delaySeconds is 15; it must be 0 or 30",
    ],
    [anEvent(aMessage({ kind: "beat" }, AT)), "Records[0].body.delaySeconds is absent; it must be 0 or 30"],
    [
      anEvent(aMessage({ kind: "wake", scheduledMs: AT / 1000 }, AT)),
      "Records[0].body.scheduledMs is 1800000000; it must be epoch milliseconds",
    ],
    [
      anEvent(aMessage({ kind: "wake", scheduledMs: `${AT}` }, AT)),
      'Records[0].body.scheduledMs is "1800000000000"; it must be epoch milliseconds',
    ],
    [
      anEvent(aMessage({ kind: "beat", delaySeconds: 0, fleet: "a" }, AT)),
      'Records[0].body has the unknown field "fleet"',
    ],
    [
      { Records: [{ ...message, attributes: { SentTimestamp: "soon" } }] },
      'Records[0].attributes.SentTimestamp is "soon"; it must be epoch milliseconds',
    ],
  ])("%j", (event, problem) => {
    expect(readTickEvent(event)).toEqual({ scheduledMs: [], problems: [problem] });
  });

  test("does not hide the ticks beside it", () => {
    const event = anEvent(aMessage("hello", AT), message);
    const { scheduledMs, problems } = readTickEvent(event);
    expect(scheduledMs).toEqual([AT]);
    expect(problems).toHaveLength(1);
  });

  test("whatever the event is, it is read without a throw, and every time is a whole second or beat", () => {
    const record = fc.record({ body: fc.oneof(fc.json(), fc.string()), attributes: fc.anything() });
    fc.assert(
      fc.property(fc.oneof(fc.anything(), fc.record({ Records: fc.array(record) })), (event) => {
        const { scheduledMs, problems } = readTickEvent(event);
        expect(scheduledMs.every(Number.isSafeInteger)).toBe(true);
        expect(scheduledMs.length + problems.length).toBeGreaterThan(0);
      }),
    );
  });
});
