import type { Deployment, Service, ServiceDeployment } from "@aws-sdk/client-ecs";

/** A service deployment as both the list and the description of it answer. */
export type FakeDeployment = ServiceDeployment & { readonly targetServiceRevisionArn?: string };

interface Timing {
  readonly nowMs: number;
  readonly startMs: number;
}

/** One ECS service in memory: the deployments that it shows, and the history of its rollouts. */
export class FakeService {
  /** As DescribeServices answers, but for counts and deployments. */
  settings: Service;
  desired = 0;
  running = 0;
  deployments: Deployment[] = [];
  rollouts: FakeDeployment[] = [];
  readyAtMs = 0;
  #next = 1;

  constructor(settings: Service) {
    this.settings = {
      status: "ACTIVE",
      schedulingStrategy: "REPLICA",
      deploymentController: { type: "ECS" },
      deploymentConfiguration: { strategy: "ROLLING", maximumPercent: 200, minimumHealthyPercent: 100 },
      ...settings,
    };
  }

  get primary(): Deployment {
    const primary = this.deployments.find(({ status }) => status === "PRIMARY");
    if (primary === undefined) throw new Error("no primary deployment");
    return primary;
  }

  /** The tasks never start. */
  stall(): void {
    this.readyAtMs = Number.POSITIVE_INFINITY;
  }

  setDesired(tasks: number, { nowMs, startMs }: Timing): void {
    if (tasks === this.desired) return;
    this.running = Math.min(this.running, tasks);
    this.desired = tasks;
    this.readyAtMs = Math.max(this.readyAtMs, nowMs + startMs);
  }

  deploy(taskDefinition: string, { nowMs, startMs }: Timing): void {
    if (this.deployments.some((each) => each.status === "PRIMARY" && each.taskDefinition === taskDefinition)) return;
    const createdAt = new Date(nowMs);
    const sources = this.deployments.filter(({ status }) => status === "PRIMARY").map(revisionArn);
    this.rollouts = this.rollouts.map((each) =>
      each.status === "IN_PROGRESS" ? { ...each, status: "STOPPED", finishedAt: createdAt } : each,
    );
    this.rollouts.unshift({
      serviceDeploymentArn: `${this.settings.serviceArn}/deployment-${this.#next}`,
      serviceArn: this.settings.serviceArn,
      createdAt,
      status: "IN_PROGRESS",
      sourceServiceRevisions: sources.map((arn) => ({ arn })),
      targetServiceRevisionArn: `revision#${taskDefinition}`,
    });
    this.#supersede(taskDefinition, nowMs, {});
    this.readyAtMs = nowMs + startMs;
  }

  /** The circuit breaker, or StopServiceDeployment: back to what ran before. False when nothing rolls out. */
  rollBack({ nowMs, startMs }: Timing, why: "circuit breaker" | "stopped"): boolean {
    const [current, ...others] = this.rollouts;
    const before = this.deployments.find(({ status }) => status === "ACTIVE")?.taskDefinition;
    if (current?.status !== "IN_PROGRESS" || before === undefined) return false;
    this.rollouts = [{ ...current, status: "ROLLBACK_IN_PROGRESS" }, ...others];
    if (why === "circuit breaker") this.primary.rolloutState = "FAILED";
    this.#supersede(before, nowMs, { rolloutStateReason: `ECS deployment ${why}: rolling back to deploymentId x.` });
    this.readyAtMs = nowMs + startMs;
    return true;
  }

  /** Carries out what is due at `nowMs`. */
  settle(nowMs: number): void {
    if (nowMs < this.readyAtMs) return;
    this.running = this.desired;
    const { primary } = this;
    if (this.deployments.length === 1 && primary.rolloutState === "COMPLETED") return;
    this.deployments = [{ ...primary, rolloutState: "COMPLETED", rolloutStateReason: "ECS deployment completed." }];
    this.rollouts = this.rollouts.map((each) => {
      if (each.status === "IN_PROGRESS") return { ...each, status: "SUCCESSFUL" };
      return each.status === "ROLLBACK_IN_PROGRESS" ? { ...each, status: "ROLLBACK_SUCCESSFUL" } : each;
    });
  }

  describe(): Service {
    return structuredClone({
      ...this.settings,
      desiredCount: this.desired,
      runningCount: this.running,
      pendingCount: 0,
      taskDefinition: this.primary.taskDefinition,
      deployments: this.deployments,
    });
  }

  #supersede(taskDefinition: string, nowMs: number, primary: Partial<Deployment>): void {
    this.deployments = [
      {
        id: `ecs-svc/${this.#next++}`,
        status: "PRIMARY",
        taskDefinition,
        createdAt: new Date(nowMs),
        rolloutState: "IN_PROGRESS",
        ...primary,
      },
      ...this.deployments.map((each): Deployment => ({ ...each, status: "ACTIVE" })),
    ];
  }
}

function revisionArn({ taskDefinition = "" }: Deployment): string {
  return `revision#${taskDefinition}`;
}
