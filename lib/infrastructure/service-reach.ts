import { ArnFormat, type Stack } from "aws-cdk-lib";
import type { Deployment, ServiceTarget } from "../deployment.ts";
import { InputError } from "../domain/model/errors.ts";
import type { ComponentPolicy, FleetPolicy } from "../domain/model/policy.ts";

/** One component's service as permissions see it. */
export interface ReachedService {
  readonly component: string;
  /** Names, not ARNs. */
  readonly cluster: string;
  readonly service: string;
  readonly arn: string;
  /** Its deployments and revisions: their ids are made while running, so all of this one service. */
  readonly deploymentsArn: string;
  readonly revisionsArn: string;
  /** Mode recommend or auto: the controller may change the service. */
  readonly isWritten: boolean;
  /** Written, and its rules may change the size of a task. */
  readonly isResized: boolean;
  /** Written, and a foreign autoscaler on it is to be suspended rather than respected. */
  readonly suspendsOther: boolean;
  readonly largestTask: TaskSize;
}

/** As IAM counts it: CPU units (1024 a vCPU) and MiB. */
export interface TaskSize {
  readonly cpuUnits: number;
  readonly memoryMib: number;
}

/** The services of a deployment, in the order of its targets. `arns` has those that are known as constructs. */
export function reachedServices(
  stack: Stack,
  { fleets, targets }: Deployment,
  arns: ReadonlyMap<string, string>,
): readonly ReachedService[] {
  const policies = new Map(
    fleets.flatMap((fleet) => fleet.components.map((component) => [component.name, { fleet, component }] as const)),
  );
  return targets.flatMap((target) => {
    const policy = policies.get(target.component);
    return policy === undefined ? [] : [reached(stack, target, policy, arns.get(target.component))];
  });
}

function reached(
  stack: Stack,
  target: ServiceTarget,
  { fleet, component }: { fleet: FleetPolicy; component: ComponentPolicy },
  arn: string | undefined,
): ReachedService {
  const [cluster, service] = [nameIn(target.cluster), nameIn(target.service)];
  const isWritten = (component.mode ?? fleet.mode) !== "observe";
  const arnOf = (resource: string, resourceName: string) =>
    stack.formatArn({ service: "ecs", resource, resourceName, arnFormat: ArnFormat.SLASH_RESOURCE_NAME });
  return {
    component: target.component,
    cluster,
    service,
    arn: arn ?? (target.service.startsWith("arn:") ? target.service : arnOf("service", `${cluster}/${service}`)),
    deploymentsArn: arnOf("service-deployment", `${cluster}/${service}/*`),
    revisionsArn: arnOf("service-revision", `${cluster}/${service}/*`),
    isWritten,
    isResized: isWritten && target.resizable,
    suspendsOther: isWritten && target.otherAutoscaler === "suspend",
    largestTask: largestTask(fleet, component),
  };
}

/** The last part of an ARN, or the name itself. */
function nameIn(nameOrArn: string): string {
  return nameOrArn.startsWith("arn:") ? nameOrArn.slice(nameOrArn.lastIndexOf("/") + 1) : nameOrArn;
}

/**
 * The largest task that the policy allows: the whole maximum in the fewest tasks it permits. IAM has no key for the number
 * of tasks, so this caps what one task may become, not what a service may. Rounded up: a thousandth of a vCPU is 1.024
 * units, and a cap must not refuse the very size it was made from.
 */
function largestTask(fleet: FleetPolicy, { max, tasksMin }: ComponentPolicy): TaskSize {
  const each = (name: "cpu" | "memory") => Math.min(max[name], fleet.limits[name]) / Math.max(1, tasksMin);
  const inIam = (milli: number) => Math.ceil((milli * 1024) / 1000);
  return { cpuUnits: inIam(each("cpu")), memoryMib: inIam(each("memory")) };
}

/** Services, the ARNs that stand for them in a role's policies, and the largest task that any of them may have. */
export interface ServiceGroup {
  readonly arns: readonly string[];
  readonly deploymentArns: readonly string[];
  readonly revisionArns: readonly string[];
  readonly largestTask: TaskSize;
}

export interface Reach {
  /** Each group has caps of its own. Empty when there are no services. */
  readonly groups: readonly ServiceGroup[];
  /** False: there were too many services to list, and each of their clusters stands for all that is in it. */
  readonly isExact: boolean;
}

/**
 * A role's policies hold about 10,000 characters inline and 6,000 in each of ten managed ones; its lists of services come
 * to at most five. What fits with room to spare is 9,000 characters a list, about 90 services. Beyond that
 * `service/<cluster>/*` stands for them: still no service of another cluster.
 * Source: IAM quotas "Role inline policy size", "Managed policy size", "Managed policies attached to an IAM role".
 */
const LIST_CHARS_MAX = 9_000;
/** Length of an ARN without the names, in the longest partition and Region, with quotes and comma. */
const ARN_CHARS = 78;
/** Each group repeats its conditions: with more pairs of caps than this, all services get the largest. */
const GROUPS_MAX = 12;

/**
 * The ARNs of services and of their deployments, as exactly as a role's policies have room for.
 *
 * @throws InputError when even the clusters are too many.
 */
export function reachOf(stack: Stack, services: readonly ReachedService[]): Reach {
  if (services.length === 0) return { groups: [], isExact: true };
  const chars = services.reduce((sum, { cluster, service }) => sum + ARN_CHARS + cluster.length + service.length, 0);
  if (chars > LIST_CHARS_MAX) return { groups: [clustersOf(stack, services)], isExact: false };
  const groups = new Map<string, ReachedService[]>();
  for (const service of services) {
    const key = `${service.largestTask.cpuUnits}/${service.largestTask.memoryMib}`;
    groups.set(key, [...(groups.get(key) ?? []), service]);
  }
  const parts = groups.size <= GROUPS_MAX ? [...groups.values()] : [services];
  return {
    groups: parts.map((part) => ({
      arns: part.map(({ arn }) => arn),
      deploymentArns: part.map(({ deploymentsArn }) => deploymentsArn),
      revisionArns: part.map(({ revisionsArn }) => revisionsArn),
      largestTask: envelope(part),
    })),
    isExact: true,
  };
}

function clustersOf(stack: Stack, services: readonly ReachedService[]): ServiceGroup {
  const clusters = [...new Set(services.map(({ cluster }) => cluster))];
  const chars = clusters.reduce((sum, cluster) => sum + ARN_CHARS + cluster.length, 0);
  if (chars > LIST_CHARS_MAX)
    throw new InputError("the configuration cannot be deployed as one controller", [
      `its services live in ${clusters.length} clusters, more than fit into a role's policies (about 90): deploy several controllers, each with a part of the fleets`,
    ]);
  const arnsOf = (resource: string) =>
    clusters.map((cluster) =>
      stack.formatArn({
        service: "ecs",
        resource,
        resourceName: `${cluster}/*`,
        arnFormat: ArnFormat.SLASH_RESOURCE_NAME,
      }),
    );
  return {
    arns: arnsOf("service"),
    deploymentArns: arnsOf("service-deployment"),
    revisionArns: arnsOf("service-revision"),
    largestTask: envelope(services),
  };
}

/** At least as large as each of the services' largest tasks. */
export function envelope(services: readonly ReachedService[]): TaskSize {
  return {
    cpuUnits: Math.max(0, ...services.map(({ largestTask: { cpuUnits } }) => cpuUnits)),
    memoryMib: Math.max(0, ...services.map(({ largestTask: { memoryMib } }) => memoryMib)),
  };
}
