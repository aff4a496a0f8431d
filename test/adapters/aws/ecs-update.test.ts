import type { Service } from "@aws-sdk/client-ecs";
import { ECSClient } from "@aws-sdk/client-ecs";
import { describe, expect, test } from "vitest";
import { EcsOrchestrator } from "../../../lib/adapters/aws/ecs/ecs-orchestrator.ts";
import type { ServiceTarget } from "../../../lib/deployment.ts";
import { anEcsBench, aTarget } from "../../support/ecs-bench.ts";
import { awsError, denied } from "../../support/fake-ecs-api.ts";

const CLUSTER = "arn:aws:ecs:eu-west-1:111122223333:cluster/main";
const SERVICE = "arn:aws:ecs:eu-west-1:111122223333:service/main/web";
const ID = "service/main/web";
const LARGER = { cpu: 1000, memory: 2000, network: 100, storage: 0 };
const WRITES = ["UpdateService", "RegisterTaskDefinition", "StopServiceDeployment", "RegisterScalableTarget"];

function bench(changes: Partial<ServiceTarget> = {}, settings: Partial<Service> = {}) {
  const made = anEcsBench([aTarget("web", changes)]);
  made.api.addService({ name: "web", settings });
  const { api, orchestrator } = made;
  return {
    ...made,
    update: (tasks: number, revision = "web:1") =>
      orchestrator.update({ component: "web", tasks, revision, decision: "web@1" }),
    written: () => api.calls.filter(({ name }) => WRITES.includes(name)),
  };
}
type Bench = ReturnType<typeof bench>;

/** A resize to web:2 that is still rolling out. */
async function resizing(made: Bench): Promise<void> {
  await made.orchestrator.ensureRevision({ component: "web", size: LARGER, decision: "web@1" });
  await made.update(2, "web:2");
  made.api.forget();
}

describe("request", () => {
  test("a number of tasks alone does not mention the task definition", async () => {
    const { update, written } = bench();
    expect(await update(5)).toEqual({ kind: "ok" });
    expect(written()).toEqual([
      { name: "UpdateService", input: { cluster: CLUSTER, service: SERVICE, desiredCount: 5 } },
    ]);
  });

  test("another revision is sent as family:revision, with the number, in one call", async () => {
    const { api, update, written } = bench();
    api.register({ family: "web", containerDefinitions: [] });
    expect(await update(5, "web:2")).toEqual({ kind: "ok" });
    const input = { cluster: CLUSTER, service: SERVICE, desiredCount: 5, taskDefinition: "web:2" };
    expect(written()).toEqual([{ name: "UpdateService", input }]);
  });

  test("the service is looked at right before: nobody is told to do what it would refuse", async () => {
    const { api, orchestrator, update } = bench();
    await orchestrator.describe(["web"]);
    api.addScalableTarget(ID);
    api.forget();
    expect(await update(5)).toMatchObject({
      kind: "refused",
      detail: expect.stringMatching(/Auto Scaling manages it/),
    });
    expect(api.calls.map(({ name }) => name)).toEqual(["DescribeScalableTargets", "DescribeServices"]);
  });

  test("no tasks at all is a number like others", async () => {
    const { api, update } = bench();
    expect(await update(0)).toEqual({ kind: "ok" });
    expect(api.service("web").desired).toBe(0);
  });

  test.each(["web", "web:latest", "web:0", "arn:aws:ecs:eu-west-1:1:task-definition/web:2", ""])(
    "%j is no family:revision",
    async (revision) => {
      const { api, update } = bench();
      expect(await update(5, revision)).toMatchObject({
        kind: "refused",
        detail: expect.stringMatching(/family:revision/),
      });
      expect(api.calls).toEqual([]);
    },
  );

  test.each<[string, Partial<Service>]>([
    ["is INACTIVE", { status: "INACTIVE" }],
    ["DAEMON", { schedulingStrategy: "DAEMON" }],
    ["controlled by CODE_DEPLOY", { deploymentController: { type: "CODE_DEPLOY" } }],
  ])("a service that %s is not written to", async (why, settings) => {
    const { update, written } = bench({}, settings);
    expect(await update(5)).toMatchObject({ kind: "refused", detail: expect.stringContaining(why) });
    expect(written()).toEqual([]);
  });

  test("a client that repeats writes is not worked with", async () => {
    const { api } = bench();
    const writeClient = new ECSClient({ region: "eu-west-1", maxAttempts: 3 });
    const { client, autoscaling } = api;
    const orchestrator = new EcsOrchestrator({
      client,
      writeClient,
      autoscaling,
      targets: [aTarget("web")],
      log: () => {},
      clock: { nowMs: () => api.nowMs },
    });
    const request = { component: "web", tasks: 5, revision: "web:1", decision: "d" };
    await expect(orchestrator.update(request)).rejects.toThrow(/one attempt/);
    await expect(orchestrator.ensureRevision({ component: "web", size: LARGER, decision: "d" })).rejects.toThrow(
      /one attempt/,
    );
  });
});

describe("answers", () => {
  test.each([
    ["ThrottlingException", 400, "throttled"],
    ["AccessDeniedException", 400, "refused"],
    ["InvalidParameterException", 400, "refused"],
    ["ServiceNotActiveException", 400, "refused"],
    ["ServiceNotFoundException", 400, "refused"],
    ["ClusterNotFoundException", 400, "refused"],
    ["PlatformTaskDefinitionIncompatibilityException", 400, "refused"],
    ["ServerException", 500, "unknown"],
    ["TimeoutError", 0, "unknown"],
    ["ECONNRESET", 0, "unknown"],
  ] as const)("%s (%d) on the write: %s, after one attempt", async (name, status, kind) => {
    const { api, update } = bench();
    api.fail("UpdateService", awsError(name, status));
    expect(await update(5)).toEqual({ kind, detail: `${name}: scripted` });
    expect(api.count("UpdateService")).toBe(1);
    expect(api.service("web").desired).toBe(2);
  });

  test("carried out, and the answer lost: unknown, and a read tells", async () => {
    const { api, update, orchestrator } = bench();
    api.fail("UpdateService", awsError("TimeoutError", 0), true);
    expect(await update(5)).toMatchObject({ kind: "unknown" });
    expect(await orchestrator.describe(["web"])).toMatchObject([{ desired: { tasks: 5 } }]);
  });

  test.each([
    ["DescribeServices", awsError("ThrottlingException", 400), "throttled"],
    ["DescribeServices", awsError("TimeoutError", 0), "throttled"],
    ["DescribeServices", denied("ecs:DescribeServices"), "refused"],
    ["DescribeServices", awsError("ClusterNotFoundException", 400), "refused"],
    ["DescribeScalableTargets", awsError("ThrottlingException", 400), "refused"],
  ] as const)("%s fails before the write (%s): %s, nothing sent", async (name, error, kind) => {
    const { api, update, written } = bench();
    api.fail(name, error);
    expect(await update(5)).toMatchObject({ kind });
    expect(written()).toEqual([]);
  });

  test("a service that is not there is refused by name", async () => {
    const { orchestrator } = anEcsBench([aTarget("web"), aTarget("gone")]);
    const request = { component: "gone", tasks: 1, revision: "gone:1", decision: "d" };
    expect(await orchestrator.update(request)).toMatchObject({
      kind: "refused",
      detail: expect.stringContaining("gone"),
    });
    expect(await orchestrator.ensureRevision({ component: "gone", size: LARGER, decision: "d" })).toMatchObject({
      kind: "refused",
      detail: expect.stringContaining("gone"),
    });
  });
});

describe("a scalable target that is to be suspended", () => {
  const suspending = () => bench({ otherAutoscaler: "suspend" });

  test("is suspended in full before the first write, its bounds kept, and told", async () => {
    const { api, update, written, log } = suspending();
    api.addScalableTarget(ID);
    expect(await update(5)).toEqual({ kind: "ok" });
    expect(written()).toEqual([
      {
        name: "RegisterScalableTarget",
        input: {
          ServiceNamespace: "ecs",
          ScalableDimension: "ecs:service:DesiredCount",
          ResourceId: ID,
          MinCapacity: 2,
          MaxCapacity: 9,
          SuspendedState: {
            DynamicScalingInSuspended: true,
            DynamicScalingOutSuspended: true,
            ScheduledScalingSuspended: true,
          },
        },
      },
      { name: "UpdateService", input: { cluster: CLUSTER, service: SERVICE, desiredCount: 5 } },
    ]);
    expect(log).toContainEqual({
      level: "warn",
      message: "suspended Application Auto Scaling",
      fields: { resourceId: ID, min: 2, max: 9 },
    });
    await update(6);
    expect(api.count("RegisterScalableTarget")).toBe(1);
  });

  test("and is resumed by somebody is left to them, by this process and by the next", async () => {
    const { api, update, makeOrchestrator } = suspending();
    api.addScalableTarget(ID);
    await update(5);
    api.addScalableTarget(ID);
    const refusal = "Application Auto Scaling was suspended for the controller and has been resumed since";
    expect(await update(6)).toEqual({ kind: "refused", detail: refusal });
    expect(await makeOrchestrator().describe(["web"])).toMatchObject([{ refusal, desired: { tasks: 5 } }]);
    expect(api.count("RegisterScalableTarget")).toBe(1);
  });

  test("and cannot be: nothing is written", async () => {
    const { api, update } = suspending();
    api.addScalableTarget(ID);
    api.fail("RegisterScalableTarget", awsError("ConcurrentUpdateException", 500));
    expect(await update(5)).toMatchObject({ kind: "throttled" });
    api.fail("RegisterScalableTarget", denied("application-autoscaling:RegisterScalableTarget"));
    expect(await update(5)).toMatchObject({ kind: "refused" });
    expect(api.count("UpdateService")).toBe(0);
  });

  test("without permission for tags it is suspended all the same, and this process remembers", async () => {
    const { api, update, log } = suspending();
    api.addScalableTarget(ID);
    api.fail("ListTagsForResource", denied("application-autoscaling:ListTagsForResource"));
    api.fail("TagResource", denied("application-autoscaling:TagResource"));
    expect(await update(5)).toEqual({ kind: "ok" });
    expect(log.filter(({ level }) => level === "warn")).toHaveLength(3);
    api.addScalableTarget(ID);
    expect(await update(6)).toMatchObject({ kind: "refused" });
  });
});

describe("the way back of a resize that is rolling out", () => {
  test("stops the rollout, and asks for nothing twice", async () => {
    const made = bench();
    const { api, update, written, log, orchestrator } = made;
    await resizing(made);
    expect(await update(2, "web:1")).toEqual({ kind: "ok" });
    const stop = { serviceDeploymentArn: `${SERVICE}/deployment-2`, stopType: "ROLLBACK" };
    expect(written()).toEqual([{ name: "StopServiceDeployment", input: stop }]);
    expect(log.at(-1)).toMatchObject({ fields: { decision: "web@1", revision: "web:1" } });
    expect(await update(2, "web:1")).toEqual({ kind: "ok" });
    expect(api.count("StopServiceDeployment")).toBe(1);
    api.nowMs += 600_000;
    expect(await orchestrator.describe(["web"])).toMatchObject([{ revision: "web:1", deploying: false, running: 2 }]);
  });

  test("that ECS has begun but does not show yet is not begun again", async () => {
    const made = bench();
    const { api, update, written } = made;
    await resizing(made);
    const service = api.service("web");
    service.rollouts = service.rollouts.map((each, at) =>
      at === 0 ? { ...each, status: "ROLLBACK_REQUESTED" } : each,
    );
    expect(await update(2, "web:1")).toEqual({ kind: "ok" });
    expect(written()).toEqual([]);
  });

  test("with another number of tasks is one update: both at once or neither", async () => {
    const made = bench();
    await resizing(made);
    expect(await made.update(3, "web:1")).toEqual({ kind: "ok" });
    const input = { cluster: CLUSTER, service: SERVICE, desiredCount: 3, taskDefinition: "web:1" };
    expect(made.written()).toEqual([{ name: "UpdateService", input }]);
  });

  test("after the rollout is complete is an update", async () => {
    const made = bench();
    await resizing(made);
    made.api.nowMs += 600_000;
    expect(await made.update(2, "web:1")).toEqual({ kind: "ok" });
    expect(made.written().map(({ name }) => name)).toEqual(["UpdateService"]);
  });

  test("to a revision that the rollout did not come from is an update", async () => {
    const made = bench();
    const { api } = made;
    await resizing(made);
    const { taskDefinitionArn = "" } = api.register({ family: "web", containerDefinitions: [] });
    api.service("web").deploy(taskDefinitionArn, api);
    expect(await made.update(2, "web:1")).toEqual({ kind: "ok" });
    expect(made.written().map(({ name }) => name)).toEqual(["UpdateService"]);
    expect(api.count("DescribeServiceRevisions")).toBe(1);
  });

  test.each([
    ["ListServiceDeployments", denied("ecs:ListServiceDeployments")],
    ["ListServiceDeployments", awsError("NotImplementedError", 501)],
    ["DescribeServiceDeployments", awsError("ThrottlingException", 400)],
    ["DescribeServiceRevisions", awsError("TimeoutError", 0)],
    ["StopServiceDeployment", awsError("ConflictException", 400)],
    ["StopServiceDeployment", awsError("ThrottlingException", 400)],
    ["StopServiceDeployment", awsError("UnsupportedFeatureException", 400)],
    ["StopServiceDeployment", awsError("NotImplementedError", 501)],
  ])("is an update when %s fails (%s)", async (name, error) => {
    const made = bench();
    const { api, update } = made;
    await resizing(made);
    api.fail(name, error);
    expect(await update(2, "web:1")).toEqual({ kind: "ok" });
    const input = { cluster: CLUSTER, service: SERVICE, desiredCount: 2, taskDefinition: "web:1" };
    expect(made.written().at(-1)).toEqual({ name: "UpdateService", input });
    api.nowMs += 600_000;
    expect(await made.orchestrator.describe(["web"])).toMatchObject([{ revision: "web:1", deploying: false }]);
  });

  test("whose stop was not answered is unknown, and nothing else is tried", async () => {
    const made = bench();
    const { api, update } = made;
    await resizing(made);
    api.fail("StopServiceDeployment", awsError("TimeoutError", 0), true);
    expect(await update(2, "web:1")).toMatchObject({ kind: "unknown" });
    expect(api.count("UpdateService")).toBe(0);
    expect(await update(2, "web:1")).toEqual({ kind: "ok" });
    expect(api.count("StopServiceDeployment")).toBe(1);
  });
});
