import {
  DescribeTaskDefinitionCommand,
  type ECSClient,
  ListTaskDefinitionsCommand,
  RegisterTaskDefinitionCommand,
  type RegisterTaskDefinitionCommandInput,
  type Tag,
  type TaskDefinition,
} from "@aws-sdk/client-ecs";
import { DependencyError, NotYetError } from "../../../domain/model/errors.ts";
import type { Clock } from "../../../ports.ts";
import { CallPace, ECS_RATES, type Pause } from "./call-pace.ts";
import { DECISION_TAG, programOf } from "./registration.ts";
import { sizeOf, type TaskSize } from "./task-size.ts";

/** A revision with everything that a new one of its family has to repeat. */
export interface TaggedDefinition {
  readonly definition: TaskDefinition;
  readonly tags: readonly Tag[];
}

/** How long a pass waits for its turn to describe one more revision, ms; the next pass goes on. */
const PATIENCE_MS = 5000;
/** Sizes that are remembered; beyond, all are forgotten and asked for again. */
const SIZES_KEPT = 20_000;
/** Newest revisions of a family that are searched for a decision's tag. */
const SEARCHED = 10;
/** A revision older than this belongs to no decision that is still carried out, ms. */
const SEARCHED_AGE_MS = 86_400_000;

/** family:revision of an ARN of a task definition, or of what has that form already. */
export function revisionOf(taskDefinition: string): string {
  return taskDefinition.slice(taskDefinition.lastIndexOf("/") + 1);
}

/** Task definitions as ECS keeps them. Revisions never change, so the size of one is asked for once. */
export class TaskDefinitions {
  readonly #client: ECSClient;
  readonly #writeClient: ECSClient;
  readonly #clock: Clock;
  readonly #describing: CallPace;
  readonly #registering: CallPace;
  readonly #sizes = new Map<string, Promise<TaskSize>>();

  constructor(options: { client: ECSClient; writeClient: ECSClient; clock: Clock; pause: Pause }) {
    const { client, writeClient, clock, pause } = options;
    this.#client = client;
    this.#writeClient = writeClient;
    this.#clock = clock;
    this.#describing = new CallPace(ECS_RATES.describeTaskDefinition, clock, pause);
    this.#registering = new CallPace(ECS_RATES.registerTaskDefinition, clock, pause);
  }

  /**
   * Size of the tasks of a revision.
   * @throws {DependencyError} when it states none
   * @throws {NotYetError} when so many are asked for at once that its turn would come too late
   */
  async sizeOf(revision: string): Promise<TaskSize> {
    const known = this.#sizes.get(revision);
    if (known !== undefined) return known;
    if (this.#sizes.size >= SIZES_KEPT) this.#sizes.clear();
    const asked = this.#describe(revision, { patienceMs: PATIENCE_MS }).then(({ definition }) => sizeOf(definition));
    this.#sizes.set(revision, asked);
    try {
      return await asked;
    } catch (error) {
      this.#sizes.delete(revision);
      throw error;
    }
  }

  /** A revision with its tags, as it is now. */
  async read(revision: string): Promise<TaggedDefinition> {
    return this.#describe(revision, { include: ["TAGS"] });
  }

  async #describe(
    revision: string,
    { patienceMs, include }: { patienceMs?: number; include?: "TAGS"[] },
  ): Promise<TaggedDefinition> {
    if (!(await this.#describing.turn(patienceMs))) {
      throw new NotYetError(`task definition ${revision} is not read yet: too many at once, the next pass goes on`);
    }
    const { taskDefinition, tags = [] } = await this.#client.send(
      new DescribeTaskDefinitionCommand({ taskDefinition: revision, include }),
    );
    if (taskDefinition === undefined) throw new DependencyError(`ECS answered nothing for task definition ${revision}`);
    return { definition: taskDefinition, tags };
  }

  /**
   * The revision that was registered for the decision out of `live`, newest first among the newest few of the family. One
   * that runs another program (somebody deployed in between) is not it: it would take the deployment back.
   */
  async find(decision: string, live: TaskDefinition): Promise<TaggedDefinition | undefined> {
    const { taskDefinitionArns = [] } = await this.#client.send(
      new ListTaskDefinitionsCommand({
        familyPrefix: live.family,
        status: "ACTIVE",
        sort: "DESC",
        maxResults: SEARCHED,
      }),
    );
    const program = programOf(live);
    for (const arn of taskDefinitionArns.slice(0, SEARCHED)) {
      const candidate = await this.read(revisionOf(arn));
      const { definition, tags } = candidate;
      const ageMs = this.#clock.nowMs() - (definition.registeredAt?.getTime() ?? this.#clock.nowMs());
      if (ageMs > SEARCHED_AGE_MS) return undefined;
      const ours = tags.some(({ key, value }) => key === DECISION_TAG && value === decision);
      if (ours && programOf(definition) === program) return candidate;
    }
    return undefined;
  }

  /** Registers, once, in its turn. Returns family:revision. */
  async register(input: RegisterTaskDefinitionCommandInput): Promise<string> {
    await this.#registering.turn();
    const { taskDefinition } = await this.#writeClient.send(new RegisterTaskDefinitionCommand(input));
    if (taskDefinition?.taskDefinitionArn === undefined) {
      throw new DependencyError("ECS answered a registration without saying which revision it is");
    }
    return revisionOf(taskDefinition.taskDefinitionArn);
  }
}
