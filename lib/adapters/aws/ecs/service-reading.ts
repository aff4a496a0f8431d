import { DescribeServicesCommand, type ECSClient, type Service } from "@aws-sdk/client-ecs";
import pLimit from "p-limit";
import type { ServiceTarget } from "../../../deployment.ts";
import { DependencyError } from "../../../domain/model/errors.ts";
import { failureOf, isDenied } from "./call-failure.ts";
import type { CallPace } from "./call-pace.ts";
import { lastPart } from "./scalable-targets.ts";

/** DescribeServices takes this many services, all of one cluster. */
const PER_CALL = 10;
/** Calls under way at a time. */
const CONCURRENCY = 8;

/** Services as DescribeServices tells them, in as few calls as it allows. */
export class ServiceReading {
  readonly #client: ECSClient;
  readonly #pace: CallPace;
  /** Components that are read alone, since one that may not be described spoils the call for nine others. */
  readonly #alone = new Set<string>();

  constructor(options: { client: ECSClient; pace: CallPace }) {
    this.#client = options.client;
    this.#pace = options.pace;
  }

  /** The service of each target, by component; an Error that names cluster and service for each that cannot be read. */
  async read(targets: readonly ServiceTarget[]): Promise<ReadonlyMap<string, Service | Error>> {
    const found = new Map<string, Service | Error>();
    await pLimit(CONCURRENCY).map(this.#batches(targets), (batch) => this.#readBatch(batch, found));
    return found;
  }

  #batches(targets: readonly ServiceTarget[]): ServiceTarget[][] {
    const clusters = new Map<string, ServiceTarget[]>();
    const batches: ServiceTarget[][] = [];
    for (const target of targets) {
      if (this.#alone.has(target.component)) batches.push([target]);
      else clusters.set(target.cluster, [...(clusters.get(target.cluster) ?? []), target]);
    }
    for (const members of clusters.values()) {
      for (let at = 0; at < members.length; at += PER_CALL) batches.push(members.slice(at, at + PER_CALL));
    }
    return batches;
  }

  async #readBatch(batch: readonly ServiceTarget[], found: Map<string, Service | Error>): Promise<void> {
    const [first] = batch;
    if (first === undefined) return;
    try {
      await this.#pace.turn();
      const { services = [], failures = [] } = await this.#client.send(
        new DescribeServicesCommand({ cluster: first.cluster, services: batch.map(({ service }) => service) }),
      );
      for (const target of batch) {
        const service = services.find(
          ({ serviceArn, serviceName }) => serviceArn === target.service || serviceName === lastPart(target.service),
        );
        const failure = failures.find(({ arn = "" }) => lastPart(arn) === lastPart(target.service));
        found.set(target.component, service ?? missing(target, failure?.reason ?? "MISSING", failure?.detail));
        this.#alone.delete(target.component);
      }
    } catch (error) {
      if (batch.length > 1 && isAboutOne(error)) {
        for (const target of batch) this.#alone.add(target.component);
        await Promise.all(batch.map((target) => this.#readBatch([target], found)));
        return;
      }
      for (const target of batch) found.set(target.component, unreadable(target, error));
    }
  }
}

/** A refusal may be for one of the services asked for; a cluster that is not there, or an overload, is for all. */
function isAboutOne(error: unknown): boolean {
  return failureOf(error).kind === "refused" && (error as Error).name !== "ClusterNotFoundException";
}

function missing({ component, cluster, service }: ServiceTarget, reason: string, detail?: string): Error {
  const why = detail === undefined ? reason : `${reason}, ${detail}`;
  return new DependencyError(`no ECS service ${service} in cluster ${cluster} (${why})`, {
    component,
    cluster,
    service,
  });
}

function unreadable({ component, cluster, service }: ServiceTarget, error: unknown): Error {
  const { detail } = failureOf(error);
  const why = isDenied(error) ? `ecs:DescribeServices is not allowed (${detail})` : detail;
  const options = { cause: error };
  const where = { component, cluster, service };
  return new DependencyError(
    `ECS service ${service} in cluster ${cluster} cannot be described: ${why}`,
    where,
    options,
  );
}
