import { Stack } from "aws-cdk-lib";
import type { Construct } from "constructs";
import type { LoopName } from "../flow.ts";
import type { Permission } from "./permission.ts";
import { envelope, type ReachedService, reachOf, type TaskSize } from "./service-reach.ts";

/** What the permissions of the functions are about. */
export interface PermissionSubjects {
  readonly services: readonly ReachedService[];
  /** Roles that the services' task definitions name; all of those that may be resized. */
  readonly taskRoleArns: readonly string[];
  readonly tableArn: string;
  readonly topicArn: string;
  /** Queue of each loop. */
  readonly queueArns: Readonly<Record<LoopName, string>>;
}

/** All that a loop's function may do besides its log and its own queue. */
export function loopPermissions(scope: Construct, loop: LoopName, subjects: PermissionSubjects): readonly Permission[] {
  const state = stateAccess(subjects.tableArn);
  const wake = (next: LoopName): Permission => ({
    sid: "WakeNextLoop",
    actions: ["sqs:SendMessage"],
    resources: [subjects.queueArns[next]],
    because: "Wakes the next loop before its beat.",
  });
  switch (loop) {
    case "monitor":
      return [
        ...readServices(scope, subjects.services),
        READ_METRICS,
        state,
        publish(subjects.topicArn),
        wake("decision"),
      ];
    case "decision":
      return [state, wake("execution")];
    case "execution":
      return [...readServices(scope, subjects.services), ...changeServices(scope, subjects), state];
    case "optimization":
      return [state];
  }
}

/** What the dashboard's widget may do: it shows what others recorded. */
export function widgetPermissions(tableArn: string): readonly Permission[] {
  return [
    {
      sid: "ReadState",
      actions: READ_STATE_ACTIONS,
      resources: [tableArn],
      because: "Shows decisions. It can write nothing: whoever looks at the dashboard runs it.",
    },
  ];
}

/** Reads of single records and of ranges; no scan. */
export const READ_STATE_ACTIONS: readonly string[] = ["dynamodb:GetItem", "dynamodb:Query"];

/** An operator also writes: pause, resume, mode, approvals, decisions of one's own. */
export const OPERATE_ACTIONS: readonly string[] = [
  ...READ_STATE_ACTIONS,
  "dynamodb:PutItem",
  "dynamodb:BatchWriteItem",
];

function stateAccess(tableArn: string): Permission {
  return {
    sid: "ReadAndWriteState",
    actions: [...OPERATE_ACTIONS, "dynamodb:Scan"],
    resources: [tableArn],
    because:
      "The state. Scan is used on the first start only: a table without a version must be empty before it is used. No action changes the table itself.",
  };
}

const READ_METRICS: Permission = {
  sid: "ReadMetrics",
  actions: ["cloudwatch:GetMetricData"],
  resources: ["*"],
  because: "CloudWatch metrics. `*`: GetMetricData has no resource to be limited to.",
};

function publish(topicArn: string): Permission {
  return {
    sid: "PublishAlerts",
    actions: ["sns:Publish"],
    resources: [topicArn],
    because: "Delivers alerts from the outbox in the table.",
  };
}

/** What is and what runs: monitor sees it each beat, execution again before and after every change. */
function readServices(scope: Construct, services: readonly ReachedService[]): readonly Permission[] {
  return [
    {
      sid: "DescribeServices",
      actions: ["ecs:DescribeServices", "ecs:ListServiceDeployments"],
      resources: reachOf(Stack.of(scope), services).groups.flatMap(({ arns }) => arns),
      because:
        "Live state of the configured services, and how their last rollout ended. Where they are too many to list, of the services in their clusters.",
    },
    {
      sid: "DescribeTaskDefinitions",
      actions: ["ecs:DescribeTaskDefinition"],
      resources: ["*"],
      because: "Size of a service's tasks. `*`: the action knows no resources.",
    },
    {
      sid: "DescribeScalableTargets",
      actions: ["application-autoscaling:DescribeScalableTargets"],
      resources: ["*"],
      because: "Whether another autoscaler holds a service. `*`: the action knows no resources.",
    },
    {
      sid: "ReadScalableTargetTags",
      actions: ["application-autoscaling:ListTagsForResource"],
      resources: [scalableTargets(scope)],
      because:
        "Whether the controller had suspended that autoscaler before. `*`: a target's ARN ends with an id that is found out when running.",
    },
  ];
}

function scalableTargets(scope: Construct): string {
  return Stack.of(scope).formatArn({
    service: "application-autoscaling",
    resource: "scalable-target",
    resourceName: "*",
  });
}

/** Everything that changes ECS. Empty when no component may be changed (mode observe). */
function changeServices(scope: Construct, subjects: PermissionSubjects): readonly Permission[] {
  const written = subjects.services.filter(({ isWritten }) => isWritten);
  const resized = written.filter(({ isResized }) => isResized);
  const suspending = written.filter(({ suspendsOther }) => suspendsOther);
  return [
    ...reachOf(Stack.of(scope), written).groups.map(
      ({ arns, largestTask }, i, { length }): Permission => ({
        sid: length === 1 ? "UpdateServices" : `UpdateServices${letters(i)}`,
        actions: ["ecs:UpdateService"],
        resources: arns,
        conditions: { NumericLessThanEqualsIfExists: caps(largestTask) },
        because:
          "Sets the number of tasks, and the task definition where a rule may resize. Of the services in mode recommend or auto only, to no larger task than their policies allow; with many services, those in their clusters.",
      }),
    ),
    ...(resized.length > 0 ? resize(scope, resized, subjects.taskRoleArns) : []),
    ...(suspending.length > 0 ? suspend(scope) : []),
  ];
}

/** A, B, C ...: statements of one kind that differ in their caps. Numbers are for the parts of one. */
function letters(index: number): string {
  return String.fromCharCode("A".charCodeAt(0) + index);
}

/**
 * Both keys are of the request: absent when no task definition is sent, or when it has no size of its own (EC2).
 * Source: service authorization reference of Amazon ECS, "Condition keys": 1024 = 1 vCPU, and MiB. Numbers are written as
 * texts, as IAM's own examples are: the grammar of policies allows both, other readers of policies not always.
 */
function caps({ cpuUnits, memoryMib }: TaskSize): Readonly<Record<string, string>> {
  return { "ecs:task-cpu": String(cpuUnits), "ecs:task-memory": String(memoryMib) };
}

function resize(
  scope: Construct,
  resized: readonly ReachedService[],
  taskRoleArns: readonly string[],
): readonly Permission[] {
  const passes: Permission = {
    sid: "PassTaskRoles",
    actions: ["iam:PassRole"],
    resources: taskRoleArns,
    conditions: { StringEquals: { "iam:PassedToService": "ecs-tasks.amazonaws.com" } },
    because: "A new revision names the same roles as the one before: exactly these, and to ECS tasks only.",
  };
  return [
    {
      sid: "RegisterTaskDefinitions",
      actions: ["ecs:RegisterTaskDefinition"],
      resources: ["*"],
      conditions: {
        NumericLessThanEqualsIfExists: caps(envelope(resized)),
        Null: { "aws:RequestTag/scaling-controller:decision": "false" },
      },
      because:
        "A revision of another size. `*`: ECS does not check this action against a family everywhere; capped by the largest task of the policies, and bearing a decision's id.",
    },
    {
      sid: "TagTaskDefinitions",
      actions: ["ecs:TagResource"],
      resources: [Stack.of(scope).formatArn({ service: "ecs", resource: "task-definition", resourceName: "*" })],
      conditions: { StringEquals: { "ecs:CreateAction": "RegisterTaskDefinition" } },
      because:
        "A revision bears its decision's id, so that it is registered once. `*`: families are found out when running; only while registering.",
    },
    {
      sid: "FindTaskDefinitions",
      actions: ["ecs:ListTaskDefinitions"],
      resources: ["*"],
      because: "Finds a revision whose registration's answer was lost. `*`: the action knows no resources.",
    },
    {
      sid: "RollBackResizes",
      actions: ["ecs:DescribeServiceDeployments", "ecs:DescribeServiceRevisions", "ecs:StopServiceDeployment"],
      resources: reachOf(Stack.of(scope), resized).groups.flatMap((group) => [
        ...group.arns,
        ...group.deploymentArns,
        ...group.revisionArns,
      ]),
      because:
        "Stops the rollout of a resize and goes back, having looked where it came from. `*`: ids of deployments and service revisions are new each time; those of the resizable services only.",
    },
    ...(taskRoleArns.length > 0 ? [passes] : []),
  ];
}

function suspend(scope: Construct): readonly Permission[] {
  return [
    {
      sid: "SuspendScalableTargets",
      actions: ["application-autoscaling:RegisterScalableTarget"],
      resources: [scalableTargets(scope)],
      conditions: {
        StringEquals: {
          "application-autoscaling:service-namespace": "ecs",
          "application-autoscaling:scalable-dimension": "ecs:service:DesiredCount",
        },
      },
      because:
        "Suspends another autoscaler on a service whose configuration says so. `*`: a target's ARN ends with an id that is found out when running; task counts of ECS only.",
    },
    {
      sid: "MarkScalableTargets",
      actions: ["application-autoscaling:TagResource"],
      resources: [scalableTargets(scope)],
      conditions: { "ForAllValues:StringEquals": { "aws:TagKeys": ["scaling-controller:suspended"] } },
      because:
        "Marks a target that the controller has suspended, so that whoever resumes it is not fought. `*`: as above; this one tag only.",
    },
  ];
}
