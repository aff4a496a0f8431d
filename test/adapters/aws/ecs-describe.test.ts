import type { Service } from "@aws-sdk/client-ecs";
import { describe, expect, test } from "vitest";
import type { ServiceTarget } from "../../../lib/deployment.ts";
import { NotYetError } from "../../../lib/domain/model/errors.ts";
import type { ServiceState } from "../../../lib/domain/model/service.ts";
import { anEcsBench, aTarget } from "../../support/ecs-bench.ts";
import { awsError, denied } from "../../support/fake-ecs-api.ts";

/** Services of these names in cluster main, and the adapter over them. */
function bench(names: readonly string[], changes: Partial<ServiceTarget> = {}, settings: Partial<Service> = {}) {
  const made = anEcsBench(names.map((name) => aTarget(name, changes)));
  for (const name of names) made.api.addService({ name, settings });
  const { orchestrator } = made;
  const live = async (name = names[0] ?? "", known?: ServiceState) => {
    const [state] = await orchestrator.describe([name], known && new Map([[name, known]]));
    if (state === undefined || state instanceof Error) throw state ?? new Error("no answer");
    return state;
  };
  return { ...made, live };
}
const named = (count: number) => Array.from({ length: count }, (_, at) => `s${at}`);
const messageOf = (state: ServiceState | Error | undefined) => (state instanceof Error ? state.message : undefined);

describe("requests", () => {
  test("ten services of one cluster for each call, an unchanged revision never again", async () => {
    const { api, orchestrator } = anEcsBench([
      ...named(21).map((name) => aTarget(name)),
      aTarget("other", { cluster: "arn:aws:ecs:eu-west-1:111122223333:cluster/second" }),
    ]);
    for (const name of named(21)) api.addService({ name });
    api.addService({ name: "other", cluster: "second" });
    const names = [...named(21), "other"];
    const states = await orchestrator.describe(names);
    expect(states.filter((state) => state instanceof Error)).toEqual([]);
    const asked = api.calls.filter(({ name }) => name === "DescribeServices").map(({ input }) => input);
    expect(asked.map(({ cluster, services }) => [cluster, (services as string[]).length])).toEqual([
      ["main", 10],
      ["main", 10],
      ["main", 1],
      ["arn:aws:ecs:eu-west-1:111122223333:cluster/second", 1],
    ]);
    expect(api.count("DescribeTaskDefinition")).toBe(22);
    await orchestrator.describe(names);
    expect(api.count("DescribeTaskDefinition")).toBe(22);
  });

  test("a process that starts over 1,000 known services makes 100 + 20 calls and waits for none", async () => {
    const names = named(1000);
    const { api, orchestrator, makeOrchestrator, waits } = bench(names);
    const known = new Map<string, ServiceState>();
    for (let pass = 0; known.size < names.length && pass < 10; pass++) {
      for (const [at, state] of (await orchestrator.describe(names, known)).entries()) {
        if (!(state instanceof Error)) known.set(names[at] ?? "", state);
      }
      api.nowMs += 30_000;
    }
    expect(known.size).toBe(1000);
    api.forget();
    waits.splice(0);
    const states = await makeOrchestrator().describe(names, known);
    const nowMs = api.nowMs;
    expect(states).toEqual(names.map((name) => ({ ...known.get(name), observedAtMs: nowMs })));
    expect([api.count("DescribeServices"), api.count("DescribeScalableTargets"), api.calls.length]).toEqual([
      100, 20, 120,
    ]);
    expect(waits).toEqual([]);
  });

  test("services that were never seen are read as fast as the account allows, the rest is told and read next", async () => {
    const names = named(300);
    const { orchestrator, waits, api } = bench(names);
    const first = await orchestrator.describe(names);
    const unread = first.filter((state) => state instanceof Error);
    expect(unread.length).toBeGreaterThan(100);
    expect(unread.length).toBeLessThan(250);
    expect(messageOf(unread[0])).toMatch(/task definition s\d+:1 is not read yet: .* the next pass goes on/);
    for (const each of unread) expect(each).toBeInstanceOf(NotYetError);
    expect(Math.max(...waits)).toBeLessThanOrEqual(5000);
    api.nowMs += 30_000;
    const second = await orchestrator.describe(names);
    expect(second.filter((state) => state instanceof Error).length).toBeLessThan(unread.length);
  });

  test("a revision that several services run is read once", async () => {
    const { api, orchestrator } = anEcsBench([aTarget("a"), aTarget("b")]);
    const shared = api.addService({ name: "a" }).primary.taskDefinition ?? "";
    api.addService({ name: "b" }).primary.taskDefinition = shared;
    await orchestrator.describe(["a", "b"]);
    expect(api.count("DescribeTaskDefinition")).toBe(1);
  });

  test("a service given by its ARN is found", async () => {
    const service = "arn:aws:ecs:eu-west-1:111122223333:service/main/web";
    const { api, orchestrator } = anEcsBench([aTarget("checkout", { service })]);
    api.addService({ name: "web" });
    expect(await orchestrator.describe(["checkout"])).toMatchObject([{ revision: "web:1" }]);
    const scalable = api.calls.find(({ name }) => name === "DescribeScalableTargets");
    expect(scalable?.input).toMatchObject({ ServiceNamespace: "ecs", ResourceIds: ["service/main/web"] });
  });
});

describe("state", () => {
  test("of a service at rest", async () => {
    const { api, live } = bench(["web"], { networkPerTask: 250 });
    const createdAt = new Date(api.nowMs - 86_400_000).toISOString();
    expect(await live()).toEqual({
      identity: `arn:aws:ecs:eu-west-1:111122223333:service/main/web@${createdAt}`,
      desired: { tasks: 2, size: { cpu: 500, memory: 1000, network: 250, storage: 0 } },
      running: 2,
      pending: 0,
      revision: "web:1",
      deploying: false,
      rolloutFailed: false,
      observedAtMs: api.nowMs,
    });
  });

  test("tasks that ECS could not place are pending, though it counts none", async () => {
    const { api, live } = bench(["web"]);
    await live();
    api.service("web").desired = 6;
    api.service("web").stall();
    expect(await live()).toMatchObject({ desired: { tasks: 6 }, running: 2, pending: 4, deploying: false });
  });

  test("a deployment without tasks is not counted, one that drains is", async () => {
    const { api, live } = bench(["web"]);
    await live();
    api.service("web").stall();
    const { deployments, primary } = api.service("web");
    deployments.push({ ...primary, id: "old", status: "INACTIVE", rolloutState: "FAILED" });
    expect(await live()).toMatchObject({ deploying: false, rolloutFailed: false });
    deployments.push({ ...primary, id: "draining", status: "ACTIVE" });
    expect(await live()).toMatchObject({ deploying: true });
  });

  test("a rollout that failed and is not rolled back is neither over nor well", async () => {
    const { api, live } = bench(["web"]);
    await live();
    api.service("web").stall();
    api.service("web").primary.rolloutState = "FAILED";
    expect(await live()).toMatchObject({ deploying: true, rolloutFailed: true });
  });

  test("a service of another controller keeps its revision in a task set", async () => {
    const settings: Partial<Service> = {
      deploymentController: { type: "EXTERNAL" },
      taskSets: [{ status: "PRIMARY", taskDefinition: "arn:aws:ecs:eu-west-1:111122223333:task-definition/web:1" }],
    };
    const { api, orchestrator } = bench(["web"], {}, settings);
    await orchestrator.describe(["web"]);
    const shown = { ...api.service("web").describe(), deployments: [], taskDefinition: undefined };
    api.service("web").describe = () => shown;
    expect(await orchestrator.describe(["web"])).toMatchObject([
      { revision: "web:1", refusal: expect.stringMatching(/EXTERNAL/) },
    ]);
    api.service("web").describe = () => ({ ...shown, taskSets: [] });
    const [state] = await orchestrator.describe(["web"]);
    expect(messageOf(state)).toMatch(/it has no task definition that ECS deploys/);
  });

  test("a service that was created anew is another one, and its size is not what was known", async () => {
    const { api, live } = bench(["web"]);
    const before = await live();
    api.service("web").settings.createdAt = new Date(api.nowMs);
    const known = { ...before, desired: { tasks: 2, size: { ...before.desired.size, cpu: 1 } } };
    const after = await live("web", known);
    expect(after.identity).not.toBe(before.identity);
    expect(after.desired).toEqual(before.desired);
  });

  test.each<[string, Partial<Service>, RegExp]>([
    ["deleted", { status: "INACTIVE" }, /is INACTIVE/],
    ["on its way out", { status: "DRAINING" }, /is DRAINING/],
    ["one for each instance", { schedulingStrategy: "DAEMON" }, /DAEMON/],
    ["CodeDeploy", { deploymentController: { type: "CODE_DEPLOY" } }, /controlled by CODE_DEPLOY/],
    ["somebody's own", { deploymentController: { type: "EXTERNAL" } }, /controlled by EXTERNAL/],
  ])("refuses writes: %s", async (_name, settings, refusal) => {
    const { live } = bench(["web"], {}, settings);
    expect((await live()).refusal).toMatch(refusal);
  });

  test.each(["BLUE_GREEN", "LINEAR", "CANARY", "ROLLING"] as const)(
    "%s does not refuse all writes",
    async (strategy) => {
      const { live } = bench(["web"], {}, { deploymentConfiguration: { strategy } });
      expect((await live()).refusal).toBeUndefined();
    },
  );
});

describe("one component's failure stays with it", () => {
  test("what is not there, is not configured, or states no size", async () => {
    const { api, orchestrator } = anEcsBench([
      aTarget("web"),
      aTarget("gone"),
      aTarget("lost", { cluster: "nowhere" }),
      aTarget("vague", { compute: "ec2" }),
    ]);
    api.addService({ name: "web" });
    const withoutSize = { cpu: undefined, memory: undefined };
    api.addService({ name: "vague", definition: withoutSize });
    const [gone, web, lost, vague, unknown] = await orchestrator.describe(["gone", "web", "lost", "vague", "typo"]);
    expect(web).toMatchObject({ running: 2 });
    expect(messageOf(gone)).toBe("no ECS service gone in cluster main (MISSING)");
    expect(messageOf(lost)).toMatch(/service lost in cluster nowhere cannot be described: ClusterNotFoundException/);
    expect(messageOf(vague)).toMatch(/vague in cluster main cannot be read: .* states no CPU and no memory/);
    expect(messageOf(unknown)).toBe("no component typo is configured");
  });

  test("a service that may not be described is then read alone", async () => {
    const { api, orchestrator } = bench(["a", "b", "c"]);
    api.fail("DescribeServices", denied("ecs:DescribeServices"));
    api.fail("DescribeServices", denied("ecs:DescribeServices"));
    const [a, b, c] = await orchestrator.describe(["a", "b", "c"]);
    expect(messageOf(a)).toMatch(/service a in cluster main cannot be described: ecs:DescribeServices is not allowed/);
    expect([b, c]).toMatchObject([{ running: 2 }, { running: 2 }]);
    api.forget();
    api.fail("DescribeServices", denied("ecs:DescribeServices"));
    const again = await orchestrator.describe(["a", "b", "c"]);
    expect(again.map((state) => state instanceof Error)).toEqual([true, false, false]);
    expect(api.count("DescribeServices")).toBe(2);
  });

  test.each([
    ["throttled", awsError("ThrottlingException", 400)],
    ["overloaded", awsError("ServerException", 500)],
    ["unreachable", awsError("TimeoutError", 0)],
  ])("a call that is %s costs its ten, and no more calls", async (_name, error) => {
    const { api, orchestrator } = bench(named(12));
    api.fail("DescribeServices", error);
    const states = await orchestrator.describe(named(12));
    expect(states.map((state) => state instanceof Error)).toEqual([...Array(10).fill(true), false, false]);
    expect(messageOf(states[0])).toContain(error.name);
    expect(api.count("DescribeServices")).toBe(2);
  });

  test("a task definition that may not be read, and is read when it may", async () => {
    const { api, orchestrator, live } = bench(["a", "b"]);
    api.fail("DescribeTaskDefinition", denied("ecs:DescribeTaskDefinition"));
    const [a, b] = await orchestrator.describe(["a", "b"]);
    expect(messageOf(a)).toMatch(/size of ECS service a .*: ecs:DescribeTaskDefinition is not allowed/);
    expect(b).toMatchObject({ running: 2 });
    expect(await live("a")).toMatchObject({ running: 2 });
  });
});

describe("a failed rollout", () => {
  const rollOut = async ({ api, live }: ReturnType<typeof bench>) => {
    const before = await live();
    const { taskDefinitionArn = "" } = api.register({
      family: "web",
      containerDefinitions: [],
      cpu: "1024",
      memory: "2048",
    });
    api.service("web").deploy(taskDefinitionArn, api);
    return before;
  };

  test("is told while it is on the way back, and after, for as long as nothing newer is rolled out", async () => {
    const made = bench(["web"]);
    const { api, live, makeOrchestrator } = made;
    const before = await rollOut(made);
    const rolling = await live("web", before);
    expect(rolling).toMatchObject({ revision: "web:2", deploying: true, rolloutFailed: false });
    api.service("web").rollBack(api, "circuit breaker");
    const back = await live("web", rolling);
    expect(back).toMatchObject({ revision: "web:1", deploying: true, rolloutFailed: true });
    api.nowMs += 600_000;
    const rest = await live("web", back);
    expect(rest).toMatchObject({ revision: "web:1", deploying: false, rolloutFailed: true });
    expect(await live("web", { ...before, observedAtMs: api.nowMs - 700_000 })).toMatchObject({ rolloutFailed: true });
    expect(api.count("ListServiceDeployments")).toBe(1);
    const [elsewhere] = await makeOrchestrator().describe(["web"], new Map([["web", rest]]));
    expect(elsewhere).toMatchObject({ rolloutFailed: true });
    expect(api.count("ListServiceDeployments")).toBe(1);
    await rollOut(made);
    api.nowMs += 600_000;
    expect(await live("web", rest)).toMatchObject({ revision: "web:3", deploying: false, rolloutFailed: false });
  });

  test("a service at rest that was seen before is not asked about", async () => {
    const { api, live } = bench(["web"]);
    await live("web", await live());
    expect(api.count("ListServiceDeployments")).toBe(0);
  });

  test("a history that cannot be read is no failure, and is told once", async () => {
    const made = bench(["web"]);
    const { api, live, log } = made;
    const before = await rollOut(made);
    api.nowMs += 600_000;
    for (let pass = 0; pass < 2; pass++) {
      api.fail("ListServiceDeployments", denied("ecs:ListServiceDeployments"));
      expect(await live("web", before)).toMatchObject({ revision: "web:2", rolloutFailed: false });
    }
    expect(log.filter(({ message }) => message.includes("service deployments"))).toHaveLength(1);
  });
});

describe("Application Auto Scaling", () => {
  const ID = "service/main/web";

  test("a target that is not suspended is refused, one that is suspended is not", async () => {
    const { api, live } = bench(["web"]);
    api.addScalableTarget(ID);
    expect((await live()).refusal).toBe("Application Auto Scaling manages it (2 to 9 tasks), not suspended");
    api.addScalableTarget(ID, true);
    api.nowMs += 300_000;
    expect((await live()).refusal).toBeUndefined();
  });

  test("suspended in part is not suspended", async () => {
    const { api, live } = bench(["web"]);
    const target = api.addScalableTarget(ID, true);
    target.SuspendedState = { ...target.SuspendedState, ScheduledScalingSuspended: false };
    expect((await live()).refusal).toMatch(/manages it/);
  });

  test("configured to be suspended: no refusal, and reading suspends nothing", async () => {
    const { api, live } = bench(["web"], { otherAutoscaler: "suspend" });
    api.addScalableTarget(ID);
    expect((await live()).refusal).toBeUndefined();
    expect(api.count("RegisterScalableTarget")).toBe(0);
  });

  test("is asked for fifty services at a time, once in five minutes", async () => {
    const { api, orchestrator } = bench(named(60));
    await orchestrator.describe(named(60));
    api.nowMs += 299_000;
    await orchestrator.describe(named(60));
    expect(api.count("DescribeScalableTargets")).toBe(2);
    api.nowMs += 1000;
    await orchestrator.describe(named(60));
    expect(api.count("DescribeScalableTargets")).toBe(4);
  });

  test("not knowing stops writes, not monitoring; what was known stands in for an hour", async () => {
    const { api, live, log } = bench(["web"]);
    api.fail("DescribeScalableTargets", denied("application-autoscaling:DescribeScalableTargets"));
    expect(await live()).toMatchObject({
      running: 2,
      refusal: expect.stringMatching(/could not be read \(AccessDeniedException: .*DescribeScalableTargets\)/),
    });
    expect((await live()).refusal).toBeUndefined();
    for (const [laterMs, refusal] of [
      [3_500_000, undefined],
      [200_000, expect.stringMatching(/could not be read/)],
    ] as const) {
      api.nowMs += laterMs;
      api.fail("DescribeScalableTargets", denied("application-autoscaling:DescribeScalableTargets"));
      expect((await live()).refusal).toEqual(refusal);
    }
    expect(log.filter(({ level, message }) => level === "warn" && message.includes("scalable targets"))).toHaveLength(
      1,
    );
  });
});
