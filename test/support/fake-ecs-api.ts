import {
  ApplicationAutoScalingClient,
  DescribeScalableTargetsCommand,
  ListTagsForResourceCommand,
  RegisterScalableTargetCommand,
  type ScalableTarget,
  TagResourceCommand,
} from "@aws-sdk/client-application-auto-scaling";
import {
  DescribeServiceDeploymentsCommand,
  DescribeServiceRevisionsCommand,
  DescribeServicesCommand,
  DescribeTaskDefinitionCommand,
  ECSClient,
  ECSServiceException,
  ListServiceDeploymentsCommand,
  ListTaskDefinitionsCommand,
  RegisterTaskDefinitionCommand,
  type RegisterTaskDefinitionCommandInput,
  type Service,
  StopServiceDeploymentCommand,
  type Tag,
  type TaskDefinition,
  UpdateServiceCommand,
} from "@aws-sdk/client-ecs";
import { mockClient } from "aws-sdk-client-mock";
import { type FakeDeployment, FakeService } from "./fake-ecs-service.ts";

const CLIENT = { region: "eu-west-1", credentials: { accessKeyId: "x", secretAccessKey: "x" } };
const ARN = "arn:aws:ecs:eu-west-1:111122223333";
/** What RegisterTaskDefinition answers but does not take. */
const READ_ONLY = [
  "taskDefinitionArn",
  "revision",
  "status",
  "requiresAttributes",
  "compatibilities",
  "registeredAt",
  "registeredBy",
];

/** An error as an SDK client throws it. Status 0: there was no answer. */
export function awsError(name: string, status: number, message = "scripted"): Error {
  if (status === 0) return Object.assign(new Error(message), { name });
  const $fault = status < 500 ? "client" : "server";
  return new ECSServiceException({ name, message, $fault, $metadata: { httpStatusCode: status } });
}

export const denied = (permission: string) =>
  awsError("AccessDeniedException", 400, `not authorized to perform: ${permission}`);

export interface SeedService {
  readonly cluster?: string;
  readonly name: string;
  readonly tasks?: number;
  readonly definition?: Partial<RegisterTaskDefinitionCommandInput>;
  readonly settings?: Partial<Service>;
}

/** Amazon ECS and Application Auto Scaling in memory, behind real SDK clients: deployments, revisions, tags, circuit breaker. */
export class FakeEcsApi {
  readonly client = new ECSClient(CLIENT);
  readonly writeClient = new ECSClient({ ...CLIENT, maxAttempts: 1 });
  readonly autoscaling = new ApplicationAutoScalingClient(CLIENT);
  nowMs = Date.UTC(2026, 10, 25, 12);
  /** Until tasks that were asked for run, ms. */
  startMs = 40_000;
  /** Every call that arrived, in order. */
  readonly calls: { readonly name: string; readonly input: Readonly<Record<string, unknown>> }[] = [];
  readonly scalableTargets = new Map<string, ScalableTarget>();
  readonly targetTags = new Map<string, Record<string, string>>();
  readonly #services = new Map<string, FakeService>();
  readonly #families = new Map<string, { definition: TaskDefinition; tags: Tag[] }[]>();
  readonly #script: { readonly name: string; readonly error: Error; readonly applied: boolean }[] = [];

  constructor() {
    for (const client of [this.client, this.writeClient]) this.#answerEcs(client);
    this.#answerAutoscaling(this.autoscaling);
  }

  addService({ cluster = "main", name, tasks = 2, definition, settings }: SeedService): FakeService {
    const { taskDefinitionArn = "" } = this.register({ ...FARGATE, family: name, ...definition });
    const serviceArn = `${ARN}:service/${cluster}/${name}`;
    const createdAt = new Date(this.nowMs - 86_400_000);
    const clusterArn = `${ARN}:cluster/${cluster}`;
    const service = new FakeService({ serviceArn, serviceName: name, clusterArn, createdAt, ...settings });
    service.desired = tasks;
    service.running = tasks;
    service.deploy(taskDefinitionArn, { nowMs: createdAt.getTime(), startMs: 0 });
    this.#services.set(serviceArn, service);
    return service;
  }

  service(name: string): FakeService {
    const found = [...this.#services.values()].find(({ settings }) => settings.serviceName === name);
    if (found === undefined) throw new Error(`no service ${name}`);
    return found;
  }

  addScalableTarget(resourceId: string, suspended = false): ScalableTarget {
    const target: ScalableTarget = {
      ServiceNamespace: "ecs",
      ScalableDimension: "ecs:service:DesiredCount",
      ResourceId: resourceId,
      MinCapacity: 2,
      MaxCapacity: 9,
      RoleARN: "role",
      CreationTime: new Date(0),
      ScalableTargetARN: `arn:aws:application-autoscaling:eu-west-1:111122223333:scalable-target/${resourceId}`,
      SuspendedState: {
        DynamicScalingInSuspended: suspended,
        DynamicScalingOutSuspended: suspended,
        ScheduledScalingSuspended: suspended,
      },
    };
    this.scalableTargets.set(resourceId, target);
    return target;
  }

  /** The next call of that name fails; `applied`: it was carried out, and only the answer is lost. */
  fail(name: string, error: Error, applied = false): void {
    this.#script.push({ name, error, applied });
  }

  /** How often each call arrived since the last `forget`. */
  count(name: string): number {
    return this.calls.filter((call) => call.name === name).length;
  }

  forget(): void {
    this.calls.splice(0);
  }

  revisions(family: string): readonly { definition: TaskDefinition; tags: Tag[] }[] {
    return this.#families.get(family) ?? [];
  }

  register(input: RegisterTaskDefinitionCommandInput): TaskDefinition {
    const { tags = [], ...rest } = input;
    const family = rest.family ?? "";
    const known = this.#families.get(family) ?? [];
    const revision = known.length + 1;
    const definition: TaskDefinition = {
      ...structuredClone(rest),
      taskDefinitionArn: `${ARN}:task-definition/${family}:${revision}`,
      revision,
      status: "ACTIVE",
      requiresAttributes: [{ name: "com.amazonaws.ecs.capability.task-iam-role" }],
      compatibilities: ["EC2", "FARGATE"],
      registeredAt: new Date(this.nowMs),
      registeredBy: "arn:aws:iam::111122223333:root",
    };
    this.#families.set(family, [...known, { definition, tags: [...tags] }]);
    return definition;
  }

  #answerEcs(client: ECSClient): void {
    const mock = mockClient(client);
    mock.on(DescribeServicesCommand).callsFake((input) => this.#call("DescribeServices", input, describeServices));
    mock.on(UpdateServiceCommand).callsFake((input) => this.#call("UpdateService", input, updateService));
    mock
      .on(DescribeTaskDefinitionCommand)
      .callsFake((input) => this.#call("DescribeTaskDefinition", input, describeDefinition));
    mock.on(ListTaskDefinitionsCommand).callsFake((input) => this.#call("ListTaskDefinitions", input, listDefinitions));
    mock
      .on(RegisterTaskDefinitionCommand)
      .callsFake((input) => this.#call("RegisterTaskDefinition", input, registerDefinition));
    mock
      .on(ListServiceDeploymentsCommand)
      .callsFake((input) => this.#call("ListServiceDeployments", input, listServiceDeployments));
    mock
      .on(DescribeServiceDeploymentsCommand)
      .callsFake((input) => this.#call("DescribeServiceDeployments", input, describeServiceDeployments));
    mock.on(DescribeServiceRevisionsCommand).callsFake((input) =>
      this.#call("DescribeServiceRevisions", input, (_api, { serviceRevisionArns }) => ({
        serviceRevisions: (serviceRevisionArns as string[]).map((arn) => ({
          serviceRevisionArn: arn,
          taskDefinition: arn.slice(arn.indexOf("#") + 1),
        })),
      })),
    );
    mock
      .on(StopServiceDeploymentCommand)
      .callsFake((input) => this.#call("StopServiceDeployment", input, stopServiceDeployment));
  }

  #answerAutoscaling(client: ApplicationAutoScalingClient): void {
    const mock = mockClient(client);
    mock.on(DescribeScalableTargetsCommand).callsFake((input) =>
      this.#call("DescribeScalableTargets", input, () => {
        const { ResourceIds = [] } = input as { ResourceIds?: string[] };
        if (ResourceIds.length > 50) throw awsError("ValidationException", 400, "more than 50");
        return { ScalableTargets: ResourceIds.flatMap((id) => this.scalableTargets.get(id) ?? []) };
      }),
    );
    mock.on(RegisterScalableTargetCommand).callsFake((input) =>
      this.#call("RegisterScalableTarget", input, () => {
        const target = this.scalableTargets.get(String(input.ResourceId));
        if (target !== undefined) this.scalableTargets.set(String(input.ResourceId), { ...target, ...input });
        return { ScalableTargetARN: target?.ScalableTargetARN };
      }),
    );
    mock.on(TagResourceCommand).callsFake((input) =>
      this.#call("TagResource", input, () => {
        this.targetTags.set(String(input.ResourceARN), input.Tags as Record<string, string>);
        return {};
      }),
    );
    mock.on(ListTagsForResourceCommand).callsFake((input) =>
      this.#call("ListTagsForResource", input, () => ({
        Tags: this.targetTags.get(String(input.ResourceARN)) ?? {},
      })),
    );
  }

  #call(name: string, input: object, answer: (api: FakeEcsApi, input: Record<string, unknown>) => unknown): unknown {
    this.calls.push({ name, input: input as Record<string, unknown> });
    for (const service of this.#services.values()) service.settle(this.nowMs);
    const at = this.#script.findIndex((each) => each.name === name);
    const [scripted] = at < 0 ? [] : this.#script.splice(at, 1);
    if (scripted?.applied === false) throw scripted.error;
    const result = answer(this, input as Record<string, unknown>);
    if (scripted !== undefined) throw scripted.error;
    return result;
  }

  /** By name or ARN, in a cluster given by name or ARN. */
  find(cluster: unknown, service: unknown): FakeService | undefined {
    const name = String(service).split("/").at(-1);
    return this.#services.get(`${ARN}:service/${String(cluster).split("/").at(-1)}/${name}`);
  }

  findDefinition(revision: string): { definition: TaskDefinition; tags: Tag[] } | undefined {
    const [family = "", number] = (revision.split("/").at(-1) ?? "").split(":");
    return this.#families.get(family)?.[Number(number) - 1];
  }

  get all(): readonly FakeService[] {
    return [...this.#services.values()];
  }
}

/** A web service on Fargate: 0.5 vCPU, 1 GiB, one container without limits of its own. */
const FARGATE: RegisterTaskDefinitionCommandInput = {
  family: "",
  containerDefinitions: [{ name: "app", image: "app:1", essential: true, environment: [{ name: "A", value: "1" }] }],
  cpu: "512",
  memory: "1024",
  networkMode: "awsvpc",
  requiresCompatibilities: ["FARGATE"],
  executionRoleArn: "arn:aws:iam::111122223333:role/execution",
  taskRoleArn: "arn:aws:iam::111122223333:role/task",
  volumes: [],
  tags: [
    { key: "team", value: "blue" },
    { key: "aws:cloudformation:stack-name", value: "app" },
  ],
};

function describeServices(api: FakeEcsApi, input: Record<string, unknown>): unknown {
  const names = input.services as string[];
  if (names.length > 10) throw awsError("InvalidParameterException", 400, "at most 10 services");
  const clusters = new Set(api.all.map(({ settings }) => settings.clusterArn?.split("/").at(-1)));
  if (!clusters.has(String(input.cluster).split("/").at(-1))) {
    throw awsError("ClusterNotFoundException", 400, "Cluster not found.");
  }
  const found = names.map((name) => ({ name, service: api.find(input.cluster, name) }));
  return {
    services: found.flatMap(({ service }) => service?.describe() ?? []),
    failures: found.flatMap(({ name, service }) =>
      service === undefined ? [{ arn: `${ARN}:service/${name.split("/").at(-1)}`, reason: "MISSING" }] : [],
    ),
  };
}

function updateService(api: FakeEcsApi, input: Record<string, unknown>): unknown {
  const service = api.find(input.cluster, input.service);
  if (service === undefined) throw awsError("ServiceNotFoundException", 400);
  const { taskDefinition, desiredCount } = input;
  if (taskDefinition !== undefined) {
    const found = api.findDefinition(taskDefinition as string);
    if (found === undefined) throw awsError("ClientException", 400, "TaskDefinition not found.");
    service.deploy(found.definition.taskDefinitionArn ?? "", api);
  }
  if (desiredCount !== undefined) service.setDesired(Number(desiredCount), api);
  return { service: service.describe() };
}

function describeDefinition(api: FakeEcsApi, input: Record<string, unknown>): unknown {
  const found = api.findDefinition(String(input.taskDefinition));
  if (found === undefined) throw awsError("ClientException", 400, "Unable to describe task definition.");
  return { taskDefinition: structuredClone(found.definition), tags: structuredClone(found.tags) };
}

function listDefinitions(api: FakeEcsApi, input: Record<string, unknown>): unknown {
  const arns = api.revisions(String(input.familyPrefix)).map(({ definition }) => definition.taskDefinitionArn);
  return { taskDefinitionArns: (input.sort === "DESC" ? arns.reverse() : arns).slice(0, Number(input.maxResults)) };
}

function registerDefinition(api: FakeEcsApi, input: Record<string, unknown>): unknown {
  const request = input as unknown as RegisterTaskDefinitionCommandInput;
  const extra = READ_ONLY.filter((key) => key in input);
  if (extra.length > 0) throw awsError("ClientException", 400, `not accepted: ${extra.join(", ")}`);
  if (request.tags?.some(({ key }) => key?.startsWith("aws:"))) {
    throw awsError("InvalidParameterException", 400, "aws: tags are reserved");
  }
  const storage = request.ephemeralStorage?.sizeInGiB;
  if (storage !== undefined && !(storage >= 21 && storage <= 200)) {
    throw awsError("ClientException", 400, "ephemeral storage must be 21 to 200 GiB");
  }
  return { taskDefinition: api.register(request), tags: request.tags };
}

function listServiceDeployments(api: FakeEcsApi, input: Record<string, unknown>): unknown {
  const { rollouts } = api.find(input.cluster, input.service) ?? { rollouts: [] };
  const wanted = input.status as string[] | undefined;
  const { after } = (input.createdAt ?? {}) as { after?: Date };
  return {
    serviceDeployments: rollouts.filter(
      ({ status = "", createdAt }) =>
        (wanted === undefined || wanted.includes(status)) &&
        (after === undefined || (createdAt !== undefined && createdAt > after)),
    ),
  };
}

function describeServiceDeployments(api: FakeEcsApi, input: Record<string, unknown>): unknown {
  const arns = input.serviceDeploymentArns as string[];
  return { serviceDeployments: api.all.flatMap(({ rollouts }) => rollouts).filter(isOneOf(arns)) };
}

function stopServiceDeployment(api: FakeEcsApi, input: Record<string, unknown>): unknown {
  const arn = String(input.serviceDeploymentArn);
  const service = api.all.find(({ rollouts }) => rollouts.some(isOneOf([arn])));
  if (service === undefined) throw awsError("ServiceDeploymentNotFoundException", 400);
  if (!service.rollBack(api, "stopped")) throw awsError("ConflictException", 400, "not in progress");
  return { serviceDeploymentArn: arn };
}

function isOneOf(arns: readonly string[]): (rollout: FakeDeployment) => boolean {
  return ({ serviceDeploymentArn = "" }) => arns.includes(serviceDeploymentArn);
}
