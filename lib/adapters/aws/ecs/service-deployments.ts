import {
  DescribeServiceDeploymentsCommand,
  DescribeServiceRevisionsCommand,
  type ECSClient,
  ListServiceDeploymentsCommand,
  type Service,
  type ServiceDeploymentBrief,
  type ServiceDeploymentStatus,
  StopServiceDeploymentCommand,
} from "@aws-sdk/client-ecs";
import type { ServiceState } from "../../../domain/model/service.ts";
import type { Failed, Log } from "../../../ports.ts";
import { failureOf } from "./call-failure.ts";
import { identityOf, isDeploying, liveRevision, primaryOf, tellsFailure } from "./service-state.ts";
import { revisionOf } from "./task-definitions.ts";

/** `impossible`: another way has to be taken, nothing was done. */
export type RollBack =
  | { readonly kind: "ok" }
  | { readonly kind: "impossible" }
  | (Failed & { readonly kind: "unknown" });

/** A rollout may take hours; one that was rolled back began at most this long before the primary deployment, ms. */
const ROLLOUT_MAX_MS = 86_400_000;
/** Our clock may be this far from that of ECS, ms. */
const CLOCK_SKEW_MS = 60_000;
/** Verdicts that are remembered; beyond, all are forgotten. */
const VERDICTS_KEPT = 20_000;
const STOPPABLE: readonly ServiceDeploymentStatus[] = ["PENDING", "IN_PROGRESS"];
const ROLLING_BACK: readonly ServiceDeploymentStatus[] = ["ROLLBACK_REQUESTED", "ROLLBACK_IN_PROGRESS"];

/** The history of a service's rollouts: whether the last one failed, and how one under way is taken back. */
export class ServiceDeployments {
  readonly #client: ECSClient;
  readonly #writeClient: ECSClient;
  readonly #log: Log;
  /** By id of a primary deployment whose rollout is complete: whether it came from a rollback. */
  readonly #verdicts = new Map<string, boolean>();
  #warned = false;

  constructor(options: { client: ECSClient; writeClient: ECSClient; log: Log }) {
    this.#client = options.client;
    this.#writeClient = options.writeClient;
    this.#log = options.log;
  }

  /**
   * Whether the last rollout failed. While it is under way the service itself tells; once it was rolled back only the
   * history does, which is read when something happened since `known`, and once for each deployment. Unreadable: not
   * known to have failed.
   */
  async lastFailed(service: Service, known: ServiceState | undefined): Promise<boolean> {
    if (tellsFailure(service)) return true;
    const primary = primaryOf(service);
    if (primary === undefined || isDeploying(service)) return false;
    const verdict = this.#verdicts.get(primary.id ?? "");
    if (verdict !== undefined) return verdict;
    if (known === undefined || known.identity !== identityOf(service)) return false;
    const begunMs = primary.createdAt?.getTime() ?? 0;
    const seenSince = begunMs + CLOCK_SKEW_MS <= known.observedAtMs;
    const same = known.revision === liveRevision(service) && !known.deploying && seenSince;
    if (same) return known.rolloutFailed;
    try {
      const since = new Date(begunMs - ROLLOUT_MAX_MS);
      const [newest] = await this.#list(service, { createdAt: { after: since } });
      const failed = newest?.status?.startsWith("ROLLBACK_") === true;
      if (this.#verdicts.size >= VERDICTS_KEPT) this.#verdicts.clear();
      if (primary.id !== undefined) this.#verdicts.set(primary.id, failed);
      return failed;
    } catch (error) {
      if (!this.#warned) this.#log("warn", "service deployments cannot be read", { detail: failureOf(error).detail });
      this.#warned = true;
      return false;
    }
  }

  /**
   * Takes back the rollout under way if that leads to `revision`: every service revision it came from runs it. ECS then
   * goes back to the tasks that still run, its own way. Impossible when there is no such rollout, or ECS does not let it.
   */
  async rollBackTo(service: Service, revision: string): Promise<RollBack> {
    const isLeaving = service.deployments?.some(
      ({ status, taskDefinition = "" }) => status === "ACTIVE" && revisionOf(taskDefinition) === revision,
    );
    if (isLeaving !== true) return { kind: "impossible" };
    let arn: string;
    try {
      const [current, ...others] = await this.#list(service, { status: [...STOPPABLE, ...ROLLING_BACK] });
      if (current?.serviceDeploymentArn === undefined || others.length > 0) return { kind: "impossible" };
      arn = current.serviceDeploymentArn;
      if (!(await this.#cameFrom(arn, revision))) return { kind: "impossible" };
      if (ROLLING_BACK.includes(current.status as ServiceDeploymentStatus)) return { kind: "ok" };
    } catch (error) {
      this.#tellImpossible(service, error);
      return { kind: "impossible" };
    }
    try {
      await this.#writeClient.send(
        new StopServiceDeploymentCommand({ serviceDeploymentArn: arn, stopType: "ROLLBACK" }),
      );
      return { kind: "ok" };
    } catch (error) {
      const { kind, detail } = failureOf(error);
      // An emulator that does not know the call answers 501: that is no lost answer.
      if (kind === "unknown" && !isNotImplemented(error)) return { kind, detail };
      this.#tellImpossible(service, error);
      return { kind: "impossible" };
    }
  }

  async #cameFrom(serviceDeploymentArn: string, revision: string): Promise<boolean> {
    const { serviceDeployments = [] } = await this.#client.send(
      new DescribeServiceDeploymentsCommand({ serviceDeploymentArns: [serviceDeploymentArn] }),
    );
    const sources = (serviceDeployments[0]?.sourceServiceRevisions ?? []).flatMap(({ arn }) => arn ?? []);
    if (sources.length === 0) return false;
    const { serviceRevisions = [] } = await this.#client.send(
      new DescribeServiceRevisionsCommand({ serviceRevisionArns: sources }),
    );
    return (
      serviceRevisions.length === sources.length &&
      serviceRevisions.every(({ taskDefinition = "" }) => revisionOf(taskDefinition) === revision)
    );
  }

  /** Deployments of the service, newest first. */
  async #list(
    { clusterArn, serviceArn = "" }: Service,
    filter: { status?: ServiceDeploymentStatus[]; createdAt?: { after: Date } },
  ): Promise<readonly ServiceDeploymentBrief[]> {
    const { serviceDeployments = [] } = await this.#client.send(
      new ListServiceDeploymentsCommand({ cluster: clusterArn, service: serviceArn, maxResults: 100, ...filter }),
    );
    return serviceDeployments.toSorted((a, b) => Number(b.createdAt ?? 0) - Number(a.createdAt ?? 0));
  }

  #tellImpossible({ serviceArn }: Service, error: unknown): void {
    this.#log("info", "the rollout cannot be stopped; the revision before is set instead", {
      service: serviceArn,
      detail: failureOf(error).detail,
    });
  }
}

function isNotImplemented(error: unknown): boolean {
  const { $metadata: metadata } = error as { $metadata?: { httpStatusCode?: number } };
  return metadata?.httpStatusCode === 501;
}
