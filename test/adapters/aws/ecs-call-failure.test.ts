import { describe, expect, test } from "vitest";
import { failureOf, isDenied, unsentFailureOf } from "../../../lib/adapters/aws/ecs/call-failure.ts";
import { CallPace } from "../../../lib/adapters/aws/ecs/call-pace.ts";
import { awsError } from "../../support/fake-ecs-api.ts";

describe("what a failed call came to", () => {
  test.each([
    ["ThrottlingException", 400, "throttled"],
    ["TooManyRequestsException", 429, "throttled"],
    ["SomethingNew", 429, "throttled"],
    ["RequestLimitExceeded", 503, "throttled"],
    ["AccessDeniedException", 400, "refused"],
    ["InvalidParameterException", 400, "refused"],
    ["ClientException", 400, "refused"],
    ["ServiceNotActiveException", 400, "refused"],
    ["ServiceNotFoundException", 400, "refused"],
    ["ClusterNotFoundException", 400, "refused"],
    ["PlatformTaskDefinitionIncompatibilityException", 400, "refused"],
    ["PlatformUnknownException", 400, "refused"],
    ["UnsupportedFeatureException", 400, "refused"],
    ["LimitExceededException", 400, "refused"],
    ["ExpiredTokenException", 403, "refused"],
    ["ServerException", 500, "unknown"],
    ["ServiceUnavailable", 503, "unknown"],
    ["RequestTimeout", 408, "unknown"],
    ["SyntaxError", 200, "unknown"],
    ["TimeoutError", 0, "unknown"],
    ["ECONNRESET", 0, "unknown"],
  ] as const)("%s (%d): %s", (name, status, kind) => {
    expect(failureOf(awsError(name, status, "why"))).toEqual({ kind, detail: `${name}: why` });
  });

  test("two registrations of a family at once are a matter of time", () => {
    const message = "Too many concurrent attempts to create a new revision of the specified family.";
    expect(failureOf(awsError("ClientException", 400, message)).kind).toBe("throttled");
  });

  test("what is no error is told as it is", () => {
    expect(failureOf("boom")).toEqual({ kind: "unknown", detail: "Error: boom" });
  });

  test("a read that was lost before a write was sent is for later, not unknown", () => {
    expect(unsentFailureOf(awsError("TimeoutError", 0)).kind).toBe("throttled");
    expect(unsentFailureOf(awsError("ServerException", 500)).kind).toBe("throttled");
    expect(unsentFailureOf(awsError("ClusterNotFoundException", 400)).kind).toBe("refused");
  });

  test("a permission that is missing is told from a thing that is", () => {
    expect(isDenied(awsError("AccessDeniedException", 400))).toBe(true);
    expect(isDenied(awsError("ServiceNotFoundException", 400))).toBe(false);
  });
});

describe("pace", () => {
  function aPace(rate: { burst: number; perSecond: number }) {
    const clock = { ms: 0, nowMs: () => clock.ms };
    const waits: number[] = [];
    const pace = new CallPace(rate, clock, async (ms) => {
      waits.push(ms);
      clock.ms += ms;
    });
    return { clock, waits, pace };
  }

  test("a burst at once, then the sustained rate", async () => {
    const { clock, waits, pace } = aPace({ burst: 20, perSecond: 1 });
    for (let call = 0; call < 25; call++) expect(await pace.turn()).toBe(true);
    expect(waits).toEqual([1000, 1000, 1000, 1000, 1000]);
    clock.ms += 3000;
    for (let call = 0; call < 3; call++) await pace.turn();
    expect(waits).toHaveLength(5);
    await pace.turn();
    expect(waits).toHaveLength(6);
  });

  test("never more than the burst, however long nobody called", async () => {
    const { clock, waits, pace } = aPace({ burst: 2, perSecond: 10 });
    clock.ms += 3_600_000;
    for (let call = 0; call < 3; call++) await pace.turn();
    expect(waits).toEqual([100]);
  });

  test("calls at the same moment wait behind each other", async () => {
    const waits: number[] = [];
    const pace = new CallPace({ burst: 1, perSecond: 10 }, { nowMs: () => 0 }, async (ms) => void waits.push(ms));
    await Promise.all([pace.turn(), pace.turn(), pace.turn(), pace.turn()]);
    expect(waits).toEqual([100, 200, 300]);
  });

  test("who is not patient enough is told at once and takes nobody's turn", async () => {
    const { waits, pace } = aPace({ burst: 1, perSecond: 1 });
    expect(await pace.turn(500)).toBe(true);
    expect(await pace.turn(500)).toBe(false);
    expect(await pace.turn(500)).toBe(false);
    expect(await pace.turn(1000)).toBe(true);
    expect(waits).toEqual([1000]);
  });

  test("a clock that is set back neither stops nor floods", async () => {
    const { clock, waits, pace } = aPace({ burst: 1, perSecond: 1 });
    await pace.turn();
    clock.ms -= 60_000;
    await pace.turn();
    expect(waits).toEqual([1000]);
  });
});
