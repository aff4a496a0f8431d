import {
  type ApplicationAutoScalingClient,
  DescribeScalableTargetsCommand,
  ListTagsForResourceCommand,
  RegisterScalableTargetCommand,
  type ScalableTarget,
  TagResourceCommand,
} from "@aws-sdk/client-application-auto-scaling";
import type { ServiceTarget } from "../../../deployment.ts";
import type { Clock, Failed, Log } from "../../../ports.ts";
import { failureOf, unsentFailureOf } from "./call-failure.ts";

/** What Application Auto Scaling has to do with a service. */
export type Standing =
  | { readonly kind: "none" | "suspended" }
  /** `resumed`: the controller had suspended it, and somebody has taken that back. */
  | { readonly kind: "active"; readonly target: ScalableTarget; readonly resumed: boolean }
  | { readonly kind: "unknown"; readonly detail: string };

/** How old an answer may be for monitoring, ms; before a write it is asked for again. */
const FRESH_MS = 300_000;
/** How long an answer stands in for one that cannot be had, ms. */
const STALE_MS = 3_600_000;
/** DescribeScalableTargets returns at most this many at a time, so no more are asked for at once. */
const PER_CALL = 50;
const DIMENSION = "ecs:service:DesiredCount";
/** Tag of a scalable target that the controller has suspended: whoever resumes it is not fought. */
const SUSPENDED_TAG = "scaling-controller:suspended";

interface Seen {
  readonly standing: Standing;
  readonly atMs: number;
}

/** Name that Application Auto Scaling knows an ECS service by: `service/<cluster>/<service>`, names even for ARNs. */
export function resourceIdOf({ cluster, service }: Pick<ServiceTarget, "cluster" | "service">): string {
  return `service/${lastPart(cluster)}/${lastPart(service)}`;
}

export function lastPart(nameOrArn: string): string {
  return nameOrArn.slice(nameOrArn.lastIndexOf("/") + 1);
}

/** The other autoscaler: which services it manages, and how it is suspended for good. */
export class ScalableTargets {
  readonly #client: ApplicationAutoScalingClient;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #seen = new Map<string, Seen>();
  readonly #suspendedHere = new Set<string>();
  readonly #warned = new Set<string>();

  constructor(options: { client: ApplicationAutoScalingClient; clock: Clock; log: Log }) {
    this.#client = options.client;
    this.#clock = options.clock;
    this.#log = options.log;
  }

  /**
   * Standing of each service by its resource id, from memory while that is younger than `freshMs`. A failure to ask never throws: what was
   * seen within the last hour stands, else it is unknown.
   */
  async standings(targets: readonly ServiceTarget[], freshMs = FRESH_MS): Promise<ReadonlyMap<string, Standing>> {
    const nowMs = this.#clock.nowMs();
    const policies = new Map(targets.map((target) => [resourceIdOf(target), target.otherAutoscaler]));
    const missing = [...policies.keys()].filter((id) => {
      const seen = this.#seen.get(id);
      return seen === undefined || nowMs - seen.atMs >= freshMs;
    });
    const problems = new Map<string, string>();
    for (let at = 0; at < missing.length; at += PER_CALL) {
      const asked = missing.slice(at, at + PER_CALL);
      try {
        await this.#ask(asked, policies, nowMs);
      } catch (error) {
        const { detail } = failureOf(error);
        this.#warnOnce("scalable targets cannot be read", detail);
        for (const id of asked) problems.set(id, detail);
      }
    }
    return new Map(
      [...policies.keys()].map((id): [string, Standing] => {
        const seen = this.#seen.get(id);
        const usable =
          seen !== undefined && nowMs - seen.atMs < (problems.has(id) ? STALE_MS : Number.POSITIVE_INFINITY);
        return [id, usable ? seen.standing : { kind: "unknown", detail: problems.get(id) ?? "not asked" }];
      }),
    );
  }

  /** Suspends a target in all three ways, its bounds untouched. Answers undefined when that was done. */
  async suspend(target: ScalableTarget): Promise<Failed | undefined> {
    const { ResourceId: resourceId = "", MinCapacity, MaxCapacity, ScalableTargetARN: arn } = target;
    try {
      await this.#client.send(
        new RegisterScalableTargetCommand({
          ServiceNamespace: "ecs",
          ScalableDimension: DIMENSION,
          ResourceId: resourceId,
          MinCapacity,
          MaxCapacity,
          SuspendedState: {
            DynamicScalingInSuspended: true,
            DynamicScalingOutSuspended: true,
            ScheduledScalingSuspended: true,
          },
        }),
      );
    } catch (error) {
      return unsentFailureOf(error);
    }
    this.#suspendedHere.add(resourceId);
    this.#seen.set(resourceId, { standing: { kind: "suspended" }, atMs: this.#clock.nowMs() });
    this.#log("warn", "suspended Application Auto Scaling", { resourceId, min: MinCapacity, max: MaxCapacity });
    if (arn === undefined) return undefined;
    try {
      const at = new Date(this.#clock.nowMs()).toISOString();
      await this.#client.send(new TagResourceCommand({ ResourceARN: arn, Tags: { [SUSPENDED_TAG]: at } }));
    } catch (error) {
      this.#warnOnce("a suspended target cannot be tagged: only this process knows", failureOf(error).detail);
    }
    return undefined;
  }

  async #ask(
    resourceIds: readonly string[],
    policies: ReadonlyMap<string, ServiceTarget["otherAutoscaler"]>,
    nowMs: number,
  ): Promise<void> {
    const found = new Map<string, ScalableTarget>();
    let token: string | undefined;
    do {
      const answer = await this.#client.send(
        new DescribeScalableTargetsCommand({
          ServiceNamespace: "ecs",
          ScalableDimension: DIMENSION,
          ResourceIds: [...resourceIds],
          NextToken: token,
        }),
      );
      for (const target of answer.ScalableTargets ?? []) found.set(target.ResourceId ?? "", target);
      token = answer.NextToken;
    } while (token !== undefined && token !== "");
    for (const id of resourceIds) {
      const standing = await this.#standingOf(id, found.get(id), policies.get(id) === "suspend");
      this.#seen.set(id, { standing, atMs: nowMs });
    }
  }

  async #standingOf(id: string, target: ScalableTarget | undefined, ourToSuspend: boolean): Promise<Standing> {
    if (target === undefined) return { kind: "none" };
    const { DynamicScalingInSuspended, DynamicScalingOutSuspended, ScheduledScalingSuspended } =
      target.SuspendedState ?? {};
    if (DynamicScalingInSuspended && DynamicScalingOutSuspended && ScheduledScalingSuspended) {
      return { kind: "suspended" };
    }
    const resumed = ourToSuspend && (this.#suspendedHere.has(id) || (await this.#isTagged(target)));
    return { kind: "active", target, resumed };
  }

  /** Whether an earlier process suspended it. Where tags cannot be read, this process's own memory has to do. */
  async #isTagged({ ScalableTargetARN: arn }: ScalableTarget): Promise<boolean> {
    if (arn === undefined) return false;
    try {
      const { Tags = {} } = await this.#client.send(new ListTagsForResourceCommand({ ResourceARN: arn }));
      return SUSPENDED_TAG in Tags;
    } catch (error) {
      this.#warnOnce("tags of scalable targets cannot be read", failureOf(error).detail);
      return false;
    }
  }

  #warnOnce(message: string, detail: string): void {
    if (this.#warned.has(message)) return;
    this.#warned.add(message);
    this.#log("warn", message, { detail });
  }
}
