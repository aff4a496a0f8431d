/** One deployment of a service, as DescribeServices tells it. */
interface Rollout {
  readonly id: string;
  readonly revision: string;
  readonly startedMs: number;
  running: number;
  state: "IN_PROGRESS" | "COMPLETED" | "FAILED";
}

interface ServiceRollouts {
  readonly createdMs: number;
  /** Newest first; the first is the primary one. */
  deployments: Rollout[];
  desired: number;
  changedMs: number;
}

/** What the emulator's ECS says of a service; the fields that are amended. */
export interface EmulatedService {
  serviceName: string;
  clusterArn: string;
  desiredCount: number;
  taskDefinition: string;
  [field: string]: unknown;
}

/** From being asked for to running, ms. */
const TASK_START_MS = 40_000;

/**
 * What the emulator lacks: in it a service has as many running tasks as are asked for at once, and its deployments never
 * change. Here tasks take time to start, a new revision is a new deployment beside the old one until its tasks run, and
 * one that cannot start ends as FAILED. Counts and revisions asked for stay the emulator's own.
 */
export class Rollouts {
  readonly #services = new Map<string, ServiceRollouts>();
  readonly #broken = new Set<string>();
  readonly #units = new Map<string, number>();
  #nowMs: number;
  #made = 0;

  constructor(nowMs: number) {
    this.#nowMs = nowMs;
  }

  /** The tasks of a new revision of this service will not start. */
  breakNext(service: string): void {
    this.#broken.add(service);
  }

  /** Notes what a task of a revision has, CPU units. */
  learn({ family, revision, cpu }: { family: string; revision: number; cpu?: string }): void {
    this.#units.set(`${family}:${revision}`, Number(cpu ?? 0));
  }

  /** CPU units of all running tasks of a service; undefined before anybody looked at it. */
  unitsOf(service: string): number | undefined {
    const found = [...this.#services].find(([key]) => key.endsWith(`/${service}`))?.[1];
    return found?.deployments.reduce((sum, each) => sum + each.running * (this.#units.get(each.revision) ?? 0), 0);
  }

  /** Lets time pass: what was asked for long enough ago runs. */
  advance(nowMs: number): void {
    this.#nowMs = nowMs;
    for (const [key, service] of this.#services) this.#advanceOne(key.slice(key.lastIndexOf("/") + 1), service);
  }

  #advanceOne(name: string, service: ServiceRollouts): void {
    const [primary, ...older] = service.deployments;
    if (primary === undefined || this.#nowMs - service.changedMs < TASK_START_MS) return;
    if (older.length > 0 && this.#broken.has(name)) {
      primary.state = "FAILED";
      this.#broken.delete(name);
      return;
    }
    if (primary.state === "FAILED") return;
    primary.running = service.desired;
    primary.state = "COMPLETED";
    service.deployments = [primary];
  }

  /** The same service with its deployments and counts as they are by now; notes what is asked for by now. */
  amend(told: EmulatedService): EmulatedService {
    const arnOf = revisionArn(told);
    const service = this.#noted(told);
    const running = sum(service.deployments);
    return {
      ...told,
      taskDefinition: arnOf(told.taskDefinition),
      createdAt: service.createdMs / 1000,
      runningCount: running,
      pendingCount: Math.max(0, told.desiredCount - running),
      deployments: service.deployments.map((each, at) => ({
        id: each.id,
        status: at === 0 ? "PRIMARY" : "ACTIVE",
        taskDefinition: arnOf(each.revision),
        desiredCount: at === 0 ? service.desired : 0,
        runningCount: each.running,
        pendingCount: at === 0 ? Math.max(0, service.desired - each.running) : 0,
        failedTasks: each.state === "FAILED" ? 3 : 0,
        createdAt: each.startedMs / 1000,
        updatedAt: this.#nowMs / 1000,
        launchType: "FARGATE",
        rolloutState: each.state,
      })),
    };
  }

  #noted({ clusterArn, serviceName, desiredCount, taskDefinition }: EmulatedService): ServiceRollouts {
    const key = `${clusterArn}/${serviceName}`;
    const revision = taskDefinition.slice(taskDefinition.lastIndexOf("/") + 1);
    const known = this.#services.get(key);
    if (known === undefined) {
      const first = this.#deployment(revision, desiredCount, "COMPLETED");
      const made = { createdMs: this.#nowMs, changedMs: 0, desired: desiredCount, deployments: [first] };
      this.#services.set(key, made);
      return made;
    }
    const [primary, ...older] = known.deployments;
    if (primary !== undefined && primary.revision !== revision) {
      // Tasks of the wanted revision that still run are kept.
      const running = older.find((each) => each.revision === revision)?.running ?? 0;
      const left = [primary, ...older].filter((each) => each.running > 0 && each.revision !== revision);
      known.deployments = [this.#deployment(revision, running, "IN_PROGRESS"), ...left];
      known.changedMs = this.#nowMs;
    }
    if (known.desired !== desiredCount) known.changedMs = this.#nowMs;
    known.desired = desiredCount;
    // Fewer tasks are fewer at once.
    const [now] = known.deployments;
    if (now !== undefined) now.running = Math.min(now.running, desiredCount);
    return known;
  }

  #deployment(revision: string, running: number, state: Rollout["state"]): Rollout {
    this.#made += 1;
    return { id: `ecs-svc/${this.#made}`, revision, running, state, startedMs: this.#nowMs };
  }
}

function sum(deployments: readonly Rollout[]): number {
  return deployments.reduce((total, { running }) => total + running, 0);
}

/** The emulator answers what UpdateService was given; ECS answers ARNs. */
function revisionArn({ clusterArn }: EmulatedService): (revision: string) => string {
  const prefix = clusterArn.replace(/:cluster\/.*$/, ":task-definition/");
  return (revision) => (revision.startsWith("arn:") ? revision : `${prefix}${revision}`);
}
