import type { Deployment, Service } from "@aws-sdk/client-ecs";
import type { ServiceTarget } from "../../../deployment.ts";
import type { ServiceState } from "../../../domain/model/service.ts";
import type { Standing } from "./scalable-targets.ts";
import { revisionOf } from "./task-definitions.ts";
import type { TaskSize } from "./task-size.ts";

/** The deployment that ECS works towards; a service that was deleted has none. */
export function primaryOf(service: Service): Deployment | undefined {
  return service.deployments?.find(({ status }) => status === "PRIMARY");
}

/** family:revision that the service is to run; "" where ECS does not say. Other controllers than ECS keep it in task sets. */
export function liveRevision(service: Service): string {
  const set = service.taskSets?.find(({ status }) => status === "PRIMARY");
  return revisionOf(primaryOf(service)?.taskDefinition ?? service.taskDefinition ?? set?.taskDefinition ?? "");
}

export function identityOf(service: Service): string {
  return `${service.serviceArn}@${service.createdAt?.toISOString() ?? "?"}`;
}

/**
 * More than one deployment (tasks of two revisions, or one that ECS still drains), or a rollout that is not complete.
 * A change of the desired count starts no deployment: there the pending tasks tell.
 */
export function isDeploying(service: Service): boolean {
  const states = current(service).map(({ rolloutState }) => rolloutState);
  return states.length > 1 || states.some((state) => state !== undefined && state !== "COMPLETED");
}

/** Failed, or on the way back, as the deployments themselves tell; a rollback that is complete leaves no trace in them. */
export function tellsFailure(service: Service): boolean {
  return current(service).some(
    ({ rolloutState, rolloutStateReason = "" }) =>
      rolloutState === "FAILED" || (rolloutState === "IN_PROGRESS" && /rolling back/i.test(rolloutStateReason)),
  );
}

/** Deployments that still have tasks, or are to have them. */
function current({ deployments = [] }: Service): readonly Deployment[] {
  return deployments.filter(({ status }) => status !== "INACTIVE");
}

/**
 * ECS does not say how many of the running tasks are healthy, short of describing every task; those that fail their
 * health check are stopped, and are pending or missing then.
 */
export function stateOf(
  service: Service,
  facts: {
    readonly target: ServiceTarget;
    readonly size: TaskSize;
    readonly rolloutFailed: boolean;
    readonly standing: Standing;
    readonly nowMs: number;
  },
): ServiceState {
  const { target, size, rolloutFailed, standing, nowMs } = facts;
  const { desiredCount = 0, runningCount = 0, pendingCount = 0 } = service;
  const refusal = serviceRefusal(service) ?? autoscalerRefusal(standing, target.otherAutoscaler);
  return {
    identity: identityOf(service),
    desired: {
      tasks: desiredCount,
      size: { cpu: size.cpu, memory: size.memory, network: target.networkPerTask, storage: size.storage },
    },
    running: runningCount,
    // Tasks that ECS could not place yet are in no count but the desired one.
    pending: Math.max(pendingCount, desiredCount - runningCount, 0),
    revision: liveRevision(service),
    deploying: isDeploying(service),
    rolloutFailed,
    ...(refusal === undefined ? {} : { refusal }),
    observedAtMs: nowMs,
  };
}

function serviceRefusal(service: Service): string | undefined {
  if (service.status !== "ACTIVE") return `the service is ${service.status ?? "of unknown status"}, not ACTIVE`;
  if (service.schedulingStrategy === "DAEMON")
    return "a DAEMON service has one task for each instance, not a number of its own";
  const controller = service.deploymentController?.type;
  if (controller !== undefined && controller !== "ECS") {
    return `its deployments are controlled by ${controller}; only the ECS controller takes a task definition`;
  }
  return undefined;
}

/** Two hands on one number would fight; not knowing whether there is another one counts as one. */
function autoscalerRefusal(standing: Standing, configured: ServiceTarget["otherAutoscaler"]): string | undefined {
  if (standing.kind === "unknown") {
    return `whether Application Auto Scaling manages it could not be read (${standing.detail})`;
  }
  if (standing.kind !== "active") return undefined;
  if (standing.resumed) return "Application Auto Scaling was suspended for the controller and has been resumed since";
  const { MinCapacity: min, MaxCapacity: max } = standing.target;
  return configured === "suspend"
    ? undefined
    : `Application Auto Scaling manages it (${min} to ${max} tasks), not suspended`;
}

/**
 * Why the size of its tasks cannot be changed though their number can. Native blue/green, linear and canary deployments
 * run both revisions in full, wait for bake times and hooks of up to a day, and would outlast every timeout of a resize;
 * a change of the number starts no deployment under any strategy.
 */
export function resizeRefusal(service: Service, target: ServiceTarget): string | undefined {
  if (!target.resizable) return "no rule may change the size of its tasks";
  const strategy = service.deploymentConfiguration?.strategy ?? "ROLLING";
  return strategy === "ROLLING"
    ? undefined
    : `tasks are resized by ROLLING deployments only, its strategy is ${strategy}`;
}
