import { describe, expect, test } from "vitest";
import { type AdvanceInput, advance } from "../../../lib/domain/execution/advance.ts";
import type { OpenExecution } from "../../../lib/domain/model/ledger.ts";
import type { ServiceState } from "../../../lib/domain/model/service.ts";
import { fleet, MINUTE, T0, tasks } from "../../support/execution-bench.ts";

const POLICY = fleet().execution; // timeout 10 min, 3 attempts, retry after 30 s doubling
const NOW = T0 + MINUTE;

const sent: OpenExecution = {
  decision: `a@${T0}`,
  decidedAtMs: T0,
  component: "a",
  direction: "grow",
  step: 0,
  steps: [{ component: "a", before: tasks(2), after: tasks(3) }],
  claimedAtMs: T0,
  attempts: 1,
  rollingBack: false,
  epoch: 1,
};
const unsent: OpenExecution = { ...sent, attempts: 0 };
const applied: OpenExecution = { ...sent, appliedAtMs: T0 };
const back: OpenExecution = { ...sent, rollingBack: true };
const resized: OpenExecution = {
  ...applied,
  steps: [{ component: "a", before: tasks(2), after: tasks(2, { cpu: 1000 }) }],
  revisionAfter: "a:2",
};

function live(desired: ServiceState["desired"], changes: Partial<ServiceState> = {}): ServiceState {
  const base = { identity: "arn:a", desired, running: desired.tasks, pending: 0, revision: "a:1", deploying: false };
  return { ...base, rolloutFailed: false, observedAtMs: NOW, ...changes };
}

const starting = { running: 2, pending: 1 };
const big = tasks(2, { cpu: 1000 });

function ask(open: OpenExecution, seen: ServiceState | Error, changes: Partial<AdvanceInput> = {}): string {
  const next = advance({
    open,
    live: seen,
    identity: "arn:a",
    lastAttemptMs: open.attempts > 0 ? T0 : undefined,
    blocked: undefined,
    policy: POLICY,
    nowMs: NOW,
    ...changes,
  });
  return [next.kind, "why" in next ? next.why : "", "because" in next ? next.because : ""].filter(Boolean).join(" ");
}

const LATE = { nowMs: T0 + 10 * MINUTE };

describe("advance", () => {
  test.each<[what: string, got: string, expected: string]>([
    ["nothing sent, at before", ask(unsent, live(tasks(2))), "send"],
    ["nothing sent, at after: another hand", ask(unsent, live(tasks(3))), "foreign baseline-changed"],
    ["nothing sent, elsewhere", ask(unsent, live(tasks(7))), "foreign baseline-changed"],
    ["nothing sent, paused", ask(unsent, live(tasks(2)), { blocked: "paused" }), "giveBack paused"],
    [
      "the donor gave already, paused",
      ask({ ...unsent, step: 1, steps: [...sent.steps, ...sent.steps] }, live(tasks(2)), { blocked: "paused" }),
      "wait blocked",
    ],
    ["sent, at after", ask(sent, live(tasks(3))), "applied"],
    ["sent, at before, too early", ask(sent, live(tasks(2)), { nowMs: T0 + 29_999 }), "wait retry-delay"],
    ["sent, at before, in time", ask(sent, live(tasks(2)), { nowMs: T0 + 30_000 }), "send"],
    [
      "sent twice, the delay doubles",
      ask({ ...sent, attempts: 2 }, live(tasks(2)), { nowMs: T0 + 59_999 }),
      "wait retry-delay",
    ],
    ["sent twice, in time", ask({ ...sent, attempts: 2 }, live(tasks(2))), "send"],
    [
      "sent three times",
      ask({ ...sent, attempts: 3 }, live(tasks(2)), { nowMs: T0 + 2 * MINUTE }),
      "failed service-unavailable",
    ],
    ["sent, at before, paused", ask(sent, live(tasks(2)), { blocked: "paused" }), "wait blocked"],
    ["sent, at before, paused for long", ask(sent, live(tasks(2)), { blocked: "paused", ...LATE }), "failed paused"],
    ["sent, elsewhere", ask(sent, live(tasks(7))), "foreign baseline-changed"],
    ["sent, another service", ask(sent, live(tasks(3), { identity: "arn:new" })), "foreign baseline-changed"],
    ["void", ask(sent, live(tasks(3)), { blocked: "restored" }), "foreign restored"],
    ["applied, tasks start", ask(applied, live(tasks(3), starting)), "wait rollout"],
    ["applied, tasks run", ask(applied, live(tasks(3))), "stable"],
    [
      "applied, tasks still drain",
      ask(
        { ...applied, steps: [{ component: "a", before: tasks(3), after: tasks(2) }] },
        live(tasks(2), { running: 3 }),
      ),
      "wait rollout",
    ],
    ["applied, never runs", ask(applied, live(tasks(3), starting), LATE), "rollBack never-stable"],
    [
      "applied, a deployment of others on top",
      ask(applied, live(tasks(3), { deploying: true }), LATE),
      "foreign baseline-changed",
    ],
    ["applied, a rollout of before failed", ask(applied, live(tasks(3), { rolloutFailed: true })), "stable"],
    [
      "resized, rollout failed",
      ask(resized, live(big, { revision: "a:2", rolloutFailed: true })),
      "rollBack rollout-failed",
    ],
    [
      "applied, back at before by the circuit breaker",
      ask(applied, live(tasks(2), { rolloutFailed: true })),
      "rollBack rollout-failed",
    ],
    ["applied, back at before by a hand", ask(applied, live(tasks(2))), "foreign baseline-changed"],
    ["resized, rolling", ask(resized, live(big, { revision: "a:2", deploying: true })), "wait rollout"],
    [
      "resized, never runs",
      ask(resized, live(big, { revision: "a:2", deploying: true }), LATE),
      "rollBack never-stable",
    ],
    [
      "resized, another revision of the same size on top",
      ask(resized, live(big, { revision: "a:9", deploying: true })),
      "foreign baseline-changed",
    ],
    ["back, not sent", ask({ ...back, attempts: 0 }, live(tasks(3))), "send"],
    ["back, there already", ask({ ...back, attempts: 0 }, live(tasks(2))), "applied"],
    ["back, applied, tasks run", ask({ ...back, appliedAtMs: T0 }, live(tasks(2))), "stable"],
    [
      "back, applied, rollout failed before",
      ask({ ...back, appliedAtMs: T0 }, live(tasks(2), { rolloutFailed: true })),
      "stable",
    ],
    [
      "back, applied, not all run in time",
      ask({ ...back, appliedAtMs: T0 }, live(tasks(2), { running: 1 }), LATE),
      "stable",
    ],
    ["back, paused", ask({ ...back, attempts: 0 }, live(tasks(3)), { blocked: "paused" }), "wait blocked"],
    ["back, attempts used up", ask({ ...back, attempts: 3 }, live(tasks(3)), LATE), "failed service-unavailable"],
    ["not readable", ask(sent, new Error("denied")), "wait not-readable"],
    [
      "not readable for four timeouts",
      ask(sent, new Error("denied"), { nowMs: T0 + 40 * MINUTE }),
      "lost service-unavailable",
    ],
  ])("%s: %s", (_what, got, expected) => {
    expect(got).toBe(expected);
  });
});
