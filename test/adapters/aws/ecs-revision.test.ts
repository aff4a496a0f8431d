import type { RegisterTaskDefinitionCommandInput, Service } from "@aws-sdk/client-ecs";
import { describe, expect, test } from "vitest";
import type { ServiceTarget } from "../../../lib/deployment.ts";
import { anEcsBench, aTarget } from "../../support/ecs-bench.ts";
import { awsError, denied } from "../../support/fake-ecs-api.ts";

const SIZE = { cpu: 500, memory: 1000, network: 100, storage: 0 };
const LARGER = { ...SIZE, cpu: 1000, memory: 2000 };

interface Seed {
  readonly target?: Partial<ServiceTarget>;
  readonly settings?: Partial<Service>;
  readonly definition?: Partial<RegisterTaskDefinitionCommandInput>;
}
function bench({ target = {}, settings = {}, definition = {} }: Seed = {}) {
  const made = anEcsBench([aTarget("web", target)]);
  made.api.addService({ name: "web", settings, definition });
  const { orchestrator } = made;
  return {
    ...made,
    ensure: (size = LARGER, decision = "web@1") => orchestrator.ensureRevision({ component: "web", size, decision }),
  };
}

describe("ensureRevision", () => {
  test("registers the live definition again, tagged with the decision", async () => {
    const { api, ensure } = bench();
    expect(await ensure()).toEqual({ kind: "ok", revision: "web:2" });
    const [before, after] = api.revisions("web");
    expect(after?.definition).toEqual({
      ...before?.definition,
      cpu: "1024",
      memory: "2048",
      revision: 2,
      taskDefinitionArn: before?.definition.taskDefinitionArn?.replace("web:1", "web:2"),
      registeredAt: new Date(api.nowMs),
    });
    expect(after?.tags).toEqual([
      { key: "team", value: "blue" },
      { key: "scaling-controller:decision", value: "web@1" },
      { key: "scaling-controller:managed-by", value: "scaling-controller" },
    ]);
    expect(api.count("UpdateService")).toBe(0);
  });

  test("looks for the decision's own revision first, the newest of the family", async () => {
    const { api, ensure, makeOrchestrator } = bench();
    await ensure();
    api.forget();
    const request = { component: "web", size: LARGER, decision: "web@1" };
    expect(await makeOrchestrator().ensureRevision(request)).toEqual({ kind: "ok", revision: "web:2" });
    expect(api.count("RegisterTaskDefinition")).toBe(0);
    const list = api.calls.find(({ name }) => name === "ListTaskDefinitions");
    expect(list?.input).toEqual({ familyPrefix: "web", status: "ACTIVE", sort: "DESC", maxResults: 10 });
    const describes = api.calls.filter(({ name }) => name === "DescribeTaskDefinition").map(({ input }) => input);
    expect(describes).toEqual([
      { taskDefinition: "web:1", include: ["TAGS"] },
      { taskDefinition: "web:2", include: ["TAGS"] },
    ]);
  });

  test("a lost answer is unknown, and the next attempt finds what it did", async () => {
    const { api, ensure } = bench();
    api.fail("RegisterTaskDefinition", awsError("TimeoutError", 0), true);
    expect(await ensure()).toMatchObject({ kind: "unknown" });
    expect(await ensure()).toEqual({ kind: "ok", revision: "web:2" });
    expect(api.count("RegisterTaskDefinition")).toBe(1);
  });

  test("the size that runs already is the live revision, without looking further", async () => {
    const { api, ensure } = bench();
    expect(await ensure(SIZE)).toEqual({ kind: "ok", revision: "web:1" });
    expect(api.calls.map(({ name }) => name)).toEqual(["DescribeServices", "DescribeTaskDefinition"]);
  });

  test("a revision of the decision that runs another program than is live now is not taken", async () => {
    const { api, ensure } = bench();
    await ensure();
    const deployed = api.register({
      family: "web",
      cpu: "512",
      memory: "1024",
      containerDefinitions: [{ name: "app", image: "app:2" }],
    });
    api.service("web").deploy(deployed.taskDefinitionArn ?? "", api);
    expect(await ensure()).toEqual({ kind: "ok", revision: "web:4" });
    expect(api.revisions("web")[3]?.definition.containerDefinitions).toEqual([{ name: "app", image: "app:2" }]);
  });

  test("a revision of the decision with another size is not taken, and none is registered", async () => {
    const { api, ensure } = bench();
    await ensure();
    expect(await ensure({ ...LARGER, memory: 3000 })).toEqual({
      kind: "refused",
      detail: "web:2 was registered for web@1 with another size",
    });
    expect(api.count("RegisterTaskDefinition")).toBe(1);
  });

  test("the search ends with revisions that are too old to belong to a decision", async () => {
    const { api, ensure } = bench();
    for (let each = 0; each < 8; each++) api.register({ family: "web", containerDefinitions: [] });
    api.nowMs += 90_000_000;
    await ensure();
    expect(api.count("DescribeTaskDefinition")).toBe(2);
  });

  test.each<[string, Seed, Partial<typeof LARGER>, RegExp]>([
    ["no rule may resize", { target: { resizable: false } }, {}, /no rule may change the size/],
    [
      "native blue/green",
      { settings: { deploymentConfiguration: { strategy: "BLUE_GREEN" } } },
      {},
      /ROLLING deployments only, its strategy is BLUE_GREEN/,
    ],
    ["network", {}, { network: 200 }, /counted with \(100 milli-Gbit\/s\), not set to 200/],
    [
      "a container's own limit",
      { definition: { containerDefinitions: [{ name: "app", image: "app:1", memory: 1024 }] } },
      {},
      /own limits/,
    ],
  ])("is refused: %s", async (_name, seed, size, detail) => {
    const { api, ensure } = bench(seed);
    expect(await ensure({ ...LARGER, ...size })).toEqual({ kind: "refused", detail: expect.stringMatching(detail) });
    expect(api.count("RegisterTaskDefinition")).toBe(0);
  });

  test.each([
    ["DescribeServices", awsError("TimeoutError", 0), "throttled"],
    ["DescribeTaskDefinition", awsError("ServerException", 500), "throttled"],
    ["DescribeTaskDefinition", denied("ecs:DescribeTaskDefinition"), "refused"],
    ["ListTaskDefinitions", awsError("ThrottlingException", 400), "throttled"],
    ["ListTaskDefinitions", denied("ecs:ListTaskDefinitions"), "refused"],
  ] as const)("%s fails (%s): %s, nothing registered", async (name, error, kind) => {
    const { api, ensure } = bench();
    api.fail(name, error);
    const answer = await ensure();
    expect(answer).toEqual({ kind, detail: expect.stringMatching(/^nothing was sent: /) });
    expect(api.count("RegisterTaskDefinition")).toBe(0);
  });

  test.each([
    ["ThrottlingException", 400, "throttled"],
    ["ClientException", 400, "refused"],
    ["LimitExceededException", 400, "refused"],
    ["AccessDeniedException", 400, "refused"],
    ["ServerException", 500, "unknown"],
    ["ECONNRESET", 0, "unknown"],
  ] as const)("%s (%d) on the registration: %s, after one attempt", async (name, status, kind) => {
    const { api, ensure } = bench();
    api.fail("RegisterTaskDefinition", awsError(name, status));
    expect(await ensure()).toEqual({ kind, detail: `${name}: scripted` });
    expect(api.count("RegisterTaskDefinition")).toBe(1);
  });

  test("twenty registrations at once, then one a second", async () => {
    const names = Array.from({ length: 23 }, (_, at) => `s${at}`);
    const { api, orchestrator, waits } = anEcsBench(names.map((name) => aTarget(name)));
    for (const name of names) api.addService({ name });
    for (const component of names) await orchestrator.ensureRevision({ component, size: LARGER, decision: "d" });
    expect(api.count("RegisterTaskDefinition")).toBe(23);
    expect(waits.filter((ms) => ms > 500)).toEqual([1000, 1000, 1000]);
  });

  test("a task on EC2 that is sized by its container", async () => {
    const definition = {
      cpu: undefined,
      memory: undefined,
      requiresCompatibilities: [],
      containerDefinitions: [{ name: "app", image: "app:1", cpu: 512, memory: 1024 }],
    };
    const { api, ensure, orchestrator } = bench({ definition, target: { compute: "ec2" } });
    expect(await ensure({ ...SIZE, memory: 1501 })).toEqual({ kind: "ok", revision: "web:2" });
    expect(api.revisions("web")[1]?.definition.containerDefinitions).toEqual([
      { name: "app", image: "app:1", cpu: 512, memory: 1537 },
    ]);
    expect(await ensure({ ...SIZE, memory: 1501 })).toEqual({ kind: "ok", revision: "web:2" });
    await orchestrator.update({ component: "web", tasks: 2, revision: "web:2", decision: "web@1" });
    expect(await orchestrator.describe(["web"])).toMatchObject([
      { desired: { tasks: 2, size: { ...SIZE, memory: 1501 } } },
    ]);
  });
});
