import { beforeEach, describe, expect, test } from "vitest";
import { type Resources, sameSize } from "../../lib/domain/model/resources.ts";
import type { ServiceState } from "../../lib/domain/model/service.ts";
import type { Orchestrator } from "../../lib/ports.ts";

/** One adapter with two services, "first" and "second", that run their tasks, and nothing that is called "nobody". */
export interface OrchestratorBench {
  readonly orchestrator: Orchestrator;
  /** Lets so much time pass that every rollout is over. */
  settle(): void;
}

/** What both services begin with, and what the suite resizes them to: valid Fargate sizes. */
export const INITIAL = { tasks: 2, size: { cpu: 500, memory: 1000, network: 100, storage: 0 } };
const LARGER: Resources = { cpu: 1000, memory: 3000, network: 100, storage: 5000 };
const LARGEST: Resources = { ...LARGER, memory: 4000 };

/** What every Orchestrator must do; each adapter runs all of it. */
export function orchestratorContract(name: string, make: () => OrchestratorBench): void {
  describe(`${name} keeps the contract of Orchestrator`, () => {
    let bench: OrchestratorBench;
    let orchestrator: Orchestrator;
    beforeEach(() => {
      bench = make();
      orchestrator = bench.orchestrator;
    });

    const live = async (component = "first", known?: ReadonlyMap<string, ServiceState>) => {
      const [state] = await orchestrator.describe([component], known);
      if (state === undefined || state instanceof Error) throw state ?? new Error("no answer");
      return state;
    };
    const register = async (size: Resources, decision: string) => {
      const answer = await orchestrator.ensureRevision({ component: "first", size, decision });
      if (answer.kind !== "ok") throw new Error(answer.detail);
      return answer.revision;
    };

    describe("live state", () => {
      describeCases(() => ({ orchestrator, live }));
    });

    describe("ensureRevision", () => {
      test("registers once for a decision, and changes nothing that runs", async () => {
        const before = await live();
        const revision = await register(LARGER, "d1");
        expect(revision).not.toBe(before.revision);
        expect(await register(LARGER, "d1")).toBe(revision);
        bench.settle();
        expect(await register(LARGER, "d1")).toBe(revision);
        expect(await live()).toMatchObject({ desired: before.desired, revision: before.revision, deploying: false });
      });

      test("tells decisions apart, and the way back of one from the way there", async () => {
        const there = await register(LARGER, "d1");
        const back = await register(LARGEST, "d1:back");
        const other = await register(LARGER, "d2");
        expect(new Set([there, back, other]).size).toBe(3);
        expect(await register(LARGER, "d1")).toBe(there);
        expect(await register(LARGEST, "d1:back")).toBe(back);
      });

      test("a component that does not exist is refused", async () => {
        const request = { component: "nobody", size: LARGER, decision: "d1" };
        expect(await orchestrator.ensureRevision(request)).toMatchObject({ kind: "refused" });
      });
    });

    describe("update", () => {
      updateCases(() => ({ bench, orchestrator, live, register }));
    });
  });
}

type Live = (component?: string, known?: ReadonlyMap<string, ServiceState>) => Promise<ServiceState>;

function describeCases(at: () => { orchestrator: Orchestrator; live: Live }): void {
  test("tells what runs, at rest", async () => {
    expect(await at().live()).toMatchObject({
      desired: INITIAL,
      running: INITIAL.tasks,
      pending: 0,
      deploying: false,
      rolloutFailed: false,
    });
  });

  test("answers in the order asked, with an Error in the place of what is not there", async () => {
    const { orchestrator } = at();
    const states = await orchestrator.describe(["second", "nobody", "first"]);
    expect(states).toHaveLength(3);
    const [second, nobody, first] = states;
    expect(nobody).toBeInstanceOf(Error);
    expect((nobody as Error).message).toContain("nobody");
    expect(await orchestrator.describe(["second"])).toEqual([second]);
    expect(await orchestrator.describe(["first"])).toEqual([first]);
  });

  test("nothing asked, nothing answered", async () => {
    expect(await at().orchestrator.describe([])).toEqual([]);
  });

  test("what was last seen changes no answer", async () => {
    const { live } = at();
    const seen = await live();
    expect(await live("first", new Map([["first", seen]]))).toEqual(seen);
    const elsewhere = { ...seen, revision: "other:1", desired: { tasks: 9, size: LARGEST } };
    expect(await live("first", new Map([["first", elsewhere]]))).toEqual(seen);
  });
}

function updateCases(
  at: () => {
    bench: OrchestratorBench;
    orchestrator: Orchestrator;
    live: Live;
    register: (size: Resources, decision: string) => Promise<string>;
  },
): void {
  test("sets an absolute number of tasks, and the same again changes nothing", async () => {
    const { bench, orchestrator, live } = at();
    const { revision } = await live();
    const request = { component: "first", tasks: 5, revision, decision: "d1" };
    expect(await orchestrator.update(request)).toEqual({ kind: "ok" });
    const growing = await live();
    expect(growing).toMatchObject({ desired: { ...INITIAL, tasks: 5 }, revision, deploying: false });
    expect(growing.running + growing.pending).toBe(5);
    expect(growing.pending).toBeGreaterThan(0);
    expect(await orchestrator.update(request)).toEqual({ kind: "ok" });
    bench.settle();
    const grown = await live();
    expect(grown).toMatchObject({ desired: { ...INITIAL, tasks: 5 }, running: 5, pending: 0, deploying: false });
    expect(await orchestrator.update(request)).toEqual({ kind: "ok" });
    expect(await live()).toEqual(grown);
  });

  test("the other service is not touched", async () => {
    const { orchestrator, live } = at();
    const before = await live("second");
    await orchestrator.update({ component: "first", tasks: 3, revision: (await live()).revision, decision: "d1" });
    expect(await live("second")).toEqual(before);
  });

  test("rolls out a size that was registered, to the last thousandth, and back to the revision before", async () => {
    const { bench, orchestrator, live, register } = at();
    const before = await live();
    const revision = await register(LARGER, "d1");
    await orchestrator.update({ component: "first", tasks: 2, revision, decision: "d1" });
    const rolling = await live();
    expect(rolling).toMatchObject({ revision, deploying: true, desired: { tasks: 2, size: LARGER } });
    bench.settle();
    expect(await live()).toMatchObject({ revision, deploying: false, rolloutFailed: false, running: 2, pending: 0 });
    await orchestrator.update({ component: "first", tasks: 2, revision: before.revision, decision: "d1" });
    bench.settle();
    const back = await live("first", new Map([["first", rolling]]));
    expect(sameSize(back.desired.size, before.desired.size)).toBe(true);
    expect(back).toMatchObject({ revision: before.revision, identity: before.identity, deploying: false, running: 2 });
  });

  test("a rollout under way is taken back", async () => {
    const { bench, orchestrator, live, register } = at();
    const before = await live();
    const revision = await register(LARGER, "d1");
    await orchestrator.update({ component: "first", tasks: 2, revision, decision: "d1" });
    const back = { component: "first", tasks: 2, revision: before.revision, decision: "d1" };
    expect(await orchestrator.update(back)).toEqual({ kind: "ok" });
    expect(await orchestrator.update(back)).toEqual({ kind: "ok" });
    bench.settle();
    expect(await live()).toMatchObject({ desired: INITIAL, revision: before.revision, deploying: false, running: 2 });
  });

  test("number and size are set at once", async () => {
    const { orchestrator, live, register } = at();
    const revision = await register(LARGER, "d1");
    await orchestrator.update({ component: "first", tasks: 3, revision, decision: "d1" });
    expect(await live()).toMatchObject({ desired: { tasks: 3, size: LARGER }, revision });
  });

  test("a service or a revision that does not exist is refused, and nothing changes", async () => {
    const { orchestrator, live } = at();
    const before = await live();
    const request = { tasks: 5, revision: before.revision, decision: "d1" };
    expect(await orchestrator.update({ ...request, component: "nobody" })).toMatchObject({ kind: "refused" });
    const missing = { ...request, component: "first", revision: "first:999" };
    expect(await orchestrator.update(missing)).toMatchObject({ kind: "refused" });
    expect(await live()).toEqual(before);
  });

  test.each([-1, 1.5, Number.NaN])("%d tasks are refused", async (tasks) => {
    const { orchestrator, live } = at();
    const before = await live();
    const request = { component: "first", tasks, revision: before.revision, decision: "d1" };
    expect(await orchestrator.update(request)).toMatchObject({ kind: "refused" });
    expect(await live()).toEqual(before);
  });
}
