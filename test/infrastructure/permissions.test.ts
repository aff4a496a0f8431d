import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Stack } from "aws-cdk-lib";
import type { Template } from "aws-cdk-lib/assertions";
import * as ec2 from "aws-cdk-lib/aws-ec2";
import * as ecs from "aws-cdk-lib/aws-ecs";
import * as iam from "aws-cdk-lib/aws-iam";
import { describe, expect, test } from "vitest";
import { DECISION_TAG } from "../../lib/adapters/aws/ecs/registration.ts";
import {
  ENVIRONMENT,
  fleetOf,
  mixed as mixedStack,
  preset,
  sixty,
  synthesized,
  TASK_ROLE,
  thousand,
  twoHundred,
} from "./synthesized.ts";
import {
  actionsOf,
  policiesOf,
  resourcesOf,
  type Statement,
  shown,
  sizeOf,
  statementsOf,
} from "./template-policies.ts";

const ROLES = ["Monitor", "Decision", "Execution", "Optimization", "Widget"] as const;
/** All that is neither a read nor the controller's own: what observe mode must not have. */
const CHANGES =
  /^(ecs:(?!Describe|List)|iam:|application-autoscaling:(?!Describe|List)|cloudwatch:(?!Get)|elasticloadbalancing:|.*\*)/;
const minute = { timeout: 60_000 };

const mixed = (): Template => mixedStack().template;

function statement(template: Template, role: string, sid: string): Statement {
  const [found, ...more] = statementsOf(template, `Controller${role}Role`).filter((each) => each.Sid === sid);
  expect(more, sid).toEqual([]);
  if (found === undefined) throw new Error(`${role} has no statement ${sid}`);
  return found;
}

function grantedActions(template: Template, role?: string): string[] {
  const statements = statementsOf(template, role === undefined ? undefined : `Controller${role}Role`);
  return [...new Set(statements.flatMap(actionsOf))].sort();
}

describe("mode observe", minute, () => {
  test("no statement of any role changes anything but the controller's own table, queues, topic and log", () => {
    const { template } = preset();
    expect(grantedActions(template).filter((action) => CHANGES.test(action))).toEqual([]);
    expect(statementsOf(template).length).toBeGreaterThan(15);
  });

  test("the same scan finds the changes of other modes", () => {
    expect(grantedActions(mixed()).filter((action) => CHANGES.test(action))).toEqual([
      "application-autoscaling:RegisterScalableTarget",
      "application-autoscaling:TagResource",
      "ecs:RegisterTaskDefinition",
      "ecs:StopServiceDeployment",
      "ecs:TagResource",
      "ecs:UpdateService",
      "iam:PassRole",
    ]);
  });

  test("holds when every component says so itself in an automatic fleet", () => {
    const components = ["web", "api"].map((name) => ({ name, mode: "observe" as const }));
    const { template } = synthesized({ configuration: { fleets: [{ mode: "auto", components }] } });
    expect(grantedActions(template).filter((action) => CHANGES.test(action))).toEqual([]);
  });
});

describe("the execution function", minute, () => {
  test("is the only one that changes ECS", () => {
    for (const role of ROLES.filter((each) => each !== "Execution"))
      expect(grantedActions(mixed(), role).filter((action) => CHANGES.test(action))).toEqual([]);
  });

  test("updates the services in mode recommend or auto only, each up to the largest task of its policy", () => {
    const updates = statementsOf(mixed(), "ControllerExecutionRole").filter((each) =>
      actionsOf(each).includes("ecs:UpdateService"),
    );
    expect(updates.map((each) => ({ resources: resourcesOf(each).map(shown), condition: each.Condition }))).toEqual([
      {
        // 4 vCPU and 16 GiB in two tasks at least.
        resources: [`arn:aws:ecs:eu-central-1:111122223333:service/prod/web`],
        condition: {
          NumericLessThanEqualsIfExists: { "ecs:task-cpu": "2048", "ecs:task-memory": "8192" },
        },
      },
      {
        resources: [`arn:aws:ecs:eu-central-1:111122223333:service/prod/jobs`],
        condition: {
          NumericLessThanEqualsIfExists: { "ecs:task-cpu": "2048", "ecs:task-memory": "4096" },
        },
      },
    ]);
  });

  test("registers no larger task than any policy allows, tags while registering, passes the named roles to tasks only", () => {
    expect(statement(mixed(), "Execution", "RegisterTaskDefinitions").Condition).toEqual({
      NumericLessThanEqualsIfExists: { "ecs:task-cpu": "2048", "ecs:task-memory": "8192" },
      Null: { [`aws:RequestTag/${DECISION_TAG}`]: "false" },
    });
    expect(statement(mixed(), "Execution", "TagTaskDefinitions").Condition).toEqual({
      StringEquals: { "ecs:CreateAction": "RegisterTaskDefinition" },
    });
    const pass = statement(mixed(), "Execution", "PassTaskRoles");
    expect(pass.Resource).toBe(TASK_ROLE);
    expect(pass.Condition).toEqual({ StringEquals: { "iam:PassedToService": "ecs-tasks.amazonaws.com" } });
  });

  test("may not resize where no metric lets a size be judged", () => {
    const fixed = { name: "web", metrics: { cpuUsed: null, memoryUsed: null } };
    const rules = { cpu: { enabled: false }, memory: { enabled: false }, "response-time": { enabled: false } };
    const queue = { trigger: "QUEUE_LENGTH" as const, upAction: "SCALE_OUT" as const, downAction: "SCALE_IN" as const };
    const component = { ...fixed, source: { queue: "jobs" }, rules: { ...rules, backlog: queue } };
    const { template } = synthesized({ configuration: { fleets: [{ mode: "auto", components: [component] }] } });
    expect(grantedActions(template).filter((action) => CHANGES.test(action))).toEqual(["ecs:UpdateService"]);
  });

  test("may not resize where no component that it changes is to be resized", () => {
    const components = [
      { name: "web", resize: false },
      { name: "api", mode: "observe" as const },
    ];
    const { template } = synthesized({ configuration: { fleets: [{ mode: "auto", components }] } });
    expect(grantedActions(template).filter((action) => CHANGES.test(action))).toEqual(["ecs:UpdateService"]);
    expect(
      grantedActions(template).filter((action) => /PassRole|TaskDefinitions|ServiceRevisions/.test(action)),
    ).toEqual([]);
  });

  test("suspends another autoscaler only where the configuration says so", () => {
    const configuration = { fleets: [{ mode: "auto" as const, components: [{ name: "web" }] }] };
    const { template } = synthesized({ configuration, taskRoles: [] });
    expect(grantedActions(template)).not.toContain("application-autoscaling:RegisterScalableTarget");
    expect(grantedActions(template)).toContain("ecs:RegisterTaskDefinition");
    expect(grantedActions(template)).not.toContain("iam:PassRole");
  });
});

describe("every role", minute, () => {
  test("reads or writes no more than its loop does", () => {
    const services = (role: string) =>
      [...new Set(grantedActions(mixed(), role).map((action) => action.slice(0, action.indexOf(":"))))].sort();
    expect(services("Monitor")).toEqual([
      "application-autoscaling",
      "cloudwatch",
      "dynamodb",
      "ecs",
      "logs",
      "sns",
      "sqs",
    ]);
    expect(services("Decision")).toEqual(["dynamodb", "logs", "sqs"]);
    expect(services("Optimization")).toEqual(["dynamodb", "logs", "sqs"]);
    expect(services("Widget")).toEqual(["dynamodb", "logs"]);
    expect(grantedActions(mixed(), "Widget")).toEqual([
      "dynamodb:GetItem",
      "dynamodb:Query",
      "logs:CreateLogStream",
      "logs:PutLogEvents",
    ]);
  });

  test("has no managed policy of AWS, no statement without resources, and wildcards only where no more is known", () => {
    mixed().resourcePropertiesCountIs("AWS::IAM::Role", { ManagedPolicyArns: [] }, 0);
    for (const role of Object.values(mixed().findResources("AWS::IAM::Role")))
      expect(role["Properties"]).not.toHaveProperty("ManagedPolicyArns");
    const wild = statementsOf(mixed()).filter((each) => resourcesOf(each).some((one) => shown(one) === "*"));
    expect(new Set(wild.map(({ Sid }) => Sid))).toEqual(
      new Set([
        "ReadMetrics",
        "DescribeTaskDefinitions",
        "DescribeScalableTargets",
        "RegisterTaskDefinitions",
        "FindTaskDefinitions",
      ]),
    );
  });

  test("has an action for every call of the adapters, and none that nothing calls", () => {
    const beside = /^(logs:|iam:PassRole|ecs:TagResource|sqs:(?!SendMessage))/; // what AWS itself checks or does with the role
    expect(grantedActions(mixed()).filter((action) => !beside.test(action))).toEqual(calledActions());
  });
});

test("docs/deploy.md explains every statement, function by function and action by action", minute, () => {
  const text = readFileSync(new URL("../../docs/deploy.md", import.meta.url), "utf8");
  const names = ROLES.map((role) => role.toLowerCase());
  const explained = [...text.matchAll(/^\| `(\w+)` \| ([\w, ]+) \| (`[\w:-]+`(?:, `[\w:-]+`)*) \| (.+) \|$/gm)].map(
    ([, sid = "", functions = "", actions = "", why = ""]) => {
      expect(why.length).toBeGreaterThan(20);
      const of = functions === "all" ? names : functions.split(", ");
      return of.map((name) => `${name} ${sid}: ${actions.replaceAll("`", "").split(", ").sort().join(", ")}`);
    },
  );
  const inTemplate = ROLES.flatMap((role) =>
    statementsOf(mixed(), `Controller${role}Role`)
      .filter(({ Sid }) => Sid !== undefined)
      .map((each) => `${role.toLowerCase()} ${nameOf(each)}: ${[...actionsOf(each)].sort().join(", ")}`),
  );
  expect(explained.flat().sort()).toEqual([...new Set(inTemplate)].sort());
});

/** Statements that differ in their caps or are parts of one long list have one explanation. */
function nameOf({ Sid = "" }: Statement): string {
  return Sid.replace(/\d+$/, "").replace(/^(UpdateServices)[A-Z]$/, "$1");
}

describe("the size of policies", minute, () => {
  const sizes = (template: Template, role: string) => {
    const policies = policiesOf(template, `Controller${role}Role`);
    const of = (type: string) => policies.filter(({ Type }) => Type === type).map(sizeOf);
    return { inline: of("AWS::IAM::Policy"), managed: of("AWS::IAM::ManagedPolicy") };
  };

  test.each([
    ["60 components in 3 clusters", sixty],
    [
      "60 components in a known account",
      () => synthesized({ configuration: fleetOf(60, 3), taskRoles: [] }, { env: ENVIRONMENT }),
    ],
    ["1000 components in 20 clusters", thousand],
  ])("of %s keeps to IAM's quotas", (_, build) => {
    const { template } = build();
    for (const role of ["Monitor", "Execution"]) {
      const { inline, managed } = sizes(template, role);
      expect(inline.reduce((sum, size) => sum + size, 0)).toBeLessThanOrEqual(10_240);
      expect(Math.max(0, ...managed)).toBeLessThanOrEqual(6144);
      expect(managed.length).toBeLessThanOrEqual(10);
    }
    expect(Object.keys(template.toJSON()["Resources"] as object).length).toBeLessThan(500);
    expect(JSON.stringify(template.toJSON()).length).toBeLessThan(1_000_000);
  });

  test("up to about ninety services are listed one by one, in as many policies as it takes", () => {
    const { template } = sixty();
    const updated = statementsOf(template, "ControllerExecutionRole")
      .filter((each) => actionsOf(each).includes("ecs:UpdateService"))
      .flatMap(resourcesOf)
      .map(shown);
    expect(updated.filter((arn) => /service\/production-[012]\/component-\d+$/.test(arn))).toHaveLength(60);
    expect(updated).toHaveLength(60);
    expect(sizes(template, "Execution").managed.length).toBeGreaterThan(0);
  });

  test("beyond, their clusters stand for them, with the largest of the caps, and synth says so", () => {
    const { template, warnings } = twoHundred();
    const update = statement(template, "Execution", "UpdateServices");
    expect(resourcesOf(update).map(shown)).toEqual([
      expect.stringMatching(/:service\/production-0\/\*$/),
      expect.stringMatching(/:service\/production-1\/\*$/),
    ]);
    expect(update.Condition?.["NumericLessThanEqualsIfExists"]?.["ecs:task-cpu"]).toBe(String(21 * 1024));
    expect(warnings.join("\n")).toContain("may update every service in their clusters");
  });

  test("too many clusters are refused", () => {
    expect(() => synthesized({ configuration: fleetOf(300, 300), taskRoles: [] })).toThrow(
      "live in 300 clusters, more than fit into a role's policies",
    );
  });
});

describe("services given as constructs", minute, () => {
  /** A service of this stack in a cluster that is there already; ECS Anywhere, because that one needs no network. */
  const serviceIn = (stack: Stack, serviceName?: string): ecs.IBaseService => {
    const vpc = ec2.Vpc.fromVpcAttributes(stack, "Network", { vpcId: "vpc-1", availabilityZones: ["a"] });
    const cluster = ecs.Cluster.fromClusterAttributes(stack, "Cluster", { clusterName: "prod", vpc });
    const taskDefinition = new ecs.ExternalTaskDefinition(stack, "Definition");
    taskDefinition.addContainer("main", { image: ecs.ContainerImage.fromRegistry("nginx"), memoryLimitMiB: 512 });
    taskDefinition.obtainExecutionRole();
    return new ecs.ExternalService(stack, "Web", {
      cluster,
      taskDefinition,
      circuitBreaker: { rollback: true },
      minHealthyPercent: 100,
      ...(serviceName === undefined ? {} : { serviceName }),
    });
  };

  test("are reached by name and ARN, and their roles are passed", () => {
    const configuration = { fleets: [{ mode: "auto" as const, components: [{ name: "web" }] }] };
    const { template, controller } = synthesized((stack) => ({
      configuration,
      services: { web: serviceIn(stack, "web-live") },
    }));
    expect(controller.deployment.targets[0]).toMatchObject({ cluster: "prod", service: "web-live" });
    expect(controller.deployment.targets[0]?.metrics.cpuUsed?.inputs[0]?.dimensions).toEqual({
      ClusterName: "prod",
      ServiceName: "web-live",
    });
    const update = statement(template, "Execution", "UpdateServices");
    expect(resourcesOf(update).map(shown)).toEqual([expect.stringMatching(/^<Web/)]);
    const passed = resourcesOf(statement(template, "Execution", "PassTaskRoles")).map(shown);
    expect(passed).toEqual([
      expect.stringMatching(/^<DefinitionExecutionRole/),
      expect.stringMatching(/^<DefinitionTaskRole/),
    ]);
  });

  test("need names that are known before deploying, and a component in the configuration", () => {
    const configuration = { fleets: [{ components: [{ name: "shop" }] }] };
    expect(() => synthesized((stack) => ({ configuration, services: { web: serviceIn(stack) } }))).toThrow(
      /services\.web: the service's name would be generated.*\n.*no such component; it has shop/,
    );
  });
});

test(
  "a service known by name whose roles are not given is refused, and so is a row count out of bounds",
  minute,
  () => {
    const configuration = { fleets: [{ mode: "auto" as const, components: [{ name: "web" }, { name: "api" }] }] };
    expect(() => synthesized({ configuration, dashboardComponents: 101 })).toThrow(
      /dashboardComponents: 101, expected a whole number from 0 to 100\n {2}web: its tasks may be resized.*taskRoles.*\n {2}api: /,
    );
  },
);

test("grants: looking reads, operating also writes records, neither sees more than the table", minute, () => {
  const { template } = synthesized(
    {},
    {
      prepare: (_app, { stack, controller }) => {
        const role = (id: string) => new iam.Role(stack, id, { assumedBy: new iam.AccountRootPrincipal() });
        controller.grantReadState(role("Viewer"));
        controller.grantOperate(role("Operator"));
        controller.grantInvokeWidget(role("Guest"));
      },
    },
  );
  const granted = (role: string) =>
    statementsOf(template, role).map((each) => [actionsOf(each), resourcesOf(each).map(shown)]);
  const table = [expect.stringMatching(/^<ControllerState\w+\.Arn>$/)];
  expect(granted("Guest")).toEqual([[["lambda:InvokeFunction"], [expect.stringMatching(/Widget.*Arn>$/)]]]);
  expect(granted("Viewer")).toEqual([[["dynamodb:GetItem", "dynamodb:Query"], table]]);
  expect(granted("Operator")).toEqual([
    [["dynamodb:BatchWriteItem", "dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query"], table],
  ]);
});

/** Actions of the SDK's commands that the adapters make, read out of their sources. */
function calledActions(): string[] {
  const prefixes: Readonly<Record<string, string>> = {
    "application-auto-scaling": "application-autoscaling",
    cloudwatch: "cloudwatch",
    "client-ecs": "ecs",
    sns: "sns",
    sqs: "sqs",
  };
  const items: Readonly<Record<string, string>> = {
    Get: "GetItem",
    Put: "PutItem",
    BatchWrite: "BatchWriteItem",
  };
  const folder = fileURLToPath(new URL("../../lib/adapters/", import.meta.url));
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" })
    // schema.ts makes the table of local mode; here the stack does.
    .filter((file) => file.endsWith(".ts") && /^(aws|dynamo)/.test(file) && !file.endsWith("schema.ts"));
  const actions = files.flatMap((file) => {
    const source = readFileSync(`${folder}${file}`, "utf8");
    return [...source.matchAll(/new (\w+)Command\(/g)].map(([, command = ""]) => {
      if (file.startsWith("dynamo")) return `dynamodb:${items[command] ?? command}`;
      const from = [...source.matchAll(/import \{([^}]*)\} from "@aws-sdk\/([\w-]+)"/g)].find(([, names = ""]) =>
        names.includes(`${command}Command`),
      )?.[2];
      const prefix = Object.entries(prefixes).find(([client]) => from?.endsWith(client))?.[1];
      return `${prefix}:${command}`;
    });
  });
  return [...new Set(actions)].sort();
}
