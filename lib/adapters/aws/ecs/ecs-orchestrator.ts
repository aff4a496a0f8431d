import { setTimeout as sleep } from "node:timers/promises";
import type { ApplicationAutoScalingClient } from "@aws-sdk/client-application-auto-scaling";
import { type ECSClient, type Service, UpdateServiceCommand } from "@aws-sdk/client-ecs";
import type { ServiceTarget } from "../../../deployment.ts";
import { DependencyError, InvariantError, NotYetError } from "../../../domain/model/errors.ts";
import { type Resources, sameSize } from "../../../domain/model/resources.ts";
import type { ServiceState } from "../../../domain/model/service.ts";
import type { Clock, Failed, Log, Orchestrator, RevisionResult, UpdateResult } from "../../../ports.ts";
import { failureOf, isDenied, unsentFailureOf } from "./call-failure.ts";
import { CallPace, ECS_RATES, type Pause } from "./call-pace.ts";
import { registrationOf } from "./registration.ts";
import { resourceIdOf, ScalableTargets, type Standing } from "./scalable-targets.ts";
import { ServiceDeployments } from "./service-deployments.ts";
import { ServiceReading } from "./service-reading.ts";
import { identityOf, liveRevision, resizeRefusal, stateOf } from "./service-state.ts";
import { revisionOf, TaskDefinitions } from "./task-definitions.ts";
import { sizeOf, type TaskSize } from "./task-size.ts";

export interface EcsOrchestratorOptions {
  /** For reads: retries as its configuration says. */
  readonly client: ECSClient;
  /** For writes: must be configured with `maxAttempts: 1`, so that a lost answer is told and not repeated behind our back. */
  readonly writeClient: ECSClient;
  readonly autoscaling: ApplicationAutoScalingClient;
  /** One for each component that may be asked for. */
  readonly targets: readonly ServiceTarget[];
  readonly log: Log;
  readonly clock: Clock;
  /** Waits, to stay below the account's rates. Default: a timer. */
  readonly pause?: Pause;
}

type UpdateRequest = Parameters<Orchestrator["update"]>[0];

/**
 * Amazon ECS. Rules it keeps: absolute values, one attempt, always family:revision, never a forced deployment; nothing is
 * sent to a service that refuses, that another autoscaler manages, or of which that is not known.
 */
export class EcsOrchestrator implements Orchestrator {
  readonly #options: EcsOrchestratorOptions;
  readonly #targets: ReadonlyMap<string, ServiceTarget>;
  readonly #services: ServiceReading;
  readonly #definitions: TaskDefinitions;
  readonly #deployments: ServiceDeployments;
  readonly #autoscaling: ScalableTargets;

  constructor(options: EcsOrchestratorOptions) {
    const { client, writeClient, autoscaling, targets, log, clock, pause = sleepMs } = options;
    this.#options = options;
    this.#targets = new Map(targets.map((target) => [target.component, target]));
    this.#services = new ServiceReading({ client, pace: new CallPace(ECS_RATES.describeServices, clock, pause) });
    this.#definitions = new TaskDefinitions({ client, writeClient, clock, pause });
    this.#deployments = new ServiceDeployments({ client, writeClient, log });
    this.#autoscaling = new ScalableTargets({ client: autoscaling, clock, log });
  }

  async describe(
    components: readonly string[],
    known: ReadonlyMap<string, ServiceState> = new Map(),
  ): Promise<readonly (ServiceState | Error)[]> {
    const targets = [...new Set(components)].flatMap((component) => this.#targets.get(component) ?? []);
    const [services, standings] = await Promise.all([
      this.#services.read(targets),
      this.#autoscaling.standings(targets),
    ]);
    return Promise.all(
      components.map(async (component) => {
        const target = this.#targets.get(component);
        const service = services.get(component);
        if (target === undefined) return new DependencyError(unknownComponent(component));
        if (service === undefined || service instanceof Error) return service ?? new DependencyError("no answer");
        try {
          return await this.#stateOf(service, target, standings, known.get(component));
        } catch (error) {
          return described(target, error);
        }
      }),
    );
  }

  async ensureRevision(request: { component: string; size: Resources; decision: string }): Promise<RevisionResult> {
    const { component, size, decision } = request;
    const target = this.#targets.get(component);
    if (target === undefined) return refused(unknownComponent(component));
    try {
      await this.#requireSingleAttempts();
      const service = await this.#read(target);
      if (service instanceof Error) return notRead(service);
      const revision = liveRevision(service);
      const live = await this.#definitions.read(revision);
      const now = sizeWith(sizeOf(live.definition), target);
      if (sameSize(now, size)) return { kind: "ok", revision };
      const refusal = resizeRefusal(service, target) ?? networkRefusal(now, size);
      if (refusal !== undefined) return refused(refusal);
      const found = await this.#definitions.find(decision, live.definition);
      if (found !== undefined) {
        const { family, revision: number } = found.definition;
        if (sameSize(sizeWith(sizeOf(found.definition), target), size)) {
          return { kind: "ok", revision: `${family}:${number}` };
        }
        return refused(`${family}:${number} was registered for ${decision} with another size`);
      }
      const registration = registrationOf(live, size, { decision, compute: target.compute });
      if (registration.kind === "refused") return registration;
      return await this.#register(registration.input);
    } catch (error) {
      if (error instanceof InvariantError) throw error;
      return error instanceof DependencyError && error.cause === undefined
        ? refused(error.message)
        : unsentFailureOf(error);
    }
  }

  async update(request: UpdateRequest): Promise<UpdateResult> {
    const { component, tasks } = request;
    const target = this.#targets.get(component);
    if (target === undefined) return refused(unknownComponent(component));
    if (!Number.isSafeInteger(tasks) || tasks < 0) return refused(`not a number of tasks: ${tasks}`);
    if (!/^[A-Za-z0-9_-]+:[1-9][0-9]*$/.test(request.revision)) {
      return refused(`not a family:revision of a task definition: ${request.revision}`);
    }
    await this.#requireSingleAttempts();
    const [service, standings] = await Promise.all([this.#read(target), this.#autoscaling.standings([target], 0)]);
    if (service instanceof Error) return notRead(service);
    const standing = standings.get(resourceIdOf(target)) ?? NOT_ASKED;
    const facts = { target, size: NO_SIZE, rolloutFailed: false, standing, nowMs: this.#options.clock.nowMs() };
    const { refusal } = stateOf(service, facts);
    if (refusal !== undefined) return refused(refusal);
    if (standing.kind === "active") {
      const failed = await this.#autoscaling.suspend(standing.target);
      if (failed !== undefined) return failed;
    }
    return this.#send(service, request);
  }

  /**
   * The way back of a resize that is still rolling out is ECS's own, as long as that alone does it: when the number of
   * tasks has to change as well, one call sets both at once, so that no state in between is ever asked for.
   */
  async #send(service: Service, { tasks, revision, decision }: UpdateRequest): Promise<UpdateResult> {
    const { clusterArn, serviceArn, desiredCount } = service;
    const moves = revision !== liveRevision(service) || revision !== revisionOf(service.taskDefinition ?? "");
    if (moves && desiredCount === tasks) {
      const back = await this.#deployments.rollBackTo(service, revision);
      if (back.kind === "ok") {
        this.#options.log("info", "stopped the rollout, back to the revision before", { decision, revision });
        return back;
      }
      if (back.kind === "unknown") return back;
    }
    try {
      await this.#options.writeClient.send(
        new UpdateServiceCommand({
          cluster: clusterArn,
          service: serviceArn,
          desiredCount: tasks,
          // The same revision again may still start a deployment.
          ...(moves ? { taskDefinition: revision } : {}),
        }),
      );
      return { kind: "ok" };
    } catch (error) {
      return failureOf(error);
    }
  }

  async #register(input: Parameters<TaskDefinitions["register"]>[0]): Promise<RevisionResult> {
    try {
      return { kind: "ok", revision: await this.#definitions.register(input) };
    } catch (error) {
      return failureOf(error);
    }
  }

  async #stateOf(
    service: Service,
    target: ServiceTarget,
    standings: ReadonlyMap<string, Standing>,
    known: ServiceState | undefined,
  ): Promise<ServiceState> {
    const revision = liveRevision(service);
    if (revision === "") throw new DependencyError("it has no task definition that ECS deploys");
    const isUnchanged = known?.identity === identityOf(service) && known.revision === revision;
    const [size, rolloutFailed] = await Promise.all([
      isUnchanged ? known.desired.size : this.#definitions.sizeOf(revision),
      this.#deployments.lastFailed(service, known),
    ]);
    const standing = standings.get(resourceIdOf(target)) ?? NOT_ASKED;
    return stateOf(service, { target, size, rolloutFailed, standing, nowMs: this.#options.clock.nowMs() });
  }

  async #read(target: ServiceTarget): Promise<Service | Error> {
    const services = await this.#services.read([target]);
    return services.get(target.component) ?? new DependencyError("no answer");
  }

  /** A write that the SDK repeats is no longer one attempt: refuse to work that way. */
  async #requireSingleAttempts(): Promise<void> {
    const attempts = await this.#options.writeClient.config.maxAttempts();
    if (attempts !== 1) throw new InvariantError("the client for writes must make one attempt", { attempts });
  }
}

const NOT_ASKED: Standing = { kind: "unknown", detail: "not asked" };
/** Where a state is made for its refusal only. */
const NO_SIZE: TaskSize = { cpu: 0, memory: 0, storage: 0 };

async function sleepMs(ms: number): Promise<void> {
  await sleep(ms);
}

function sizeWith({ cpu, memory, storage }: TaskSize, { networkPerTask }: ServiceTarget): Resources {
  return { cpu, memory, network: networkPerTask, storage };
}

function networkRefusal(now: Resources, size: Resources): string | undefined {
  return now.network === size.network
    ? undefined
    : `network bandwidth of a task is what it is counted with (${now.network} milli-Gbit/s), not set to ${size.network}`;
}

function unknownComponent(component: string): string {
  return `no component ${component} is configured`;
}

function refused(detail: string): Failed {
  return { kind: "refused", detail };
}

/** A service that is not there is refused; one that could not be asked about is asked again later. */
function notRead({ cause, message }: Error): Failed {
  return cause === undefined ? refused(message) : { ...unsentFailureOf(cause), detail: `nothing was sent: ${message}` };
}

function described({ component, cluster, service }: ServiceTarget, error: unknown): Error {
  if (error instanceof NotYetError) return error;
  const detail = error instanceof DependencyError ? error.message : failureOf(error).detail;
  const what = isDenied(error) ? `ecs:DescribeTaskDefinition is not allowed (${detail})` : detail;
  return new DependencyError(
    `size of ECS service ${service} in cluster ${cluster} cannot be read: ${what}`,
    { component, cluster, service },
    { cause: error },
  );
}
